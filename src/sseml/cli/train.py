"""`sseml train`: curated measurements become a bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from sseml.cli.evaluate import add_table, read_figures
from sseml.cli.exits import ANSWERED, CommandError
from sseml.cli.extras import needing
from sseml.cli.help import Commands
from sseml.cli.progress import say, say_on_the_way

_EXAMPLES = """\
examples:
  sseml train -o runs/mine                    from the measurements the released bundle carries
  sseml train -i data/curated -o runs/mine    from a table made by `sseml data curate`
  sseml train -i data/curated -o runs/mine --figures figures.json
                                              with what `sseml evaluate --json` measured in its card
  sseml predict --bundle runs/mine Li6PS5Cl   use it
"""


def add_commands(commands: Commands) -> None:
    """Add `train`."""
    parser = commands.add_parser(
        "train",
        help="measurements become a bundle",
        description="Fit, calibrate and save a bundle. Needs the extra `train`.",
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train and save."""
    if arguments.output.exists():
        raise CommandError(f"{arguments.output} is there already; name another folder")
    figures = read_figures(arguments.figures) if arguments.figures else None
    with needing("train"):
        from sseml.train import train  # noqa: PLC0415 - only training needs the learners
    train(arguments.input, arguments.output, progress=say_on_the_way, metrics=figures)
    say(f"the bundle is in {arguments.output}")
    return ANSWERED
