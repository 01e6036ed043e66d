"""Interfaces: pymatgen's kinks and energies, hand-checked physics, and what must always hold."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.interface_reactions import InterfacialReactivity
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition as PymatgenComposition

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.physics.compatibility import (
    compatibility,
    electrodes,
    find_electrodes,
    find_partners,
    standard_electrodes,
    standard_partners,
)
from sseml.physics.hull import Hull
from sseml.physics.interface import Interface, interface_reactions
from sseml.physics.phases import ChemicalSystem, PhaseTable, UnknownElementError
from sseml.records import RefusedInputError

PAIRS = [
    ("Li10GeP2S12", "Li"),
    ("Li6PS5Cl", "LiCoO2"),
    ("Li6PS5Cl", "Li0.5CoO2"),
    ("Li3PS4", "FePO4"),
    ("Li7La3Zr2O12", "LiCoO2"),
    ("Li7La3Zr2O12", "Li"),
    ("Li3YCl6", "Li"),
    ("Li3YCl6", "Li0.5CoO2"),
    ("Li3InCl6", "Li"),
    ("Li1.3Al0.3Ti1.7(PO4)3", "Li"),
    ("Li3PO4", "LiCoO2"),
    ("Li3PS4", "S"),
    ("Li2S", "LiNi0.5Mn1.5O4"),
    ("Na3PS4", "NaCrO2"),
]
FORMULAS = ["Li3PS4", "Li", "Li2S", "P2S5", "Li3PO4", "LiPS3", "Li2O", "P", "Li4P2O7", "Li2SO4"]


def reactions(table: PhaseTable, first: str, second: str, **settings: object) -> Interface:
    return interface_reactions(table, parse_material(first), parse_material(second), **settings)


def least(table: PhaseTable, first: str, second: str) -> float:
    worst = reactions(table, first, second).worst
    return worst.energy_eV_atom if worst else 0.0


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_kinks_are_those_of_pymatgen(
    table: PhaseTable,
    diagram: Callable[[ChemicalSystem], PhaseDiagram],
    first: str,
    second: str,
) -> None:
    a, b = parse_formula(first).amounts, parse_formula(second).amounts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = InterfacialReactivity(
            PymatgenComposition(a),
            PymatgenComposition(b),
            diagram(table.system(sorted({*a, *b}))),
            use_hull_energy=True,
        ).get_kinks()
    expected = sorted((share, energy) for _, share, energy, _, _ in theirs)
    ours = [(kink.share, kink.energy_eV_atom) for kink in reactions(table, first, second).kinks]
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_reaction_is_balanced_and_its_energy_is_that_of_its_phases(
    table: PhaseTable,
    atoms_of: Callable[[Mapping[str, float]], Counter[str]],
    first: str,
    second: str,
) -> None:
    for kink in reactions(table, first, second).kinks:
        left, right = atoms_of(kink.reaction.reactants), atoms_of(kink.reaction.products)
        assert left.keys() == right.keys()
        for symbol, amount in left.items():
            assert right[symbol] == pytest.approx(amount, rel=1e-4)
        assert kink.energy_eV == pytest.approx(kink.energy_eV_atom * left.total(), rel=1e-6)


def test_lithium_takes_li10gep2s12_apart_as_the_literature_says(table: PhaseTable) -> None:
    """With lithium in excess, per atom of the electrolyte: -1.25 eV in 10.1021/acsami.5b07517."""
    found = reactions(table, "Li10GeP2S12", "Li")
    full = next(kink for kink in found.kinks if kink.share > 0)
    assert set(full.reaction.products) == {"Li15Ge4", "Li2S", "Li3P"}
    assert full.energy_eV / 25.0 == pytest.approx(-1.25, abs=0.03)
    assert found.worst is not None
    assert found.worst.energy_eV_atom < -0.6


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (("Li6PS5Cl", "Li0.5CoO2"), ("Li6PS5Cl", "LiCoO2")),
        (("Li6PS5Cl", "LiCoO2"), ("Li6PS5Cl", "LiFePO4")),
        (("Li3PS4", "Li0.5CoO2"), ("Li3PS4", "FePO4")),
        (("Li3PS4", "LiCoO2"), ("Li3YCl6", "LiCoO2")),
        (("Li1.3Al0.3Ti1.7(PO4)3", "Li"), ("Li7La3Zr2O12", "Li")),
        (("Li3InCl6", "Li"), ("Li3YCl6", "Li")),
        (("Li3PS4", "LiCoO2"), ("Li3PO4", "LiCoO2")),
    ],
)
def test_what_is_worse_in_experiment_reacts_more(
    table: PhaseTable, worse: tuple[str, str], better: tuple[str, str]
) -> None:
    assert least(table, *worse) < least(table, *better) - 0.01


@pytest.mark.parametrize(
    ("first", "second"),
    [("Li3PO4", "LiCoO2"), ("Li3N", "Li"), ("LiF", "Li"), ("Li2O", "Li"), ("Li2S", "Li3PS4")],
)
def test_what_coexists_has_no_reaction(table: PhaseTable, first: str, second: str) -> None:
    assert reactions(table, first, second).worst is None


def test_garnet_and_discharged_lco_are_all_but_stable(table: PhaseTable) -> None:
    assert -0.005 < least(table, "Li7La3Zr2O12", "LiCoO2") <= 0.0


def test_a_material_does_not_react_with_itself_however_it_is_written(table: PhaseTable) -> None:
    for first, second in (("LiF", "LiF"), ("Li2S", "Li4S2"), ("LLZO", "Li14La6Zr4O24")):
        found = reactions(table, first, second)
        assert found.worst is None
        assert [kink.share for kink in found.kinks] == [0.0, 1.0]


def test_a_material_mixed_with_itself_is_counted_once(table: PhaseTable) -> None:
    for kink in reactions(table, "LLZO", "LLZO").kinks:
        assert kink.reaction.reactants == pytest.approx({"Li7La3Zr2O12": 1.0})


def test_a_metastable_material_is_set_to_the_hull(table: PhaseTable) -> None:
    """Li10GeP2S12 lies above Li3PS4 and Li4GeS4, which do not react with each other."""
    assert reactions(table, "Li10GeP2S12", "Li3PS4").worst is None
    alone = reactions(table, "Li10GeP2S12", "Li").kinks[-1]
    assert alone.energy_eV_atom == pytest.approx(0.0, abs=1e-9)
    assert str(alone.reaction) == "Li10GeP2S12 → 2 Li3PS4 + Li4GeS4"


def test_the_sulfur_correction_ends_the_reaction_with_sulfur(table: PhaseTable) -> None:
    """The source shifts every S as if it were S2-, which makes LiS4 from Li3PS4 and sulfur."""
    assert reactions(table, "Li3PS4", "S").worst is not None
    assert reactions(table, "Li3PS4", "S", corrections=("S",)).worst is None


def test_an_element_that_the_table_lacks_is_named(table: PhaseTable) -> None:
    with pytest.raises(UnknownElementError, match="Pt"):
        reactions(table, "Li3PS4", "PtO2")


@settings(max_examples=60)
@given(first=st.sampled_from(FORMULAS), second=st.sampled_from(FORMULAS), share=st.floats(0.0, 1.0))
def test_energies_are_convex_zero_at_the_ends_and_the_same_in_either_order(
    table: PhaseTable, first: str, second: str, share: float
) -> None:
    kinks = reactions(table, first, second).kinks
    shares = [kink.share for kink in kinks]
    energies = [kink.energy_eV_atom for kink in kinks]
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert energies[0] == pytest.approx(0.0, abs=1e-9)
    assert energies[-1] == pytest.approx(0.0, abs=1e-9)
    slopes = [(f - e) / (y - x) for (x, e), (y, f) in pairwise(zip(shares, energies, strict=True))]
    assert all(after > before - 1e-6 for before, after in pairwise(slopes))

    turned = reactions(table, second, first).kinks
    np.testing.assert_allclose([1.0 - kink.share for kink in reversed(turned)], shares, atol=1e-7)
    np.testing.assert_allclose(
        [kink.energy_eV_atom for kink in reversed(turned)], energies, atol=1e-7
    )

    a, b = parse_formula(first).amounts, parse_formula(second).amounts
    hull = Hull(table.system(sorted({*a, *b})))
    of_a, of_b = hull.system.composition(a), hull.system.composition(b)
    apart = share * hull.at(of_a).energy_eV + (1.0 - share) * hull.at(of_b).energy_eV
    between = hull.at(share * of_a + (1.0 - share) * of_b).energy_eV - apart
    assert np.interp(share, shares, energies) == pytest.approx(between, abs=1e-7)


def test_every_electrode_has_a_formula_of_the_table_and_a_source(table: PhaseTable) -> None:
    assert {electrode.name for electrode in electrodes()} >= {
        "Li", "LCO", "NMC811", "LFP", "LNMO", "S",
    }  # fmt: skip
    for electrode in electrodes():
        assert not table.unknown(parse_formula(electrode.formula).amounts)
        assert electrode.licence
        assert electrode.state == "metal" or electrode.doi


def test_a_cathode_is_known_in_both_states_and_the_charged_one_holds_less_of_the_ion() -> None:
    for name in ("LCO", "NMC811", "LFP", "LNMO", "S", "NVP"):
        discharged, charged = find_electrodes(name)
        assert (discharged.state, charged.state) == ("discharged", "charged")
        full = parse_formula(discharged.formula).amounts
        empty = parse_formula(charged.formula).amounts
        ion = discharged.ion
        assert empty.get(ion, 0.0) < full[ion]


@pytest.mark.parametrize("text", ["NMC811", "nmc811", "NCM811", " NCM  811 ", "ncm-811"])
def test_electrodes_are_found_by_any_usual_spelling(text: str) -> None:
    assert [electrode.name for electrode in find_electrodes(text)] == ["NMC811", "NMC811"]


def test_a_state_a_formula_and_gases_can_be_named() -> None:
    assert [partner.formula for partner in find_partners("LCO charged")] == ["Li0.5CoO2"]
    ncm = find_partners("ncm811  Charged")
    assert [partner.label for partner in ncm] == ["NMC811 charged"]
    assert [partner.formula for partner in find_partners("LiMn2O4")] == ["LiMn2O4"]
    assert [partner.gases for partner in find_partners("water")] == [("H2O",)]
    assert [partner.gases for partner in find_partners("Air")] == [("H2O", "CO2")]
    assert [partner.gases for partner in find_partners("CO2")] == [("CO2",)]
    [cobalt] = find_partners("Co2")
    assert not cobalt.gases
    with pytest.raises(RefusedInputError):
        find_partners("my cathode")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("CO2+H2O", "water+CO2"), ("co2 + water", "water+CO2"), ("H2O +co2", "water+CO2"),
        ("Water+CO2", "water+CO2"), ("AIR", "water+CO2"), (" humid  air ", "water+CO2"),
        ("co2", "CO2"), ("CO₂", "CO2"), ("H₂O", "water"), ("Moisture", "water"),
    ],
)  # fmt: skip
def test_gases_are_found_in_any_order_and_case(text: str, label: str) -> None:
    [partner] = find_partners(text)
    assert partner.material is None
    assert partner.label == label


def test_a_sodium_electrolyte_is_held_against_sodium_electrodes() -> None:
    names = [electrode.name for electrode in standard_electrodes({"Na": 3.0, "P": 1.0, "S": 4.0})]
    assert names == ["Na", "NVP", "NVP"]
    labels = [partner.label for partner in standard_partners({"Al": 2.0, "O": 3.0})]
    assert labels[0] == "Li metal"
    assert labels[-2:] == ["water", "water+CO2"]


def notes(table: PhaseTable, material: str, partner: str, *corrections: str) -> str:
    """Of all the partner's states."""
    held, against = parse_material(material), find_partners(partner)
    found = [compatibility(table, held, one, corrections=corrections).notes for one in against]
    return "\n".join(note for notes in found for note in notes)


