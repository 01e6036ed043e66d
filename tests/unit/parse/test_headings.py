"""What the headings of lists are read as, and which ones are asked about."""

import io

import pytest

from sseml.parse.headings import (
    LONGEST_HEADING,
    condition_of,
    conditions_of,
    formula_column,
    may_be_temperature,
)
from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.records import Query, Refusal, RefusedInputError


def queries(data, **options):
    stream = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    ignored = options.get("ignored", ())
    return list(parse_rows(read_rows(stream, "csv", **options), ignored=ignored))


@pytest.mark.parametrize(
    "heading",
    ["Formel", "Formula (nominal)", "Material", "chemical_formula", "chemicalFormula", "Compound",
     "Composition", "Sample composition", "Summenformel", "Zusammensetzung", "Reduced Composition",
     "Zusammensetzung (nominell)", "Nominal composition (mol%)", "pretty_formula", "Chem. formula",
     "Formule chimique", "Elektrolyt", "FORMULA ", "input", "Verbindung", "Stoichiometry"],
)  # fmt: skip
def test_a_heading_of_the_formula_is_known_in_the_words_people_use(heading):
    assert formula_column(["No.", heading, "note"]) == heading


@pytest.mark.parametrize(
    "heading",
    ["Formula units", "formula weight", "Composition (wt%)", "True Composition", "nearest_formula",
     "formula_reported", "Name", "Sample", "x" * (LONGEST_HEADING + 1)],
)  # fmt: skip
def test_other_headings_hold_no_formula(heading):
    assert formula_column([heading]) is None


def test_the_surest_heading_wins_and_two_alike_are_asked_about():
    assert formula_column(["Material", "Formel"]) == "Formel"
    assert formula_column(["Compound", "composition", "formula"]) == "formula"
    assert formula_column(["Material", "cif"], ("structure", "cif")) == "cif"
    assert formula_column(["cif", "composition"], ("structure", "cif")) == "composition"
    with pytest.raises(RefusedInputError, match="--column 'Material'"):
        formula_column(["Material", "Compound"])


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        *((name, "temperature") for name in ("T", "Temp.", "T_meas", "Tmeas", "Messtemperatur")),
        *(
            (name, "temperature_C")
            for name in ("T (°C)", "Temperatur (°C)", "T [degC]", "Temp in C", "T (ºC)", "T_C",
                         "temperature_celsius", "Température (°C)", "Test temperature / ℃")
        ),
        *(
            (name, "temperature_K")
            for name in ("T/K", "Temperature (Kelvin)", "TempK", "T in K", "Mess-Temperatur [K]",
                         "temperature of measurement (K)")
        ),
        *(
            (name, "space_group")
            for name in ("SG", "S.G.", "Space group #", "Raumgruppe", "Raumgruppe (Nr.)",
                         "SpaceGroup", "Space Group (Hermann–Mauguin)", "Groupe d'espace")
        ),
        ("a (Å)", "a"), ("α / °", "alpha"), ("Z", "Z"), ("z", "z"), ("form", "form"),
    ],
)  # fmt: skip
def test_a_heading_of_a_condition_is_known_with_its_unit(heading, key):
    assert condition_of(heading) == key


@pytest.mark.parametrize(
    "heading",
    ["T (°F)", "1000/T", "temprature", "Temperature range", "condition (°C)", "TK", "ln T", "°C",
     "Messtemp. [¡C]", "Prüftemp (¡C)"],
)  # fmt: skip
def test_a_column_that_may_be_the_temperature_stops_the_run_with_a_question(heading):
    assert condition_of(heading) is None
    with pytest.raises(RefusedInputError) as question:
        queries(f'formula,"{heading}"\nLi3PS4,60\n')
    assert repr(heading) in question.value.reason
    assert f"--ignore-column {heading!r}" in question.value.suggestion
    [query] = queries(f'formula,"{heading}"\nLi3PS4,60\n', ignored=[heading])
    assert (query.temperature_C, query.columns) == (25, {heading: "60"})


@pytest.mark.parametrize(
    "heading",
    ["sintering temperature (°C)", "Sintertemperatur", "Tg (K)", "Synthesetemperatur (°C)", "t (h)",
     "conductivity at 60 °C (S/cm)", "density at 25 °C", "Entropy (J/K)", "melting point"],
)  # fmt: skip
def test_the_temperature_of_something_else_is_kept_and_not_used(heading):
    assert not may_be_temperature(heading)
    [query] = queries(f"formula,{heading}\nLi3PS4,600\n")
    assert (query.temperature_C, query.columns) == (25, {heading: "600"})


def test_a_sign_of_unicode_is_a_minus():
    table = "formula,T\nLiF,\u221220\nLiF,\u221220 °C\nLiF,\u201320\n"
    assert [query.temperature_C for query in queries(table)] == [-20, -20, -20]


def test_a_late_json_line_with_an_unclear_column_is_refused_alone():
    lines = '{"formula": "LiF"}\n{"formula": "LiF", "T (°F)": 70}\n{"formula": "LiF", "T/K": 333}\n'
    answers = list(parse_rows(read_rows(io.StringIO(lines), "jsonl")))
    assert [type(answer) for answer in answers] == [Query, Refusal, Query]
    assert "'T (°F)' may be meant" in answers[1].reason


def test_the_unit_of_the_heading_holds_unless_the_cell_says_its_own():
    for heading, cell, temperature_C in (
        ("Temperature (K)", "298.15", 25.0),
        ("Temperature (K)", "60 °C", 60.0),
        ("T (°C)", "298", 298.0),
        ("T (°C)", "333.15 K", 60.0),
    ):
        [query] = queries(f"formula,{heading}\nLi3PS4,{cell}\n")
        assert query.temperature_C == pytest.approx(temperature_C)


def test_two_columns_of_one_temperature_must_agree():
    same, other = queries("formula,T/K,T (°C)\nLi3PS4,298,25\nLi3PS4,298,60\n")
    assert same.temperature_C == pytest.approx(24.85)
    assert isinstance(other, Refusal)
    assert "say different temperatures" in other.reason


def test_a_plain_heading_goes_before_others_that_may_be_it():
    assert conditions_of(["T (°F)", "T (°C)", "T_set"]) == {"T (°C)": "temperature_C"}


def test_a_misspelt_column_to_ignore_is_said():
    with pytest.raises(RefusedInputError, match=r"did you mean 'T \(°F\)'"):
        queries("formula,T (°F)\nLi3PS4,60\n", ignored=["T (F)"])


def test_columns_of_one_name_are_kept_apart_where_they_say_nothing():
    [query] = queries("formula,note,note,\nLi3PS4,a,b,c\n")
    assert query.columns == {"note": "a", "note (2)": "b", "column 4": "c"}
