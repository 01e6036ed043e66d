"""What a window costs: against pymatgen's profile, and for a list of ten thousand formulas.

python benchmarks/windows.py [--repeats 7] [--list 10000] [--processes 2] [--json]
python benchmarks/windows.py --parity 20000 [--json]

Against pymatgen, in this one process on one thread: CPU time, for each formula the median of
`--repeats` calls after a first one. Both sides have read the energies and parsed the formula before
the clock starts.

- sseml: `electrochemical_window`, everything in it: the phases of the chemical system taken out of
  the table, the hull, both limits, both reactions, the decomposition, notes. No hull is kept from
  one call to the next. With ``tolerance=0`` and ``trace=0``, which is pymatgen's question, and as
  it is by default.
- pymatgen: `PhaseDiagram` of the same phases plus `get_element_profile`; taking the entries out of
  the table and making them is not counted. Once more with the diagram made beforehand.

The list is real formulas with a share of one element replaced by another of its kind, made here,
the same every time, and answered by processes that start, import and load the table on the clock.
Needs pymatgen (`pip install sseml[dev]`).

With `--parity` the same windows are calculated twice, with sseml's own simplex and with SciPy's
HiGHS under the same definition of a limit: every real formula with lithium, then formulas of the
list. The figures are the largest differences, and the CPU time of all questions to the hull as a
ratio, measured side by side. About ten minutes for 20,000.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import multiprocessing
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from sseml.arrays import FloatArray
from sseml.model.phases import load_phases
from sseml.parse.formula import canonical_formula, parse_formula
from sseml.physics.hull import Equilibrium, Hull
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.physics.window import electrochemical_window, electrochemical_windows
from sseml.released import DEFAULT_PHASES, released_folder

FORMULAS = Path(__file__).parents[1] / "tests" / "data" / "real_formulas.csv.gz"

FLOOR_RATIO = 4.0
FLOOR_MEDIAN_MS = 5.0
FLOOR_LIST_S = 60.0
SAME_V = 5e-7
BATCH = 128

COMPARED = (
    "Li2O", "Li7La3Zr2O12", "Li5La3Ta2O12", "Li3PO4", "LiTi2(PO4)3", "Li1.3Al0.3Ti1.7(PO4)3",
    "Li1.5Al0.5Ge1.5(PO4)3", "Li0.33La0.56TiO3", "Li3BO3", "Li14Zn(GeO4)4", "Li2.88PO3.73N0.14",
    "Li2S", "Li3PS4", "Li7P3S11", "Li10GeP2S12", "Li6PS5Cl", "Li6PS5Br", "Li6PS5I",
    "Li9.54Si1.74P1.44S11.7Cl0.3", "LiZnPS4",
    "LiCl", "LiF", "LiI", "Li3YCl6", "Li3YBr6", "Li3InCl6", "Li2ZrCl6", "LiAlCl4", "LiNbOCl4",
    "LiBH4", "Li2B12H12", "LiAlH4", "Li3N", "LiPN2", "Li2SiN2", "Li3P", "LiP7", "LiGaP2",
    "Li8SiP4", "Li3OCl", "Li2OHCl",
)  # fmt: skip

ALIKE = (
    ("F", "Cl", "Br", "I"),
    ("O", "S", "Se"),
    ("P", "As", "Sb", "V", "Nb", "Ta"),
    ("Si", "Ge", "Sn", "Ti", "Zr", "Hf"),
    ("Al", "Ga", "In", "Sc", "Y", "La"),
    ("Mg", "Ca", "Sr", "Zn"),
)
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)

Material = tuple[str, Mapping[str, float]]


def median_cpu_ms(call: Callable[[], object], repeats: int) -> float:
    call()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(1e3 * (time.process_time() - start))
    return statistics.median(taken)


def entries(system: ChemicalSystem) -> list[Any]:
    """The phases as pymatgen wants them."""
    from pymatgen.analysis.phase_diagram import PDEntry  # noqa: PLC0415
    from pymatgen.core import Composition  # noqa: PLC0415

    compositions = [Composition(formula) for formula in system.formulas]
    energies = system.energy_eV_atom.tolist()
    return [PDEntry(c, e * c.num_atoms) for c, e in zip(compositions, energies, strict=True)]


def limits(profile: Sequence[Mapping[str, Any]], metal_eV: float) -> tuple[float, float]:
    """From the potential of the row without evolution to the first one that gives lithium off."""
    reduction = None
    for row in profile:
        potential_V = metal_eV - row["chempot"]
        if row["evolution"] < -1e-6:
            return potential_V if reduction is None else reduction, potential_V
        if row["evolution"] < 1e-6 and reduction is None:
            reduction = potential_V
    raise ValueError("a profile that never gives lithium off")


def against_pymatgen(table: PhaseTable, repeats: int) -> dict[str, float]:
    """Times of both sides and the largest difference between their limits."""
    from pymatgen.analysis.phase_diagram import PhaseDiagram  # noqa: PLC0415
    from pymatgen.core import Composition, Element  # noqa: PLC0415

    lithium = Element("Li")
    times: dict[str, list[float]] = {}
    differences = []
    for text in COMPARED:
        amounts = parse_formula(text).amounts
        theirs = entries(table.system(sorted(amounts)))
        composition = Composition(dict(amounts))
        diagram = PhaseDiagram(theirs)
        calls: dict[str, Callable[[], object]] = {
            "sseml": lambda a=amounts, t=text: electrochemical_window(
                table, t, a, tolerance=0.0, trace=0.0
            ),
            "sseml by default": lambda a=amounts, t=text: electrochemical_window(table, t, a),
            "pymatgen": lambda e=theirs, c=composition: PhaseDiagram(e).get_element_profile(
                lithium, c
            ),
            "pymatgen, diagram made": lambda d=diagram, c=composition: d.get_element_profile(
                lithium, c
            ),
        }
        for name, call in calls.items():
            times.setdefault(name, []).append(median_cpu_ms(call, repeats))
        window = electrochemical_window(table, text, amounts, tolerance=0.0, trace=0.0)
        assert window.V_red is not None
        assert window.V_ox is not None
        expected = limits(
            diagram.get_element_profile(lithium, composition),
            diagram.el_refs[lithium].energy_per_atom,
        )
        differences += [abs(window.V_red - expected[0]), abs(window.V_ox - expected[1])]
    median = {name: statistics.median(values) for name, values in times.items()}
    return {
        "formulas compared": len(COMPARED),
        "largest difference, V": max(differences),
        **{f"{name}, median ms": value for name, value in median.items()},
        "slowest of sseml by default, ms": max(times["sseml by default"]),
        "ratio of the medians": median["pymatgen"] / median["sseml"],
        "ratio of the medians, by default": median["pymatgen"] / median["sseml by default"],
        "ratio of the sums": sum(times["pymatgen"]) / sum(times["sseml"]),
        "median of the ratios": _median_ratio(times, "pymatgen"),
        "median of the ratios, diagram made": _median_ratio(times, "pymatgen, diagram made"),
    }


def _median_ratio(times: Mapping[str, Sequence[float]], theirs: str) -> float:
    return statistics.median(t / o for t, o in zip(times[theirs], times["sseml"], strict=True))


class HighsHull:
    """What `Hull` does, by SciPy."""

    def __init__(self, system: ChemicalSystem) -> None:
        self.system = system

    def bases(self, compositions: FloatArray) -> list[Equilibrium]:
        return [self.at(composition) for composition in compositions]

    def mixture(self, basis: Equilibrium, _: FloatArray) -> Equilibrium:
        return basis

    def energy(self, basis: Equilibrium, _: FloatArray) -> float:
        return basis.energy_eV

    def at(self, composition: FloatArray) -> Equilibrium:
        from scipy.optimize import linprog  # noqa: PLC0415

        total = float(composition.sum())
        answer = linprog(
            self.system.energy_eV_atom,
            A_eq=self.system.fractions.T,
            b_eq=composition / total,
            method="highs-ds",
            options={
                "presolve": False,
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )
        phases = np.flatnonzero(answer.x > 1e-10)
        return Equilibrium(
            energy_eV=answer.fun * total,
            potential_eV=answer.eqlin.marginals,
            phases=phases,
            amounts=answer.x[phases] * total,
        )


class Clocked:
    """A hull, and the CPU time that its answers took."""

    def __init__(self, kind: type[Hull] | type[HighsHull]) -> None:
        self._kind = kind
        self.seconds = 0.0

    def __call__(self, system: ChemicalSystem) -> Clocked:
        self._hull = self._clocked(self._kind, system)
        self.system = system
        return self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._clocked, getattr(self._hull, name))

    def _clocked(self, ask: Callable[..., Any], *question: object) -> Any:
        start = time.process_time()
        found = ask(*question)
        self.seconds += time.process_time() - start
        return found


def parity(table: PhaseTable, count: int) -> dict[str, float]:
    """Limits by sseml's hull and by HiGHS, and what both take."""
    real = [(text, amounts) for text, amounts in real_formulas() if "Li" in amounts]
    materials = [*real, *candidates(max(1, count - len(real)))][:count]
    own, highs = Clocked(Hull), Clocked(HighsHull)
    worst = {"V_red": 0.0, "V_ox": 0.0, "hull_energy_eV_atom": 0.0, "ion_change": 0.0}
    differ = answered = 0
    for start in range(0, len(materials), BATCH):
        batch = materials[start : start + BATCH]
        found = []
        for hull in (own, highs):
            with patch("sseml.physics.hulls.Hull", hull):
                found.append(electrochemical_windows(table, batch, reactions=False))
        for one, other in zip(*found, strict=True):
            if one.V_red is None:
                assert other.V_red is None
                continue
            answered += 1
            apart = {name: abs(getattr(one, name) - getattr(other, name)) for name in worst}
            worst = {name: max(worst[name], apart[name]) for name in worst}
            differ += max(apart["V_red"], apart["V_ox"]) > SAME_V
    return {
        "formulas": len(materials),
        "windows found": answered,
        "limits that differ by more than 5e-7 V": differ,
        **{f"largest difference of {name}": value for name, value in worst.items()},
        "CPU of the hull, s": own.seconds,
        "CPU of HiGHS by SciPy, s": highs.seconds,
        "ratio": highs.seconds / own.seconds,
    }


