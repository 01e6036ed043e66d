"""What stands beside a formula as chemists write it: treatments, ratios, symmetry, footnotes."""

import re

import pytest

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal, RefusedInputError


def only(text):
    [answer] = parse_line(1, text)
    return answer


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("Li6PS5Br (ball-milled, 500 °C)", "ball-milled, 500 °C"),
        ("Li6PS5Br (annealed at 500 °C)", "annealed at 500 °C"),
        ("Li6PS5Br annealed 500C 12h", "annealed 500C 12h"),
        ("Li6PS5Br, Calcined at 773 K", "Calcined at 773 K"),
        ("Li6PS5Br hot-pressed at 300 °C and 50 MPa", "hot-pressed at 300 °C and 50 MPa"),
        ("Li6PS5Br (SPS 600 °C)", "SPS 600 °C"),
        ("Li6PS5Br HP 400 °C", "HP 400 °C"),
        ("Li6PS5Br heat-treated at 260 °C", "heat-treated at 260 °C"),
        ("Li6PS5Br crystallised 270 °C", "crystallised 270 °C"),
        ("Li6PS5Br-quenched", "quenched"),
        ("Li6PS5Br (quenched from 700 °C), 25 °C", "quenched from 700 °C"),
        ("Li6PS5Br sintering temperature 550 °C", "sintering temperature 550 °C"),
        ("Ball-milled Li6PS5Br", "Ball-milled"),
    ],
)
def test_a_temperature_of_the_treatment_is_not_that_of_the_measurement(text, noted):
    query = only(text)
    assert isinstance(query, Query), query
    assert (query.material.formula, query.temperature_C) == ("Li6PS5Br", 25.0)
    assert f"({noted}) was not used" in query.notes


def test_the_temperature_of_the_measurement_is_used_beside_a_treatment():
    assert only("Li6PS5Br (annealed at 500 °C), 60 °C").temperature_C == 60
    assert only("Li6PS5Br annealed at 500 °C T=30").temperature_C == 30
    assert only("Li6PS5Br T=30 annealed at 500 °C").temperature_C == 30
    assert only("Li6PS5Br space_group=F-43m annealed at 500 °C").temperature_C == 25
    assert only("Li6PS5Br (measured at 60 °C)").temperature_C == 60


@pytest.mark.parametrize(
    "text",
    [
        "Li6PS5Br annealed at 500 °C, 60 °C",
        "Li6PS5Br (BM) 500 °C",
        "Li6PS5Br 500 °C annealed",
        "Li6PS5Br 25 °C 60 °C",
        "Li6PS5Br (25 °C, 60 °C)",
        "Li6PS5Br 60 °C T=25",
        "Li6PS5Br-500C",
        "Li6PS5Br_500C",
        "Li6PS5Br (annealing temperature: 500 °C)",
        "Li6PS5Br sintered at T = 500 °C",
    ],
)
def test_two_readings_of_a_temperature_are_asked_back(text):
    assert isinstance(only(text), Refusal)


@pytest.mark.parametrize("word", ["RT", "at RT", "room temperature", "r.t.", "ambient"])
@pytest.mark.parametrize("form", ["Li3YBr6 {}", "Li3YBr6, {}", "Li3YBr6 ({})"])
def test_room_temperature_is_a_word(form, word):
    query = only(form.format(word))
    assert (query.temperature_C, query.notes) == (25.0, ())


def test_a_true_minus_sign_is_a_minus_sign():
    assert only("Li3YBr6 −20 °C").temperature_C == -20


@pytest.mark.parametrize(
    "text",
    ["Li F O", "Li Ge P S", "Li/Ge/P", "Li,Ge,P", "Li:Ge:P", "{Li, Ge, P}", "Li, Ge", "Li-Ge-P"],
)
def test_a_chemical_system_is_refused_however_it_is_written(text):
    assert "names the elements of a chemical system and no amounts" in only(text).reason


def test_an_alkali_halide_with_a_blank_is_a_compound():
    assert only("Li Br").material.formula == "LiBr"


@pytest.mark.parametrize(
    "text",
    [
        "Li2S (70 mol%) - P2S5 (30 mol%)",
        "Li2S (70%)–P2S5 (30%)",
        "Li2S 70 mol% - P2S5 30 mol%",
        "Li2S (70) P2S5 (30)",
        "Li2S(70)–P2S5(30)",
        "70Li2S-30P2S5 mol%",
        "70Li2S-30P2S5 (in mol%)",
        "Li2S-P2S5 (70-30)",
        "Li2S–P2S5 = 70–30",
        "Li2S-P2S5 70:30 mol%",
        "Li2S:P2S5=7:3",
        "70 Li2S : 30 P2S5",
        "70Li2S:30P2S5",
    ],
)
def test_a_ratio_is_read_wherever_it_stands(text):
    assert only(text).material.formula == "Li7P3S11"


