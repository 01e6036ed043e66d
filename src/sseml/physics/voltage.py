"""Voltage profile: how many ions a material holds at each potential, and as which phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sseml.physics.hull import Hull, pieces
from sseml.physics.phases import PhaseTable
from sseml.physics.window import IONS
from sseml.records import RefusedInputError

_MOST_IONS_PER_ATOM = 20.0
"""More than any compound holds of the ion per atom of the others (Li22Si5: 4.4)."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """A potential at which ions are exchanged.

    Attributes
    ----------
    potential_V
        Against the metal of the ion.
    ions_low, ions_high
        Ions held per formula unit after being given off, and after being taken up.
    phases_low, phases_high
        Formula → amount per formula unit at these two ends.
    """

    potential_V: float
    ions_low: float
    ions_high: float
    phases_low: Mapping[str, float]
    phases_high: Mapping[str, float]


def voltage_profile(
    table: PhaseTable,
    amounts: Mapping[str, float],
    *,
    ion: str = "Li",
    corrections: Sequence[str] = (),
) -> tuple[Plateau, ...]:
    """Follow a material from all its ions given off to the bare metal.

    Parameters
    ----------
    table
        The phases that can form.
    amounts
        Element amounts in mol per formula unit; the ion may be missing.
    ion
        The ion that is exchanged.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.

    Returns
    -------
    tuple of Plateau
        From the highest potential to the lowest; the last one is the metal's, at 0 V, without end.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.
    RefusedInputError
        If nothing but the ion is there, or the ion is none of `sseml.physics.window.IONS`.
    """
    if ion not in IONS:
        raise RefusedInputError(f"{ion!r} is no ion of a profile here", f"ask {', '.join(IONS)}")
    host = {symbol: amount for symbol, amount in amounts.items() if symbol != ion}
    if not host:
        raise RefusedInputError(f"{ion} alone has no voltage profile", "add the other elements")
    system = table.system(sorted({*host, ion}), corrections)
    hull = Hull(system)
    base = np.array([host.get(symbol, 0.0) for symbol in system.symbols])
    direction = np.array([float(symbol == ion) for symbol in system.symbols])
    column = system.symbols.index(ion)

    def energy_and_potential(ions: float) -> tuple[float, float]:
        there = hull.at(base + ions * direction)
        return there.energy_eV, float(there.potential_eV[column])

    def phases(ions: float) -> dict[str, float]:
        there = hull.at(base + ions * direction)
        return system.formula_units(there.phases, there.amounts)

    most = _MOST_IONS_PER_ATOM * sum(host.values())
    return tuple(
        Plateau(
            potential_V=max(0.0, -piece.slope),
            ions_low=piece.low,
            ions_high=piece.high,
            phases_low=phases(piece.low),
            phases_high=phases(piece.high),
        )
        for piece in pieces(energy_and_potential, 0.0, most)
    )
