"""What is read wrong is worse than what is refused: each kind is read as meant, or refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.parse.names import common_names, lookup_refused
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal


def only(text):
    [answer] = parse_line(1, text)
    return answer


REFUSED = [
    # an index, a label, a sample
    ("Li6PS5I_1", "write Li6PS5I"),
    ("Li3ErCl6_2", "write Li3ErCl6"),
    ("Li7P3S11_60C", "write Li7P3S11"),
    ("LATP_3a", "did you mean LATP?"),
    ("Li6PS5Br-450C", "write Li6PS5Br"),
    ("Li3YCl6-2", "write Li3YCl6"),
    ("Li3YCl6 #7", "write Li3YCl6"),
    ("Li3YCl6 No.4", "write Li3YCl6"),
    ("Li3YCl6 sample C", "write Li3YCl6"),
    ("Li4SnS4·2H2O.07", "write Li4SnS4·2H2O"),
    ("Li3YCl6 B", "write Li3YCl6"),
    # charges
    ("LiTi4+2(PO4)3", "charge"),
    ("Li7La3+3Zr4+2O12", "charge"),
    ("Li+Br-", "charge"),
    ("Li⁺I⁻", "charge"),
    ("Li3In³⁺Cl6", "charge"),
    ("Li<sup>+</sup>F<sup>-</sup>", "charge"),
    # no amounts
    ("Li-Ti-P-O", "chemical system"),
    ("Li—Si—S", "chemical system"),
    ("Li2S-SiS2", "without their amounts"),
    ("Li2O–B2O3–LiCl", "1Li2O-1B2O3-1LiCl"),
    ("Li2S·GeS2", "without their amounts"),
    ("Li2S+P2S5", "without their amounts"),
    ("Li2S-30P2S5", "no coefficient"),
    ("Li2S-P2S5 (70:20:10)", "3 numbers"),
    # a dopant without its amount
    ("Ga-Li7La3Zr2O12", "did you mean Ga-LLZO?"),
    ("Nb-doped LLZO", "did you mean Nb-LLZO?"),
    ("O-Li6PS5Br", "how much O"),
    ("Y-doped LiZr2(PO4)3", "how much Y"),
    ("LLZO:Nb", "did you mean Nb-LLZO?"),
    ("Li7La3Zr2O12-Ga", "did you mean Ga-LLZO?"),
    ("Li7La3Zr2O12 Al", "write Li7La3Zr2O12"),
    ("LiPON2", "write LiPON"),
    ("LiMn(II)PO4", "write LiMnPO4"),
    ("LiTaOCl", "abbreviation"),
    ("Sc-LAGP", "how much Sc"),
    # brackets that hold no atoms, or perhaps none
    ("Li3InCl6 (In)", "write Li3InCl6"),
    ("Li6PS5I (B)", "write Li6PS5I"),
    ("LiNiO2 (O3)", "write LiNiO2"),
    ("Li6PS5Cl (Al-doped)", "write Li6PS5Cl"),
    # unstable elements, and capitals forgotten
    ("LiPo3", "did you mean LiPO3?"),
    ("LiZr2(Po4)3", "did you mean LiZr2(PO4)3?"),
    ("LiNo3", "did you mean LiNO3?"),
    ("Mg(LiBh4)2", "did you mean Mg(LiBH4)2?"),
    ("Li2Co3", "did you mean Li2CO3?"),
    ("Li2So4", "did you mean Li2SO4?"),
    ("LiAt", "without a stable isotope"),
    # O and 0, l and 1 and I
    ("Li5La3Ta2012", "did you mean Li5La3Ta2O12?"),
    ("LiTi2(P04)3", "did you mean LiTi2(PO4)3?"),
    ("Li4Si04", "did you mean Li4SiO4?"),
    ("Li20-Al203", "did you mean Li2O?"),
    ("0.4Li2O-0.6P205", "did you mean 0.4Li2O-0.6P2O5?"),
    ("Li3ScC16", "did you mean Li3ScCl6?"),
    ("Li5.5PS4.5CI1.5", "did you mean Li5.5PS4.5Cl1.5?"),
    ("Li3lnBr6", "did you mean Li3InBr6?"),
    ("LiAICl4", "did you mean LiAlCl4?"),
    # short names
    ("LiPSBr", "such as Li6PS5Br"),
    ("LiZrPO", "abbreviation"),
    ("lybc", "such as Li3YBr3Cl3"),
    ("LiSICON", "such as Li14Zn(GeO4)4"),
    ("lialo2", "did you mean LiAlO2?"),
]  # fmt: skip

READ = [
    ("(LLTO)", "Li0.33La0.557TiO3"),
    ("60(75Li2S·25P2S5)·40LiI", "Li13P3S12I4"),
    ("(70Li2S-30P2S5)90(LiBr)10", "Li13.6P5.4S19.8Br"),
    ("50 mol% (75Li2S-25P2S5) - 50 mol% LiI", "Li5PS4I2"),
    ("0.6(SiS2-Li2S)-0.4LiCl", "Li8Si3S9Cl2"),
    ("LiCl + AlCl3", "LiAlCl4"),
    ("Li3ErCl6·0.5H2O", "Li3ErHO0.5Cl6"),
    ("Li3InCl6.0.5H2O", "Li3InHO0.5Cl6"),
    ("Li3InCl6*1.5H2O", "Li3InH3O1.5Cl6"),
    ("Li4SnS4·4H2O", "Li4SnH8S4O4"),
    ("Li0.33La0.56□0.11TiO3", "Li0.33La0.56TiO3"),
    ("Li0.33La0.56Vac0.11TiO3", "Li0.33La0.56TiO3"),
    ("LAGP (Li1.4Al0.4Ge1.6(PO4)3)", "Li1.4Al0.4Ge1.6P3O12"),
    ("Li3InCl6 (LIC)", "Li3InCl6"),
    ("Li6PS5Br(SPS)", "Li6PS5Br"),
    ("Li6PS5Br (this work)", "Li6PS5Br"),
    ("LiFe(PO4)(OH)", "LiFePO4OH"),
    ("Li2S-P2S5 (80:20)", "Li8P2S9"),
    ("Li2S–GeS2 (50/50 mol%)", "Li2GeS3"),
    ("Li2S:P2S5:LiI = 60:20:20", "Li7P2S8I"),
    ("Li2S - P2S5 = 3:1", "Li3PS4"),
    ("Li2S-P2S5 (70 mol%)", "Li7P3S11"),
    ("Li2S-P2S5 (30 mol% P2S5)", "Li7P3S11"),
    ("70Li2S-30P2S5 (mol%)", "Li7P3S11"),
    ("Li2S(75)-P2S5(25)", "Li3PS4"),
    ("spodumene", "LiAlSi2O6"),
    ("Petalite", "LiAlSi4O10"),
    ("β-eucryptite", "LiAlSiO4"),
    ("Lithium Nitride", "Li3N"),
    ("lithium thiophosphate", "Li3PS4"),
    ("argyrodite", "Li6PS5Cl"),
    ("Li2 C1 O3", "Li2CO3"),
    ("Li6.02P0.98Si0.02S5 Br", "Li6.02P0.98Si0.02S5Br"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fragment"), REFUSED)
def test_what_is_hardly_meant_is_refused_with_what_to_write(text, fragment):
    refusal = only(text)
    assert isinstance(refusal, Refusal), refusal
    assert fragment in f"{refusal.reason} {refusal.suggestion}"


@pytest.mark.parametrize(("text", "formula"), READ)
def test_what_a_chemist_knows_is_read(text, formula):
    answer = only(text)
    assert isinstance(answer, Query), answer
    assert answer.material.fractions() == pytest.approx(parse_formula(formula).fractions())


def test_a_mixture_by_mass_may_have_its_ratio_behind_it():
    assert parse_material("Li3PS4-LiI (80:20 wt%)") == parse_material("80 wt% Li3PS4 - 20 wt% LiI")


def test_x_may_stand_in_a_bracket_and_be_a_list():
    assert only("Li7-xLa3Zr2-xNbxO12 (x = 0.25)").material.formula == "Li6.75La3Zr1.75Nb0.25O12"
    assert only("Li1+x+yAlxTi2-xSiyP3-yO12 (x=0.3, y=0.2)").material.amounts["Si"] == 0.2
    three = parse_line(1, "Li7-xLa3Zr2-xNbxO12 x=0, 0.25, 0.5")
    assert [query.material.amounts["Li"] for query in three] == [7, 6.75, 6.5]
    assert "write a point" in only("LixTiO3 x=0,25").suggestion


# Hints --------------------------------------------------------------------------------------

_HINTS = re.compile(r"did you mean ([^?]+)\?|write ([A-Z(\d][^ ;,]*)$")


def formulas_in(suggestion):
    for found in _HINTS.finditer(suggestion):
        for written in (found.group(1) or found.group(2)).split(" or "):
            if not re.fullmatch(r"\d+(\.\d+)?|space_group|temperature", written):
                yield written


texts = st.lists(
    st.sampled_from(
        ["Li", "li", "LI", "La", "Zr", "P", "S", "O", "Cl", "Co", "Po", "C1", "CI", "l", "0", "04",
         "203", "2", "3", "12", "0.5", "-", "+", "·", " ", "_1", "_", ":", "(", ")", "(C)", "LLZO",
         "LPSCl", "H2O", ".", "Al", "A1", "x", "75", "25", "#3", " B", "-doped ", "o", "Li3PS4",
         "Li2S", "P2S5"]
    ),
    min_size=1,
    max_size=9,
).map("".join)  # fmt: skip


@given(texts)
def test_every_formula_in_a_hint_can_be_read(text):
    check_hint(text)


def check_hint(text):
    answer = only(text)
    if isinstance(answer, Refusal):
        for formula in formulas_in(answer.suggestion):
            assert parse_material(formula, x=0.05), answer.suggestion


@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_the_hints_above_can_be_read(text):
    for formula in formulas_in(only(text).suggestion):
        assert isinstance(only(formula), Query), formula


def test_short_names_with_several_meanings_are_no_names():
    listed = {spelling for entry in common_names() for spelling in (entry.name, *entry.aliases)}
    for name in listed:
        assert lookup_refused(name) is None, name
