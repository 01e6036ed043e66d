"""The crystal system of a space group."""

from __future__ import annotations

SYSTEMS = (
    ("triclinic", 1, 2),
    ("monoclinic", 3, 15),
    ("orthorhombic", 16, 74),
    ("tetragonal", 75, 142),
    ("trigonal", 143, 167),
    ("hexagonal", 168, 194),
    ("cubic", 195, 230),
)
"""Name, first and last space group (International Tables for Crystallography A)."""


def crystal_system(number: int) -> int:
    """Crystal system of a space group: 0 (triclinic) to 6 (cubic), in the order of `SYSTEMS`.

    Raises
    ------
    ValueError
        If there is no space group of this number.
    """
    if not 1 <= number <= 230:
        raise ValueError(f"space group {number} is not between 1 and 230")
    return next(i for i, (_, _, last) in enumerate(SYSTEMS) if number <= last)
