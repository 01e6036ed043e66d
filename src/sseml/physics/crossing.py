"""σ carried across the known phase transitions of a material: pure functions of its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, hypot, sqrt

from sseml.classes import dataclass
from sseml.physics.transitions import Point, Transition

REPEAT_DECADES = 1.2
"""Half the 90 % interval of a measured branch. Repeats of one composition and structure by another
paper lie 0.58 decades off on average; 1.645 / 0.798 of that for a normal error. Pairs of good
conductors (both above 1e-5 S/cm) lie within 1.15 at 90 %."""

UNKNOWN_JUMP_DECADES = 2.4
"""What a transition whose branch is not listed adds to the interval on its far side, in quadrature:
90 % of the 16 listed branches lie at most this far above the line that composition-6 draws to their
transition (median 0.6)."""

_TAIL_90 = 1.645
"""Standard deviations of a normal error to the limits of its 90 % interval."""


@dataclass(frozen=True, slots=True)
class Answer:
    """log10 of σ in S/cm with its 90 % interval, and the probability that σ reaches a threshold."""

    log10: float
    low: float
    high: float
    probability: float


Line = Callable[[float], Answer]
"""The answer at each temperature in °C, for one material."""


def carried(
    transitions: Sequence[Transition],
    temperature_C: float,
    line: Line,
    energy_eV: float,
    threshold_log10_sigma: float,
) -> Answer:
    """Carry an answer across the transitions between 25 °C and a temperature.

    Beyond a transition log10(σT) follows the measured point and energy of the branch, or the
    energy alone, or the line shifted by the jump; where nothing of the branch is listed the line
    goes on, and the interval grows by `UNKNOWN_JUMP_DECADES` on the far side. σ and the
    probability do not fall on heating through a transition: below one with a measured branch they
    do not exceed where the branch begins.

    Parameters
    ----------
    transitions
        As `Transitions.find` gives them.
    temperature_C
        Asked temperature.
    line
        The model's answer; asked for at `temperature_C`, and at passed transitions without a point.
    energy_eV
        Activation energy of σT for a branch of which one point is listed.
    threshold_log10_sigma
        log10 of the threshold of the probability, in S/cm.
    """
    for transition in transitions:
        if transition.limits:
            line = _onto_branch(transition, line, energy_eV, threshold_log10_sigma)
        elif transition.is_passed(temperature_C) and transition.on_heating:
            line = _heated(transition, line, threshold_log10_sigma)
        elif transition.is_passed(temperature_C):
            line = _cooled(transition, line)
    return line(temperature_C)


def branch_energy(transition: Transition, energy_eV: float) -> float:
    """Activation energy of σT beyond a transition; `energy_eV` where none is listed."""
    own = transition.energy_above_eV if transition.limits else transition.bend_energy
    return energy_eV if own is None else own


def branch_start(transition: Transition, energy_eV: float) -> Point:
    """Where the measured branch of a transition begins.

    `energy_eV` stands in for an activation energy that is not listed. A `ValueError` if no point of
    the branch is listed.
    """
    if transition.point is None:
        raise ValueError(f"no point of the branch beyond {transition.says} is listed")
    energy = branch_energy(transition, energy_eV)
    begins_C = transition.temperature_C
    return Point(begins_C, transition.point.carried(energy, begins_C))


def note_on(transition: Transition) -> str:
    """What a passed transition did to the answer, and whose measurement says so."""
    where = f"{'above' if transition.on_heating else 'below'} {transition.says}: "
    if transition.limits:
        return f"{where}follows the measured high-temperature branch"
    jump, bend_eV = transition.jump_decades, transition.bend_energy
    if transition.on_heating and jump is not None:
        return f"{where}{jump:g} decades higher, as measured"
    wider = f"the interval is wider there by {UNKNOWN_JUMP_DECADES:g} decades in quadrature"
    if bend_eV is not None:
        return f"{where}follows the measured {bend_eV:g} eV; a jump is not listed, and {wider}"
    return (
        f"{where}the conductivity there is not listed, so the answer is drawn along one line across"
        f" the transition, and {wider}"
    )


def note_below(transition: Transition) -> str:
    """That the answer is held where the measured branch of a transition ahead begins."""
    return (
        f"below {transition.says}: σ does not fall on heating, so the answer is held where the "
        "measured high-temperature branch begins"
    )


def _onto_branch(transition: Transition, line: Line, energy_eV: float, threshold: float) -> Line:
    """A line that changes to the measured branch at a transition, and stays below it before."""
    first = branch_start(transition, energy_eV)
    energy = branch_energy(transition, energy_eV)

    def chance(log10: float) -> float:
        return _normal((log10 - threshold) * _TAIL_90 / REPEAT_DECADES)

    def changing(temperature_C: float) -> Answer:
        if transition.is_passed(temperature_C):
            log10 = first.carried(energy, temperature_C)
            return Answer(log10, log10 - REPEAT_DECADES, log10 + REPEAT_DECADES, chance(log10))
        here = line(temperature_C)
        probability = min(here.probability, chance(first.log10_sigma))
        held = min(0.0, first.log10_sigma - here.log10)
        return Answer(here.log10 + held, here.low + held, here.high + held, probability)

    return changing


def _heated(transition: Transition, line: Line, threshold: float) -> Line:
    """The line beyond a transition on heating, of whose branch no point is listed."""
    start = line(transition.temperature_C)
    jump = transition.jump_decades
    unknown = UNKNOWN_JUMP_DECADES if jump is None else 0.0
    first = Point(transition.temperature_C, start.log10 + (jump or 0.0))

    def beyond(temperature_C: float) -> Answer:
        here = line(temperature_C)
        log10 = here.log10 + (jump or 0.0)
        if transition.bend_energy is not None:
            log10 = first.carried(transition.bend_energy, temperature_C)
        log10 = max(log10, start.log10)
        high = log10 + hypot(here.high - here.log10, unknown)
        chance = max(start.probability, here.probability if log10 >= here.log10 else 0.0)
        if high > log10:
            implied = _normal(min(0.0, (log10 - threshold) * _TAIL_90 / (high - log10)))
            chance = max(chance, implied)
        return Answer(log10, log10 - (here.log10 - here.low), high, chance)

    return beyond


def _cooled(transition: Transition, line: Line) -> Line:
    """The line beyond a transition on cooling."""
    start = line(transition.temperature_C)
    first = Point(transition.temperature_C, start.log10)

    def beyond(temperature_C: float) -> Answer:
        here = line(temperature_C)
        log10 = here.log10
        if transition.bend_energy is not None:
            log10 = first.carried(transition.bend_energy, temperature_C)
        log10 = min(log10, start.log10)
        low = log10 - hypot(here.log10 - here.low, UNKNOWN_JUMP_DECADES)
        chance = min(start.probability, here.probability)
        return Answer(log10, low, log10 + here.high - here.log10, chance)

    return beyond


def _normal(score: float) -> float:
    """Probability that a standard normal variable is below a score."""
    return 0.5 * (1.0 + erf(score / sqrt(2.0)))
