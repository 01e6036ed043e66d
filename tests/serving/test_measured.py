"""Measurements that come with a request move its answers, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sseml.serving.description import description
from sseml.serving.settings import Limits

Predicted = Callable[..., list[str]]

TABLE = """\
formula;sigma (mS/cm);temperature
LiYF4;1,0;25
NaCl;1;25
Li3ScF6;1e-6;298 K
Li3GaF6;2;60
"""
ROWS = [
    {"formula": "LiYF4", "sigma_S_cm": 1e-3, "temperature": 25},
    {"formula": "NaCl", "sigma_S_cm": 1e-3},
    {"formula": "Li3ScF6", "sigma_S_cm": 1e-9},
    {"formula": "Li3GaF6", "sigma_S_cm": 2e-3, "temperature": 60},
]
ASKED = ["Li3AlF6", "LLZO", "LiYF4 T=80", "Xx", "PEO + LiTFSI, EO:Li=18"]


def asked(measured: Any, formulas: list[str] = ASKED, **params: Any) -> dict[str, Any]:
    return {"inputs": formulas, "params": {"measured": measured, **params}}


def test_answers_are_those_of_the_command_line(
    server: Any, predicted: Predicted, tmp_path: Path
) -> None:
    lab = tmp_path / "lab.csv"
    lab.write_text(TABLE, encoding="utf-8")
    rows: list[Any] = [{"formula": formula} for formula in ASKED]
    expected = predicted(rows, "--measured", str(lab), "--explain", "-T", "40")
    answered = server.rows(asked(TABLE, explain=True, temperature_C=40))
    assert answered == [row.replace("lab.csv", "measured") for row in expected]
    models = [json.loads(row)["model"] for row in answered]
    assert models[0].endswith("+offset")
    assert models[2].endswith("+offset+own")
    assert not models[1].endswith(("+offset", "+own"))


def test_rows_say_the_same_as_a_table(server: Any) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["formula", "sigma_S_cm", "temperature"])
    writer.writeheader()
    writer.writerows(ROWS)
    expected = server.rows(asked(ROWS))
    assert server.rows(asked(lines)) == expected
    assert server.rows(asked(text.getvalue())) == expected


def test_whichever_bundle_is_served_that_of_compositions_is_compared(
    server: Any, polymer_server: Any
) -> None:
    assert polymer_server.rows(asked(ROWS)) == server.rows(asked(ROWS))


def test_each_row_left_out_is_named(server: Any) -> None:
    answer = server.ask(asked(ROWS)).json()
    [row] = answer["warnings"]
    assert (row["code"], row["row"], row["text"]) == ("measured_row", 2, "NaCl")
    assert "holds no lithium" in row["message"]
    jsonschema.validate(answer, {**description(Limits()), "$ref": "#/components/schemas/Answer"})


def test_what_the_model_has_learned_is_left_out_and_said(server: Any) -> None:
    known = server.ask({"inputs": ["LLZO"]}).json()["predictions"][0]
    row = {"formula": known["formula"], "sigma_S_cm": known["measured_sigma_S_cm"]}
    answer = server.ask(asked([*ROWS[:1], row])).json()
    [note] = answer["warnings"]
    assert note["code"] == "measured_note"
    assert "was trained on it; left out" in note["message"]


def test_nobody_else_and_no_later_request_is_moved(server: Any) -> None:
    plain = {"inputs": ASKED}
    expected, moved = server.rows(plain), server.rows(asked(ROWS))
    assert moved != expected
    requests = [plain, asked(ROWS), plain, asked(ROWS[2:]), plain, asked(ROWS)] * 3
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(server.rows, requests))
    for request, answer in zip(requests, answers, strict=True):
        if request is plain:
            assert answer == expected
        else:
            assert answer != expected
    assert answers[1] == answers[5] == moved


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ([{"formula": "NaCl", "sigma_S_cm": 1}], "row 1: 'NaCl': NaCl holds no lithium"),
        ("formula,sigma_S_cm\nLi3Xx,1\n", "row 1: 'Li3Xx': 'Xx' is not an element"),
        ("formula,thickness\nLiYF4,1\n", "no column with the conductivity"),
        ("sample,sigma_S_cm\nLiYF4,1\n", "has no column 'formula'"),
        ("formula,sigma_S_cm\n", "holds no rows"),
        ("{", "measured"),
        ([{"formula": "LiYF4", "sigma_S_cm": "much"}], "row 1: 'LiYF4'"),
        ([{"formula": "PEO + LiTFSI, EO:Li=18", "sigma_S_cm": 1e-4}], "polymer electrolyte"),
    ],
)
def test_measurements_of_which_none_can_be_used_are_refused_and_named(
    server: Any, measured: Any, said: str
) -> None:
    response = server.ask(asked(measured))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "unusable_measured")
    assert said in error["message"]


@pytest.mark.parametrize(
    "measured",
    [
        "", " \n", 5, [], ["LiYF4"], {"formula": "LiYF4"}, ROWS * 251,
        "formula,sigma_S_cm\n" + "LiYF4,1\n" * 1001, "formula,sigma_S_cm\r" + "LiYF4,1\r" * 1001,
    ],
)  # fmt: skip
def test_what_is_no_table_or_too_long_is_a_bad_param(server: Any, measured: Any) -> None:
    response = server.ask(asked(measured))
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_param")
    assert "measured" in response.json()["error"]["message"]


def test_the_log_holds_no_measurement(server: Any) -> None:
    server.ask(asked([{"formula": "LiSecret", "sigma_S_cm": 1}]))
    server.ask(asked([*ROWS, {"formula": "LiSecret", "sigma_S_cm": 1}]))
    assert "LiSecret" not in "".join(server.log)
