"""Whatever a table holds, every row comes out once, in order, in every format."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.records import Answer, Prediction, Query, Refusal, RefusedInputError
from sseml.render import write

ANSWER = Prediction(
    row=1, input="", kind="composition", formula="Li3N", family="nitride", temperature_C=25.0,
    log10_sigma=-3.0, sigma_S_cm=1e-3, sigma_low_S_cm=1e-4, sigma_high_S_cm=1e-2,
    p_superionic=0.9, p_conductor=0.9, sigma_if_conductor_S_cm=1e-3,
    sigma_if_conductor_low_S_cm=1e-4, sigma_if_conductor_high_S_cm=1e-2,
    activation_energy_eV=0.3, domain="inside", nearest=(), model="m",
)  # fmt: skip


def answers(rows: Iterable[Query | Refusal]) -> Iterator[Answer]:
    for row in rows:
        yield (
            row
            if isinstance(row, Refusal)
            else replace(ANSWER, row=row.row, input=row.input, columns=row.columns)
        )


def written(data: bytes, read_as: str, format: str, *, whole: bool = False) -> list[Any]:
    rows = list(answers(parse_rows(read_rows(io.BytesIO(data), read_as))))
    assert [row.row for row in rows] == sorted(row.row for row in rows)
    if format == "parquet":
        stream = io.BytesIO()
        write(rows, stream, "parquet")
        return pq.read_table(io.BytesIO(stream.getvalue())).to_pylist()  # type: ignore[no-any-return]
    text = io.StringIO()
    write(rows, text, format, whole=whole)  # type: ignore[arg-type]
    text.getvalue().encode("utf-8")
    if format == "csv":
        return list(csv.DictReader(io.StringIO(text.getvalue(), newline="")))
    if format == "jsonl":
        return [json.loads(line) for line in text.getvalue().split("\n")[:-1]]
    return text.getvalue().splitlines()[1:]


numbers = st.one_of(
    st.integers(), st.floats(), st.just(10**400), st.just(2**63), st.just(-(2**64)), st.just(1e308)
)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8))
names = st.one_of(
    st.sampled_from(
        ["input", "status", "input_status", "nearest", "model", "x", "z", "T/K", "", "kind", "note"]
    ),
    st.text(max_size=6),
)
cells = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
formulas = st.one_of(st.sampled_from(["Li3N", "Li6PS5Cl", "LiXx", "LLZO 60 °C"]), cells)
records = st.lists(
    st.builds(
        lambda formula, others: {"formula": formula, **others},
        formulas,
        st.dictionaries(names.filter(lambda name: name != "formula"), cells, max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=records, format=st.sampled_from(["table", "csv", "jsonl", "parquet"]))
def test_json_rows_of_any_kind_come_out_in_every_format(
    records: list[dict[str, Any]], format: str
) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    try:
        out = written(lines.encode(), "jsonl", format)
    except RefusedInputError as question:
        assert "more than once" in question.reason or "may" in question.reason  # noqa: PT017
        return
    assert len(out) >= len(records)
    if format != "table":
        assert len(out) == len(records)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns=st.lists(names.filter(lambda name: name != "formula"), max_size=3),
    rows=st.lists(st.lists(st.text(max_size=8), max_size=5), min_size=1, max_size=4),
    read_as=st.sampled_from(["csv", "tsv", "text"]),
    format=st.sampled_from(["table", "csv", "jsonl", "parquet"]),
)
def test_texts_of_any_kind_come_out_in_every_format(
    columns: list[str], rows: list[list[str]], read_as: str, format: str
) -> None:
    mark = "\t" if read_as == "tsv" else ","
    lines = [mark.join(cells) for cells in (["formula", *columns], *rows)]
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    try:
        written(data, read_as, format)
    except RefusedInputError as question:
        assert question.reason  # noqa: PT017


def test_the_odd_cells_that_were_found() -> None:
    deep = "[" * 900 + "]" * 900
    lines = [
        '{"formula": "Li3N", "a": 1}',
        f'{{"formula": "Li3N", "a": {deep}}}',
        '{"formula": "Li3N", "a": ' + "9" * 400 + "}",
        '{"formula": "Li3N", "a": ' + "9" * 5000 + "}",
        '{"formula": "Li3N", "a": "\\ud800"}',
        '{"formula": "Li3N", "\\ud800": 1}',
        '{"formula": "Li3N", "a": NaN, "b": Infinity, "c": 1e400}',
        '{"formula": "Li3N", "status": "mine", "input_status": 2}',
        "[" * 100_000,
    ]
    for format in ("csv", "jsonl", "parquet"):
        rows = written("\n".join(lines).encode(), "jsonl", format)
        status = [row["status"] for row in rows]
        assert status == ["ok", "error", "ok", "error", "error", "ok", "ok", "ok", "error"]
        assert (rows[7]["input_status"], str(rows[7]["input_input_status"])) == ("mine", "2")
    assert json.loads(lines[2])["a"] == written("\n".join(lines).encode(), "jsonl", "jsonl")[2]["a"]


def bad_strings() -> pa.Array:
    raw = pa.array([b"Li3N", b"Li\xff", b"ok"], type=pa.binary())
    return pa.StringArray.from_buffers(3, *raw.buffers()[1:])


ODD = {
    "nanoseconds": pa.array([1, None, 3], type=pa.timestamp("ns", "UTC")),
    "far away": pa.array([4 * 10**15, 0, -(4 * 10**15)], type=pa.timestamp("s")),
    "durations": pa.array([timedelta(1), None, timedelta(2)], type=pa.duration("ns")),
    "fine durations": pa.array([1, 2, 3], type=pa.duration("ns")),
    "times": pa.array([1, 2, 3], type=pa.time64("ns")),
    "dates": pa.array([datetime(2024, 1, 1), None, None]),
    "decimals": pa.array([Decimal("1.50"), None, Decimal(2)]),
    "dictionaries": pa.array(["a", None, "b"]).dictionary_encode(),
    "lists": pa.array([[1, None], [], None]),
    "maps": pa.array([[("a", 1)], [], None], type=pa.map_(pa.string(), pa.int64())),
    "structs": pa.array([{"a": 1.5}, None, {"a": None}]),
    "binary": pa.array([b"\xff\x00", b"text", None]),
    "nulls": pa.nulls(3),
    "small floats": pa.array([1.5, float("nan"), float("inf")], type=pa.float32()),
    "big": pa.array([2**64 - 1, 0, 1], type=pa.uint64()),
    "not UTF-8": bad_strings(),
    "nested not UTF-8": pa.ListArray.from_arrays([0, 1, 2, 3], bad_strings()),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "table"])
def test_parquet_columns_of_any_type_are_kept(kind: str, format: str) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.table({"formula": ["Li3N", "LLZO", "Li3PS4"], "kept": ODD[kind]}), stream)
    rows = written(stream.getvalue(), "parquet", format)
    assert len(rows) >= 3
    if format != "table":
        middle = "error" if "not UTF-8" in kind else "ok"
        assert [row["status"] for row in rows] == ["ok", middle, "ok"]
    if kind == "binary" and format == "jsonl":
        assert [row["kept"] for row in rows] == ["ff00", "text", None]


def test_a_formula_column_of_another_type_refuses_row_by_row() -> None:
    for column, status in (
        (pa.array([1, 2, 3]), ["error"] * 3),
        (bad_strings(), ["ok", "error", "error"]),
        (pa.array([b"Li3N", b"LLZO", None]), ["ok", "ok", "error"]),
        (pa.array(["Li3N", "LLZO", None]).dictionary_encode(), ["ok", "ok", "error"]),
    ):
        stream = io.BytesIO()
        pq.write_table(pa.table({"formula": column}), stream)
        rows = written(stream.getvalue(), "parquet", "jsonl")
        assert [row["status"] for row in rows] == status


def test_columns_of_one_name_in_parquet_are_kept_apart() -> None:
    stream = io.BytesIO()
    arrays = [pa.array(["Li3N"]), pa.array([1]), pa.array([2])]
    pq.write_table(pa.Table.from_arrays(arrays, ["formula", "note", "note"]), stream)
    [row] = written(stream.getvalue(), "parquet", "jsonl")
    assert (row["note"], row["note (2)"]) == (1, 2)


def test_parquet_damaged_in_the_middle_answers_what_is_before(tmp_path: Path) -> None:
    path = tmp_path / "damaged.parquet"
    formulas = [f"Li{n}PS4" for n in range(1, 40_001)]
    random.Random(0).shuffle(formulas)
    pq.write_table(
        pa.table({"formula": formulas}), path, row_group_size=10_000, use_dictionary=False
    )
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(data)
    rows = list(read_rows(path))
    assert 10_000 <= len(rows) < 40_000
    assert isinstance(rows[-1], Refusal)
    assert "damaged" in rows[-1].reason
