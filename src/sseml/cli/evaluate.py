"""`sseml evaluate` and `sseml train`: a table of measurements becomes figures, or a bundle."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sseml.cli.command import ANSWERED, CommandError, Commands, needing
from sseml.cli.output import write_report
from sseml.cli.streams import say, say_on_the_way, standard_output
from sseml.files import whole_file

if TYPE_CHECKING:
    from sseml.evaluate import Report
    from sseml.tracking.runs import TrackedRun

_EVALUATE_EXAMPLES = """\
examples:
  sseml evaluate                              every benchmark, as a table
  sseml evaluate official                     one of them
  sseml evaluate windows                      electrochemical windows, each beside the published one
  sseml evaluate --json > figures.json        for programs
  sseml evaluate -i data/curated              on a table made by `sseml data curate`
  sseml evaluate --write docs/figures.md      between the marks of a document
  sseml evaluate --figures figures.json       what was measured before, drawn again
  sseml evaluate papers --plots plots         pictures of the held-out answers, and their table
  sseml evaluate polymer                      polymers and composites, by a table of their own
"""
_TRAIN_EXAMPLES = """\
examples:
  sseml train -o runs/mine                    from the measurements the released bundle carries
  sseml train -i data/curated -o runs/mine    from a table made by `sseml data curate`
  sseml train -i data/curated -o runs/mine --figures figures.json
                                              with what `sseml evaluate --json` measured in its card
  sseml train -i data/curated -o runs/mine --track
                                              measured now and logged to MLflow; prints the run's id
  sseml train -o runs/mine --track --benchmarks papers clusters
                                              the same, only two benchmarks
  sseml train --kind polymer -i data/curated -o runs/polymers
                                              polymer electrolytes, from their table
  sseml predict --bundle runs/mine Li6PS5Cl   use it
