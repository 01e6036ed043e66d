"""A bundle's answers carried across the known phase transitions of its materials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import replace
from sseml.model.answer import BundleAnswer, Model
from sseml.model.heating import CEILING_LOG10_SIGMA, Conductivity
from sseml.model.offsets import Shift
from sseml.physics.crossing import (
    Answer,
    Line,
    branch_energy,
    branch_start,
    carried,
    note_below,
    note_on,
)
from sseml.physics.transitions import Transition, Transitions
from sseml.records import Composition
from sseml.units import SUPERIONIC_S_CM

Notes = Mapping[int, tuple[str, ...]]
"""What is said about the answers that depend on a transition, by their place."""


def transitions_of(material: object, temperature_C: float) -> tuple[Transition, ...]:
    """Transitions that the answer about a material at a temperature depends on; a glass has none.

    See `sseml.physics.transitions.Transitions.find`.
    """
    if not isinstance(material, Composition) or material.form == "glass":
        return ()
    listed = Transitions.load()
    return listed.find(material.amounts, material.space_group_number, temperature_C)


def across_transitions(
    answer: BundleAnswer,
    bundle: Model,
    materials: Sequence[Any],
    temperature_C: FloatArray,
    *,
    shift: Shift | None = None,
    threshold_S_cm: float = SUPERIONIC_S_CM,
) -> tuple[BundleAnswer, Notes]:
    """Carry answers across the transitions between 25 °C and the temperature of each.

    Parameters
    ----------
    answer
        What `bundle` gave for the other arguments; answers about other materials stay as they are.
    bundle
        Is asked again, at the transitions of which no branch is listed.
    materials, temperature_C, shift, threshold_S_cm
        As `Bundle.predict` takes them.

    Returns
    -------
    answer
        The same one where no material has a transition.
    notes
        One for each transition that was passed, or that holds the answer below it.
    """
    found = _found(materials, temperature_C)
    if not found:
        return answer, {}
    asked_C = {place: float(temperature_C[place]) for place in found}
    energy_eV = {place: float(answer.activation_energy_eV[place]) for place in found}
    asked = list(asked_C.items())
    sigma = _answers(asked, answer.sigma, answer.p_superionic, list(found))
    if_conductor = _answers(asked, answer.if_conductor, answer.p_superionic, list(found))
    if at := _without_branch(found, asked_C):
        places = np.array([place for place, _ in at])
        there = bundle.predict(
            [materials[place] for place in places],
            np.array([transition_C for _, transition_C in at]),
            None if shift is None else shift.take(places),
            threshold_S_cm,
        )
        sigma |= _answers(at, there.sigma, there.p_superionic, range(len(at)))
        if_conductor |= _answers(at, there.if_conductor, there.p_superionic, range(len(at)))

    def moved(known: Mapping[tuple[int, float], Answer]) -> dict[int, Answer]:
        return {
            place: carried(
                found[place], at_C, _line(place, known), energy_eV[place], log10(threshold_S_cm)
            )
            for place, at_C in asked
        }

    moved_sigma = moved(sigma)
    passed = {place: [one for one in found[place] if one.is_passed(at_C)] for place, at_C in asked}
    energies = {
        place: branch_energy(transitions[-1], energy_eV[place])
        for place, transitions in passed.items()
        if transitions
    }
    notes = {
        place: (
            *map(note_on, passed[place]),
            *(
                note_below(ahead)
                for ahead in found[place]
                if not ahead.is_passed(at_C)
                and branch_start(ahead, energy_eV[place]).log10_sigma
                < max(sigma[place, at_C].log10, if_conductor[place, at_C].log10)
            ),
        )
        for place, at_C in asked
    }
    carried_answer = replace(
        answer,
        sigma=_replaced(answer.sigma, moved_sigma),
        if_conductor=_replaced(answer.if_conductor, moved(if_conductor)),
        p_superionic=_with(
            answer.p_superionic, {place: one.probability for place, one in moved_sigma.items()}
        ),
        activation_energy_eV=_with(answer.activation_energy_eV, energies),
    )
    return carried_answer, notes


def _found(
    materials: Sequence[Any], temperature_C: FloatArray
) -> dict[int, tuple[Transition, ...]]:
    """Transitions that the answer about a material depends on, by its place."""
    asked = enumerate(zip(materials, temperature_C.tolist(), strict=True))
    found = {place: transitions_of(material, at_C) for place, (material, at_C) in asked}
    return {place: own for place, own in found.items() if own}


def _without_branch(
    found: Mapping[int, Sequence[Transition]], asked_C: Mapping[int, float]
) -> list[tuple[int, float]]:
    """Place and temperature of the passed transitions of whose branch no point is listed."""
    return [
        (place, one.temperature_C)
        for place, transitions in found.items()
        for one in transitions
        if one.is_passed(asked_C[place]) and not one.limits
    ]


def _answers(
    asked: Sequence[tuple[int, float]],
    sigma: Conductivity,
    probability: FloatArray,
    rows: Sequence[int],
) -> dict[tuple[int, float], Answer]:
    """Answer to each question, a place and a temperature, from its row of the arrays."""
    columns = sigma.log10, sigma.log10_low, sigma.log10_high, probability
    return {
        question: Answer(*(float(column[row]) for column in columns))
        for question, row in zip(asked, rows, strict=True)
    }


def _line(place: int, known: Mapping[tuple[int, float], Answer]) -> Line:
    return lambda temperature_C: known[place, temperature_C]


def _replaced(sigma: Conductivity, answers: Mapping[int, Answer]) -> Conductivity:
    """With other answers in some places; none above what a solid can conduct."""

    def below_ceiling(column: FloatArray, name: str) -> FloatArray:
        own = {
            place: min(getattr(one, name), CEILING_LOG10_SIGMA) for place, one in answers.items()
        }
        return _with(column, own)

    return Conductivity(
        below_ceiling(sigma.log10, "log10"),
        below_ceiling(sigma.log10_low, "low"),
        below_ceiling(sigma.log10_high, "high"),
    )


def _with(column: FloatArray, values: Mapping[int, float]) -> FloatArray:
    changed = column.copy()
    if not values:
        return changed
    changed[list(values)] = list(values.values())
    return changed