@pytest.mark.parametrize(
    "text",
    ["70Li2S-30P2S5 wt%", "Li2S (70 wt%) - P2S5 (30 wt%)", "70Li2S:30P2S5 (wt%)"],
)
def test_a_ratio_by_mass_is_read_by_mass(text):
    expected = parse_material("70 wt% Li2S - 30 wt% P2S5")
    assert only(text).material.formula == expected.formula


@pytest.mark.parametrize(
    "text",
    [
        "Li2S (70 wt%) - P2S5 (40 wt%)",
        "Li2S (70 mol%) - P2S5 (40 mol%)",
        "Li2S (70 mol%) - P2Xx5 (30 mol%)",
        "Li2S(70)-P2Xx5(30)",
        "Li2S:P2Xx5 = 3:1",
        "LLZO-Qq2O3 (75:25)",
    ],
)
def test_no_reason_quotes_what_nobody_wrote(text):
    refusal = only(text)
    for quoted in re.findall("'([^']+)'", refusal.reason):
        assert quoted in text


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("LiPO4Po", "did you mean"),
        ("Li2S (75) P2S5", "write Li2S"),
        ("LiCoO2@LiNbO3", "write LiCoO2"),
        ("Li6PS5Cla", "CLa"),
        ("Li6PS5Br Ea=3", "did you mean beta"),
        ("Li6PS5Br Em=0.3", "did you mean beta"),
        ("LiNo3", "reads as LiNo3"),
        ("Li-NASICON", "chemical system"),
    ],
)
def test_a_message_is_not_silly(text, never):
    refusal = only(text)
    assert isinstance(refusal, Refusal)
    assert never not in f"{refusal.reason}; {refusal.suggestion}"


def test_an_element_symbol_taken_for_letters_is_named():
    assert "No in 'LiNo3' is nobelium" in only("LiNo3").reason


def test_lithium_before_a_family_is_no_dopant():
    assert only("Li-argyrodite").material == only("argyrodite").material
    assert "garnet is a family" in only("Li-garnet").suggestion


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Li3YCl6 P-3m1", 164),
        ("Li3YCl6, P-3m1", 164),
        ("Li3YCl6 P−3m1 60 °C", 164),
        ("Li3YBr6 60 °C C2/m", 12),
        ("Li7La3Zr2O12 I41/acd", 142),
        ("Li3PS4 Pmn2_1", 31),
        ("LiAlO2 P41212", 92),
        ("Li7La3Zr2O12, space group Ia-3d", 230),
    ],
)
def test_a_space_group_is_read_behind_a_blank(text, number):
    assert only(text).material.space_group_number == number


@pytest.mark.parametrize(
    "text", ["Li3YBr6 C2", "Li3YBr6 Cd2", "Li5La3Ta2O12 N2", "Li3YBr6-C2", "Li6PS5Br60C"]
)
def test_letters_that_may_be_atoms_or_a_label_are_asked_back(text):
    assert isinstance(only(text), Refusal)


@pytest.mark.parametrize(
    "said", ["x: 0.5", "(x: 0.5)", "x=0.5;0.5", "x in {0.5}", "x ∈ {0.5}", "x = 0.5 and 0.5"]
)
def test_values_of_x_are_read_as_they_are_written(said):
    answers = parse_line(1, f"Li7-xLa3Zr2-xNbxO12 {said}")
    assert {answer.material.formula for answer in answers} == {"Li6.5La3Zr1.5Nb0.5O12"}


@pytest.mark.parametrize(
    "text", ["⁷Li3PS4", "^{6}Li3PS4", "<sup>7</sup>Li3PS4", "(6Li)3PS4", "[7Li]3PS4"]
)
def test_an_isotope_of_lithium_is_lithium(text):
    assert only(text).material.formula == "Li3PS4"


def test_the_uncertainty_of_an_amount_is_no_factor():
    assert parse_formula("Li6.25(3)Al0.25(1)La3Zr2O12") == parse_formula("Li6.25Al0.25La3Zr2O12")
    with pytest.raises(RefusedInputError, match="uncertainty"):
        parse_formula("Li7(2)La3Zr2O12")


@pytest.mark.parametrize("text", ["Li6PS5Br¹²", "Li7La3Zr2O12, 0.5 mol% Al", "ICSD 259202"])
def test_what_is_not_an_amount_is_refused(text):
    assert isinstance(only(text), Refusal)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("LiPON thin film", "film"),
        ("Li3N single crystal", "crystal"),
        ("Li7P3S11 glass–ceramic", "glass-ceramic"),
        ("LAGP glass-ceramics", "glass-ceramic"),
    ],
)
def test_the_form_is_read_behind_a_blank(text, form):
    assert only(text).material.form == form


def test_a_second_part_in_a_bracket_is_mixed_in():
    assert only("LLZO (2 wt% Al2O3)").material == only("LLZO - 2 wt% Al2O3").material


def test_a_letter_o_for_a_nought_is_asked_back():
    assert only("LiO.5NiO2").suggestion == "did you mean Li0.5NiO2?"


def test_a_letter_that_stands_for_an_element_is_asked_back():
    assert "'X' stands for an element" in only("Li6PS5X (X = Cl, Br)").reason
