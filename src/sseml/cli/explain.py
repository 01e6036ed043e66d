"""`sseml explain`: lithium migration pathways in a crystal structure."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sseml.cli.command import ANSWERED, CommandError, Commands, needing, number_type
from sseml.cli.output import require_picture, write_jsonl
from sseml.cli.streams import BETWEEN_S, redraw, standard_output
from sseml.records import Crystal, RefusedInputError

_EXAMPLES = """\
examples:
  sseml explain LLZO.cif                          barriers in 1, 2 and 3 directions
  sseml explain LLZO.cif -o LLZO.png              the Li network as a picture: PNG, SVG or PDF
  sseml explain LLZO.cif --format json            all numbers, and the easiest way point by point
  sseml explain LLZO.cif --spacing 0.1            a finer grid

It is a static-lattice estimate to be looked at, no prediction of the conductivity: docs/window.md.
"""
_FINEST_A, _COARSEST_A = 0.05, 0.5

_spacing = number_type(
    lambda value: _FINEST_A <= value <= _COARSEST_A,
    f"{{text}} is no distance from {_FINEST_A:g} to {_COARSEST_A:g} Å",
)
_seconds = number_type(lambda value: value > 0.0, "{text} is no time above 0 s")


def add_commands(commands: Commands) -> None:
    """Add `explain`."""
    parser = commands.add_parser(
        "explain",
        help="bond-valence pathways of Li+ in a crystal structure: barriers and a picture",
        description="Calculate the bond-valence site energy of Li+ in the rigid framework of a "
        "crystal, and from which energy its low region runs through in 1, 2 and 3 directions.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="one structure: CIF, POSCAR or pymatgen .json"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PICTURE", help="draw the network: PNG, SVG or PDF"
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="default: %(default)s"
    )
    parser.add_argument(
        "--spacing",
        type=_spacing,
        metavar="Å",
        help=f"distance of grid points, {_FINEST_A:g} to {_COARSEST_A:g} Å (default: 0.2; finer in "
        "small cells, coarser in very large ones)",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="stop after this time with a message (default: %(default)g)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read the structure, calculate, draw, and print."""
    watch = _watch(arguments.time_limit)
    require_picture(arguments.output, "explain")
    crystal = _crystal(arguments.file)
    with needing("explain"):
        from sseml.physics.charges import ions_of  # noqa: PLC0415
        from sseml.physics.pathways import lithium_pathways  # noqa: PLC0415
        from sseml.render.pathways import pathways_lines, pathways_record  # noqa: PLC0415
    ions, imbalance = ions_of(crystal)
    try:
        found = lithium_pathways(
            crystal, ions, imbalance=imbalance, spacing_A=arguments.spacing, watch=watch
        )
    except RefusedInputError as refusal:
        raise CommandError(f"{crystal.source}: {refusal}") from refusal
    finally:
        if sys.stderr.isatty():
            redraw()
    if arguments.output:
        from sseml.report import lithium_network, save  # noqa: PLC0415

        save(lithium_network(found), arguments.output)
    if arguments.format == "json":
        write_jsonl([pathways_record(found)], standard_output())
    else:
        standard_output().writelines(f"{line}\n" for line in pathways_lines(found))
    return ANSWERED


def _crystal(path: Path) -> Crystal:
    """The one structure of a file."""
    with needing("explain"):
        from sseml.parse.structure.reading import read_structures  # noqa: PLC0415
    if path.is_dir():
        raise CommandError(f"{path} is a folder; `explain` takes one structure file at a time")
    read = list(read_structures(path, on_mismatch="flag"))
    if len(read) != 1:
        raise CommandError(f"{path}: {len(read)} structures; `explain` takes one at a time")
    [only] = read
    if isinstance(only, Crystal):
        return only
    raise CommandError(f"{only.source}: {only.refusal}")


def _watch(limit_s: float) -> Callable[[float], None]:
    """Called with the share of the work that is done: keeps the time limit, shows the progress."""
    start = time.monotonic()
    due = start + BETWEEN_S

    def watch(share: float) -> None:
        nonlocal due
        now = time.monotonic()
        if now - start > limit_s:
            raise CommandError(
                f"not done after {limit_s:g} s ({share:.0%} of the work): give more time with "
                "--time-limit, or a coarser grid with --spacing 0.4"
            )
        if now >= due and sys.stderr.isatty():
            redraw(f"{share:4.0%} of the energy landscape, {now - start:.0f} s")
            due = now + BETWEEN_S

    return watch
