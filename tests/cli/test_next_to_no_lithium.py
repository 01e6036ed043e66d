"""Formulas with next to nothing or very much of an element: answered or refused, never a crash."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import pyfunc

import sseml
from sseml.cli import main
from sseml.parse.formula import canonical_formula
from sseml.released import DEFAULT_BUNDLE, released_folder

FORMULAS = (
    "Li0.0000001La3Zr2O12", "Li3PS4", "Li0.000000001Si", "Li0.000001PS4", "Li10000P0.000001S4",
    "Li0.0000001Cl10000", "Li0.00000001O", "Li6PS5Cl",
)  # fmt: skip
WELL_KNOWN = ("Li3PS4", "Li6PS5Cl")


def by_command(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = main([*arguments, *FORMULAS, "--format", "jsonl"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("command", ["window", "predict"])
def test_every_row_has_its_line_and_the_others_their_answers(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = by_command(capsys, command)
    assert code in (0, 1)
    assert [row["input"] for row in rows] == list(FORMULAS)
    for row in rows:
        assert row["status"] == "ok" or row["error"]
        if row["input"] in WELL_KNOWN:
            assert row["V_ox"] > 2.0
        elif row["status"] == "ok" and row["V_ox"] is None:
            assert "next to no Li in the formula" in str(row["window_note"])


def test_the_explanation_too(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", *FORMULAS, "--explain"]) in (0, 1)
    shown = capsys.readouterr().out
    assert all(name in shown for name in WELL_KNOWN)


def test_the_endpoints_model_too() -> None:
    model = pyfunc.load_model(str(released_folder() / DEFAULT_BUNDLE))
    rows = model.predict(pd.DataFrame({"formula": FORMULAS}), params={"explain": True})
    assert [row["input"] for row in rows] == list(FORMULAS)
    assert all(row["V_ox"] > 2.0 for row in rows if row["input"] in WELL_KNOWN)


AMOUNTS = st.sampled_from((1e-9, 1e-8, 1e-7, 1e-6, 1e-3, 1.0, 4.0, 1e4))
ELEMENTS = st.sampled_from(("O", "S", "Cl", "P", "Zr", "La", "N", "H", "C", "F"))


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(AMOUNTS, st.dictionaries(ELEMENTS, AMOUNTS, min_size=1, max_size=4)),
        min_size=1,
        max_size=3,
    )
)
def test_any_amounts_among_others(drawn: list[tuple[float, dict[str, float]]]) -> None:
    formulas = [canonical_formula({"Li": lithium, **others}) for lithium, others in drawn]
    answers = sseml.predict([*formulas, "Li3PS4"])
    assert len(answers) == len(formulas) + 1
    last = answers[-1]
    assert isinstance(last, sseml.Prediction)
    assert last.V_ox == pytest.approx(2.36, abs=0.01)
