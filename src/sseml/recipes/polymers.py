"""The steps of a recipe for polymer electrolytes: their table, its figures, and the bundle."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sseml.curation.lab import LabRow, read_lab
from sseml.curation.polymers.clean import curate_polymers
from sseml.curation.polymers.own import add_recipes
from sseml.curation.polymers.table import TABLE_FILE, load_polymers
from sseml.curation.rows import SourceFormatError
from sseml.curation.sources import SOURCES
from sseml.curation.table import write_parquet
from sseml.evaluate import Report
from sseml.evaluate.polymer import evaluate_polymers
from sseml.kinds import POLYMER
from sseml.model.fitting import Progress
from sseml.model.polymer.train import train_polymers
from sseml.model.polymer.transference import FILE, reported_films_at
from sseml.recipes.making import Making, base_table
from sseml.recipes.settings import RecipeSettings, TableSettings
from sseml.recipes.steps import (
    CURATED,
    OWN_REPORT,
    Step,
    bundle_output,
    figures_file,
    read_json,
    write_json,
)
from sseml.records import Refusal, RefusedInputError
from sseml.released import POLYMER_BUNDLE

_MEASUREMENTS = f"table/{TABLE_FILE}"


def _curate_step(table: TableSettings) -> Step:
    pulled, literature = Path(table.pulled), _literature(table)
    names = [name for name, source in SOURCES.items() if source.is_of_recipes]
    sources = {name: pulled / name for name in names} | {"literature": literature}
    present = {name: folder for name, folder in sources.items() if folder.is_dir()}

    def make(scratch: Path) -> None:
        try:
            made = curate_polymers(pulled, scratch / CURATED, literature=literature)
        except SourceFormatError as error:
            raise RefusedInputError(str(error)) from error
        if made is None:
            raise RefusedInputError(
                f"{pulled} holds no source of polymer electrolytes",
                "`sseml data pull` fetches them",
            )

    return Step("curate", present or {"pulled": pulled}, [CURATED], make)


def _literature(table: TableSettings) -> Path:
    return Path(table.literature or Path(table.pulled) / "literature")


def _table_step(settings: RecipeSettings) -> Step:
    base = base_table(settings, POLYMER_BUNDLE, TABLE_FILE)
    own = [Path(file) for file in settings.table.own]

    def make(scratch: Path) -> None:
        table, reports = load_polymers(base), []
        for file in own:
            rows, notices = read_lab(file)
            asked = [_refused(row) if isinstance(row, LabRow) else row for row in rows]
            result = add_recipes(asked, table, file=file.name, notices=notices)
            table = result.table
            reports.append(result.report.to_dict())
        write_json(scratch / OWN_REPORT, reports)
        write_parquet(table, scratch / _MEASUREMENTS)

    inputs = {"base": base} | {f"own/{file.name}": file for file in own}
    # The order matters: of a measurement that is in several files, the first is taken.
    return Step("table", inputs, ["table"], make, {"own": [file.name for file in own]})


def _refused(row: LabRow) -> Refusal:
    return Refusal(
        row.row,
        row.text,
        f"{row.text} is an inorganic solid, not a polymer electrolyte",
        "write polymer electrolytes here; inorganic solids are learned by a recipe of their own",
        code="unsupported_material",
    )


def _evaluate_step(benchmark: str, settings: RecipeSettings, progress: Progress) -> Step:
    table, curves = Path(settings.folder, _MEASUREMENTS), settings.train.of_curves
    output = figures_file(benchmark)

    def make(scratch: Path) -> None:
        measured = load_polymers(table)
        figures = evaluate_polymers(measured, POLYMER, curves, progress).figures
        report = Report(figures={benchmark: figures}, rows=len(measured), by_family={})
        write_json(scratch / output, report.to_dict())

    chosen = {"benchmark": benchmark, "settings": asdict(curves)}
    return Step(f"evaluate {benchmark}", {"table": table}, [output], make, chosen)


def _train_step(settings: RecipeSettings, progress: Progress) -> Step:
    table, curves = Path(settings.folder, _MEASUREMENTS), settings.train.of_curves
    name = settings.train.name
    output = bundle_output(name)
    inputs = {"table": table} | {
        f"figures/{benchmark}": Path(settings.folder, figures_file(benchmark))
        for benchmark in settings.evaluate.benchmarks
    }
    films = _literature(settings.table) / FILE if settings.table.pulled else None
    reported = films if films is not None and films.is_file() else None
    if reported is not None:
        inputs["reported"] = reported

    def make(scratch: Path) -> None:
        [metrics] = [
            read_json(Path(settings.folder, figures_file(benchmark)))
            for benchmark in settings.evaluate.benchmarks
        ] or [None]
        train_polymers(
            load_polymers(table),
            scratch / output,
            progress,
            settings=curves,
            metrics=metrics,
            reported=reported_films_at(reported),
        )

    chosen = {"name": name, "settings": asdict(curves)}
    return Step(f"train {name}", inputs, [output], make, chosen)


POLYMER_STEPS = Making(_curate_step, _table_step, _evaluate_step, _train_step)
"""The steps that make table, figures and bundle of polymers."""
