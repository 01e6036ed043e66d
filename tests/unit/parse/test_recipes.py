"""Recipes of polymers and composites: what is read, what is refused, and what is said."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.families.polymer import recognise_recipe
from sseml.parse.recipe import parse_recipe, read_recipe
from sseml.parse.recipe_names import fillers, liquids, listed, polymers, salts, spellings
from sseml.parse.text import parse_line
from sseml.records import FILLER_SHAPES, Composite, Polymer, Query, Refusal, RefusedInputError

HERE = Path(__file__).parent


def rows(name):
    return list(csv.DictReader((HERE / name).read_text(encoding="utf-8").splitlines()))


def amounts(parts):
    return [
        f"{part.name} {'-' if (p := part.weight_percent) is None else f'{p:g}'}" for part in parts
    ]


@pytest.mark.parametrize("row", rows("recipes.csv"), ids=lambda row: row["recipe"])
def test_a_recipe_is_read_with_the_molality_worked_out_by_hand(row):
    material = parse_recipe(row["recipe"])
    assert material.formula == row["formula"]
    worked = [float(number) for number in row["molality_mol_kg"].split(";") if number]
    assert [salt.molality_mol_kg for salt in material.salts] == pytest.approx(worked, rel=1e-5)
    assert ";".join(amounts(material.liquids)) == row["liquids"]
    fillers = material.fillers if isinstance(material, Composite) else ()
    said = [f"{a} {filler.shape}" for a, filler in zip(amounts(fillers), fillers, strict=True)]
    assert ";".join(said) == row["fillers"]
    assert sum(part.weight_share for part in material.polymers) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("row", rows("recipes.csv"), ids=lambda row: row["recipe"])
def test_the_canonical_text_reads_back_as_the_same_material(row):
    material = parse_recipe(row["recipe"])
    assert parse_recipe(material.formula) == material


@pytest.mark.parametrize("row", rows("recipes_refused.csv"), ids=lambda row: row["recipe"])
def test_a_recipe_is_refused_with_what_to_write(row):
    with pytest.raises(RefusedInputError) as refusal:
        parse_recipe(row["recipe"])
    assert refusal.value.code == row["code"]
    assert refusal.value.suggestion
    for words in row["words"].split(";"):
        assert words in str(refusal.value)


SHARE = st.floats(0.5, 60.0)
POLYMER_NAMES = st.sampled_from([entry.name for entry in polymers()])
SALT_NAMES = st.sampled_from([entry.name for entry in salts()])
LIQUID_NAMES = st.sampled_from([entry.name for entry in liquids()])
FILLER_NAMES = st.sampled_from([entry.name for entry in fillers()])


@st.composite
def recipes(draw):
    """A recipe as text: one to three polymers, up to two salts, liquids and fillers."""
    names = draw(st.lists(POLYMER_NAMES, min_size=1, max_size=3, unique=True))
    weights = "/".join(f"{draw(SHARE)}" for _ in names) if len(names) > 1 else ""
    text = f"{'/'.join(names)} {weights} w/w" if weights else names[0]
    for salt in draw(st.lists(SALT_NAMES, min_size=1, max_size=2, unique=True)):
        text += f" + {salt}, m={draw(st.floats(1e-4, 200.0))}"
    if draw(st.booleans()):
        text += f", Mw={draw(st.floats(100, 1e7))}"
    for liquid in draw(st.lists(LIQUID_NAMES, max_size=1)):
        text += f" + {draw(st.floats(0.01, 45.0))} wt% {liquid}"
    for filler in draw(st.lists(FILLER_NAMES, max_size=2, unique=True)):
        amount = f"{draw(st.floats(0.01, 25.0))} wt% " if draw(st.booleans()) else ""
        text += f" + {amount}{filler} {draw(st.sampled_from(FILLER_SHAPES))}"
    return text


@given(recipes())
def test_any_canonical_text_reads_back_as_the_same_material(text):
    material = parse_recipe(text)
    again = parse_recipe(material.formula)
    assert again == material
    assert material.salts
    assert sum(part.weight_share for part in material.polymers) == pytest.approx(1.0, abs=1e-9)


@given(POLYMER_NAMES, SALT_NAMES, st.floats(0.01, 99.0))
def test_wt_percent_of_the_salt_is_of_polymer_and_salt(polymer, salt, percent):
    material = parse_recipe(f"{polymer} + {percent} wt% {salt}")
    mass_g = material.salts[0].molality_mol_kg * listed(salt).molar_mass_g_mol
    assert 100 * mass_g / (1000 + mass_g) == pytest.approx(percent, rel=1e-4)


@given(SALT_NAMES, st.floats(0.5, 500.0))
def test_sites_per_lithium_count_every_lithium_of_the_salt(salt, ratio):
    material = parse_recipe(f"PEO + {salt}, EO:Li={ratio}")
    lithium = material.salts[0].molality_mol_kg * listed(salt).lithium
    assert 1000 / 44.053 / lithium == pytest.approx(ratio, rel=1e-5)


def test_every_spelling_of_every_list_is_read():
    for entry in polymers():
        own_lithium = entry.lithium_mol_kg > 0
        for spelling in spellings(entry):
            material = parse_recipe(spelling if own_lithium else f"{spelling} + LiTFSI, m=1")
            assert material.polymers[0].name == entry.name, spelling
    for salt in salts():
        for spelling in spellings(salt):
            assert parse_recipe(f"PEO + {spelling}, m=1").salts[0].name == salt.name, spelling
    for liquid in liquids():
        for spelling in spellings(liquid):
            read = parse_recipe(f"PEO + LiTFSI, m=1 + 10 wt% {spelling}")
            assert [part.name for part in read.liquids] == [liquid.name], spelling
    for filler in fillers():
        for spelling in spellings(filler):
            read = parse_recipe(f"PEO + LiTFSI, m=1 + 10 wt% {spelling}")
            assert [part.name for part in read.fillers] == [filler.name], spelling


def test_no_spelling_stands_for_two_parts():
    owners = {}
    for entry in (*polymers(), *salts(), *liquids(), *fillers()):
        for spelling in spellings(entry):
            assert owners.setdefault(spelling, entry.name) == entry.name, spelling


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("PEO + LiTFSI", "no amount of LiTFSI is stated: 1.2 mol per kg of polymer is assumed"),
        ("PEO + LiTFSI, EO:Li=18", "1.26 mol per kg of polymer = 26.6 wt% of polymer + salt"),
        ("PEO + LiTFSI, EO:Li=18", "EO:Li 18"),
        ("PEO + 40 wt% LiTFSI", "wt% of the salt is of polymer + salt"),
        ("PEO + LiTFSI, m=1 + 20 wt% SN", "wt% of fillers and liquids is of the total mass"),
        ("PEO/LiTFSI 20:1", "20:1 is read as coordinating units per Li; write w/w if it is by"),
        ("PEO/PVDF + LiTFSI, m=1", "in equal weights; write PEO/PVDF 80/20"),
        ("PEO + LiTFSI, m=1 + LLZTO", "how much LLZTO is in it, is not said"),
        ("PEO + LiTFSI, CO:Li=20", "CO:Li is read as EO:Li, what coordinates Li in PEO"),
        ("PEO + Li salt", "the salt is not named: LiTFSI stands for it"),
        ("PEO + LiTFSI + LiBOB, EO:Li=18", "with equal amounts of Li"),
        ("PEO + 10 mol% LiTFSI", "mol% of the salt is of repeat units + salt"),
        ("Li6PS5Cl + 5 wt% PEO", "the rest, 95 wt% of the total mass"),
    ],
)  # fmt: skip
def test_what_was_assumed_is_said(recipe, words):
    assert any(words in note for note in read_recipe(recipe).notes)


@pytest.mark.parametrize(
    ("line", "temperature_C"),
    [
        ("PEO + LiTFSI, EO:Li=18", 25),
        ("PEO + LiTFSI, EO:Li=18 @ 60 °C", 60),
        ("PEO + LiTFSI, EO:Li=18 @ 60", 60),
        ("PEO + LiTFSI, EO:Li=18 @60C", 60),
        ("PEO + LiTFSI, EO:Li=18, T=60", 60),
        ("PEO + LiTFSI, EO:Li=18, T = 60 °C", 60),
        ("PEO + LiTFSI, EO:Li=18, temperature: 60 °C", 60),
        ("PEO + LiTFSI, EO:Li=18 at 333.15 K", 60),
        ("PEO + LiTFSI, EO:Li=18, 333.15 K", 60),
        ("PEO + LiTFSI, EO:Li=18 (60 °C)", 60),
        ("PEO + LiTFSI, EO:Li=18 T=−20", -20),
        ("T=60 PEO + LiTFSI, EO:Li=18", 60),
        ("PEO + LiTFSI, EO:Li=18 at room temperature", 25),
    ],
)  # fmt: skip
def test_the_temperature_of_a_line_is_taken_off(line, temperature_C):
    [query] = parse_line(1, line)
    assert isinstance(query, Query)
    assert query.material.formula == "PEO + LiTFSI, EO:Li=18"
    assert query.temperature_C == pytest.approx(temperature_C)


def test_a_temperature_may_stand_before_the_filler():
    [query] = parse_line(1, "PEO + LiTFSI, EO:Li=18, T=60 + 10 wt% LLZO, Mw 600K")
    assert query.material.formula == "PEO + LiTFSI, EO:Li=18, Mw=600000 + 10 wt% LLZO"
    assert query.temperature_C == 60


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("PEO + LiTFSI, EO:Li=18 @ 400 °C", "400 °C is outside -100 to 200 °C"),
        ("PEO + LiTFSI, EO:Li=18, T=-120", "-120 °C is outside"),
        ("PEO + LiTFSI, EO:Li=18, T=298", "298 has no unit"),
        ("PEO + LiTFSI, EO:Li=18, T=60, T=80", "written twice"),
        ("PEO + LiTFSI " + "+ " * 600, "1200 characters"),
    ],
)  # fmt: skip
def test_an_impossible_temperature_or_line_is_refused(line, words):
    [refusal] = parse_line(1, line)
    assert isinstance(refusal, Refusal)
    assert words.replace("1200", str(len(line.strip()))) in refusal.reason


def test_what_is_of_crystals_is_not_used_and_said():
    line = "PEO + LiTFSI, EO:Li=18, space_group=225, form=film, conductivity_kind=total"
    [query] = parse_line(1, line)
    assert query.conductivity_kind is None
    assert "not used for a polymer: space_group, form, conductivity_kind" in query.notes


@pytest.mark.parametrize(
    "text",
    [
        "LLZO", "Li6PS5Cl", "75Li2S-25P2S5", "Li3PS4 - 10 wt% Al2O3", "PI3", "PS", "Li-P-S", "PN",
        "Li7P3S11 glass-ceramic", "LiPON", "PVB", "CS2", "GaN", "90 wt% Li3PS4 - 10 wt% LLZO",
        "LiClO4", "LiCl", "Li2OHCl", "LiNO3 + PbO", "Li3PO4 polymorph",
    ],
)  # fmt: skip
def test_what_names_no_polymer_is_no_recipe(text):
    [item] = parse_line(1, text)
    assert isinstance(item, Refusal) or not isinstance(item.material, Polymer)


@pytest.mark.parametrize(
    ("recipe", "family"),
    [
        ("PEO + LiTFSI", "polyether"),
        ("PVDF + 33 wt% LiFSI + 10 wt% DMF", "PVDF class"),
        ("PVDF-HFP + 20 wt% LiTFSI + 40 wt% EMIM-TFSI", "gel polymer"),
        ("PEO/PVDF 40/60 + LiTFSI, m=1", "PVDF class"),
        ("PEO + LiTFSI + 10 wt% LLZO", "active-filler composite"),
        ("PEO + LiTFSI + 10 wt% Li6.4La3Zr1.4Ta0.6O12", "active-filler composite"),
        ("PEO + LiTFSI + 10 wt% TiO2", "inert-filler composite"),
        ("PEO + LiTFSI + 10 wt% LiAlO2", "inert-filler composite"),
        ("PEO + LiTFSI + 10 wt% MgAl2O4", "inert-filler composite"),
        ("PEO + LiTFSI + 10 wt% ZIF-8", "MOF composite"),
        ("PEO + LiTFSI + 10 wt% COF", "COF composite"),
        ("Li6PS5Cl + 5 wt% PEO", "sulfide-polymer"),
        ("PEO + LiTFSI + 10 wt% Li6PS5Cl", "active-filler composite"),
        ("PSMILES:[*]CC(C)O[*] + LiTFSI", "polyether"),
        ("PSMILES:[*]CCOC(=O)O[*] + LiTFSI", "polycarbonate"),
        ("PSMILES:[*]CCCCC(=O)O[*] + LiTFSI", "polyester"),
        ("PSMILES:[*]CC([*])C(=O)OC + LiTFSI", "polyacrylate"),
        ("PSMILES:[*]CC([*])C#N + LiTFSI", "polynitrile"),
        ("PSMILES:[*]CC([*])(F)F + LiTFSI", "PVDF class"),
        ("PSMILES:[*]CC([*])S(=O)(=O)[O-].[Li+]", "single-ion polymer"),
        ("PSMILES:[*]O[Si](C)(C)[*] + LiTFSI", "polysiloxane"),
        ("PSMILES:[*]CCN[*] + LiTFSI", "polyamine"),
        ("PSMILES:[*]CC([*])c1ccccc1 + LiTFSI", "other polymer"),
    ],
)  # fmt: skip
def test_the_family_is_that_of_the_part_that_decides(recipe, family):
    assert recognise_recipe(parse_recipe(recipe)).family == family
