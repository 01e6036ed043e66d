"""Formulas of phases as a chemist writes them, over every phase of the released table."""

from __future__ import annotations

import re

import pytest

from sseml.parse.formula import parse_formula
from sseml.physics.formulas import LISTED, chemical_formula, of_atoms
from sseml.physics.phases import PhaseTable, cautions

KNOWN = {
    "acids and their hydrates": {
        "HCl": "HCl", "H7ClO3": "HCl·3H2O", "H3ClO": "HCl·H2O", "HNO3": "HNO3", "H3PO4": "H3PO4",
        "PH3O4": "H3PO4", "H2SO4": "H2SO4", "HClO4": "HClO4", "BH3O3": "H3BO3", "H2O2": "H2O2",
        "H30S2O21": "2H2SO4·13H2O",
        "SiH14(OF)6": "H2SiF6·6H2O",
    },
    "hydroxides": {
        "LiHO": "LiOH", "LiH3O2": "LiOH·H2O", "La(HO)3": "La(OH)3", "LaH3O3": "La(OH)3",
        "LaHO2": "LaO(OH)", "AlHO2": "AlO(OH)", "LiAl2H6BrO6": "LiAl2Br(OH)6",
        "Zn2SiH2O5": "Zn2SiO3(OH)2", "Na2Ti(HO)6": "Na2Ti(OH)6",
    },
    "hydrates": {
        "YH12(ClO2)3": "YCl3·6H2O", "InH6(ClO)3": "InCl3·3H2O", "LiH2ClO": "LiCl·H2O",
        "CaSH4O6": "CaSO4·2H2O", "CuSiH12(OF)6": "CuSiF6·6H2O", "Sm2H16S3O20": "Sm2(SO4)3·8H2O",
        "MgAsH15O11": "MgHAsO4·7H2O", "K2H2C2O5": "K2C2O4·H2O", "LiH6ClO7": "LiClO4·3H2O",
    },
    "salts": {
        "Li2CO3": "Li2CO3", "LiLa(CO3)2": "LiLa(CO3)2", "LiPO3": "LiPO3", "Li3PO4": "Li3PO4",
        "Li4P2O7": "Li4P2O7", "TiMn(PO4)2": "TiMn(PO4)2", "Zr(SO4)2": "Zr(SO4)2",
        "Ti2Fe(PO5)2": "Ti2FeO2(PO4)2", "TaPO5": "TaOPO4", "LiTi2(PO4)3": "LiTi2(PO4)3",
        "NaHCO3": "NaHCO3", "LiH2PO4": "LiH2PO4", "AlP3(HO2)6": "Al(H2PO4)3",
        "LiPH2O3": "LiH2PO3",
        "Zn(BH4)2": "Zn(BH4)2", "LiBH4": "LiBH4", "Pb(NO3)2": "Pb(NO3)2", "Dy2P4O13": "Dy2P4O13",
        "P2H4PbO4": "Pb(H2PO2)2", "Li2PNO2": "Li2PO2N",
    },
    "nitrogen": {
        "H3N": "NH3", "LiH2N": "LiNH2", "Li2HN": "Li2NH", "H4NCl": "NH4Cl", "Ca(H2N)2": "Ca(NH2)2",
        "H8S(NO2)2": "(NH4)2SO4", "P2H9NO8": "NH4H5(PO4)2", "YB3H33N7": "Y(BH4)3·7NH3",
        "Li4BN3H10": "Li4(BH4)(NH2)3", "H4N2O3": "NH4NO3", "NdH6SNO10": "Nd(SO4)(NO3)·3H2O",
    },
    "oxides and halides": {
        "Li(CoO2)2": "LiCo2O4", "LaClO": "LaOCl", "Sc2SO2": "Sc2O2S", "W(OF)2": "WO2F2",
        "Mn(InS2)2": "MnIn2S4", "LiAl5O8": "LiAl5O8", "Li4TiO4": "Li4TiO4", "P2O5": "P2O5",
    },
    "left as they are": {"Ti": "Ti", "O": "O", "Li0.5CoO2": "Li0.5CoO2", "MgNiH3": "MgNiH3"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KNOWN)
def test_a_chemist_knows_the_name(kind: str) -> None:
    assert {formula: chemical_formula(formula) for formula in KNOWN[kind]} == KNOWN[kind]


def test_every_formula_of_the_table_is_read_as_the_same_amounts(table: PhaseTable) -> None:
    names = [chemical_formula(formula) for formula in table.formulas]
    for formula, name in zip(table.formulas, names, strict=True):
        if name != formula:
            assert parse_formula(name).amounts == parse_formula(formula).amounts
    assert len(set(names)) == len(set(table.formulas))


def test_hydrogen_stands_where_it_belongs_in_most_oxides_of_the_table(table: PhaseTable) -> None:
    """An oxide with hydrogen and no carbon shows OH, water, an acid or ammonium."""
    hydrous = [
        formula for formula in table.formulas
        if {"H", "O"} <= (held := parse_formula(formula).amounts.keys()) and "C" not in held
    ]  # fmt: skip
    shown = re.compile(r"OH|H2O|NH[34]|H\d?[A-Z][a-z]?\d?O|H\d?\(|^H")
    named = [formula for formula in hydrous if shown.search(chemical_formula(formula))]
    assert len(hydrous) > 2000
    assert len(named) > 0.97 * len(hydrous)


def test_every_listed_name_is_of_the_same_amounts() -> None:
    for formula, name in LISTED.items():
        assert parse_formula(name).amounts == parse_formula(formula).amounts


def test_names_are_those_of_reactions_and_cautions() -> None:
    assert of_atoms(["H7ClO3", "O"], [11.0, 1.0], [11.0, 4.0]) == {"HCl·3H2O": 1.0, "O2": 2.0}
    assert "(NH4)2SO4" in " ".join(cautions(["H8S(NO2)2"]))
