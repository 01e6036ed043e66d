"""What comes back: the records of `sseml predict --format jsonl`, in order, whatever is sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sseml.model.bundle import SCHEMA_VERSION

Predicted = Callable[..., list[str]]

ROWS: list[dict[str, Any]] = [
    {"formula": "Li6PS5Cl", "temperature": 60, "batch": "A-1", "mass_mg": 12},
    {"formula": " LLZO ", "temperature": None, "batch": 'σ₁ °C "quoted"', "mass_mg": 12.0},
    {"formula": "Li3YCl6", "temperature": "298 K", "space_group": "P-3m1", "form": "crystal"},
    {"formula": "La2/3-xLi3xTiO3", "x": "0.02:0.1:0.04", "batch": True},
    {"formula": "Li6PS5Xx", "batch": {"of": ["nested", 1, None]}},
    {"formula": "Na3PS4"},
    {"formula": ""},
    {"formula": "NaN", "temperature": 25},
    {"formula": "PEO + LiTFSI, EO:Li=18"},
    {"formula": "Li3PS4", "temperature": 1e9},
    {"formula": "Li3PS4", "form": "glas"},
    {"formula": "75Li2S-25P2S5 T=60", "status": "mine", "input": 3, "nearest": [], "": 10**30},
]


def test_rows_are_those_of_the_command_line(server: Any, predicted: Predicted) -> None:
    expected = predicted(ROWS)
    assert len(expected) == len(ROWS) + 2  # the sweep has three points
    for form in ("dataframe_records", "inputs", "instances"):
        assert server.rows({form: ROWS}) == expected


def test_a_table_gives_the_same_rows(server: Any, predicted: Predicted) -> None:
    columns = ["batch", "Formula", "temperature"]
    data = [["a", "Li6PS5Cl", 60], [None, "LLZO", None], [7, "Li6PS5Xx", "100 °C"]]
    expected = predicted([dict(zip(columns, row, strict=True)) for row in data])
    table = {"columns": columns, "index": [3, 4, 5], "data": data}
    assert server.rows({"dataframe_split": table}) == expected
    by_column = {name: [row[i] for row in data] for i, name in enumerate(columns)}
    assert server.rows({"inputs": by_column}) == expected
    assert server.rows({"instances": by_column}) == expected


def test_headings_are_read_as_the_command_line_reads_them(
    server: Any, predicted: Predicted
) -> None:
    expected = predicted([{"Summenformel": "Li6PS5Cl", "Messtemperatur (K)": 333.15}])
    assert json.loads(expected[0])["temperature_C"] == pytest.approx(60.0)
    row = {"Summenformel": "Li6PS5Cl", "Messtemperatur (K)": 333.15}
    assert server.rows({"dataframe_records": [row]}) == expected


def test_plain_formulas_are_rows(server: Any, predicted: Predicted) -> None:
    formulas = ["Li6PS5Cl", "LLZO T=60", "Xx", "75Li2S-25P2S5"]
    assert server.rows({"inputs": formulas}) == predicted(formulas)


def test_csv_is_read_as_the_command_line_reads_it(server: Any, predicted: Predicted) -> None:
    text = io.StringIO()
    table = [["composition", "temperature"], ["Li6PS5Cl", "60"], ["Na2O", ""], ["LLZO", "298 K"]]
    csv.writer(text).writerows(table)
    with server.client() as client:
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        response = client.post("/invocations", content=text.getvalue().encode(), headers=headers)
    rows = [dict(zip(table[0], cells, strict=True)) for cells in table[1:]]
    records = [json.dumps(record, ensure_ascii=False) for record in response.json()["predictions"]]
    assert records == predicted(rows)


def test_a_table_in_text_takes_params(server: Any, predicted: Predicted) -> None:
    rows = [{"composition": "Li6PS5Cl", "temperature": "60"}, {"composition": "LLZO"}]
    table = "\ufeffcomposition;temperature\r\nLi6PS5Cl;60\r\nLLZO;\r\n"
    asked = {"csv": table, "params": {"temperature_C": 80, "window": False}}
    expected = [json.loads(row) for row in predicted(rows, "-T", "80", "--no-window")]
    expected[1]["temperature"] = ""
    assert [json.loads(row) for row in server.rows(asked)] == expected


def test_params_hold_for_rows_that_say_nothing(server: Any, predicted: Predicted) -> None:
    asked = {"dataframe_records": ROWS[:6], "params": {"temperature_C": 80, "explain": True}}
    assert server.rows(asked) == predicted(ROWS[:6], "-T", "80", "--explain")
    assert server.rows({"inputs": ["LLZO"], "params": None}) == server.rows(
        {"inputs": ["LLZO"], "params": {"temperature_C": None}}
    )


def test_one_bad_formula_among_many_costs_nobody_else_the_answer(server: Any) -> None:
    formulas = [f"Li{6 + i / 1000:.3f}PS5Cl" for i in range(1000)]
    formulas[500] = "Li6PS5Xx"
    response = server.ask({"inputs": formulas})
    records = response.json()["predictions"]
    assert [record["input"] for record in records] == formulas
    refused = [i for i, record in enumerate(records) if record["status"] == "error"]
    assert refused == [500]
    assert records[500]["error"]["code"] == "invalid_formula"
    assert records[500]["error"]["message"].startswith("row 501: ")


def test_answers_do_not_depend_on_who_asks_at_the_same_time(server: Any) -> None:
    requests = [
        {"dataframe_records": [{"formula": f"Li{i}La3Zr2O12", "who": i}, {"formula": f"Xx{i}"}]}
        for i in range(1, 25)
    ]
    for i in range(0, 24, 3):
        requests[i]["params"] = {"temperature_C": 60}  # type: ignore[assignment]
    alone = [server.rows(request) for request in requests]
    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(server.rows, requests)) == alone


def test_a_small_request_does_not_wait_for_a_large_one(server: Any) -> None:
    many = {"inputs": [f"Li{6 + i / 2000:.4f}PS5Cl" for i in range(2000)]}
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(server.ask, many)
        while not large.done():
            seconds = server.ask({"inputs": ["LLZO"]}).elapsed.total_seconds()
            if not large.done():
                break
        assert not large.done()
        assert large.result().elapsed.total_seconds() > 2 * seconds
        assert len(large.result().json()["predictions"]) == 2000


def test_unknown_columns_are_reported_and_kept(server: Any) -> None:
    rows = [{"formula": "LLZO", "operator": "me"}, {"formula": "LiI", "T / K": 300, "pressure": 3}]
    answer = server.ask({"dataframe_records": rows}).json()
    [warning] = answer["warnings"]
    assert warning["code"] == "unknown_columns"
    assert warning["columns"] == ["operator", "pressure"]
    assert answer["predictions"][1]["pressure"] == 3
    assert answer["predictions"][1]["temperature_C"] == pytest.approx(26.85)
    assert server.ask({"inputs": ["LLZO"]}).json()["warnings"] == []


def test_the_answer_names_the_model(server: Any) -> None:
    with server.client() as client:
        model = client.get("/ready").json()["model"]
        versions = client.get("/version").json()
    assert model["name"] == "composition-6"
    assert model["schema_version"] == SCHEMA_VERSION
    answer = server.ask({"inputs": ["LLZO"]}).json()
    assert answer["model"] == {"name": model["name"], "digest": model["digest"]}
    assert versions.keys() == {"sseml", "mlflow"}


def test_answers_are_strict_json_in_utf8(server: Any) -> None:
    response = server.ask({"inputs": ["Li₃InCl₆", "Li3YCl6 T=-270"]})
    assert "Li₃InCl₆".encode() in response.content

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(response.content, parse_constant=refuse)
    assert response.headers["content-type"] == "application/json"


def test_metrics_count_requests_rows_and_refusals(server: Any) -> None:
    def counts() -> dict[str, float]:
        text = httpx.get(f"{server.url}/metrics", trust_env=False).text
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}

    before = counts()
    server.ask({"inputs": ["LLZO", "Xx", "LiI"]})
    server.ask(b"{")
    httpx.get(f"{server.url}/a/path/of/its/own", trust_env=False)
    after = counts()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert more('sseml_rows_total{status="ok"}') == 2
    assert more('sseml_rows_total{status="error"}') == 1
    assert more('sseml_refusals_total{code="malformed_json"}') == 1
    assert more('sseml_requests_total{path="/invocations",status="200"}') == 1
    assert more('sseml_requests_total{path="other",status="404"}') == 1
    assert after["sseml_ready_workers"] == 1
    assert after["sseml_requests_in_flight"] == 1  # this very request
    assert not any("of/its/own" in name for name in after)
    assert any(name.startswith('sseml_model_info{digest="') for name in after)
    [memory] = [value for name, value in after.items() if "resident_bytes" in name]
    assert 50e6 < memory < 2e9
