"""Formulas whose charges cannot balance are told from those that are only rounded or unusual."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.charge import CHARGE_TOLERANCE, charge_gap, charge_imbalance, is_salt
from sseml.parse.formula import parse_formula

LITERATURE = Path(__file__).parents[3] / "data" / "literature" / "measurements.csv"


def imbalance(formula):
    return charge_imbalance(parse_formula(formula).amounts)


@pytest.mark.parametrize(
    "formula",
    [
        # rounded, doped
        "Li0.33La0.557TiO3", "Li9.54Si1.74P1.44S11.7Cl0.3", "Li2.88PO3.73N0.14",
        "Li6.55La3Zr2Ga0.15O12",
        # transition metals of several charges
        "LiCoO2", "CoO2", "LiMn2O4", "LiFePO4", "FePO4", "LiNi0.8Co0.1Mn0.1O2", "Li4Ti5O12",
        "Li7Ti5O12",
        "LiV3O8", "Li2FeSiO4", "LiCrO2", "LiNbO2", "Li3VO4", "LiVPO4F",
        # anions bonded to themselves
        "Li2O2", "LiO2", "KO2", "Li2S8", "Na2S4", "LiN3", "LiI3", "FeS2", "TiS3", "MoS3",
        # no anion that is judged
        "Li3P", "LiP5", "Li3P7", "LiAl", "Li17Si4", "LiIn", "Li9AlP4", "LiZnSb", "Li15Ge4",
        # hydrogen, boron, carbon
        "LiH", "LiAlH4", "LiBH4", "LiNH2", "Li2B12H12", "LiCB9H10", "LiB11H14", "Li2CO3", "LiCN",
        "LiSCN", "Li3(NH2)2I", "LiBC", "Li2C2", "LiOD", "MgH2",
        "LiC2NS2F6O4",
        # anions that are oxidised, and P-P bonds
        "Li2SO4", "LiIO3", "LiClO4", "LiBrO3", "Li4P2S6", "Li2PO2N", "Li2SeO4", "LiNO3", "Li2SO3",
    ],
)  # fmt: skip
def test_sound_formulas_balance(formula):
    assert imbalance(formula) <= CHARGE_TOLERANCE


@pytest.mark.parametrize(
    ("formula", "above"),
    [
        ("Li3PS42", 0.2), ("Li3OCl2", 0.2), ("LiYCl2", 0.2), ("LiPS42", 0.2),
        ("Li7La3Zr2O13.5", 0.02),
        ("Li1.3Al0.3Zr1.4(PO4)3", 0.02), ("Li2YCl6", 0.1), ("Li6NiBr3", 0.2), ("LiPO4", 0.2),
        ("Li6.6La3Zr2O12F", 0.02), ("LiAlCl5", 0.1), ("Li2InCl6", 0.1), ("LiTi2O8", 0.2),
    ],
)  # fmt: skip
def test_what_cannot_be_neutral_is_off_by_its_share(formula, above):
    assert imbalance(formula) > above


def test_the_sign_says_what_there_is_too_much_of():
    assert charge_gap(parse_formula("Li4OCl").amounts) > 0
    assert charge_gap(parse_formula("Li3OCl2").amounts) < 0
    assert charge_gap(parse_formula("LiPO").amounts, usual=True) > 0


def test_few_published_formulas_are_accused():
    with LITERATURE.open(encoding="utf-8") as stream:
        formulas = sorted({row["formula"] for row in csv.DictReader(stream)})
    accused = [formula for formula in formulas if imbalance(formula) > CHARGE_TOLERANCE]
    assert len(accused) < 0.03 * len(formulas)


def test_a_salt_holds_an_anion():
    assert is_salt({"Li": 1, "Cl": 1})
    assert is_salt({"Li": 1, "B": 1, "H": 4})
    assert not is_salt({"Li": 1, "Al": 1})
    assert not is_salt({"O": 1})


@given(st.floats(0.001, 1000))
def test_the_scale_does_not_matter(scale):
    for formula in ("Li3YCl6", "Li2YCl6", "LiTi2O8"):
        amounts = parse_formula(formula).amounts
        scaled = {symbol: amount * scale for symbol, amount in amounts.items()}
        assert charge_imbalance(scaled) == pytest.approx(charge_imbalance(amounts), abs=1e-9)
