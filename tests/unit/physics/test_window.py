"""Windows against pymatgen, against chemistry and against what must hold of any of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition, Element

from sseml.parse.formula import parse_formula
from sseml.physics.formulas import chemical_formula
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.physics.window import Window, electrochemical_window, electrochemical_windows
from sseml.records import RefusedInputError

Diagram = Callable[[ChemicalSystem], PhaseDiagram]
Subset = Callable[[PhaseTable, Iterable[int]], PhaseTable]
AtomsOf = Callable[[Mapping[str, float]], Counter[str]]

OXIDES = (
    "Li2O", "Li3PO4", "Li7La3Zr2O12", "Li5La3Ta2O12", "Li6.4La3Zr1.4Ta0.6O12", "LiTi2(PO4)3",
    "Li1.3Al0.3Ti1.7(PO4)3", "Li1.5Al0.5Ge1.5(PO4)3", "Li0.33La0.56TiO3", "Li3BO3",
    "Li14Zn(GeO4)4", "LiAlO2", "Li2CO3", "LiNbO3", "Li2SO4",
)  # fmt: skip
SULFIDES = (
    "Li2S", "Li3PS4", "Li7P3S11", "Li4GeS4", "Li10GeP2S12", "Li10SnP2S12", "Li6PS5Cl", "Li6PS5Br",
    "Li6PS5I", "Li5.5PS4.5Cl1.5", "Li9.54Si1.74P1.44S11.7Cl0.3", "LiZnPS4",
)  # fmt: skip
HALIDES = (
    "LiF", "LiCl", "LiBr", "LiI", "Li3YCl6", "Li3YBr6", "Li3InCl6", "Li2ZrCl6", "LiAlCl4",
    "Li3AlF6", "LiNbOCl4",
)  # fmt: skip
OTHERS = (
    "LiBH4", "Li2B12H12", "LiAlH4", "Li4(BH4)3I",
    "Li3N", "LiPN2", "Li2SiN2", "Li7PN4", "Li2.88PO3.73N0.14",
    "Li3P", "LiP7", "LiGaP2", "Li8SiP4", "Li14SiP6",
    "Li3OCl", "Li3OBr", "Li2OHCl", "Li3SBF4",
)  # fmt: skip
LITHIUM = (*OXIDES, *SULFIDES, *HALIDES, *OTHERS)
SODIUM = ("Na3PS4", "Na3Zr2Si2PO12", "Na3SbS4", "NaCl", "Na2.9PS3.9Cl0.1", "NaAl11O17")
POTASSIUM = ("K3PS4", "KCl", "K2O", "K3SbS4")

real = st.sampled_from((*LITHIUM, "LiLa2Ti3O10", "Li2FeMn3O8", "Li1.2Ni0.13Co0.13Mn0.54O2"))
mixtures = st.lists(
    st.tuples(real, st.sampled_from((0.05, 0.25, 0.3333, 0.5, 1.0))), min_size=1, max_size=2
)


def mixed(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for formula, share in parts:
        for symbol, amount in parse_formula(formula).amounts.items():
            total[symbol] += share * amount
    return dict(total)


def ask(table: PhaseTable, formula: str, **settings: Any) -> Window:
    return electrochemical_window(table, formula, parse_formula(formula).amounts, **settings)


def limits_of_profile(diagram: PhaseDiagram, formula: str, ion: str) -> tuple[float, float]:
    """pymatgen: from the row where no ion is exchanged to the first that gives some off."""
    element = Element(ion)
    metal = diagram.el_refs[element].energy_per_atom
    composition = Composition(dict(parse_formula(formula).amounts))
    reduction = None
    for row in diagram.get_element_profile(element, composition):
        potential = metal - row["chempot"]
        if row["evolution"] < -1e-6:
            return (potential if reduction is None else reduction), potential
        if row["evolution"] < 1e-6:
            reduction = potential
    raise AssertionError(f"{formula} never gives {ion} off")


@pytest.mark.parametrize(
    ("ion", "formula"),
    [
        *(("Li", formula) for formula in LITHIUM),
        *(("Na", formula) for formula in SODIUM),
        *(("K", formula) for formula in POTASSIUM),
    ],
)
def test_limits_are_those_of_pymatgens_profile(
    table: PhaseTable, diagram: Diagram, ion: str, formula: str
) -> None:
    window = ask(table, formula, ion=ion, tolerance=0.0, trace=0.0)
    system = table.system(sorted(parse_formula(formula).amounts))
    reduction, oxidation = limits_of_profile(diagram(system), formula, ion)
    assert window.V_red == pytest.approx(reduction, abs=1e-6)
    assert window.V_ox == pytest.approx(oxidation, abs=1e-6)


def test_the_formulas_compared_are_of_every_kind(table: PhaseTable) -> None:
    above = [ask(table, formula, tolerance=0.0).e_above_hull_eV_atom for formula in LITHIUM]
    assert above.count(0.0) >= 10
    assert above.count(None) >= 10
    assert sum(1 for energy in above if energy) >= 5


def check_potential(window: Window, sign: float, per_ion: float, potential: float) -> None:
    """Energy for each ion; with a trace passed over, at a higher potential or a lower one."""
    limit = "V_red" if sign > 0 else "V_ox"
    if any(note.startswith(f"{limit} passes over") for note in window.notes):
        assert sign * per_ion >= sign * potential - 1e-5
    else:
        assert per_ion == pytest.approx(potential, abs=1e-5, rel=1e-5)


def untold_atoms(table: PhaseTable, amounts: Mapping[str, float], told: int) -> Counter[str]:
    """Most of each element in phases too little to be told: 1e-6 mol of each.

    There are as many phases as elements at most.
    """
    most: Counter[str] = Counter()
    if told < len(amounts):
        for formula in table.system(sorted(amounts)).formulas:
            most |= Counter(parse_formula(formula).amounts)
    return Counter({symbol: 1e-6 * (len(amounts) - told) * n for symbol, n in most.items()})


def check_reactions(
    table: PhaseTable, window: Window, amounts: Mapping[str, float], atoms_of: AtomsOf
) -> None:
    """Elements and energies on both sides of what a window says, with the material on the hull."""
    ion, changed = window.ion, dict(amounts)
    changed[ion] *= 1.0 + window.ion_change
    system = table.system(sorted(amounts))
    entry = {
        chemical_formula(f): system.entry(system.composition(parse_formula(f).amounts))
        for f in system.formulas
    }

    def energy(side: Mapping[str, float]) -> float:
        total = 0.0
        for formula, amount in side.items():
            if formula == window.formula:
                assert window.hull_energy_eV_atom is not None
                total += amount * sum(changed.values()) * window.hull_energy_eV_atom
            else:
                held = entry.get(formula, 0.0)
                assert held is not None
                total += amount * held * sum(parse_formula(formula).amounts.values())
        return total

    def elements(side: Mapping[str, float]) -> Counter[str]:
        rest = {formula: amount for formula, amount in side.items() if formula != window.formula}
        total = atoms_of(rest)
        for symbol, amount in changed.items():
            total[symbol] += side.get(window.formula, 0.0) * amount
        return total

    for reaction, side, potential in (
        (window.reduction, "reactants", window.V_red),
        (window.oxidation, "products", window.V_ox),
    ):
        if reaction is None:
            assert potential == 0.0
            continue
        assert getattr(reaction, side)[ion] == 1.0
        left, right = elements(reaction.reactants), elements(reaction.products)
        for symbol in amounts:
            assert left[symbol] == pytest.approx(right[symbol], abs=1e-6, rel=1e-6)
        assert all(amount > 0 for amount in reaction.products.values())
        assert potential is not None
        sign = 1.0 if side == "reactants" else -1.0
        per_ion = -sign * (energy(reaction.products) - energy(reaction.reactants))
        check_potential(window, sign, per_ion, potential)

    assert window.decomposition is not None
    held = atoms_of(window.decomposition)
    untold = untold_atoms(table, amounts, len(window.decomposition))
    for symbol in amounts:
        rounding = 1e-9 * changed[symbol]
        assert -rounding <= changed[symbol] - held[symbol] <= untold[symbol] + rounding


@settings(max_examples=40)
@given(parts=mixtures)
def test_reactions_balance_for_formulas_and_their_mixtures(
    table: PhaseTable, atoms_of: AtomsOf, parts: list[tuple[str, float]]
) -> None:
    amounts = mixed(parts)
    window = electrochemical_window(table, "asked", amounts)
    check_reactions(table, window, amounts, atoms_of)


def test_reactions_balance_for_real_formulas(
    table: PhaseTable, atoms_of: AtomsOf, real_formulas: list[str]
) -> None:
    lithium = [text for text in real_formulas if "Li" in parse_formula(text).amounts]
    asked = [(text, parse_formula(text).amounts) for text in lithium[:: len(lithium) // 200]]
    assert len(asked) >= 200
    answers = electrochemical_windows(table, asked)
    assert all(window.V_ox is not None for window in answers)
    for (_, amounts), window in zip(asked, answers, strict=True):
        check_reactions(table, window, amounts, atoms_of)


@settings(max_examples=30)
@given(parts=mixtures, factor=st.sampled_from((0.01, 0.5, 3.0, 1000.0)), data=st.data())
def test_neither_the_formula_unit_nor_the_order_of_elements_matters(
    table: PhaseTable, parts: list[tuple[str, float]], factor: float, data: st.DataObject
) -> None:
    amounts = mixed(parts)
    order = data.draw(st.permutations(sorted(amounts)))
    scaled = {symbol: factor * amounts[symbol] for symbol in order}
    one, other = (electrochemical_window(table, "asked", a) for a in (amounts, scaled))
    for name in ("V_red", "V_ox", "ion_change", "hull_energy_eV_atom", "e_above_hull_eV_atom"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-7)
    assert one.V_red <= one.V_ox


def _shown(table: PhaseTable, row: int) -> str:
    return chemical_formula(table.formulas[row])


@settings(max_examples=30)
@given(parts=mixtures, data=st.data())
def test_more_competing_phases_never_widen_the_window_of_what_stays_on_the_hull(
    table: PhaseTable, subset: Subset, parts: list[tuple[str, float]], data: st.DataObject
) -> None:
    # The hull with more phases lies at or below the other one. Where both touch, its slopes lie
    # between those of the other.
    amounts = mixed(parts)
    exact = {"tolerance": 0.0, "trace": 0.0}
    full = electrochemical_window(table, "asked", amounts, **exact)
    assert full.decomposition is not None
    symbols = set(amounts)
    needed = {formula.removesuffix("2") for formula in full.decomposition}
    needed |= set(full.decomposition) | symbols
    rows = [table.formulas.index(f) for f in table.system(sorted(symbols)).formulas]
    removed = data.draw(st.sets(st.sampled_from(rows), max_size=len(rows) // 2))
    kept = [row for row in rows if row not in removed or _shown(table, row) in needed]
    few = electrochemical_window(subset(table, kept), "asked", amounts, **exact)
    assert few.hull_energy_eV_atom == pytest.approx(full.hull_energy_eV_atom, abs=1e-9)
    assert few.V_red <= full.V_red + 1e-7
    assert few.V_ox >= full.V_ox - 1e-7


def test_a_wider_tolerance_never_gives_a_narrower_window(table: PhaseTable) -> None:
    for formula in LITHIUM:
        widths = []
        for tolerance in (0.0, 0.02, 0.05):
            window = ask(table, formula, tolerance=tolerance)
            assert window.V_red is not None
            assert window.V_ox is not None
            assert abs(window.ion_change) <= tolerance
            widths.append(window.V_ox - window.V_red)
        assert widths == sorted(widths)


def test_lithium_lanthanum_titanate_has_its_window_beside_the_formula(table: PhaseTable) -> None:
    written = ask(table, "Li0.33La0.56TiO3", tolerance=0.0)
    assert written.collapsed
    assert written.ion_change == 0.0
    assert any(note.startswith("collapsed") for note in written.notes)
    found = ask(table, "Li0.33La0.56TiO3")
    assert not found.collapsed
    assert found.V_red == pytest.approx(1.75, abs=0.01)
    assert found.V_ox == pytest.approx(3.71, abs=0.01)
    assert 0 < abs(found.ion_change) <= 0.05
    amounts = parse_formula(found.formula).amounts
    assert amounts["Li"] == pytest.approx(0.33 * (1 + found.ion_change), abs=1e-4)
    said = f"none as written; this is that of {found.formula} (Li -3.0 %)"
    assert said in found.notes


def test_the_width_as_written_is_said_where_another_is_given(table: PhaseTable) -> None:
    formula = "Li0.5La0.5Ti0.998Mn0.002O3"
    written = ask(table, formula, tolerance=0.0, trace=0.0)
    assert written.V_ox - written.V_red == pytest.approx(0.40, abs=0.005)
    found = ask(table, formula, trace=0.0)
    assert found.V_ox - found.V_red > 1.0
    assert any(note.startswith("0.40 V wide as written; this is that of") for note in found.notes)


@pytest.mark.parametrize("formula", ["Li2Sc0.6667Cl4", "Li2In0.3333Sc0.3333Cl4"])
def test_rounding_is_called_rounding(table: PhaseTable, formula: str) -> None:
    found = ask(table, formula)
    assert 0.0 < abs(found.ion_change) < 0.0005
    said = "none as written; this is that of the formula before rounding (less than 0.05 %)"
    assert said in found.notes


def test_of_equally_wide_windows_the_nearest_is_given() -> None:
    # Per Si: 2 V up to 0.96 Li, 1 V up to 1.02 Li, then the metal. Both windows are 1 V wide.
    two = PhaseTable(
        name="two",
        symbols=("Li", "Si"),
        formulas=("Li", "Li24Si25", "Li51Si50", "Si"),
        start=np.array([0, 1, 3, 5, 6]),
        element=np.array([0, 0, 1, 0, 1, 1]),
        fraction=np.array([1, 24 / 49, 25 / 49, 51 / 101, 50 / 101, 1]),
        energy_eV_atom=np.array([0.0, -1.92 * 25 / 49, -1.98 * 50 / 101, 0.0]),
        atoms=np.array([1.0, 49.0, 101.0, 1.0]),
        anion_fraction={},
    )
    window = electrochemical_window(two, "LiSi", {"Li": 1.0, "Si": 1.0})
    assert window.ion_change == pytest.approx(0.02, abs=1e-6)
    assert (window.V_red, window.V_ox) == pytest.approx((0.0, 1.0), abs=1e-9)
    assert window.decomposition == pytest.approx({"Li51Si50": 0.02})
    other = electrochemical_window(two, "LiSi", {"Li": 0.98, "Si": 1.0})
    assert other.ion_change == pytest.approx(0.96 / 0.98 - 1.0, abs=1e-6)
    assert (other.V_red, other.V_ox) == pytest.approx((1.0, 2.0), abs=1e-9)


def lithium_silicides(*steps: tuple[float, float]) -> PhaseTable:
    """A table whose hull has these steps: Li per Si at the end of each, and its potential in V."""
    lithium, energy = [0.0], [0.0]
    for end, potential in steps:
        energy.append(energy[-1] - potential * (end - lithium[-1]))
        lithium.append(end)
    atoms = 1.0 + np.array(lithium)
    held = np.array(lithium[1:])
    fraction = np.column_stack((held, np.ones_like(held))) / atoms[1:, np.newaxis]
    return PhaseTable(
        name="steps",
        symbols=("Li", "Si"),
        formulas=("Li", "Si", *(f"Li{end:g}Si" for end in lithium[1:])),
        start=np.array([0, 1, *range(2, 2 * len(lithium) + 1, 2)]),
        element=np.array([0, 1, *[0, 1] * len(held)]),
        fraction=np.array([1.0, 1.0, *fraction.ravel()]),
        energy_eV_atom=np.array([0.0, *np.array(energy) / atoms]),
        atoms=np.array([1.0, *atoms]),
        anion_fraction={},
    )


def limits(table: PhaseTable, lithium: float, **settings: Any) -> tuple[float, float]:
    window = electrochemical_window(table, "asked", {"Li": lithium, "Si": 1.0}, **settings)
    assert window.V_red is not None
    assert window.V_ox is not None
    return window.V_red, window.V_ox


TRACE = ((1.0, 2.0), (1.005, 1.5), (2.0, 0.5))
"""2 V up to LiSi, half a percent of its lithium at 1.5 V, and 0.5 V up to Li2Si."""


@pytest.mark.parametrize(
    ("lithium", "exactly", "said"),
    [
        (1.0, (1.5, 2.0), ["V_red passes over 0.5 % of the Li at 1.50 V"]),
        (1.0025, (1.5, 1.5), ["V_red passes over 0.5 % of the Li at 1.50 V",
                              "V_ox passes over 0.5 % of the Li at 1.50 V"]),
        (1.005, (0.5, 1.5), ["V_ox passes over 0.5 % of the Li at 1.50 V"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_a_plateau_of_a_trace_sets_no_limit_and_is_said_to_be_passed_over(
    lithium: float, exactly: tuple[float, float], said: list[str], tolerance: float
) -> None:
    table = lithium_silicides(*TRACE)
    assert limits(table, lithium, tolerance=0.0, trace=0.0) == pytest.approx(exactly, abs=1e-8)
    assert limits(table, lithium, tolerance=0.0, trace=0.004) == pytest.approx(exactly, abs=1e-8)
    window = electrochemical_window(table, "asked", {"Li": lithium, "Si": 1.0}, tolerance=tolerance)
    assert (window.V_red, window.V_ox) == pytest.approx((0.5, 2.0), abs=1e-8)
    assert window.ion_change == 0.0
    assert [note for note in window.notes if "passes over" in note] == said


def test_traces_one_after_another_are_passed_over_up_to_the_share_in_all() -> None:
    # 0.6 % at 1.5 V and 0.6 % at 1.2 V: the first is passed over, and 1 % is reached in the second.
    table = lithium_silicides((1.0, 2.0), (1.006, 1.5), (1.012, 1.2), (2.0, 0.5))
    assert limits(table, 1.0, tolerance=0.0) == pytest.approx((1.2, 2.0), abs=1e-8)
    assert limits(table, 1.0, tolerance=0.0, trace=0.02) == pytest.approx((0.5, 2.0), abs=1e-8)


@pytest.mark.parametrize("lithium", [1.2, 0.3, 7.0, 12.0])
def test_exactly_the_share_is_no_trace_whatever_the_rounding(lithium: float) -> None:
    table = lithium_silicides((lithium, 2.0), (1.01 * lithium, 1.5), (2.0 * lithium, 0.5))
    for factor in (1e-3, 0.01, 1.0, 3.0, 1e3):
        amounts = {"Li": factor * lithium, "Si": factor}
        window = electrochemical_window(table, "asked", amounts, tolerance=0.0)
        assert (window.V_red, window.V_ox) == pytest.approx((1.5, 2.0), abs=1e-8)


def test_the_end_of_a_long_plateau_is_no_trace() -> None:
    # The material lies 0.3 % before the end of the plateau at 2 V: collapsed, and mended beside it.
    table = lithium_silicides((1.0, 2.0), (2.0, 0.5))
    assert limits(table, 0.997, tolerance=0.0) == pytest.approx((2.0, 2.0), abs=1e-8)
    window = electrochemical_window(table, "asked", {"Li": 0.997, "Si": 1.0})
    assert (window.V_red, window.V_ox) == pytest.approx((0.5, 2.0), abs=1e-8)
    assert window.ion_change == pytest.approx(1.0 / 0.997 - 1.0, abs=1e-7)


def test_the_reaction_past_a_trace_is_of_the_formula_and_balanced() -> None:
    window = electrochemical_window(
        lithium_silicides(*TRACE), "asked", {"Li": 1.0, "Si": 1.0}, tolerance=0.0
    )
    assert window.reduction is not None
    assert window.reduction.reactants == pytest.approx({"asked": 1.0, "Li": 1.0}, abs=1e-8)
    assert window.reduction.products == pytest.approx({"Li2Si": 1.0}, abs=1e-8)


@pytest.mark.parametrize(("lithium", "change"), [(1.0 / 1.05, 0.05), (1.0 / 0.95, -0.05)])
def test_the_ends_of_the_tolerance_belong_to_it(lithium: float, change: float) -> None:
    table = lithium_silicides((1.0, 2.0), (2.0, 0.5))
    window = electrochemical_window(table, "asked", {"Li": lithium, "Si": 1.0})
    assert (window.V_red, window.V_ox) == pytest.approx((0.5, 2.0), abs=1e-8)
    assert window.ion_change == pytest.approx(change, abs=1e-9)
    short = electrochemical_window(table, "asked", {"Li": lithium, "Si": 1.0}, tolerance=0.0499)
    assert short.collapsed


def test_traces_of_real_materials(table: PhaseTable) -> None:
    nitrided = ask(table, "Li2.88PO3.73N0.14")
    assert nitrided.V_red == pytest.approx(0.689, abs=0.001)
    assert nitrided.V_ox == pytest.approx(2.608, abs=0.001)
    assert nitrided.ion_change == 0.0
    assert "V_ox passes over 0.5 % of the Li at 1.07 and 1.67 V" in nitrided.notes
    # The plateau exchanges 10 % of the Li, of Li2O beside the phosphates: no trace. The azide is
    # said to be too stable.
    glass = ask(table, "Li2.9PO3.3N0.46")
    assert glass.V_ox == pytest.approx(1.071, abs=0.001)
    assert "too stable in the table (azides): LiN3" in glass.notes
    spinel = ask(table, "Li4Ti3V3Cr2O16")
    assert spinel.ion_change == -0.05
    assert spinel.V_ox - spinel.V_red > 0.2


def test_a_trace_that_is_no_share_is_refused(table: PhaseTable) -> None:
    with pytest.raises(RefusedInputError, match="no share"):
        ask(table, "Li3PS4", trace=1.0)


@pytest.mark.parametrize("amount", [1e-12, 1e-10])
def test_next_to_no_lithium_has_no_number(table: PhaseTable, amount: float) -> None:
    window = electrochemical_window(table, "asked", {"Li": amount, "La": 3.0, "Zr": 2.0, "O": 12.0})
    assert window.notes == ("no window: next to no Li in the formula",)


AMOUNTS = st.one_of(
    st.sampled_from((1e-9, 1e-7, 1e-6, 1e-4, 0.01, 1.0, 3.0, 1e4)),
    st.floats(1e-9, 1e4, allow_subnormal=False),
)


@settings(max_examples=60)
@given(
    lithium=AMOUNTS,
    others=st.dictionaries(
        st.sampled_from(("O", "S", "Cl", "P", "Si", "Zr", "La", "N", "H", "Ti", "C")),
        AMOUNTS,
        min_size=1,
        max_size=4,
    ),
    tolerance=st.sampled_from((0.0, 0.05, 0.9)),
    trace=st.sampled_from((0.0, 0.01, 0.5)),
)
def test_any_amounts_are_answered_or_said_to_have_no_answer(
    table: PhaseTable, lithium: float, others: dict[str, float], tolerance: float, trace: float
) -> None:
    amounts = {"Li": lithium, **others}
    window = electrochemical_window(table, "asked", amounts, tolerance=tolerance, trace=trace)
    if window.V_red is None:
        assert window.notes == ("no window: next to no Li in the formula",)
        return
    assert window.V_ox is not None
    assert 0.0 <= window.V_red <= window.V_ox < 20.0
    for reaction in (window.reduction, window.oxidation):
        for side in (reaction.reactants, reaction.products) if reaction else ():
            assert all(math.isfinite(amount) and amount > 0.0 for amount in side.values())


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e3])
def test_the_formula_found_holds_every_element_of_the_one_asked(
    table: PhaseTable, factor: float
) -> None:
    asked = {"Li": 0.33, "La": 0.56, "Ti": 1.0, "O": 3.0, "Nb": 0.00002}
    window = electrochemical_window(table, "asked", {s: factor * a for s, a in asked.items()})
    assert window.ion_change != 0.0
    found = parse_formula(window.formula).amounts
    for symbol, amount in asked.items():
        changed = amount * (1 + window.ion_change) if symbol == "Li" else amount
        assert found[symbol] == pytest.approx(factor * changed, rel=1e-3)


def test_a_formula_rounded_by_its_author_has_the_window_of_the_phase(table: PhaseTable) -> None:
    asked = ("Li20P3N12Cl", "Li6.6666667PN4Cl0.3333333")
    whole, rounded = (ask(table, formula, tolerance=0.0) for formula in asked)
    assert rounded.V_red == pytest.approx(whole.V_red, abs=1e-6)
    assert rounded.V_ox == pytest.approx(whole.V_ox, abs=1e-6)


# Chemistry.


def test_argyrodite_and_garnet_as_published(table: PhaseTable) -> None:
    # Zhu, He, Mo 2015 (doi 10.1021/acsami.5b07517): Li6PS5Cl 1.71-2.01 V, LLZO 0.05-2.91 V.
    argyrodite = ask(table, "Li6PS5Cl", corrections=("S",))
    assert argyrodite.V_red == pytest.approx(1.71, abs=0.02)
    assert argyrodite.V_ox == pytest.approx(2.01, abs=0.02)
    assert ask(table, "Li6PS5Cl").V_ox == pytest.approx(2.139, abs=0.001)
    garnet = ask(table, "Li7La3Zr2O12")
    assert garnet.V_red == pytest.approx(0.05, abs=0.01)
    assert garnet.V_ox == pytest.approx(2.91, abs=0.01)


def test_lithium_nitride_is_stable_to_lithium_and_oxidised_early(table: PhaseTable) -> None:
    window = ask(table, "Li3N")
    assert window.V_red == 0.0
    assert window.reduction is None
    assert window.V_ox == pytest.approx(0.465, abs=0.02)


def test_phosphides_are_narrow(table: PhaseTable) -> None:
    for formula in ("Li3P", "LiP", "LiP7", "LiGaP2", "Li8SiP4", "Li14SiP6", "Li9AlP4"):
        window = ask(table, formula)
        assert window.V_red is not None
        assert window.V_ox is not None
        assert window.V_ox - window.V_red < 0.9


@pytest.mark.parametrize("pattern", ["Li{}", "Li3Y{}6", "Li3In{}6", "Li2Zr{}6"])
def test_oxidation_follows_the_halogen(table: PhaseTable, pattern: str) -> None:
    limits = [ask(table, pattern.format(halogen)).V_ox for halogen in ("F", "Cl", "Br", "I")]
    assert limits == sorted(limits, reverse=True)
    assert len(set(limits)) == 4


def test_fluorides_are_the_widest(table: PhaseTable) -> None:
    def width(formula: str) -> float:
        window = ask(table, formula)
        return window.V_ox - window.V_red

    others = [f for f in LITHIUM if "F" not in parse_formula(f).amounts]
    assert width("LiF") > 6.0
    assert width("LiF") > max(map(width, others))
    assert min(ask(table, f).V_ox for f in ("LiF", "Li3AlF6", "LiYF4")) > max(
        ask(table, f).V_ox for f in others
    )


@pytest.mark.parametrize(
    ("formula", "correction", "before", "after"),
    [
        ("Li2S", "S", 2.139, 2.009),
        ("LiBr", "Br", 3.147, 3.681),
        ("LiI", "I", 2.471, 2.850),
        ("Li2SO4", "Br", 4.667, 4.667),
        ("Li3PO4", "S", 4.210, 4.210),
        ("LiCl", "I", 4.255, 4.255),
    ],
)
def test_a_correction_moves_the_limits_of_its_anion_alone(
    table: PhaseTable, formula: str, correction: str, before: float, after: float
) -> None:
    assert ask(table, formula).V_ox == pytest.approx(before, abs=0.001)
    assert ask(table, formula, corrections=(correction,)).V_ox == pytest.approx(after, abs=0.001)


def test_the_window_against_sodium_and_potassium(table: PhaseTable) -> None:
    sodium, potassium = ask(table, "Na3PS4", ion="Na"), ask(table, "K3PS4", ion="K")
    assert (sodium.V_red, sodium.V_ox) == pytest.approx((1.246, 2.130), abs=0.001)
    assert (potassium.V_red, potassium.V_ox) == pytest.approx((0.966, 2.397), abs=0.001)
    assert sodium.reduction is not None
    assert sodium.reduction.reactants["Na"] == 1.0


# What has no window, and what is strange.


@pytest.mark.parametrize(
    ("formula", "ion", "note"),
    [
        ("NaCl", "Li", "no Li in the formula; its window against Na/Na+ can be had"),
        ("Al2O3", "Li", "no Li in the formula"),
        ("Li3PS4", "Na", "no Na in the formula"),
        ("LiXe", "Li", "Xe is a noble gas"),
        ("LiHe2", "Li", "He is a noble gas"),
        ("Li2AcF5", "Li", "no compounds of Ac in the table"),
        ("Li2PuAmO5", "Li", "no compounds of Pu, Am in the table"),
        ("Li", "Li", "Li is the metal itself"),
    ],
)
def test_no_number_but_a_note_that_says_why(
    table: PhaseTable, formula: str, ion: str, note: str
) -> None:
    window = ask(table, formula, ion=ion)
    numbers = (window.V_red, window.V_ox, window.hull_energy_eV_atom, window.e_above_hull_eV_atom)
    assert numbers == (None,) * 4
    assert window.reduction is window.oxidation is window.decomposition is None
    assert not window.collapsed
    (only,) = window.notes
    assert note in only


@pytest.mark.parametrize(
    "formula",
    [
        "Li1e-6La3Zr2O12",
        "Li0.0001La3Zr2O12",
        "Li1e-6Si",
        "Li1e-8Si",
        "Li1000Si",
        "Li7La3Zr2O12·2H2O",
        "LiCl·H2O",
        "Li6.666667PS5Cl",
        "Li0.3333333La0.5555556TiO3",
        "Li2SiN2",
        "LiD",
        "Li0.2Na0.2K0.2Mg0.2Al0.2Ti0.2Zr0.2Nb0.2P0.2S0.2O2Cl0.2",
        "Li6.24La3Zr1.4Ta0.2Nb0.1Al0.1Ga0.1Y0.1Si0.05Ge0.05Ca0.05Sr0.05Ba0.05O12",
        "Li600P100S500Cl100",
    ],
)
@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_strange_formulas_are_answered(
    table: PhaseTable, atoms_of: AtomsOf, formula: str, tolerance: float
) -> None:
    window = ask(table, formula, tolerance=tolerance)
    for name in ("V_red", "V_ox", "hull_energy_eV_atom", "ion_change"):
        value = getattr(window, name)
        assert type(value) is float
        assert math.isfinite(value)
        assert str(value) != "-0.0"
    assert window.V_red <= window.V_ox
    check_reactions(table, window, parse_formula(formula).amounts, atoms_of)


def test_none_of_the_ion_is_no_ion(table: PhaseTable) -> None:
    window = electrochemical_window(table, "O", {"Li": 0.0, "O": 1.0})
    assert window.V_ox is None
    assert window.notes == ("no window: no Li in the formula",)


def test_more_lithium_than_any_compound_holds_is_at_the_metal(table: PhaseTable) -> None:
    window = ask(table, "Li1000Si")
    assert (window.V_red, window.V_ox) == (0.0, 0.0)
    assert window.collapsed
    assert any("decomposes into an element: Li" in note for note in window.notes)


def test_notes_say_how_the_energy_was_set(table: PhaseTable) -> None:
    stable, metastable, unknown = (ask(table, f) for f in ("Li3PS4", "Li7La3Zr2O12", "Li6PS5Cl"))
    for window in (stable, metastable, unknown):
        assert any("thermodynamic" in note for note in window.notes)
    assert stable.e_above_hull_eV_atom == 0.0
    assert "on the hull" in stable.notes
    assert metastable.e_above_hull_eV_atom == pytest.approx(0.0067, abs=1e-4)
    assert any("0.007 eV/atom above the hull" in note for note in metastable.notes)
    assert unknown.e_above_hull_eV_atom is None
    assert any("no entry" in note for note in unknown.notes)


def test_limits_set_by_phases_that_the_table_makes_too_stable_are_named(table: PhaseTable) -> None:
    oxidised = "too stable in the table (oxidised S, N or halogen): "
    assert f"{oxidised}LiClO4" in ask(table, "Li3OCl").notes
    assert f"{oxidised}LiClO4, Cl2O7" in ask(table, "LiClO4").notes
    bonded = "too stable in the table (S-S bonds): LiS4; compare with --corrections S"
    assert bonded in ask(table, "Li6PS5Cl").notes
    assert not any("too stable" in n for n in ask(table, "Li6PS5Cl", corrections=("S",)).notes)
    assert not any("too stable" in n for n in ask(table, "Li3YCl6").notes)


def test_positive_hydrogen_is_said_to_lower_the_reduction_limit(table: PhaseTable) -> None:
    said = "positive hydrogen is bound too strongly in the table: V_red too low by up to 0.5 V"
    for formula in ("LiOH", "LiOHH2O", "Li2OHCl", "Li2OHBr"):
        assert said in ask(table, formula).notes
    for formula in ("LiBH4", "LiAlH4", "Li6PS5Cl"):
        assert said not in ask(table, formula).notes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ion": "Mg"}, "'Mg' is no ion of a window here"),
        ({"tolerance": 1.0}, "a tolerance of 1.0 is no share"),
        ({"tolerance": -0.05}, "a tolerance of -0.05 is no share"),
        ({"tolerance": math.nan}, "a tolerance of nan is no share"),
        ({"corrections": ("Cl",)}, "no correction of 'Cl'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    table: PhaseTable, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedInputError, match=said):
        ask(table, "LiMgCl3", **wrong)


# Many at once.


def test_a_list_is_answered_in_order_and_like_each_alone(table: PhaseTable) -> None:
    asked = [(f, parse_formula(f).amounts) for f in (*LITHIUM, "NaCl", *reversed(LITHIUM), "Li")]
    together = electrochemical_windows(table, asked)
    alone = [electrochemical_window(table, *one) for one in asked]
    assert [window.notes for window in together] == [window.notes for window in alone]
    assert [window.formula for window in together] == [window.formula for window in alone]
    for name in ("V_red", "V_ox", "e_above_hull_eV_atom"):
        assert [getattr(w, name) for w in together] == [getattr(w, name) for w in alone]


def test_without_reactions_everything_else_is_the_same(table: PhaseTable) -> None:
    asked = [(formula, parse_formula(formula).amounts) for formula in LITHIUM]
    full = electrochemical_windows(table, asked)
    bare = electrochemical_windows(table, asked, reactions=False)
    assert bare == [replace(window, reduction=None, oxidation=None) for window in full]


def test_threads_asking_at_once_get_what_one_gets(table: PhaseTable) -> None:
    asked = [(formula, parse_formula(formula).amounts) for formula in LITHIUM]
    expected = electrochemical_windows(table, asked)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: electrochemical_windows(table, asked), range(8)))
    assert all(answer == expected for answer in answers)


def test_what_is_given_back_holds_plain_numbers(table: PhaseTable) -> None:
    for formula in LITHIUM:
        window = ask(table, formula)
        values: list[object] = [window.V_red, window.V_ox, window.ion_change]
        values += [window.hull_energy_eV_atom]
        for reaction in (window.reduction, window.oxidation):
            if reaction is not None:
                values += [*reaction.reactants.values(), *reaction.products.values()]
        values += (window.decomposition or {}).values()
        assert {type(value) for value in values} == {float}
        assert not any(isinstance(value, np.generic) for value in values)
