"""The steps of the recipes: what each reads and writes, and the use of sseml that it calls."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alone import alone_in
from registering import GATE, promote_step, register_step
from settings import RELEASED, RecipeSettings, read_settings
from steps import Step, read_json, run, write_json

from sseml.cli.command import ANSWERED, CRASHED, INTERRUPTED, REFUSED, UNUSABLE
from sseml.cli.progress import say, say_on_the_way
from sseml.curation.clean import NoSourceError, curate
from sseml.curation.own import add_own
from sseml.curation.readers import READERS
from sseml.curation.rows import SourceFormatError
from sseml.curation.table import TABLE_FILE, load_measurements
from sseml.evaluate import Report, evaluate
from sseml.model.folder import bundle_digest
from sseml.model.train import train
from sseml.records import BundleError, RefusedInputError
from sseml.released import released_evidence

CURATED, TABLE, FIGURES, MODELS = "curated", "table", "figures", "models"
OWN_REPORT = "own.json"


def main(script: str, kinds: Sequence[str], arguments: Sequence[str] | None = None) -> int:
    """Run the steps of some kinds, as a script of this folder asks for.

    Parameters
    ----------
    script
        Path of the script; the TOML of its name beside it is the default configuration.
    kinds
        Among curate, table, evaluate, train, register, promote.
    arguments
        Those of the process if None.
    """
    parser = argparse.ArgumentParser(description=f"Recipe {Path(script).stem}; docs/pipelines.md")
    parser.add_argument("--config", type=Path, default=Path(script).with_suffix(".toml"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    given = parser.parse_args(arguments)
    at = Path(script).stem
    try:
        settings = read_settings(given.config, given.changes)
        with alone_in(Path(settings.folder)):
            for step in _steps(settings, kinds):
                at = step.name
                _take(step, Path(settings.folder))
            return _end(settings, kinds)
    except (RefusedInputError, BundleError, NoSourceError, SourceFormatError) as error:
        say(f"{at}: {error}")
    except OSError as error:
        say(f"{at}: {error.filename or 'output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        say(f"{at}: stopped; what is made stays, and the next start goes on here")
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - exit code 1, Python's own, says that rows were refused
        traceback.print_exc()
        say(f"{at}: this is a fault of sseml: please report the lines above with your TOML")
        return CRASHED
    return UNUSABLE


def _take(step: Step, folder: Path) -> None:
    start = time.monotonic()
    made = run(step, folder)
    how = f"made in {time.monotonic() - start:.0f} s" if made else "unchanged"
    sys.stdout.write(f"{step.name}: {how}\n")
    sys.stdout.flush()


def _steps(settings: RecipeSettings, kinds: Sequence[str]) -> Iterator[Step]:
    """The steps in order; each is asked for when the ones before it are done."""
    folder = Path(settings.folder)
    if "curate" in kinds and settings.table.pulled:
        yield _curate_step(settings)
    if "table" in kinds:
        yield _table_step(settings, folder)
    if "evaluate" in kinds:
        for name in settings.evaluate.benchmarks:
            yield _evaluate_step(name, settings, folder)
    if "train" in kinds:
        yield _train_step(settings, folder)
    if settings.promote.tracking_uri and "promote" in kinds:
        bundle = folder / MODELS / settings.train.name
        yield register_step(settings.promote, folder, bundle)
        yield promote_step(settings.promote, folder)


def _curate_step(settings: RecipeSettings) -> Step:
    pulled = Path(settings.table.pulled)
    literature = Path(settings.table.literature or pulled / "literature")
    folders = {name: pulled / name for name in READERS} | {"literature": literature}

    def make(scratch: Path) -> None:
        curate(pulled, scratch / CURATED, literature=literature if literature.is_dir() else None)

    there = {name: place for name, place in folders.items() if place.is_dir()}
    return Step("curate", there or {"pulled": pulled}, [CURATED], make)


def _table_step(settings: RecipeSettings, folder: Path) -> Step:
    base = _base(settings, folder)
    own = [Path(file) for file in settings.table.own]

    def make(scratch: Path) -> None:
        table, reports = load_measurements(base), []
        for file in own:
            result = add_own(file, table)
            table = result.table
            reports.append(result.report.to_dict())
        (scratch / TABLE).mkdir()
        table.to_parquet(scratch / TABLE / TABLE_FILE, index=False)
        write_json(scratch / TABLE / OWN_REPORT, reports)

    inputs = {"base": base} | {f"own/{file.name}": file for file in own}
    # The order decides: a measurement that stands in several files is taken from the first.
    return Step("table", inputs, [TABLE], make, {"own": [file.name for file in own]})


def _base(settings: RecipeSettings, folder: Path) -> Path:
    if settings.table.pulled:
        return folder / CURATED / TABLE_FILE
    if settings.table.base == RELEASED:
        return released_evidence()
    base = Path(settings.table.base)
    return base / TABLE_FILE if base.is_dir() else base


def _evaluate_step(name: str, settings: RecipeSettings, folder: Path) -> Step:
    table, blends = folder / TABLE / TABLE_FILE, settings.train.blends
    output = f"{FIGURES}/{name}.json"

    def make(scratch: Path) -> None:
        report = evaluate([name], table, say_on_the_way, settings=blends)
        write_json(scratch / output, report.to_dict())

    chosen = {"benchmark": name, "settings": [asdict(each) for each in blends]}
    return Step(f"evaluate {name}", {"table": table}, [output], make, chosen)


def _train_step(settings: RecipeSettings, folder: Path) -> Step:
    table, blends, name = folder / TABLE / TABLE_FILE, settings.train.blends, settings.train.name
    figures = {each: folder / FIGURES / f"{each}.json" for each in settings.evaluate.benchmarks}

    def make(scratch: Path) -> None:
        metrics = _joined([read_json(path) for path in figures.values()])
        train(table, scratch / MODELS / name, say_on_the_way, settings=blends, metrics=metrics)

    inputs = {"table": table} | {f"figures/{each}": path for each, path in figures.items()}
    chosen = {"name": name, "settings": [asdict(each) for each in blends]}
    return Step(f"train {name}", inputs, [f"{MODELS}/{name}"], make, chosen)


def _joined(reports: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Several reports on one table as the one report that `sseml evaluate` would give."""
    if not reports:
        return None
    parts = [Report.from_dict(report) for report in reports]
    figures = {name: own for part in parts for name, own in part.figures.items()}
    by_family = {name: own for part in parts for name, own in part.by_family.items()}
    return Report(figures=figures, rows=parts[0].rows, by_family=by_family).to_dict()


