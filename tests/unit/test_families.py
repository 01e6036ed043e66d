"""Families recognised by stoichiometry."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.families import close_families, families, recognise
from sseml.families.polymer import recognise_recipe
from sseml.parse.formula import composition, parse_formula
from sseml.parse.material import parse_material
from sseml.parse.recipe import parse_recipe

MEMBERS = {
    "garnet": "Li7La3Zr2O12 Li6.2Ga0.3La2.95Rb0.05Zr2O12 Li7La2.75Ca0.25Zr1.75Nb0.25O12 "
    "Li5La3Ta2O12 Li3Nd3Te2O12 Li6.05Ga0.25La3Zr2O11.8F0.2 Li7La3Ta2O13",
    "perovskite": "Li0.34La0.56TiO3 Li3/8Sr7/16Ta3/4Zr1/4O3 Li0.25La0.25TaO3 LiSrTiTaO6 "
    "La0.63Li0.11(Mg0.5W0.5)O3 LiLaTiO4 Li0.022La0.117Ti0.208Al0.001O0.626",
    "NASICON": "Li1.3Al0.3Ti1.7(PO4)3 LiZr2(PO4)3 LiAlTa(PO4)3 Li3Fe2(PO4)3 Li3Zr2Si2PO12 "
    "Na3Zr2Si2PO12 Li1.2Ti2Si0.2P2.8O12",
    "LISICON": "Li3.5Si0.5P0.5O4 Li14Zn(GeO4)4 Li3VO4 Li4Al0.33Si0.33P0.33O4 Li3.4Si0.7S0.3O4",
    "Li-Zr-Nb oxide": "Li29Zr9Nb3O40 Li28.5Y0.1Zr9Nb3O40",
    "oxide glass": "1AlPO4-1SiO2-1Li4P2O7",
    "LiPON": "Li2.9PO3.3N0.46 Li2.88PO3.73N0.14",
    "nitride": "Li3N Li3BN2 Li6NBr3",
    "antiperovskite": "Li3OCl Li2OHBr Li2(OH)0.9F0.1Cl Li3O(Cl0.5Br0.5)",
    "thio-LISICON": "Li3.25Ge0.25P0.75S4 Li4SnS4 Li4GeSe4 Li5AlS4 Li3SbS4",
    "LGPS": "Li10GeP2S12 Li9.54Si1.74P1.44S11.7Cl0.3 Li9.6P3S12 Li11AlP2S12 "
    "Li9.54(Si0.6Ge0.4)1.74P1.44S11.1Br0.3O0.6",
    "argyrodite": "Li6PS5Cl Li5.5PS4.5Cl1.5 Li6.5Sb0.5Ge0.5S5I Li5PS4(BH4)2 Li7PS6 Li6PO5Cl",
    "Li-P-S": "Li7P3S11 Li3PS4 80Li2S-20P2S5 75Li2S-24P2S5-1P2O5 Li7P2S8I "
    "Li6.58P2.76N0.03S10.12F0.05",
    "sulfide glass": "0.6Li2S-0.4SiS2 0.5Li2S-0.5GeS2 0.33B2S3-0.67Li2S 0.65Li2-0.35SiS2",
    "Li3MX6": "Li3YCl6 Li3YBr6 Li2.5Y0.5Zr0.5Cl6 Li2.633Er0.633Zr0.367Cl6 Li3ErI6",
    "Li2MX6": "Li2ZrCl6 Li2ZrCl5F Na2ZrCl6",
    "halide spinel": "Li2MgCl4 Li1.65Mn0.65In0.35Cl4",
    "LiMX4": "LiAlCl4 LiGaBr4",
    "fluoride": "LiYF4 Li3AlF6",
    "oxyhalide": "LiNbOCl4 LiTaOCl4 ZrO2-2Li2ZrCl5F",
    "borohydride": "LiBH4 Li4BN3H10 3LiBH4-LiI",
    "amide": "LiNH2 Li3(NH2)2I",
    "hydroborate": "LiCB9H10 Li3(B11H14)(CB9H10)2 Li2(B11H14)(CB11H12) LiB11H14 1Li2B12H12-1Al2O3",
    "phosphide": "Li3P LiP5 Li8SiP4 Li9AlP4",
    "molybdate": "Li3Fe(MoO4)3",
    "olivine": "LiFePO4",
    "tavorite": "LiVPO4F LiMgSO4F",
    "pyrochlore": "LiSrTa2O6F",
    "sulfate": "Li2SO4 LiNaSO4",
    "borate": "Li3BO3 Li4B7O12Cl",
    "silicate": "LiAlSiO4",
    "antimonate": "Li7SbO6 Li3BiO4",
    "titanate": "Li4Ti5O12 Li2TiO3",
    "other sulfide": "LiZnPS4 Li2SnS3",
    "other": "LiClC3H7NO Li",
}


@pytest.mark.parametrize(
    ("family", "text"), [(family, t) for family, ts in MEMBERS.items() for t in ts.split()]
)
def test_known_members_are_recognised(family, text):
    assert recognise(parse_material(text)).family == family


def test_the_examples_in_the_list_belong_to_their_family():
    for key, family in families().items():
        is_recipe = family.electrolyte_class in ("polymer", "composite")
        for example in family.examples:
            match = (
                recognise_recipe(parse_recipe(example))
                if is_recipe
                else recognise(parse_formula(example))
            )
            assert (match.family, match.electrolyte_class) == (key, family.electrolyte_class)


def test_exact_stoichiometry_is_certain_and_a_fallback_is_not():
    assert recognise(parse_formula("Li6PS5Cl")).confidence == 1
    assert recognise(parse_formula("Li5AlO4")).confidence < 0.5
    assert recognise(parse_formula("Li7La3Zr2O12")).reason


def test_space_group_decides_between_lgps_and_thio_lisicon():
    shared = parse_formula("Li3.4Ge0.4P0.6S4")
    assert recognise(replace(shared, space_group_number=137)).family == "LGPS"
    assert recognise(replace(shared, space_group_number=11)).family == "thio-LISICON"


def test_form_decides_for_a_glass():
    assert recognise(replace(parse_formula("LiPO3"), form="glass")).family == "oxide glass"
    assert recognise(replace(parse_formula("Li4SiS4"), form="glass")).family == "sulfide glass"
    assert recognise(replace(parse_formula("Li7PS6"), form="glass")).family == "Li-P-S"


def test_close_families():
    assert close_families("Garnet") == ["garnet"]
    assert close_families("nasicone")[0] == "NASICON"
    assert close_families("zzz") == []


elements = st.sampled_from(sorted(MOLAR_MASS_G_MOL))
recipes = st.dictionaries(elements, st.floats(0.01, 20), min_size=1, max_size=6)


@given(recipes)
def test_every_composition_has_a_listed_family(recipe):
    match = recognise(composition(recipe))
    assert match.electrolyte_class == families()[match.family].electrolyte_class
    assert 0 < match.confidence <= 1


@pytest.mark.parametrize("scale", [0.1, 3, 8])
def test_the_scale_of_the_formula_does_not_matter(scale):
    for texts in MEMBERS.values():
        for text in texts.split():
            material = parse_material(text)
            scaled = composition({s: scale * a for s, a in material.amounts.items()})
            assert recognise(scaled).family == recognise(material).family, text


def test_the_documentation_lists_every_family():
    page = Path(__file__).parents[2] / "docs" / "families.md"
    listed = [
        line.split("|")[1].strip() for line in page.read_text("utf-8").splitlines() if "|" in line
    ]
    assert listed[2:] == list(families())