"""

_DRAWN = {"papers": "papers held out", "clusters": "composition clusters held out"}
_WINDOWS, _POLYMER = "windows", "polymer"
_BEGIN, _END = "<!-- evaluate:begin -->", "<!-- evaluate:end -->"


def add_commands(commands: Commands) -> None:
    """Add `evaluate` and `train`."""
    _add_evaluate(commands)
    _add_train(commands)


def _add_evaluate(commands: Commands) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="the benchmarks: splits, errors, coverage, by family; published windows",
        description="Measure on held-out papers, compositions and families; compare windows. "
        "Needs the extra `train`.",
        examples=_EVALUATE_EXAMPLES,
    )
    parser.add_argument(
        "what", nargs="*", metavar="BENCHMARK", help="which (default: all but polymer)"
    )
    add_table(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"also put the table between {_BEGIN} and {_END} of this file",
    )
    parser.add_argument(
        "--figures",
        type=Path,
        metavar="JSON",
        help="measure nothing; show what `--json` printed before",
    )
    parser.add_argument(
        "--plots",
        type=Path,
        metavar="FOLDER",
        help="also draw what `papers`, `clusters` and `polymer` held out, and `windows` (extra "
        "`report`)",
    )
    parser.set_defaults(run=_evaluate)


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="measurements become a bundle",
        description="Fit, calibrate and save a bundle. Needs the extra `train`, and `mlflow` where "
        "it is tracked.",
        examples=_TRAIN_EXAMPLES,
    )
    parser.add_argument(
        "--kind",
        choices=("composition", "polymer"),
        default="composition",
        help="of the materials in the table (default: %(default)s)",
    )
    add_table(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="bundle to write"
    )
    parser.add_argument(
        "--figures",
        type=Path,
        metavar="JSON",
        help="what `sseml evaluate --json` printed for this table, for the card",
    )
    parser.add_argument(
        "--transference",
        type=Path,
        metavar="CSV",
        help="of polymers: reported transference numbers and windows, to be shown as evidence "
        "(default: those of the released bundle)",
    )
    tracking = parser.add_argument_group("tracking with MLflow")
    tracking.add_argument(
        "--track",
        action="store_true",
        help="log to MLFLOW_TRACKING_URI, or to sqlite:///mlflow.db where it is not set; "
        "done without asking where it is set",
    )
    tracking.add_argument(
        "--experiment", default="sseml", metavar="NAME", help="MLflow's experiment (default: sseml)"
    )
    tracking.add_argument(
        "--benchmarks",
        nargs="*",
        metavar="BENCHMARK",
        help="measure these now, where --figures gives none (default: all; with no name: none)",
    )
    parser.set_defaults(run=_train)


def add_table(parser: argparse.ArgumentParser) -> None:
    """Add `-i`: the measurements to train on, or to evaluate."""
    parser.add_argument(
        "-i",
        "--input",
        type=Path,
        metavar="TABLE",
        help="curated table, or its folder (default: the evidence of the released bundle)",
    )


def _evaluate(arguments: argparse.Namespace) -> int:
    if arguments.write:
        _require_marks(arguments.write)
    if arguments.plots:
        _require_something_to_draw(arguments)
    with needing("train"):
        from sseml.evaluate import Report, evaluate  # noqa: PLC0415 - needs the learners
        from sseml.evaluate.run import require_benchmarks  # noqa: PLC0415
    require_benchmarks(arguments.what)
    if arguments.plots:
        with needing("report"):  # before minutes of measuring, not after
            import sseml.report.files  # noqa: F401, PLC0415
    if arguments.figures:
        report = Report.from_dict(_read_figures(arguments.figures))
    else:
        report = evaluate(arguments.what, arguments.input, progress=say_on_the_way)
    for benchmark, why in report.left_out.items():
        say(f"the benchmark {benchmark} is left out: {why}")
    write_report(report, as_json=arguments.json)
    if arguments.write:
        replace_between_marks(arguments.write, report.to_text().rstrip("\n") + "\n")
    if arguments.plots:
        _draw(report, arguments.plots)
    return ANSWERED


def _require_something_to_draw(arguments: argparse.Namespace) -> None:
    """Refuse `--plots` before minutes of measuring if there will be no pictures."""
    if arguments.figures:
        raise CommandError(
            "--plots draws what is measured now; the figures of --figures hold no rows: "
            "leave one of the two out"
        )
    drawn = (*_DRAWN, _WINDOWS, _POLYMER)
    if arguments.what and not set(drawn) & set(arguments.what):
        raise CommandError(
            f"--plots draws {', '.join(drawn)}, and none of them was asked for: add one"
        )
    if arguments.plots.exists() and not arguments.plots.is_dir():
        raise CommandError(f"{arguments.plots} is a file; --plots takes the name of a folder")


def _draw(report: Report, folder: Path) -> None:
    """Write the pictures of each benchmark, and the table behind them, into a folder of its own."""
    from sseml.evaluate.windows import STATED  # noqa: PLC0415
    from sseml.report import (  # noqa: PLC0415 - matplotlib
        save,
        save_out_of_fold,
        save_polymers,
        window_parity,
    )

    for benchmark, answered in report.out_of_fold.items():
        place = folder / benchmark
        if benchmark == _POLYMER:
            save_polymers(answered, place)
        else:
            save_out_of_fold(answered, place, _DRAWN[benchmark])
        with whole_file(place / "held_out.csv") as stream:
            answered.to_csv(stream, index=False, lineterminator="\n")
        say(f"the pictures are in {place}")
    if report.compared:
        place = folder / _WINDOWS
        place.mkdir(parents=True, exist_ok=True)
        as_stated = [row for row in report.compared if row.corrections == STATED[row.benchmark]]
        say(f"the picture is {save(window_parity(as_stated), place / 'parity.png')}")


def _train(arguments: argparse.Namespace) -> int:
    if arguments.output.exists():
        raise CommandError(f"{arguments.output} is there already; name another folder")
    figures = _read_figures(arguments.figures) if arguments.figures else None
    if arguments.kind == "polymer":
        return _train_polymers(arguments, figures)
    if arguments.transference:
        raise CommandError("--transference is about polymers: add --kind polymer")
    if _is_tracked(arguments):
        return _train_tracked(arguments, figures)
    with needing("train"):
        from sseml.model.train import train  # noqa: PLC0415 - only training needs the learners
    train(arguments.input, arguments.output, progress=say_on_the_way, metrics=figures)
    say(f"the bundle is in {arguments.output}")
    return ANSWERED


def _is_tracked(arguments: argparse.Namespace) -> bool:
    return bool(arguments.track or os.environ.get("MLFLOW_TRACKING_URI"))


def _train_polymers(arguments: argparse.Namespace, figures: dict[str, Any] | None) -> int:
    if arguments.benchmarks is not None:
        raise CommandError(
            "--benchmarks are of compositions: measure with `sseml evaluate polymer --json`, and "
            "give what it prints with --figures"
        )
    with needing("train"):
        from sseml.curation.polymers.table import polymers_at  # noqa: PLC0415
        from sseml.model.polymer.train import train_polymers  # noqa: PLC0415
        from sseml.model.polymer.transference import reported_films_at  # noqa: PLC0415
    reported = reported_films_at(arguments.transference)
    if _is_tracked(arguments):
        with needing("train,mlflow"):
            from sseml.tracking.polymer_runs import train_polymers_tracked  # noqa: PLC0415
        made = train_polymers_tracked(
            arguments.input,
            arguments.output,
            say_on_the_way,
            report=figures,
            reported=reported,
            experiment=arguments.experiment,
        )
        return _say_tracked(made, arguments)
    table = polymers_at(arguments.input)
    train_polymers(table, arguments.output, say_on_the_way, metrics=figures, reported=reported)
    say(f"the bundle is in {arguments.output}")
    return ANSWERED


def _train_tracked(arguments: argparse.Namespace, figures: dict[str, Any] | None) -> int:
    with needing("train,mlflow"):
        from sseml.tracking.runs import train_tracked  # noqa: PLC0415 - MLflow takes a second
    asked = arguments.benchmarks
    tracked = train_tracked(
        arguments.input,
        arguments.output,
        say_on_the_way,
        report=figures,
        benchmarks=() if asked is None else asked or None,
        experiment=arguments.experiment,
    )
    return _say_tracked(tracked, arguments)


def _say_tracked(tracked: TrackedRun, arguments: argparse.Namespace) -> int:
    say(f"the bundle is in {tracked.folder}; its run in experiment {arguments.experiment} is")
    standard_output().write(f"{tracked.run_id}\n")
    return ANSWERED


def _read_figures(path: Path) -> dict[str, Any]:
    """Read what `sseml evaluate --json` printed."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CommandError(f"{path} is not JSON ({error})") from error
    if not isinstance(figures, dict) or not {"benchmarks", "measurements"} <= figures.keys():
        raise CommandError(f"{path} is not what `sseml evaluate --json` prints")
    return figures


def replace_between_marks(path: Path, text: str) -> None:
    """Put `text` between the marks of a document, and leave the rest as it is."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    with whole_file(path) as stream:
        stream.write(f"{before}{_BEGIN}\n{text}{_END}{after}")


def _require_marks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not 0 <= text.find(_BEGIN) < text.find(_END):
        raise CommandError(f"{path} does not hold {_BEGIN} followed by {_END}")
