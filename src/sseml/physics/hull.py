"""The lower convex hull of a chemical system, evaluated where it is asked by linear programming."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import highspy
import numpy as np

from sseml.physics.phases import ChemicalSystem, FloatArray, IntArray

_TOLERANCE = 1e-10
_PRESENT = 1e-10


class HullError(RuntimeError):
    """The linear programme was not solved: a bug, or a composition that is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Equilibrium:
    """What is stable at a composition.

    Attributes
    ----------
    energy_eV
        Energy of the phases together, in eV for the amounts that were asked.
    potential_eV
        Chemical potential of each element against the pure element, in eV; shape (k,). Where the
        composition lies between fewer phases than elements it is one of several that hold.
    phases
        Rows of the system that coexist.
    amounts
        How much of each, in atoms.
    """

    energy_eV: float
    potential_eV: FloatArray
    phases: IntArray
    amounts: FloatArray


class Hull:
    """Minimum of Σ y·E over amounts y ≥ 0 of phases that make up a composition.

    The dual values of this linear programme (doi 10.1103/PhysRevB.22.1542 gives the thermodynamics)
    are the chemical potentials of the elements. The programme is kept between questions, so that a
    composition nearby is answered in a step or two; an object is for one thread at a time.

    Parameters
    ----------
    system
        Must hold every element as a phase of its own.
    """

    def __init__(self, system: ChemicalSystem) -> None:
        self.system = system
        self._solver = _solver()
        _load(self._solver, system)

    def at(self, composition: FloatArray) -> Equilibrium:
        """Find the stable phases.

        Parameters
        ----------
        composition
            Amounts of the elements in the system's order, shape (k,); of any sum.

        Raises
        ------
        HullError
            If an amount is negative or not a number, or all are zero.
        """
        amounts = np.asarray(composition, dtype=float)
        total = float(amounts.sum())
        if not ((amounts >= 0.0).all() and 0.0 < total < inf):
            raise HullError(f"no composition: {composition}")
        self._solve(amounts / total)
        solver = self._solver
        solution = solver.getSolution()
        values = np.array(solution.col_value)
        phases = np.flatnonzero(values > _PRESENT)
        return Equilibrium(
            energy_eV=solver.getInfo().objective_function_value * total,
            potential_eV=np.array(solution.row_dual),
            phases=phases,
            amounts=values[phases] * total,
        )

    def _solve(self, fractions: FloatArray) -> None:
        solver = self._solver
        for row, fraction in enumerate(fractions.tolist()):
            solver.changeRowBounds(row, fraction, fraction)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            status = solver.modelStatusToString(solver.getModelStatus())
            raise HullError(f"the hull of {'-'.join(self.system.symbols)} is not solved: {status}")


def _solver() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("parallel", "off"),
        ("threads", 1),
        ("primal_feasibility_tolerance", _TOLERANCE),
        ("dual_feasibility_tolerance", _TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    return solver


def _load(solver: highspy.Highs, system: ChemicalSystem) -> None:
    n, k = system.fractions.shape
    held = system.fractions > 0.0
    start = np.concatenate(([0], np.cumsum(held.sum(axis=1))[:-1])).astype(np.int32)
    nothing = np.zeros(0, dtype=np.int32)
    zero = np.zeros(k)
    solver.addRows(k, zero, zero, 0, nothing, nothing, np.zeros(0))
    solver.addCols(
        n,
        system.energy_eV_atom,
        np.zeros(n),
        np.full(n, highspy.kHighsInf),
        int(held.sum()),
        start,
        np.nonzero(held)[1].astype(np.int32),
        system.fractions[held],
    )
