"""`sseml explain`: the ways of Li⁺ through a crystal, to be looked at."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sseml.cli.command import ANSWERED, CommandError, Commands, needing
from sseml.cli.progress import BETWEEN_S, redraw
from sseml.cli.streams import standard_output
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
        "-o",
        "--output",
        type=Path,
        metavar="PICTURE",
        help="draw the network: PNG, SVG or PDF",
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
    if arguments.output:
        with needing("explain"):
            from sseml.report.files import require_picture  # noqa: PLC0415
        require_picture(arguments.output)
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
        raise _unusable(crystal.source, refusal) from refusal
    finally:
        _wipe()
    if arguments.output:
        from sseml.report import lithium_network, save  # noqa: PLC0415

        save(lithium_network(found), arguments.output)
    if arguments.format == "json":
        text = json.dumps(pathways_record(found), ensure_ascii=False, allow_nan=False)
        standard_output().write(f"{text}\n")
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
    raise _unusable(only.source, only.refusal)


def _unusable(source: str, refusal: RefusedInputError) -> CommandError:
    return CommandError(f"{source}: {refusal}")


def _watch(limit_s: float) -> Callable[[float], None]:
    """What is called on the way: it keeps the time, and shows a person how far it has come."""
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


def _wipe() -> None:
    if sys.stderr.isatty():
        redraw()


def _spacing(text: str) -> float:
    value = _number(text)
    if not _FINEST_A <= value <= _COARSEST_A:
        raise argparse.ArgumentTypeError(
            f"{text} is no distance from {_FINEST_A:g} to {_COARSEST_A:g} Å"
        )
    return value


def _seconds(text: str) -> float:
    value = _number(text)
    if not value > 0.0:
        raise argparse.ArgumentTypeError(f"{text} is no time above 0 s")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
