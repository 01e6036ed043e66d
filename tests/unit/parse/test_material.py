"""Mixtures by mol and by mass, common names, and the texts that are none of these."""

import pytest

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.parse.mixture import molar_mass_g_mol
from sseml.parse.names import close_names, common_names, lookup
from sseml.records import RefusedInputError

MIXTURES = [
    ("75Li2S-25P2S5", "Li3PS4"),
    ("70Li2S-30P2S5", "Li7P3S11"),
    ("0.7Li2S-0.3P2S5", "Li7P3S11"),
    ("0.7Li2S–0.3P2S5", "Li7P3S11"),
    ("75Li2S·24P2S5·1P2O5", "Li30P10S39O"),
    ("75 mol% Li2S - 25 mol% P2S5", "Li3PS4"),
    ("80Li2S * 20P2S5", "Li8P2S9"),
    ("(Li2S)0.7(P2S5)0.3", "Li1.4P0.6S2.2"),
    ("(Li2O)50 (Al2O3)2 (P2O5)48", "Li100Al4P96O296"),
    ("((Li2S)0.6 (SiS2)0.4 )95 (Li4SiO4)5", "Li134Si43S133O20"),
    ("0.95(0.6Li2S-0.4SiS2)-0.05Li4SiO4", "Li1.34Si0.43S1.33O0.2"),
    ("(2Li2S-P2S5)0.85(LiI)0.15", "Li3.55P1.7S5.95I0.15"),
    ("0.2(Li2S) 0.8(GeS2)", "Li2Ge4S9"),
    ("0.14 SiS2-0.09 P2S5-0.47 Li2S-0.30 LiI", "Li1.24Si0.14P0.18S1.2I0.3"),
    ("LiTi2(PO4)3-0.2Li2O", "Li1.4Ti2P3O12.2"),
    ("0.65Li2-0.35SiS2", "Li26Si7S14"),
    ("Li7La3Zr2O12-0.3Ga", "Li7La3Zr2Ga0.3O12"),
    ("LiCl + AlCl3", "LiAlCl4"),
]


@pytest.mark.parametrize(("text", "formula"), MIXTURES)
def test_mixtures_add_up_in_mol(text, formula):
    expected = parse_formula(formula)
    assert parse_material(text).fractions() == pytest.approx(expected.fractions())
    assert parse_material(text).formula == formula


@pytest.mark.parametrize(
    "text", ["Li3PS4 - 10 wt% Al2O3", "Li3PS4–10wt.%Al2O3", "Li3PS4 + 10 wt% Al2O3"]
)
def test_mass_percent_is_converted_with_molar_masses(text):
    # 90 g Li3PS4 (180.06 g/mol) with 10 g Al2O3 (101.96 g/mol): 0.1962 mol for each mol.
    amounts = parse_material(text).amounts
    assert amounts["Al"] == pytest.approx(2 * 0.19622, abs=2e-4)
    assert amounts["O"] == pytest.approx(3 * 0.19622, abs=2e-4)
    assert amounts["P"] == 1


def test_parts_by_mass_may_be_names_or_mixtures():
    by_name = parse_material("90 wt% Li3PS4 - 10 wt% LLZO")
    assert by_name == parse_material("Li3PS4 - 10 wt% Li7La3Zr2O12")
    assert "B" in parse_material("LLZO–3 wt% 65Li2O·27B2O3·8SiO2").amounts


def test_molar_mass():
    assert molar_mass_g_mol({"Li": 6, "P": 1, "S": 5, "Cl": 1}) == pytest.approx(268.4, abs=0.1)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("PEO + LiTFSI, EO:Li=18", "'PEO'"),
        ("PVDF-HFP + 30 wt% LiFSI", "'PVDF'"),
        ("P(VDF-TrFE)-Li6PS5Cl", "polymer"),
        ("LiTFSI-SN", "'LiTFSI'"),
        ("Li3PS4 - 10 vol% Al2O3", "without densities"),
        ("Li3PS4 - 10% Al2O3", "write wt% or mol%"),
        ("60 wt% Li3PS4 - 60 wt% Al2O3", "add up to 120"),
        ("Li3PS4 - 100 wt% Al2O3", "add up to 100"),
        ("Li3PS4 - 0 wt% Al2O3", "zero"),
        ("Li3PS4 - 10 wt%", "no formula follows"),
        ("Li3PS4 - 10 wt% Xx", "'Xx' is not an element"),
        ("LLZOO", "did you mean LLZO"),
        ("LPSCI", "LPSCl"),
        ("garnet", "garnet is a family: write a formula, such as Li7La3Zr2O12"),
        ("NASICON", "NASICON is a family"),
        ("argyrodites", "argyrodite is a family: write a formula, such as Li6PS5Cl"),
        ("polyethylene oxide", "polymer"),
        ("peo:litfsi", "'peo'"),
        ("Poly(ethylene glycol)", "polymer"),
        ("structures/model.cif", "crystal structure"),
        ("POSCAR", "crystal structure"),
        ("mp-696128", "write the formula"),
        ("li6ps5cl", "did you mean Li6PS5Cl?"),
        ("LI6PS5CL", "did you mean Li6PS5Cl?"),
        ("LLZO-LiBH4", "write formulas instead of names: 1Li7La3Zr2O12-1LiBH4"),
        ("0.5Al-LLZO + 0.5LiI", "0.5Li6.25Al0.25La3Zr2O12 + 0.5LiI"),
        ("lithium", "such as lithium nitride"),
        ("Li6PS5Cl Li3YCl6", "one formula a line"),
        ("Li2S P2S5", "a mixture in mol"),
        ("Li3N\nP2S5", "several lines"),
        ("Li7La3Zr2O12-δ", "leave it out"),
        ("Li6PS5Xx", "such as Li6PS5Cl"),
    ],
)
def test_what_is_no_inorganic_solid_is_refused_with_a_way_out(text, fragment):
    with pytest.raises(RefusedInputError) as refusal:
        parse_material(text)
    assert fragment in str(refusal.value)


def test_the_seeds_abbreviation_of_llzo_is_a_name():
    assert parse_material("LLZ").formula == "Li7La3Zr2O12"


def test_every_listed_name_reads_as_its_formula():
    for entry in common_names():
        for spelling in (entry.name, *entry.aliases):
            assert parse_material(spelling) == parse_formula(entry.formula), spelling
            assert parse_material(f" {spelling} ") == parse_formula(entry.formula), spelling
        assert entry.stands_for


def test_names_hide_no_formula_but_lipon():
    hidden = []
    for entry in common_names():
        for spelling in (entry.name, *entry.aliases):
            try:
                parse_formula(spelling)
            except RefusedInputError:
                continue
            hidden.append(spelling)
    # As a formula it would be LiPON with one of each, which is not neutral and is never meant.
    assert hidden == ["LiPON"]


def test_case_tells_a_name_from_a_formula():
    assert parse_material("LIC").formula == "Li3InCl6"
    assert parse_material("LiC").formula == "LiC"
    assert parse_material("llzo").formula == "Li7La3Zr2O12"
    assert parse_material("t-LLZO").formula == "Li7La3Zr2O12"


def test_lookup_finds_names_and_suggests_close_ones():
    assert lookup("lagp").name == "LAGP"
    assert lookup("nothing") is None
    assert lookup("lagp", exact_case=True) is None
    assert close_names("LLZT0")[0].startswith("LLZT")
    assert close_names("qqq") == []
