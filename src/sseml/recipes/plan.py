"""The steps of a recipe in order: what each reads, what it makes, and by which call of sseml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sseml.curation.clean import NoSourceError, curate
from sseml.curation.own import add_own
from sseml.curation.rows import SourceFormatError
from sseml.curation.sources import SOURCES
from sseml.curation.table import TABLE_FILE, load_measurements, write_parquet
from sseml.evaluate import Report, evaluate
from sseml.kinds import POLYMER
from sseml.model.fitting import Progress
from sseml.model.train import train
from sseml.recipes.making import Making, base_table
from sseml.recipes.polymers import POLYMER_STEPS
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
from sseml.records import RefusedInputError
from sseml.released import DEFAULT_BUNDLE

_MEASUREMENTS = f"table/{TABLE_FILE}"


def bundle_folder(settings: RecipeSettings) -> Path:
    """Folder of the bundle that the recipe trains."""
    return Path(settings.folder, bundle_output(settings.train.name))


def steps_of(settings: RecipeSettings, progress: Progress) -> Iterator[Step]:
    """Yield each step of a recipe after the steps before it are made."""
    making = POLYMER_STEPS if settings.kind == POLYMER.name else _COMPOSITION_STEPS
    if "table" in settings.steps:
        if settings.table.pulled:
            yield making.curate(settings.table)
        yield making.table(settings)
    if "evaluate" in settings.steps:
        for benchmark in settings.evaluate.benchmarks:
            yield making.evaluate(benchmark, settings, progress)
    if "train" in settings.steps:
        yield making.train(settings, progress)
    if "promote" in settings.steps and settings.promote.tracking_uri:
        from sseml.recipes import registry  # noqa: PLC0415 - MLflow takes a second

        folder = Path(settings.folder)
        yield registry.register_step(settings.promote, folder, bundle_folder(settings))
        yield registry.promote_step(settings.promote, folder, progress)


def _curate_step(table: TableSettings) -> Step:
    pulled = Path(table.pulled)
    literature = Path(table.literature or pulled / "literature")
    read = [name for name, source in SOURCES.items() if source.read is not None]
    sources = {name: pulled / name for name in read} | {"literature": literature}
    present = {name: folder for name, folder in sources.items() if folder.is_dir()}

    def make(scratch: Path) -> None:
        try:
            curate(pulled, scratch / CURATED, literature=present.get("literature"))
        except (NoSourceError, SourceFormatError) as error:
            raise RefusedInputError(str(error)) from error

    return Step("curate", present or {"pulled": pulled}, [CURATED], make)


def _table_step(settings: RecipeSettings) -> Step:
    base = base_table(settings, DEFAULT_BUNDLE, TABLE_FILE)
    own = [Path(file) for file in settings.table.own]

    def make(scratch: Path) -> None:
        table, reports = load_measurements(base), []
        for file in own:
            result = add_own(file, table)
            table = result.table
            reports.append(result.report.to_dict())
        write_json(scratch / OWN_REPORT, reports)
        write_parquet(table, scratch / _MEASUREMENTS)

    inputs = {"base": base} | {f"own/{file.name}": file for file in own}
    # The order matters: of a measurement that is in several files, the first is taken.
    return Step("table", inputs, ["table"], make, {"own": [file.name for file in own]})


def _evaluate_step(benchmark: str, settings: RecipeSettings, progress: Progress) -> Step:
    table, ensemble = Path(settings.folder, _MEASUREMENTS), settings.train.of_ensemble
    output = figures_file(benchmark)

    def make(scratch: Path) -> None:
        report = evaluate([benchmark], table, progress, settings=ensemble)
        write_json(scratch / output, report.to_dict())

    chosen = {"benchmark": benchmark, "settings": asdict(ensemble)}
    return Step(f"evaluate {benchmark}", {"table": table}, [output], make, chosen)


def _train_step(settings: RecipeSettings, progress: Progress) -> Step:
    table, ensemble = Path(settings.folder, _MEASUREMENTS), settings.train.of_ensemble
    name = settings.train.name
    output = bundle_output(name)
    figures = {
        f"figures/{benchmark}": Path(settings.folder, figures_file(benchmark))
        for benchmark in settings.evaluate.benchmarks
    }

    def make(scratch: Path) -> None:
        metrics = _joined([read_json(path) for path in figures.values()])
        train(table, scratch / output, progress, settings=ensemble, metrics=metrics)

    chosen = {"name": name, "settings": asdict(ensemble)}
    return Step(f"train {name}", {"table": table} | figures, [output], make, chosen)


def _joined(reports: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Reports of one table joined to the one report that `sseml evaluate` would give."""
    if not reports:
        return None
    parts = [Report.from_dict(report) for report in reports]
    figures = {name: own for part in parts for name, own in part.figures.items()}
    by_family = {name: own for part in parts for name, own in part.by_family.items()}
    return Report(figures=figures, rows=parts[0].rows, by_family=by_family).to_dict()


_COMPOSITION_STEPS = Making(_curate_step, _table_step, _evaluate_step, _train_step)
