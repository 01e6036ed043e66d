"""Rebuild `src/sseml/features/li_phases.npy` from the released phase bundle.

Run as `python tools/build_parents.py`; with `--check` nothing is written and the exit code is 1
where the file is out of date. What the file holds and whose it is stands in `SOURCES.md` beside it.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import numpy as np

from sseml.features.parents import LI_PHASES, MAX_ELEMENTS
from sseml.model.phases import load_phases
from sseml.physics.elements import elements
from sseml.released import DEFAULT_PHASES, released_folder

TARGET = Path(__file__).parents[1] / "src" / "sseml" / LI_PHASES


def li_phases(folder: Path) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Atomic numbers, rising, and whole amounts of each compound of lithium, in order."""
    table = load_phases(folder)
    number = [elements().number[symbol] for symbol in table.symbols]
    compounds = set()
    for first, last, atoms in zip(table.start[:-1], table.start[1:], table.atoms, strict=True):
        amounts = {
            number[element]: fraction * atoms
            for element, fraction in zip(
                table.element[first:last], table.fraction[first:last], strict=True
            )
        }
        if elements().number["Li"] in amounts and len(amounts) > 1:
            z = tuple(sorted(amounts))
            compounds.add((z, tuple(whole(amounts[each]) for each in z)))
    return sorted(compounds)


def whole(amount: float) -> int:
    """The amount as the file holds it."""
    nearest = round(amount)
    if abs(amount - nearest) > 1e-6 or not 0 < nearest <= np.iinfo(np.uint8).max:
        raise ValueError(f"an amount of {amount:g} does not fit: whole numbers up to 255 do")
    return nearest


def packed(folder: Path) -> bytes:
    """The file: array of shape (n_phases, 2, MAX_ELEMENTS), padded with 0."""
    compounds = li_phases(folder)
    array = np.zeros((len(compounds), 2, MAX_ELEMENTS), np.uint8)
    for row, (z, amounts) in zip(array, compounds, strict=True):
        row[0, : len(z)], row[1, : len(z)] = z, amounts
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def main() -> int:
    """Write the file, or check that it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    content = packed(released_folder() / DEFAULT_PHASES)
    if not arguments.check:
        TARGET.write_bytes(content)
        return 0
    return int(not TARGET.exists() or TARGET.read_bytes() != content)


if __name__ == "__main__":
    sys.exit(main())
