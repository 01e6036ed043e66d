"""What the space group and the volume a row carries say; NaN where it carries none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.features.elements import elements
from sseml.features.slots import pack, row_sum
from sseml.records import Composition

TABLES = "International Tables for Crystallography A, ISBN 978-0-7923-6590-7"
SYSTEMS = (
    ("triclinic", 1, 2),
    ("monoclinic", 3, 15),
    ("orthorhombic", 16, 74),
    ("tetragonal", 75, 142),
    ("trigonal", 143, 167),
    ("hexagonal", 168, 194),
    ("cubic", 195, 230),
)
POINT_GROUPS = (
    # (last space group of the point group, order of the point group, centrosymmetric)
    (1, 1, 0), (2, 2, 1), (5, 2, 0), (9, 2, 0), (15, 4, 1), (24, 4, 0), (46, 4, 0), (74, 8, 1),
    (80, 4, 0), (82, 4, 0), (88, 8, 1), (98, 8, 0), (110, 8, 0), (122, 8, 0), (142, 16, 1),
    (146, 3, 0), (148, 6, 1), (155, 6, 0), (161, 6, 0), (167, 12, 1), (173, 6, 0), (174, 6, 0),
    (176, 12, 1), (182, 12, 0), (186, 12, 0), (190, 12, 0), (194, 24, 1), (199, 12, 0),
    (206, 24, 1), (214, 24, 0), (220, 24, 0), (230, 48, 1),
)  # fmt: skip
U_PER_A3_IN_G_CM3 = 1.66053907


def crystal_system(number: int) -> int:
    """Crystal system of a space group: 0 (triclinic) to 6 (cubic), in the order of `SYSTEMS`.

    Raises
    ------
    ValueError
        If there is no space group of this number.
    """
    _point_group(number)
    return next(i for i, (_, _, last) in enumerate(SYSTEMS) if number <= last)


def _point_group(number: int) -> tuple[int, int]:
    """Order and centrosymmetry of a space group's point group."""
    if not 1 <= number <= 230:
        raise ValueError(f"space group {number} is not between 1 and 230")
    return next((order, centre) for last, order, centre in POINT_GROUPS if number <= last)


class Symmetry:
    """The featurizer of the set ``crystal``: NaN exactly where a row does not carry the fact."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """Crystal system, point group, volume and density."""
        return (
            Feature("space_group_number", "1", "international number", TABLES),
            Feature("crystal_system", "1", "triclinic 1 to cubic 7", TABLES),
            *(Feature(f"is_{name}", "1", f"1 if {name}, else 0", TABLES) for name, *_ in SYSTEMS),
            Feature("point_group_order", "1", "number of point symmetry operations", TABLES),
            Feature("is_centrosymmetric", "1", "1 with a centre of inversion, else 0", TABLES),
            Feature("volume_per_atom", "Å³/atom", "cell volume per atom", "the row"),
            Feature("volume_per_li", "Å³", "cell volume per Li, at most 1000", "the row"),
            Feature("density", "g/cm³", "mass over cell volume", "the row"),
        )

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Values of shape (n_materials, len(features))."""
        out = np.full((len(materials), len(self.features)), np.nan)
        slots = pack(materials)
        mass = row_sum(slots.fraction * elements().mass[slots.number])
        lithium = row_sum(slots.fraction * (slots.number == elements().number["Li"]))
        for i, material in enumerate(materials):
            group, volume = material.space_group_number, material.volume_per_atom_A3
            if group is not None:
                order, centre = _point_group(group)
                system = crystal_system(group)
                is_system = np.eye(len(SYSTEMS))[system]
                out[i, :11] = (group, system + 1, *is_system, order, centre)
            if volume is not None:
                per_li = min(volume / lithium[i], 1000.0) if lithium[i] else 1000.0
                out[i, 11:] = volume, per_li, U_PER_A3_IN_G_CM3 * mass[i] / volume
        return out
