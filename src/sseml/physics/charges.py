"""Which elements are anions, what charges balance a formula, and what they are as ions."""

from __future__ import annotations

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.classes import dataclass
from sseml.physics.elements import NO_ANION_RANK, elements, magpie_table
from sseml.physics.slots import Slots, pack, row_sum
from sseml.records import Composition

CHANGE_COST = (0.0, 0.02, 0.02, 0.10)
"""Cost per atom and unit of charge moved away from the preferred one, by `charge_tier`; a unit of
unbalanced charge per atom costs 1."""

_COVALENT_RADIUS_PM = 6
"""Column of the Magpie table; values of Cordero and others, doi 10.1039/b801115j."""


@dataclass(frozen=True, slots=True, eq=False)
class Charges:
    """Mean charge of every element of n formulas, k slots each.

    `charge` (n, k) is in elementary charges, 0 for padding; `is_anion` (n, k) where the element is
    an anion throughout. `residue` (n,) is the charge per atom that no assignment could balance,
    positive where the cations carry too much; `reluctant_shift` (n,) the change per atom from the
    preferred charges of elements that rarely change.
    """

    charge: FloatArray
    is_anion: BoolArray
    residue: FloatArray
    reluctant_shift: FloatArray


def _fill(charge: FloatArray, low: FloatArray, high: FloatArray, fraction: FloatArray) -> None:
    """Move charges towards neutrality, all by the same part of their room; in place."""
    gap = -row_sum(fraction * charge)
    target = np.where(gap[:, None] > 0, high, low)
    room = row_sum(fraction * (target - charge))
    part = np.divide(gap, room, out=np.zeros_like(gap), where=np.abs(room) > 1e-12)
    charge += np.clip(part, 0.0, 1.0)[:, None] * (target - charge)


def balance(slots: Slots) -> Charges:
    """Assign charges: the m most electronegative elements are anions, the rest are cations.

    For every m the cations start from their preferred charges; those of variable charge then move
    within their usual range until the formula is neutral: first the ones that change easily (Fe,
    Mn, V, Sn …), then hydrogen (protonic or hydridic), last the reluctant ones (Ti, Ge, P–P bonded
    P, clustered B). The m of least unbalanced charge and least change wins, the smaller
    where two are equal.

    The electronegativity order is Pauling's (ISBN 978-0-8014-0333-0); usual charges follow
    Greenwood and Earnshaw (ISBN 978-0-7506-3365-9). Anion charges do not move: peroxides and
    polysulfides show a negative residue.
    """
    table = elements()
    number, fraction = slots.number, slots.fraction
    n, k = number.shape
    tier = table.charge_tier[number]
    low, high = table.charge_low[number], table.charge_high[number]
    preferred, anion = table.charge_preferred[number], table.anion_charge[number]
    possible = (table.anion_rank[number] < NO_ANION_RANK).sum(axis=1)
    cost_of_change = np.array(CHANGE_COST)[tier]

    best_cost = np.full(n, np.inf)
    best = np.zeros((n, k))
    best_m = np.zeros(n, dtype=np.int64)
    for m in range(int(possible.max(initial=0)) + 1):
        rows = np.flatnonzero(possible >= m if m else possible == 0)
        if not rows.size:
            continue
        part = fraction[rows]
        start = preferred[rows]
        start[:, :m] = anion[rows, :m]
        charge = start.copy()
        for step in (1, 2, 3):
            free = tier[rows] == step
            free[:, :m] = False
            if free.any():
                low_now = np.where(free, low[rows], charge)
                high_now = np.where(free, high[rows], charge)
                _fill(charge, low_now, high_now, part)
        unbalanced = np.abs(row_sum(part * charge))
        change = row_sum(part * cost_of_change[rows] * np.abs(charge - start))
        cost = unbalanced + change
        better = cost < best_cost[rows]
        chosen = rows[better]
        best_cost[chosen], best[chosen], best_m[chosen] = cost[better], charge[better], m
    is_anion = np.arange(k) < best_m[:, None]
    residue = row_sum(fraction * best)
    residue[np.abs(residue) < 1e-6] = 0.0
    reluctant = ~is_anion & (tier == 3)
    shift = row_sum(fraction * np.abs(best - preferred) * reluctant)
    return Charges(best, is_anion, residue, shift)


@dataclass(frozen=True, slots=True)
class Ion:
    """What an element is in a framework.

    Its mean formal charge in elementary charges, the principal quantum number of its valence shell,
    and its covalent radius (doi 10.1039/b801115j).
    """

    charge: float
    shell: int
    radius_A: float


def ions_of(material: Composition) -> tuple[dict[str, Ion], float]:
    """Balance a formula, and look up what a site energy needs of each element.

    Parameters
    ----------
    material
        Any material; an element has one charge throughout it, the mean where it has several.

    Returns
    -------
    dict
        Element symbol → ion.
    float
        Charge per atom that no assignment could balance; positive where cations carry too much.
    """
    slots = pack([material])
    balanced, table, magpie = balance(slots), elements(), magpie_table()
    ions = {
        table.symbols[z]: Ion(charge, int(table.period[z]), magpie[z, _COVALENT_RADIUS_PM] / 100)
        for z, charge in zip(slots.number[0].tolist(), balanced.charge[0].tolist(), strict=True)
        if z
    }
    return ions, float(balanced.residue[0])
