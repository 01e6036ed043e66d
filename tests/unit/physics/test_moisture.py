"""Water and CO2: measured enthalpies, what the literature says of each family, and the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from statistics import mean

import pytest

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.physics.formulas import chemical_formula
from sseml.physics.interface import Mixing, interface_reactions
from sseml.physics.moisture import PROTIC_HYDROGEN_EV, moisture_reaction
from sseml.physics.oxidation import is_carbonate, positive_hydrogen
from sseml.physics.phases import PhaseTable
from sseml.records import RefusedInputError

KJ_MOL_PER_EV = 96.485
ENTHALPY_KJ_MOL = {
    "H2O": -285.83, "CO2": -393.51, "H2S": -20.63, "H2": 0.0,
    "LiOH": -484.93, "NaOH": -425.61, "KOH": -424.76, "Mg(OH)2": -924.54, "Ca(OH)2": -986.09,
    "Al(OH)3": -1284.0, "La(OH)3": -1410.0, "Ba(OH)2": -944.7,
    "Li2O": -597.94, "Na2O": -414.22, "K2O": -361.5, "CaO": -635.09, "BaO": -548.1,
    "Al2O3": -1675.7, "Li2CO3": -1215.9, "CaCO3": -1206.9, "Na2CO3": -1130.7,
    "Al2S3": -724.0, "LiH": -90.5, "CaH2": -181.5, "LiBH4": -190.8, "LiBO2": -1032.2,
}  # fmt: skip
"""Of formation at 298 K; NBS tables of chemical thermodynamic properties (1982)."""

HYDROXIDES = ("LiOH", "NaOH", "KOH", "Mg(OH)2", "Ca(OH)2", "Al(OH)3", "La(OH)3")


def reaction(table: PhaseTable, formula: str, *gases: str) -> Mixing | None:
    return moisture_reaction(table, parse_material(formula), gases or ("H2O",))


def products(table: PhaseTable, formula: str, *gases: str) -> Mapping[str, float]:
    found = reaction(table, formula, *gases)
    return found.reaction.products if found else {}


@pytest.mark.parametrize("formula", ["Li6PS5Cl", "Li3PS4", "Li10GeP2S12", "Li7P3S11", "Na3PS4"])
def test_thiophosphates_give_hydrogen_sulfide(table: PhaseTable, formula: str) -> None:
    assert "H2S" in products(table, formula)
    assert "H2S" in products(table, formula, "H2O", "CO2")


@pytest.mark.parametrize("formula", ["Li4SnS4", "Li3SbS4", "LiInS2"])
def test_sulfides_of_soft_metals_resist_water(table: PhaseTable, formula: str) -> None:
    """As in 10.1002/anie.202007621."""
    assert reaction(table, formula) is None


@pytest.mark.parametrize("formula", ["LLZO", "LLZTO", "Li3OCl", "Li2O"])
def test_lithium_rich_oxides_give_carbonate_and_no_carbon(table: PhaseTable, formula: str) -> None:
    formed = products(table, formula, "H2O", "CO2")
    assert "Li2CO3" in formed
    assert not {"C", "CH4", "CS14"} & formed.keys()


def test_garnet_gives_lithium_hydroxide_with_water(table: PhaseTable) -> None:
    assert "LiOH" in products(table, "LLZO")


@pytest.mark.parametrize("formula", ["LATP", "LiTi2(PO4)3", "Li3PO4", "LiF", "Li2CO3", "LiCl"])
def test_nasicon_phosphates_fluorides_and_salts_stay(table: PhaseTable, formula: str) -> None:
    assert reaction(table, formula, "H2O", "CO2") is None


@pytest.mark.parametrize("formula", ["Li3YCl6", "Li3InCl6"])
def test_halides_take_up_water_as_hydrates_and_lose_no_acid(
    table: PhaseTable, formula: str
) -> None:
    """A weak reaction; Li3InCl6 is even made from water (10.1002/anie.201909805)."""
    found = reaction(table, formula)
    assert found is not None
    assert -0.02 < found.energy_eV_atom < 0.0
    assert "LiCl" in found.reaction.products
    assert "HCl" not in found.reaction.products
    assert {"YCl3·6H2O", "InCl3·3H2O"} & found.reaction.products.keys()


@pytest.mark.parametrize(("formula", "acid"), [("Li2ZrCl6", "HCl·3H2O"), ("LiTaOCl4", "HCl·H2O")])
def test_chlorides_of_highly_charged_metals_give_acid(
    table: PhaseTable, formula: str, acid: str
) -> None:
    assert acid in products(table, formula)


def test_nitrides_give_ammonia_or_amide_and_phosphides_phosphine(table: PhaseTable) -> None:
    assert {"NH3", "LiNH2"} & products(table, "Li3N").keys()
    assert "NH3" in products(table, "LiNH2")
    assert "PH3" in products(table, "Li3P")


@pytest.mark.parametrize("formula", ["LiBH4", "LiAlH4", "LiH", "CaH2", "Al", "LiAl"])
def test_hydrides_and_metals_give_hydrogen(table: PhaseTable, formula: str) -> None:
    assert {"H2", "LiH"} & products(table, formula).keys()


@pytest.mark.parametrize(
    "formula", ["Li6PS5Cl", "Li7P3S11", "Na2S", "Li3P", "Li7PSe6", "LLTO", "Li3SbS4"]
)
def test_neither_gas_is_reduced_by_what_holds_no_hydrogen(table: PhaseTable, formula: str) -> None:
    formed = products(table, formula, "H2O", "CO2")
    assert not {"H2", "C", "CH4", "LiH", "H3S"} & formed.keys()


def test_what_holds_hydrogen_molecules_is_no_product_either(table: PhaseTable) -> None:
    assert not {"H3S", "SiH8"} & products(table, "Pr6Si4S17").keys()
    assert not {"H3S", "SiH8"} & products(table, "Ho2Fe3Si5").keys()


@pytest.mark.parametrize(
    ("formula", "gas", "expected"),
    [
        ("Li2O", "H2O", {"LiOH": 2.0}),
        ("Na2O", "H2O", {"NaOH": 2.0}),
        ("K2O", "H2O", {"KOH": 2.0}),
        ("CaO", "H2O", {"Ca(OH)2": 1.0}),
        ("BaO", "H2O", {"Ba(OH)2": 1.0}),
        ("Al2S3", "H2O", {"Al2O3": 1.0, "H2S": 3.0}),
        ("LiH", "H2O", {"LiOH": 1.0, "H2": 1.0}),
        ("CaH2", "H2O", {"CaO": 1.0, "H2": 2.0}),
        ("LiBH4", "H2O", {"LiBO2": 1.0, "H2": 4.0}),
        ("Li2O", "CO2", {"Li2CO3": 1.0}),
        ("Na2O", "CO2", {"Na2CO3": 1.0}),
        ("CaO", "CO2", {"CaCO3": 1.0}),
    ],
)
def test_energies_are_those_measured_to_half_an_electronvolt_a_molecule(
    table: PhaseTable, formula: str, gas: str, expected: Mapping[str, float]
) -> None:
    found = reaction(table, formula, gas)
    assert found is not None
    assert found.reaction.products == pytest.approx(expected, rel=1e-4)
    molecules = found.reaction.reactants[gas]
    measured = sum(n * ENTHALPY_KJ_MOL[name] for name, n in expected.items())
    measured -= ENTHALPY_KJ_MOL[formula] + molecules * ENTHALPY_KJ_MOL[gas]
    assert found.energy_eV == pytest.approx(measured / KJ_MOL_PER_EV, abs=0.5 * molecules)


def test_the_shift_of_hydrogen_is_what_hydroxides_lack(table: PhaseTable) -> None:
    row = {chemical_formula(formula): place for place, formula in enumerate(table.formulas)}
    errors = []
    for formula in HYDROXIDES:
        place = row[formula]
        calculated = table.energy_eV_atom[place] * table.atoms[place]
        hydrogen = parse_formula(formula).amounts["H"]
        errors.append((ENTHALPY_KJ_MOL[formula] / KJ_MOL_PER_EV - calculated) / hydrogen)
    assert mean(errors) == pytest.approx(PROTIC_HYDROGEN_EV, abs=0.02)
    assert max(abs(error - PROTIC_HYDROGEN_EV) for error in errors) < 0.08


@pytest.mark.parametrize("formula", ["Li3PS4", "Li6PS5Cl", "Li2O", "Li3YCl6", "LiBH4"])
def test_every_reaction_is_balanced(
    table: PhaseTable,
    atoms_of: Callable[[Mapping[str, float]], Counter[str]],
    formula: str,
) -> None:
    found = reaction(table, formula, "H2O", "CO2")
    assert found is not None
    left, right = atoms_of(found.reaction.reactants), atoms_of(found.reaction.products)
    assert left.keys() == right.keys()
    for symbol, amount in left.items():
        assert right[symbol] == pytest.approx(amount, rel=1e-4)
    assert found.energy_eV == pytest.approx(found.energy_eV_atom * left.total(), rel=1e-6)


@pytest.mark.parametrize("formula", ["Li3PS4", "Li6PS5Cl", "Li2O", "Li3InCl6", "LLZO", "LATP"])
def test_one_gas_gives_the_worst_kink_of_the_interface_with_it(
    table: PhaseTable, formula: str
) -> None:
    """No hydrogen is reduced here, so that its shift cancels and the rules change nothing."""
    other = interface_reactions(table, parse_material(formula), parse_material("H2O")).worst
    found = reaction(table, formula)
    if other is None:
        assert found is None
        return
    assert found is not None
    assert found.share == pytest.approx(other.share, abs=1e-6)
    assert found.energy_eV_atom == pytest.approx(other.energy_eV_atom, abs=1e-7)


@pytest.mark.parametrize("formula", ["Li6PS5Cl", "LLZO", "Li3N", "LiNbO3", "Na3PS4"])
def test_more_gases_never_give_less_energy(table: PhaseTable, formula: str) -> None:
    def least(*gases: str) -> float:
        found = reaction(table, formula, *gases)
        return found.energy_eV_atom if found else 0.0

    assert least("H2O", "CO2") <= min(least("H2O"), least("CO2")) + 1e-9


@pytest.mark.parametrize(("gas", "other"), [("H2O", "CO2"), ("CO2", "H2O")])
def test_a_table_without_a_gas_refuses_that_gas_alone(
    table: PhaseTable,
    subset: Callable[[PhaseTable, Iterable[int]], PhaseTable],
    gas: str,
    other: str,
) -> None:
    few = subset(table, (row for row, name in enumerate(table.formulas) if name != gas))
    with pytest.raises(RefusedInputError, match=f"the table of phases holds no {gas}"):
        reaction(few, "Li2O", gas)
    with pytest.raises(RefusedInputError, match=f"the table of phases holds no {gas}"):
        reaction(few, "Li2O", "H2O", "CO2")
    assert reaction(few, "Li2O", other) is not None


def test_carbon_that_is_no_carbonate_is_refused_with_co2_alone(table: PhaseTable) -> None:
    assert reaction(table, "LiCB9H10") is not None
    with pytest.raises(RefusedInputError, match="no carbonate"):
        reaction(table, "LiCB9H10", "H2O", "CO2")


@pytest.mark.parametrize(
    ("formula", "positive"),
    [
        ("H2O", 2.0), ("H2S", 2.0), ("NH3", 3.0), ("HCl", 1.0), ("H2Se", 2.0), ("LiNH2", 2.0),
        ("Li2NH", 1.0), ("H3PO4", 3.0), ("Fe(OH)2", 2.0), ("LiBH4H2O", 2.0), ("NH4Cl", 4.0),
        ("LiH", 0.0), ("LiBH4", 0.0), ("LiAlH4", 0.0), ("TiH2", 0.0), ("H2", 0.0), ("LiCl", 0.0),
    ],
)  # fmt: skip
def test_hydrogen_is_positive_where_a_chemist_says_so(formula: str, positive: float) -> None:
    assert positive_hydrogen(parse_formula(formula).amounts) == positive


def test_carbonates_are_told_from_oxalates_and_carbides() -> None:
    for formula in ("Li2CO3", "LiHCO3", "La2CO5", "LiLa(CO3)2", "FeCO3"):
        assert is_carbonate(parse_formula(formula).amounts)
    for formula in ("Li2C2O4", "CaC2O6H4", "HCOOH", "LiC6", "CO2", "CH4", "Al4CO4"):
        assert not is_carbonate(parse_formula(formula).amounts)
