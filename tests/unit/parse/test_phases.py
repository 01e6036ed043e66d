"""Words about the phase, the temperature and the sample beside a formula are used, or said."""

import pytest

from sseml.parse.formula import parse_formula
from sseml.parse.headings import condition_of
from sseml.parse.qualifiers import Qualifiers, read_temperature, with_qualifier
from sseml.parse.space_groups import polymorphs
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal, RefusedInputError


def only(text):
    [answer] = parse_line(1, text)
    assert isinstance(answer, Query), answer
    return answer


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("c-LLZO", 230),
        ("cubic Li6.4La3Zr1.4Ta0.6O12", 230),
        ("t-Li7La3Zr2O12", 142),
        ("Li7La3Zr2O12 (tetragonal)", 142),
        ("LLZO tetragonal", 142),
        ("LLZO, cubic phase", 230),
        ("α-Li3PS4", 60),
        ("beta-Li3PS4", 62),
        ("b-Li3PS4", 62),
        ("Li3PS4 (γ)", 31),
        ("γ-Li3PO4", 62),
        ("orthorhombic LiBH4", 62),
        ("LiBH4 (LT)", 62),
        ("trigonal Li3YCl6", 164),
        ("m-Li3InCl6", 12),
        ("rhombohedral LiZr2(PO4)3", 167),
        ("cubic Li6PS5Br", 216),
        ("Li7P3S11 triclinic", 2),
        ("LLZO cubic space_group=142", 142),
        ("Li7La3Zr2O12 (Ia-3d)", 230),
        ("Li3PS4(Pnma)", 62),
        ("Li3PS4 (No. 62)", 62),
    ],
)
def test_a_phase_becomes_its_space_group(text, number):
    assert only(text).material.space_group_number == number


def test_the_table_has_a_source_for_every_phase():
    for listed in polymorphs():
        assert listed.doi.startswith("10.")
        assert 1 <= listed.space_group_number <= 230
        if any(map(str.isdigit, listed.material)):
            assert parse_formula(listed.material)


def test_a_phase_that_is_not_listed_is_said_not_to_be_used():
    query = only("β-Li7La3Zr2O12")
    assert query.material.space_group_number is None
    assert any("'β-' was not used" in note for note in query.notes)
    assert only("HT-LiBH4").material.space_group_number is None
    assert only("LiZr2(PO4)3 (triclinic)").material.space_group_number is None
    assert "doi:" in only("c-LLZO").notes[0]
    assert only("c-LLZO sg=142").notes == ()


@pytest.mark.parametrize("text", ["amorphous Li3PS4", "glassy Li3PS4", "Li3PS4 (glass)"])
def test_what_is_amorphous_is_a_glass(text):
    assert only(text).material.form == "glass"


def test_a_remark_is_left_out_and_said():
    assert only("Li6PS5Br (SPS)").notes == ("(SPS) was not used",)
    assert only("Li6PS5Br (this work)").material.formula == "Li6PS5Br"
    assert only("Li6PS5Br [12]").material.formula == "Li6PS5Br"


@pytest.mark.parametrize(
    ("text", "temperature_C"),
    [
        ("Li10SnP2S12 (27 °C)", 27),
        ("Li10SnP2S12 (300 K)", 26.85),
        ("Li10SnP2S12 (T = 60 ˚C)", 60),
        ("Li10SnP2S12 (cubic, 60 °C)", 60),
        ("Li10SnP2S12 T=400 °C", 400),
        ("Li10SnP2S12 400C", 400),
        ("Li10SnP2S12 298.15K", 25),
        ("Li10SnP2S12 T_C=300", 300),
        ("Li10SnP2S12 T=401", 401),
        ("Li10SnP2S12 T=249", 249),
    ],
)
def test_a_temperature_with_its_unit_is_read(text, temperature_C):
    assert only(text).temperature_C == pytest.approx(temperature_C)


@pytest.mark.parametrize("written", ["250", "298", "300.0", "373.15", "400", "3e2"])
def test_a_bare_temperature_that_may_be_kelvin_is_asked_back(written):
    [refusal] = parse_line(1, f"Li3PS4 T={written}")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_qualifier"
    value = f"{float(written):g}"
    assert f"write {value} K or {value} °C" in refusal.suggestion
    with pytest.raises(RefusedInputError, match="may be meant in kelvin"):
        with_qualifier(Qualifiers(), "temperature", float(written))
    assert read_temperature(written) == float(written)


@pytest.mark.parametrize(
    ("heading", "temperature_C"), [("T / °C", 300), ("temperature_C", 300), ("T / K", 26.85)]
)
def test_a_heading_that_says_the_unit_is_enough(heading, temperature_C):
    read = with_qualifier(Qualifiers(), condition_of(heading) or "", 300)
    assert read.temperature_C == pytest.approx(temperature_C)
