"""`sseml train`: curated measurements become a bundle, and a run of MLflow if one is wanted."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sseml.cli.command import ANSWERED, CommandError, Commands, needing
from sseml.cli.evaluate import add_table, read_figures
from sseml.cli.progress import say, say_on_the_way
from sseml.cli.streams import standard_output

_EXAMPLES = """\
examples:
  sseml train -o runs/mine                    from the measurements the released bundle carries
  sseml train -i data/curated -o runs/mine    from a table made by `sseml data curate`
  sseml train -i data/curated -o runs/mine --figures figures.json
                                              with what `sseml evaluate --json` measured in its card
  sseml train -i data/curated -o runs/mine --track
                                              measured now and logged to MLflow; prints the run's id
  sseml train -o runs/mine --track --benchmarks papers clusters
                                              the same, only two benchmarks
  sseml predict --bundle runs/mine Li6PS5Cl   use it
"""


def add_commands(commands: Commands) -> None:
    """Add `train`."""
    parser = commands.add_parser(
        "train",
        help="measurements become a bundle",
        description="Fit, calibrate and save a bundle. Needs the extra `train`, and `mlflow` where "
        "it is tracked.",
        examples=_EXAMPLES,
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train and save."""
    if arguments.output.exists():
        raise CommandError(f"{arguments.output} is there already; name another folder")
    if arguments.track or os.environ.get("MLFLOW_TRACKING_URI"):
        return _run_tracked(arguments)
    figures = read_figures(arguments.figures) if arguments.figures else None
    with needing("train"):
        from sseml.model.train import train  # noqa: PLC0415 - only training needs the learners
    train(arguments.input, arguments.output, progress=say_on_the_way, metrics=figures)
    say(f"the bundle is in {arguments.output}")
    return ANSWERED


def _run_tracked(arguments: argparse.Namespace) -> int:
    figures = read_figures(arguments.figures) if arguments.figures else None
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
    say(f"the bundle is in {tracked.folder}; its run in experiment {arguments.experiment} is")
    standard_output().write(f"{tracked.run_id}\n")
    return ANSWERED
