"""The released table of phases, and pymatgen's answers from the same phases."""

from __future__ import annotations

import csv
import gzip
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition

from sseml.model.phases import load_phases
from sseml.parse.formula import parse_formula
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.released import DEFAULT_PHASES, released_folder


@pytest.fixture(scope="session")
def table() -> PhaseTable:
    return load_phases(released_folder() / DEFAULT_PHASES)


@pytest.fixture(scope="session")
def diagram() -> Callable[[ChemicalSystem], PhaseDiagram]:
    """pymatgen's phase diagram of a system's own phases."""

    def build(system: ChemicalSystem) -> PhaseDiagram:
        compositions = [Composition(formula) for formula in system.formulas]
        energies = system.energy_eV_atom.tolist()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PhaseDiagram(
                [PDEntry(c, e * c.num_atoms) for c, e in zip(compositions, energies, strict=True)]
            )

    return build


@pytest.fixture(scope="session")
def real_formulas() -> list[str]:
    path = Path(__file__).parents[2] / "data" / "real_formulas.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return [row["formula"] for row in csv.DictReader(stream)]


@pytest.fixture(scope="session")
def atoms_of() -> Callable[[Mapping[str, float]], Counter[str]]:
    """Element amounts of one side of a reaction, each formula read by our parser."""

    def count(side: Mapping[str, float]) -> Counter[str]:
        total: Counter[str] = Counter()
        for formula, amount in side.items():
            for symbol, held in parse_formula(formula).amounts.items():
                total[symbol] += amount * held
        return total

    return count


@pytest.fixture(scope="session")
def subset() -> Callable[[PhaseTable, Iterable[int]], PhaseTable]:
    """A table of some rows of another."""

    def build(table: PhaseTable, rows: Iterable[int]) -> PhaseTable:
        kept = np.array(sorted(rows))
        parts = [np.arange(table.start[row], table.start[row + 1]) for row in kept]
        entries = np.concatenate(parts)
        return PhaseTable(
            name=table.name,
            symbols=table.symbols,
            formulas=[table.formulas[row] for row in kept],
            start=np.concatenate(([0], np.cumsum([len(part) for part in parts]))),
            element=table.element[entries],
            fraction=table.fraction[entries],
            energy_eV_atom=table.energy_eV_atom[kept],
            atoms=table.atoms[kept],
            anion_fraction={s: held[kept] for s, held in table.anion_fraction.items()},
        )

    return build