def _end(settings: RecipeSettings, kinds: Sequence[str]) -> int:
    """Say what is there now; the exit code is 1 where rows or the bundle were refused."""
    folder, code = Path(settings.folder), ANSWERED
    if "table" in kinds:
        for report in read_json(folder / TABLE / OWN_REPORT):
            parts = ("added", "duplicates", "refused", "conflicts")
            added, there, refused, contradicted = (
                len({row["row"] for row in report[part]}) for part in parts
            )
            sys.stdout.write(
                f"{report['file']}: {added} rows added, {there} already there, {refused} refused,"
                f" {contradicted} contradicted by other reports\n"
            )
            for row in report["refused"]:
                code = REFUSED
                fix = f"; {row['suggestion']}" if row["suggestion"] else ""
                say(f"{report['file']}: row {row['row']}: {row['input']!r}: {row['reason']}{fix}")
    bundle = folder / MODELS / settings.train.name
    if "train" in kinds:
        sys.stdout.write(f"bundle {bundle}\nSHA-256 {bundle_digest(bundle)}\n")
    if "promote" in kinds and not settings.promote.tracking_uri:
        say("nothing is registered: [promote] names no tracking_uri")
    elif "promote" in kinds:
        gate = read_json(folder / GATE)
        sys.stdout.write(f"{gate['verdict']}\n")
        code = code if gate["passed"] else REFUSED
    return code
