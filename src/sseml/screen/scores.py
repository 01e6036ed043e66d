"""What an answer is judged by beside what it says: margins to the electrodes, cost and supply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sseml.classes import dataclass, replace
from sseml.columns import SCREEN_COLUMNS
from sseml.parse.formula import parse_formula
from sseml.records import Answer, Composition, Prediction, Refusal
from sseml.screen.supply import cost_USD_kg, hhi_production

ANODE_MARGIN, CATHODE_MARGIN = "anode_margin_V", "cathode_margin_V"
COST, SUPPLY = "cost_USD_kg", "hhi_production"
SCORES: tuple[str, ...] = (ANODE_MARGIN, CATHODE_MARGIN, COST, SUPPLY)
"""Columns that are added to an answer where they are asked for."""

_OF_ELEMENTS = frozenset(("composition", "crystal"))
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


def composition_of(answer: Prediction) -> Composition | None:
    """The elements of what was answered and their amounts; None for a recipe."""
    return parse_formula(answer.formula) if answer.kind in _OF_ELEMENTS else None


def scored(
    answers: Iterable[Answer], names: Iterable[str], electrodes: Electrodes
) -> Iterator[Answer]:
    """Answers with the columns `names`, of `SCORES`; missing where there is nothing to say.

    A margin is missing, too, where its electrode has no potential. Recipes have no cost.
    """
    asked = tuple(names)
    for answer in answers:
        if asked and not isinstance(answer, Refusal):
            added = _scores(answer, asked, electrodes)
            yield replace(answer, columns={**answer.columns, **added})
        else:
            yield answer


def _scores(
    answer: Prediction, names: tuple[str, ...], electrodes: Electrodes
) -> dict[str, float | None]:
    amounts: Mapping[str, float] | None = None
    composition = composition_of(answer) if {COST, SUPPLY} & {*names} else None
    if composition is not None:
        amounts = composition.amounts
    found: dict[str, float | None] = {}
    for name in names:
        value: float | None = None
        if name == ANODE_MARGIN and electrodes.anode_V is not None:
            value = anode_margin_V(answer, electrodes.anode_V)
        elif name == CATHODE_MARGIN and electrodes.cathode_V is not None:
            value = cathode_margin_V(answer, electrodes.cathode_V)
        elif name == COST and amounts is not None:
            value = cost_USD_kg(amounts)
        elif name == SUPPLY and amounts is not None:
            value = hhi_production(amounts)
        found[name] = None if value is None else float(f"{value:.{_DIGITS[name]}g}")
    return found
