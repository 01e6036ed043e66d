"""The element tables hold what their sources say, complete and unchangeable."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.physics.elements import LOWEST_CHARGE, N_ELEMENTS, elements, magpie_table


@pytest.mark.parametrize(
    ("symbol", "column", "expected"),
    [
        ("Li", "mass", 6.941),
        ("O", "electronegativity", 3.44),
        ("Ti", "group", 4),
        ("La", "period", 6),
        ("Cl", "anion_charge", -1),
        ("S", "anion_polarizability", 10.2),
        ("P", "charge_preferred", 5),
        ("Ge", "valence_electrons", 14),
    ],
)
def test_known_values(symbol: str, column: str, expected: float) -> None:
    table = elements()
    assert getattr(table, column)[table.number[symbol]] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("symbol", "charge", "radii"),
    [
        ("Li", 1, (0.59, 0.76, 0.92)),
        ("Zr", 4, (0.59, 0.72, 0.84)),
        ("O", -2, (1.40, 1.40, 1.40)),
        ("S", -2, (1.84, 1.84, 1.84)),
    ],
)
def test_shannon_radii(symbol: str, charge: int, radii: tuple[float, ...]) -> None:
    table = elements()
    found = table.radius[:, table.number[symbol], charge - LOWEST_CHARGE]
    assert found == pytest.approx(radii)


def test_tables_are_complete_and_read_only() -> None:
    table = elements()
    assert len(table.number) == N_ELEMENTS
    assert table.number["Og"] == N_ELEMENTS
    for column in (table.mass, table.electronegativity, table.ionisation, table.radius):
        assert np.isfinite(column).all()
        assert not column.flags.writeable
    assert (table.radius[:, 1:] > 0).all()
    assert magpie_table().shape == (N_ELEMENTS + 1, 22)
    assert np.isfinite(magpie_table()).all()


def test_cation_charge_ranges_hold_the_preferred_charge() -> None:
    table = elements()
    assert (table.charge_low <= table.charge_preferred).all()
    assert (table.charge_preferred <= table.charge_high).all()
    fixed = table.charge_tier == 0
    assert (table.charge_low[fixed] == table.charge_high[fixed]).all()
