"""Render: what every drawing of an answer promises."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.columns import COLUMNS, COMPAT_COLUMNS, ROW_COLUMNS, WINDOW_COLUMNS, Column
from sseml.contributions import Contributions, FeatureMove, WeighedMaterial, WeighedMeasurement
from sseml.records import Answer, MeasuredValue, Neighbour, Prediction, Refusal
from sseml.render import (
    OUTPUT_COLUMNS,
    explanation,
    to_nested_record,
    to_record,
    write,
)
from sseml.render.columnar import inert
from sseml.render.table import TABLE_WIDTH, text_width

NEAR = (
    Neighbour("Li6PS5Cl", 0.0, 3.1e-3, 25.0, "10.1000/first"),
    Neighbour("Li6PS5Br", 0.08, 1.2e-3, 30.0, None),
)
ANSWER = Prediction(
    row=1,
    input="Li6PS5Cl",
    kind="composition",
    formula="Li6PS5Cl",
    family="argyrodite",
    temperature_C=25.0,
    log10_sigma=-2.7,
    sigma_S_cm=2.0e-3,
    sigma_low_S_cm=1.0e-4,
    sigma_high_S_cm=4.0e-2,
    p_superionic=0.96,
    p_conductor=0.99,
    sigma_if_conductor_S_cm=2.5e-3,
    sigma_if_conductor_low_S_cm=3.0e-4,
    sigma_if_conductor_high_S_cm=1.5e-2,
    activation_energy_eV=0.31,
    domain="inside",
    nearest=NEAR,
    model="composition-6",
    measured_sigma_S_cm=3.1e-3,
    measured_doi="10.1000/first",
    notes=("family recognised with confidence 0.99",),
)
REFUSED = Refusal(row=2, input="Li6PS5Xx", reason="'Xx' is no element", suggestion="try 'Xe'")


def drawn(answers: list[Answer], format: str, **options: object) -> str:
    stream = io.StringIO()
    write(answers, stream, format, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_output_columns_are_those_of_the_contract() -> None:
    contract = (
        "input status error kind formula family temperature_C log10_sigma sigma_S_cm "
        "sigma_low_S_cm sigma_high_S_cm p_superionic p_conductor sigma_if_conductor_S_cm "
        "sigma_if_conductor_low_S_cm sigma_if_conductor_high_S_cm activation_energy_eV V_red V_ox "
        "window_note e_above_hull_eV_atom domain measured_sigma_S_cm measured_doi "
        "measured_reference measured_count measured_papers measured_low_S_cm measured_high_S_cm "
        "nearest_formula nearest_distance nearest_sigma_S_cm nearest_doi nearest_reference model"
    )
    assert " ".join(OUTPUT_COLUMNS) == contract
    assert tuple(to_record(ANSWER)) == OUTPUT_COLUMNS
    assert tuple(to_record(REFUSED)) == OUTPUT_COLUMNS


@pytest.mark.parametrize("columns", [COLUMNS, WINDOW_COLUMNS, COMPAT_COLUMNS])
def test_every_column_says_what_it_is(columns: tuple[Column, ...]) -> None:
    names = [column.name for column in columns]
    assert names[:3] == [column.name for column in ROW_COLUMNS]
    assert len(set(names)) == len(names)
    for column in columns:
        assert column.meaning
        assert bool(column.unit) == (column.holds is not str), column.name


def test_numbers_are_rounded_as_their_column_says() -> None:
    answer = SimpleNamespace(inner=SimpleNamespace(x=1234.56789), missing=None)
    column = Column("x", float, "1", "", at="inner.x")
    assert column.value(answer) == 1234.56789
    assert replace(column, digits=6).value(answer) == 1234.57
    assert replace(column, decimals=4).value(answer) == 1234.5679
    assert replace(column, digits=6, at="missing.x").value(answer) is None
    answer.inner.x = math.inf
    assert replace(column, decimals=4).value(answer) is None


def test_a_refused_row_says_row_text_reason_and_suggestion() -> None:
    record = to_record(REFUSED)
    assert record["status"] == "error"
    assert record["error"] == "row 2: 'Li6PS5Xx': 'Xx' is no element; try 'Xe'"
    assert all(record[name] is None for name in OUTPUT_COLUMNS[3:])


def test_nearest_is_nested_in_json_and_flat_elsewhere() -> None:
    nested = to_nested_record(ANSWER)
    assert [near["formula"] for near in nested["nearest"]] == ["Li6PS5Cl", "Li6PS5Br"]
    assert list(nested["nearest"][0]) == [
        "formula", "distance", "sigma_S_cm", "temperature_C", "doi", "reference",
    ]  # fmt: skip
    assert not any(name.startswith("nearest_") for name in nested)
    assert list(nested).index("nearest") == list(nested).index("model") - 1
    assert to_record(ANSWER)["nearest_doi"] == "10.1000/first"
    assert to_nested_record(REFUSED)["nearest"] == []


def test_input_columns_are_kept_and_never_overwrite_an_answer() -> None:
    columns = {"batch": "A", "formula": "mine", "input_formula": "also mine", "nearest": 7}
    record = to_record(replace(ANSWER, columns=columns))
    assert record["formula"] == "Li6PS5Cl"
    assert record["batch"] == "A"
    assert record["input_formula"] == "mine"
    assert record["input_input_formula"] == "also mine"
    assert record["input_nearest"] == 7


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), float("inf")])
def test_missing_is_null_in_json_and_empty_in_csv(missing: float | None) -> None:
    answer = replace(ANSWER, measured_sigma_S_cm=missing, columns={"note": missing})
    assert json.loads(drawn([answer], "jsonl"))["measured_sigma_S_cm"] is None
    row = next(csv.DictReader(io.StringIO(drawn([answer], "csv"))))
    assert row["measured_sigma_S_cm"] == ""
    assert row["note"] == ""
    assert "nan" not in drawn([answer], "csv").lower()


def test_array_scalars_and_odd_objects_become_plain_values() -> None:
    columns = {"n": np.int64(3), "x": np.float32(0.5), "b": b"raw", "l": [np.int8(1), None]}
    record = to_record(replace(ANSWER, columns=columns))
    assert record["n"] == 3
    assert type(record["n"]) is int
    assert record["x"] == 0.5
    assert record["l"] == [1, None]
    assert json.loads(drawn([replace(ANSWER, columns=columns)], "jsonl"))["n"] == 3


@pytest.mark.parametrize(
    "live",
    ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1+1", "\r=1", "\n=1", " =1+1", "\u200b=1", "＝1+1",
     '=HYPERLINK("x")', "-1+cmd|' /C calc'!A0", "\x00=1"],
)  # fmt: skip
def test_a_spreadsheet_formula_never_comes_out_live(live: str) -> None:
    answers: list[Answer] = [
        Refusal(row=1, input=live, reason=live, columns={live: live}),
        replace(ANSWER, row=2, input=live, columns={live: live}),
    ]
    for row in csv.reader(io.StringIO(drawn(answers, "csv"), newline="")):
        for cell in row:
            assert not cell.lstrip("\x00 \t\r\n\u200b").startswith(
                ("=", "+", "-A", "-1+", "@", "＝")
            )


@pytest.mark.parametrize("number", ["-3.5", "+2", "-1e-4", "1.5E+3", "-.5", "12"])
def test_numbers_are_left_alone(number: str) -> None:
    assert inert(number) == number
    row = next(csv.DictReader(io.StringIO(drawn([replace(ANSWER, columns={"x": number})], "csv"))))
    assert row["x"] == number
    assert row["log10_sigma"] == "-2.7"


@given(st.text())
def test_any_text_survives_csv_and_json(text: str) -> None:
    answer = replace(ANSWER, columns={"note": text})
    row = next(csv.DictReader(io.StringIO(drawn([answer], "csv"), newline="")))
    assert row["note"].removeprefix("'") == text.removeprefix("'")
    line = drawn([answer], "jsonl")
    assert line.count("\n") == 1
    assert json.loads(line)["note"] == text


def test_lone_surrogates_of_a_broken_argument_can_still_be_written() -> None:
    broken = replace(ANSWER, input="Li\udcff")
    for format in ("table", "csv", "jsonl"):
        drawn([broken], format, explain=True).encode("utf-8")


def test_a_table_is_aligned_within_its_width_with_refusals_in_place() -> None:
    wide = replace(
        ANSWER, row=3, formula="硫化物" * 20, input="x" * 90, family="a long family name"
    )
    long = replace(REFUSED, row=4, reason="a reason that goes on " * 12)
    lines = drawn([ANSWER, REFUSED, wide, long], "table").splitlines()
    assert all(text_width(line) <= TABLE_WIDTH for line in lines)
    assert lines[1].startswith("Li6PS5Cl")
    assert lines[2].startswith("Li6PS5Xx")
    assert "refused: 'Xx' is no element; try 'Xe'" in lines[2]
    for title, cell in (("σ, S/cm", "2.0e-03"), ("if cond.", "2.5e-03"), ("Ea, eV", "0.31")):
        assert lines[1][lines[0].index(title) :].startswith(cell)
    start = lines[0].index("domain")
    assert lines[1][start:].startswith("inside")
    assert "…" in lines[3]


def test_the_points_of_a_sweep_and_long_inputs_are_told_apart_by_formula() -> None:
    sweep = [
        replace(ANSWER, input="Li3x x=1:2:1", formula=name) for name in ("Li3", "Li0.6666666667")
    ]
    long = replace(ANSWER, row=5, input="(" * 40, formula="Li3YCl6")
    lines = drawn([*sweep, replace(ANSWER, row=4, input="LPSCl"), long], "table").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["Li3", "Li0.6667", "LPSCl", "Li3YCl6"]


def test_the_points_of_a_space_are_told_apart() -> None:
    point = replace(ANSWER, input="Li1+xNbO1+xCl4-x, x=0", formula="LiNbOCl4")
    recipes = [
        replace(
            ANSWER, row=row, kind="polymer", formula=f"PEO + LiTFSI, EO:Li={ratio}",
            input=f"PEO + {share} wt% LiTFSI @ 60 °C",
        )
        for row, share, ratio in ((2, 20, 26.07), (3, 30, 15.21))
    ]  # fmt: skip
    lines = drawn([point, *recipes], "table").splitlines()
    assert lines[1].startswith("LiNbOCl4 ")
    assert [line.partition("=")[2].split()[0] for line in lines[2:]] == ["26.07", "15.21"]


def test_a_table_cannot_move_the_cursor_or_reverse_text() -> None:
    sly = replace(REFUSED, input="Li\x1b[2J\u202eCl", reason="bad \x07 text\nnext")
    table = drawn([sly], "table", explain=True)
    assert not {"\x1b", "\x07", "\u202e"} & set(table)


def test_nothing_in_nothing_out() -> None:
    assert drawn([], "table") == ""
    assert drawn([], "jsonl") == ""
    assert drawn([], "csv") == ",".join(OUTPUT_COLUMNS) + "\n"


def test_the_explanation_names_family_interval_domain_and_neighbours() -> None:
    text = explanation(ANSWER)
    for part in ("argyrodite", "0.0001 to 0.04", "inside", "Li6PS5Br", "10.1000/first", "0.99"):
        assert part in text
    assert "Xx" in explanation(REFUSED)
    assert to_record(ANSWER, explain=True)["explanation"] == text
    assert "argyrodite" in drawn([ANSWER], "csv", explain=True)


MADE_OF = Contributions(
    log10_sigma_25C=-2.7,
    constant=0.1,
    measurements=(
        WeighedMeasurement("Li6PS5Cl", 3.1e-3, "=", 25.0, "10.1000/first", None, 0.4, -1.0),
        WeighedMeasurement("Li6PS5I", 1e-6, "<", 30.0, None, "compiled, row 9", -0.1, 0.6),
    ),
    other_count=7,
    other_decades=-2.4,
    materials=(WeighedMaterial("Li6PS5Cl", 3, 0.55, -1.4),),
    parts={"process": -1.7, "linear": -1.0, "boosted": 0.2, "averaged": -0.1, "crystal_system": 0},
    features=(FeatureMove("li_fraction", "1", 0.46, 0.43, 0.2),
              FeatureMove("radius", "Å", 1.8, 1.9, -0.1)),
    compared_with="argyrodite",
)  # fmt: skip


def test_what_an_answer_is_made_of_is_said_where_it_is_known() -> None:
    text = explanation(replace(ANSWER, made_of=MADE_OF))
    for part in (
        "is -2.70: -2.80 from 9 measurements by their weights, +0.10 from none",
        "+0.400 × Li6PS5Cl, 0.0031 S/cm at 25 °C, 10.1000/first: -1.00",
        "-0.100 × Li6PS5I, <1e-06 S/cm at 30 °C, compiled, row 9: +0.60",
        "7 others: -2.40",
        "+0.55 × Li6PS5Cl (3)",
        "Gaussian process -1.70, linear mean -1.00, boosted trees +0.20",
        "+0.20 against argyrodite by li_fraction 0.46 (mean 0.43)",
        "-0.10 against argyrodite by radius 1.8 Å (mean 1.9)",
    ):
        assert part in text
    assert "weight" not in explanation(ANSWER)


def test_json_nests_what_an_answer_is_made_of_behind_its_explanation() -> None:
    told = replace(ANSWER, made_of=MADE_OF, columns={"made_of": "my own"})
    record = json.loads(drawn([told], "jsonl", explain=True))
    nested = record["made_of"]
    names = [*record]
    assert names[names.index("explanation") + 1] == "made_of"
    assert record["input_made_of"] == "my own"
    assert nested["measurements"][1] == {
        "formula": "Li6PS5I", "sigma_S_cm": 1e-6, "relation": "<", "temperature_C": 30.0,
        "doi": None, "reference": "compiled, row 9", "weight": -0.1, "decades": 0.6,
    }  # fmt: skip
    rows = sum(each["decades"] for each in nested["measurements"]) + nested["other_decades"]
    assert nested["constant"] + rows == pytest.approx(nested["log10_sigma_25C"])
    for unasked in (to_nested_record(told), to_record(told, explain=True)):
        assert "made_of" not in unasked
    for answer in (ANSWER, REFUSED):
        assert json.loads(drawn([answer], "jsonl", explain=True))["made_of"] is None


def test_parquet_has_the_same_types_whatever_the_rows_hold() -> None:
    schemas = []
    for answers in ([ANSWER], [REFUSED], []):
        stream = io.BytesIO()
        write(answers, stream, "parquet")  # type: ignore[arg-type]
        schemas.append(pq.read_schema(io.BytesIO(stream.getvalue())))
    assert schemas[0] == schemas[1] == schemas[2]
    assert str(schemas[0].field("sigma_S_cm").type) == "double"
    assert str(schemas[0].field("V_red").type) == "double"


def test_parquet_keeps_values_and_the_types_of_kept_columns() -> None:
    stream = io.BytesIO()
    kept = {"n": 3, "x": 0.5, "flag": True, "text": "=1", "none": None}
    write([replace(ANSWER, columns=kept), REFUSED], stream, "parquet")
    first, second = pq.read_table(io.BytesIO(stream.getvalue())).to_pylist()
    assert {name: first[name] for name in kept} == kept
    assert second["n"] is None
    assert first["sigma_S_cm"] == ANSWER.sigma_S_cm


def test_columns_that_differ_between_rows_are_joined() -> None:
    early = [replace(ANSWER, columns={"a": "1"}), replace(ANSWER, columns={"b": "2"})]
    rows = list(csv.DictReader(io.StringIO(drawn([*early], "csv"))))
    assert [(row["a"], row["b"]) for row in rows] == [("1", ""), ("", "2")]


LATE: list[Answer] = [
    *[replace(ANSWER, columns={"a": 1})] * 1_500,
    replace(ANSWER, columns={"a": "x", "b": 2**70}),
]


def test_a_late_column_is_in_a_whole_csv_and_named_where_it_cannot_be() -> None:
    stream = io.StringIO()
    assert write(LATE, stream, "csv", whole=True) == ()
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert (rows[0]["b"], rows[-1]["a"], rows[-1]["b"]) == ("", "x", str(2**70))
    stream = io.StringIO()
    assert write(LATE, stream, "csv") == ("b",)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert len(rows) == len(LATE)
    assert rows[-1]["a"] == "x"


def test_a_parquet_column_whose_type_changes_becomes_text() -> None:
    stream = io.BytesIO()
    write(LATE, stream, "parquet")
    rows = pq.read_table(io.BytesIO(stream.getvalue())).to_pylist()
    assert (rows[0]["a"], rows[0]["b"]) == ("1", None)
    assert (rows[-1]["a"], rows[-1]["b"]) == ("x", str(2**70))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 2], "int64"),
        ([1, 2.5], "double"),
        ([2**60, 0.5], "string"),
        ([10**400, 1], "string"),
        ([True, 1], "string"),
        ([[1], {"a": None}], "string"),
        ([None], "string"),
    ],
)
def test_a_parquet_column_has_the_type_that_loses_nothing(values: list[object], kind: str) -> None:
    stream = io.BytesIO()
    write([replace(ANSWER, columns={"a": value}) for value in values], stream, "parquet")
    assert str(pq.read_schema(io.BytesIO(stream.getvalue())).field("a").type) == kind


@pytest.mark.parametrize("format", ["csv", "jsonl", "table"])
def test_rows_stream_instead_of_being_held(format: str) -> None:
    read = 0

    def endless() -> Iterator[Answer]:
        nonlocal read
        while True:
            read += 1
            yield ANSWER

    class Full(Exception):  # noqa: N818
        pass

    class Small(io.StringIO):
        def write(self, text: str) -> int:
            if self.tell() > 1_000_000:
                raise Full
            return super().write(text)

    with pytest.raises(Full):
        write(endless(), Small(), format)  # type: ignore[arg-type]
    assert read < 20_000


TOLD = replace(
    ANSWER,
    measured_count=3,
    measured_papers=2,
    measured_low_S_cm=1e-6,
    measured_high_S_cm=4e-3,
    measured_reference=None,
    measurements=(
        MeasuredValue(1e-6, "<", 25.0, None, "Solid State Ionics 2017, 304, 85"),
        MeasuredValue(3.1e-3, "=", 25.0, "10.1000/first"),
        MeasuredValue(4e-3, "~", 27.0, "10.1000/second"),
    ),
)


def test_measured_tells_how_many_there_are_and_between_what() -> None:
    record = to_record(TOLD)
    assert record["measured_count"] == 3
    assert record["measured_papers"] == 2
    assert (record["measured_low_S_cm"], record["measured_high_S_cm"]) == (1e-6, 4e-3)
    [row] = csv.DictReader(io.StringIO(drawn([TOLD], "csv")))
    assert (row["measured_count"], row["measured_papers"]) == ("3", "2")
    assert drawn([TOLD], "table").splitlines()[1].endswith("3.1e-03 (3 of 2)")
    alone = replace(TOLD, measured_count=1, measurements=TOLD.measurements[1:2])
    assert drawn([alone], "table").splitlines()[1].endswith("3.1e-03")


def test_an_explanation_lists_every_measurement_with_its_doi_or_reference() -> None:
    text = explanation(TOLD)
    assert "3 values of 2 known papers: 1e-06 to 0.004 S/cm" in text
    for line in (
        "<1e-06 S/cm at 25 °C, Solid State Ionics 2017, 304, 85",
        "0.0031 S/cm at 25 °C, 10.1000/first",
        "0.004 S/cm at 27 °C, 10.1000/second",
    ):
        assert line in text
    many = replace(TOLD, measured_count=90, measurements=TOLD.measurements * 30)
    assert len(explanation(many).splitlines()) < 60


def test_where_no_doi_is_known_the_reference_is_shown() -> None:
    bare = replace(ANSWER, measured_doi=None, measured_reference="Z. Anorg. Allg. Chem. 2011")
    assert "S/cm, Z. Anorg. Allg. Chem. 2011" in explanation(bare)
    near = replace(ANSWER, nearest=(replace(NEAR[1], reference="compiled, row 9"),))
    assert "compiled, row 9" in explanation(near)
    assert to_record(near)["nearest_reference"] == "compiled, row 9"
    assert to_nested_record(near)["nearest"][0]["reference"] == "compiled, row 9"
