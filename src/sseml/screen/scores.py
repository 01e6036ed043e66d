"""What an answer is judged by beside what it says: electrodes, water, cost and supply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sseml.classes import dataclass, replace
from sseml.columns import SCREEN_COLUMNS
from sseml.parse.formula import parse_formula
from sseml.records import Answer, Composition, Prediction, Refusal, RefusedInputError
from sseml.screen.critical import EU_2024, US_2025, critical
from sseml.screen.supply import cost_USD_kg, cost_USD_mol, hhi_production

if TYPE_CHECKING:
    from sseml.physics.phases import PhaseTable

ANODE_MARGIN, CATHODE_MARGIN = "anode_margin_V", "cathode_margin_V"
WATER = "water_eV_atom"
COST, COST_MOL, SUPPLY = "cost_USD_kg", "cost_USD_mol", "hhi_production"
N_CRITICAL_EU, N_CRITICAL_US = f"n_critical_{EU_2024}", f"n_critical_{US_2025}"
SCORES: tuple[str, ...] = (
    ANODE_MARGIN, CATHODE_MARGIN, WATER, COST, COST_MOL, SUPPLY, N_CRITICAL_EU, N_CRITICAL_US,
)  # fmt: skip
"""Columns that are added to an answer where they are asked for."""

_OF_AMOUNTS: Mapping[str, Callable[[Mapping[str, float]], float | None]] = {
    COST: cost_USD_kg,
    COST_MOL: cost_USD_mol,
    SUPPLY: hhi_production,
}
_LISTS = {N_CRITICAL_EU: EU_2024, N_CRITICAL_US: US_2025}
_WITH_ELEMENTS = frozenset(("composition", "crystal"))
_DIGITS = {column.name: column.digits for column in SCREEN_COLUMNS}


@dataclass(frozen=True, slots=True)
class Electrodes:
    """Potentials in V vs Li/Li⁺ of what the electrolyte touches; None where it does not matter."""

    anode_V: float | None = None
    cathode_V: float | None = None


def anode_margin_V(answer: Prediction, anode_V: float) -> float | None:  # noqa: N802 - its unit
    """Potential of the anode less V_red, in V: below 0 the anode reduces it; None without V_red."""
    return None if answer.V_red is None else anode_V - answer.V_red


def cathode_margin_V(answer: Prediction, cathode_V: float) -> float | None:  # noqa: N802
    """V_ox less the potential of the cathode, in V: below 0 it is oxidised; None without V_ox."""
    return None if answer.V_ox is None else answer.V_ox - cathode_V


def water_eV_atom(table: PhaseTable, material: Composition) -> float | None:  # noqa: N802
    """Energy of the most exothermic reaction with water, in eV per atom of the mixture; 0 for none.

    The number of ``sseml compat --with water``, as of doi 10.1002/anie.202007621: an indicator, of
    crystals at 0 K, as `sseml.physics.moisture.moisture_reaction` says. None where the table of
    phases lacks an element.
    """
    from sseml.physics.moisture import moisture_reaction  # noqa: PLC0415 - only where asked for
    from sseml.physics.phases import UnknownElementError  # noqa: PLC0415

    try:
        reaction = moisture_reaction(table, material)
    except (UnknownElementError, RefusedInputError):
        return None
    return reaction.energy_eV_atom if reaction else 0.0


def composition_of(answer: Prediction) -> Composition | None:
    """The elements of what was answered and their amounts; None for a recipe."""
    return parse_formula(answer.formula) if answer.kind in _WITH_ELEMENTS else None


def scored(
    answers: Iterable[Answer],
    names: Iterable[str],
    electrodes: Electrodes,
    phases: Callable[[], PhaseTable] | None = None,
) -> Iterator[Answer]:
    """Answers with the columns `names`, of `SCORES`; missing where there is nothing to say.

    A margin is missing, too, where its electrode has no potential, and the reaction with water
    where nothing gives the `phases`. Recipes have no cost and no reaction. Beside a number of
    critical elements stands which they are.
    """
    asked = tuple(names)
    for answer in answers:
        if asked and not isinstance(answer, Refusal):
            added = _scores(answer, asked, electrodes, phases)
            yield replace(answer, columns={**answer.columns, **added})
        else:
            yield answer


def _scores(
    answer: Prediction,
    names: tuple[str, ...],
    electrodes: Electrodes,
    phases: Callable[[], PhaseTable] | None,
) -> dict[str, float | str | None]:
    needs_elements = {WATER, *_OF_AMOUNTS, *_LISTS} & {*names}
    material = composition_of(answer) if needs_elements else None
    found: dict[str, float | str | None] = {}
    for name in names:
        if name in _LISTS:
            found |= _critical(material, name)
            continue
        value: float | None = None
        if name == ANODE_MARGIN and electrodes.anode_V is not None:
            value = anode_margin_V(answer, electrodes.anode_V)
        elif name == CATHODE_MARGIN and electrodes.cathode_V is not None:
            value = cathode_margin_V(answer, electrodes.cathode_V)
        elif name == WATER and material is not None and phases is not None:
            value = water_eV_atom(phases(), material)
        elif name in _OF_AMOUNTS and material is not None:
            value = _OF_AMOUNTS[name](material.amounts)
        found[name] = None if value is None else float(f"{value:.{_DIGITS[name]}g}")
    return found


def _critical(material: Composition | None, name: str) -> dict[str, int | str | None]:
    """The number beside lithium, and which they are."""
    which = name.removeprefix("n_")
    if material is None:
        return {name: None, which: None}
    listed = critical(material.amounts, _LISTS[name])
    return {name: len({*listed} - {"Li"}), which: ", ".join(listed)}
