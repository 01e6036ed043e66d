"""What was written out is read back, and a stream may be closed before its reader is done."""

from __future__ import annotations

import csv
import gc
import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sseml.cli import main
from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.parse.sources import opened_binary, opened_text
from sseml.records import Query, Refusal, RefusedInputError

ASKED = ["Li6PS5Cl T=60", "LLZO", "75Li2S-25P2S5, 373.15 K"]


def predict(*argv: object) -> int:
    return main(["predict", *map(str, argv)])


def records_of(path: Path) -> list[dict[str, Any]]:
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        case ".parquet":
            rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
            return rows
        case _:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_our_own_output_is_read_back_at_its_own_temperatures(ending: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    assert predict(*ASKED, "-o", first) == 0
    assert predict("-i", first, "-o", second, "-T", "200") == 0
    for old, new in zip(records_of(first), records_of(second), strict=True):
        assert new["status"] == "ok"
        for name in ("formula", "sigma_S_cm", "sigma_low_S_cm", "p_superionic", "nearest_doi"):
            assert new.get(name) == old.get(name)
        assert float(new["temperature_C"]) == float(old["temperature_C"]) != 200.0


def test_a_refused_row_of_our_own_output_is_refused_again_and_the_others_answered(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    assert predict("LLZO", "Li6PS5Xx", "Li3N", "-o", first) == 1
    assert predict("-i", first, "-o", second) == 1
    assert [row["status"] for row in records_of(second)] == ["ok", "error", "ok"]


def rows(heading: str, *lines: str) -> list[Query | Refusal]:
    text = "\n".join([heading, *lines])
    return list(parse_rows(read_rows(io.StringIO(text), "csv")))


@pytest.mark.parametrize("kind", ["composition", "crystal", "polymer", "bulk", "bulky"])
def test_the_kind_of_material_says_nothing_about_the_conductivity(kind: str) -> None:
    [query] = rows("formula,kind,temperature_C", f"LLZO,{kind},60.0")
    assert isinstance(query, Query)
    assert query.conductivity_kind is None
    assert query.temperature_C == 60.0
    assert query.columns["kind"] == kind


def test_the_kind_of_conductivity_is_read_beside_the_kind_of_material() -> None:
    heading = "formula,kind,conductivity_kind"
    bulk, wrong = rows(heading, "LLZO,composition,bulk", "LLZO,composition,bulky")
    assert isinstance(bulk, Query)
    assert bulk.conductivity_kind == "bulk"
    assert bulk.columns["kind"] == "composition"
    assert isinstance(wrong, Refusal)
    assert "did you mean bulk?" in wrong.suggestion


@pytest.mark.parametrize("content", [b"Li3PS4\nLLZO\nLi3N\n", "Li₃PS₄\nLLZO\n".encode("utf-16")])
def test_a_stream_closed_by_its_owner_is_let_go_of_in_silence(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    stream = io.BytesIO(content)
    lines = read_rows(stream, "text")
    next(lines)
    stream.close()
    del lines
    gc.collect()
    assert not complaints


@pytest.mark.parametrize("opened", [opened_binary, opened_text])
def test_closing_the_stream_inside_is_no_error(opened: Any) -> None:
    stream = io.BytesIO(b"Li3PS4\n")
    with opened(stream):
        stream.close()


@pytest.mark.parametrize("opened", [opened_binary, opened_text])
def test_a_stream_is_left_open_for_its_owner(opened: Any) -> None:
    stream = io.BytesIO(b"Li3PS4\n")
    with opened(stream):
        pass
    assert not stream.closed


def test_parquet_where_text_is_expected_names_the_option_that_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "candidates.txt"
    pq.write_table(pa.table({"formula": ["Li3N"]}), path)
    with pytest.raises(RefusedInputError, match="--input-format parquet"):
        read_rows(path)
    assert predict("-i", path) == 2
    assert "--input-format parquet" in capsys.readouterr().err
    assert predict("-i", path, "--input-format", "parquet") == 0


@pytest.mark.parametrize("heading", ["formula,temperature,temperature", "formula,Formula,T"])
def test_a_heading_that_stands_twice_is_refused_and_named(heading: str, tmp_path: Path) -> None:
    table = tmp_path / "twice.csv"
    table.write_text(f"{heading}\nLi6PS5Cl,60,80\n", encoding="utf-8")
    with pytest.raises(RefusedInputError, match="more than once"):
        list(read_rows(table))


def test_a_json_line_with_a_name_twice_is_refused_in_its_place(tmp_path: Path) -> None:
    lines = tmp_path / "twice.jsonl"
    lines.write_text(
        '{"formula": "LLZO"}\n{"formula": "Li3N", "formula": "LiF"}\n', encoding="utf-8"
    )
    first, second = read_rows(lines)
    assert not isinstance(first, Refusal)
    assert isinstance(second, Refusal)
    assert "twice" in second.reason