def test_a_doubtful_product_is_named_with_the_option_that_helps(table: PhaseTable) -> None:
    said = notes(table, "Li3PS4", "S charged")
    assert "too stable in the table (S-S bonds): LiS4, P2S7; compare with --corrections S" in said
    assert "too stable" not in notes(table, "LLZO", "Li")


def test_the_option_is_not_named_where_it_is_on_or_changes_nothing(table: PhaseTable) -> None:
    assert "--corrections" not in notes(table, "LLZO", "S", "S")
    said = notes(table, "Li2SO4", "MnCl2")
    assert said.endswith("too stable in the table (oxidised S, N or halogen): MnSO4")


def test_positive_hydrogen_beside_a_solid_is_said(table: PhaseTable) -> None:
    said = "positive hydrogen is bound too strongly in the table"
    assert said in notes(table, "Li2OHCl", "Li")
    assert said in notes(table, "Li3PS4", "LiOH")
    assert said not in notes(table, "LiBH4", "Li")
    assert said not in notes(table, "Li2OHCl", "water")


@pytest.mark.parametrize(
    ("formula", "measured_kJ_mol", "low_eV", "high_eV"),
    [("LiClO4", -381.0, 0.6, 0.8), ("LiNO3", -483.1, 0.7, 0.85), ("Li2SO4", -1436.5, 0.45, 0.55)],
)
def test_oxidised_anions_are_bound_as_much_too_strongly_as_the_page_says(
    table: PhaseTable, formula: str, measured_kJ_mol: float, low_eV: float, high_eV: float
) -> None:
    amounts = parse_formula(formula).amounts
    system = table.system(sorted(amounts))
    energy = system.entry(system.composition(amounts))
    assert energy is not None
    missing = measured_kJ_mol / 96.485 - energy * sum(amounts.values())
    assert low_eV < missing / amounts["O"] < high_eV