def real_formulas() -> list[Material]:
    with gzip.open(FORMULAS, "rt", encoding="utf-8", newline="") as stream:
        texts = [row["formula"] for row in csv.DictReader(stream)]
    return [(text, parse_formula(text).amounts) for text in texts]


def candidates(count: int) -> list[Material]:
    """`count` different materials with lithium; the same ones every time."""
    draw = random.Random(0)
    parents = [amounts for _, amounts in real_formulas() if "Li" in amounts and len(amounts) > 2]
    found: dict[str, Mapping[str, float]] = {}
    while len(found) < count:
        amounts = draw.choice(parents)
        if choices := list(_replacements(amounts)):
            out, into = draw.choice(choices)
            moved = amounts[out] * draw.choice(SHARES)
            made = {**amounts, out: amounts[out] - moved, into: amounts.get(into, 0.0) + moved}
            found.setdefault(canonical_formula(made), made)
    return list(found.items())


def _replacements(amounts: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    for kind in ALIKE:
        for out in kind:
            if out in amounts:
                yield from ((out, into) for into in kind if into != out)


def answer(materials: list[Material]) -> tuple[int, int]:
    """How many have a window, and how many of those one that has collapsed."""
    table = load_phases(released_folder() / DEFAULT_PHASES)
    windows = electrochemical_windows(table, materials)
    answered = [window for window in windows if window.V_ox is not None]
    return len(answered), sum(window.collapsed for window in answered)


def whole_list(count: int, processes: int) -> dict[str, float]:
    """Wall time of a list cut into one part for each process."""
    materials = candidates(count)
    parts = [materials[part::processes] for part in range(processes)]
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        results = list(pool.map(answer, parts))
    seconds = time.perf_counter() - start
    return {
        "formulas in the list": len(materials),
        "chemical systems among them": len({frozenset(amounts) for _, amounts in materials}),
        "processes": processes,
        "windows found": sum(answered for answered, _ in results),
        "of these collapsed": sum(collapsed for _, collapsed in results),
        "whole list, s": seconds,
    }


def main() -> int:
    """Print the figures; 1 if a floor is not kept, or a limit is not HiGHS's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=7, help="measurements of each formula")
    parser.add_argument("--list", type=int, default=10_000, help="formulas of the list")
    parser.add_argument("--processes", type=int, default=2, help="for the list")
    parser.add_argument("--parity", type=int, metavar="N", help="compare N windows with HiGHS's")
    arguments = parser.parse_args()
    table = load_phases(released_folder() / DEFAULT_PHASES)
    if arguments.parity:
        figures = parity(table, arguments.parity)
        show(figures, as_json=arguments.json)
        return int(figures["limits that differ by more than 5e-7 V"] > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures = against_pymatgen(table, arguments.repeats)
    figures |= whole_list(arguments.list, arguments.processes)
    show(figures, as_json=arguments.json)
    kept = (
        figures["ratio of the medians"] >= FLOOR_RATIO
        and figures["sseml by default, median ms"] <= FLOOR_MEDIAN_MS
        and figures["whole list, s"] <= FLOOR_LIST_S
    )
    return int(not kept)


def show(figures: Mapping[str, float], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:42s} {value:.3g}" if isinstance(value, float) else f"{name:42s} {value}")


if __name__ == "__main__":
    sys.exit(main())
