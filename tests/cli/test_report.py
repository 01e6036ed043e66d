"""`sseml predict --report` and `--plot`: written beside the results, refused before any work."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sseml.cli import predict as predict_module

LIST = ("Li6PS5Cl", "LLZO", "NaCl")


def contents(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8")
    [data] = re.findall(r'id="contents">(.*?)</script>', text, re.DOTALL)
    found: dict[str, Any] = json.loads(data)
    return found


def test_the_page_is_beside_the_results(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    plain = run("predict", *LIST, "--format", "jsonl")
    ran = run("predict", *LIST, "--format", "jsonl", "--report", page, "--threshold", "1e-3")
    assert ran.code == plain.code == 1
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["sigma_S_cm"] for row in rows[:2]] == [
        json.loads(line)["sigma_S_cm"] for line in plain.out.splitlines()[:2]
    ]
    found = contents(page)
    assert [row["input"] for row in found["rows"]] == ["Li6PS5Cl", "LLZO"]
    assert [refused[1] for refused in found["refused"]] == ["NaCl"]
    assert found["threshold_S_cm"] == 1e-3
    settings = dict(found["settings"])
    assert settings["command"].startswith("sseml predict Li6PS5Cl LLZO NaCl --format jsonl")
    assert settings["temperature"] == "25 °C, for rows that name none"


def test_measured_values_move_the_curves_as_they_move_the_answers(run: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "formula,sigma_S_cm,temperature_C\nLi6PS5Cl,1e-2,25\nLi6PS5Br,1e-2,25\nLi6PS5I,1e-3,25\n",
        encoding="utf-8",
    )
    page = tmp_path / "out.html"
    ran = run("predict", "Li6PS5Cl", "--measured", own, "--report", page, "--format", "jsonl")
    [curve] = contents(page)["curves"]
    at_25 = curve["mid"][curve["T"].index(25.0)]
    assert at_25 == pytest.approx(json.loads(ran.out)["log10_sigma"], abs=1e-3)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_plot_is_a_picture(run: Any, tmp_path: Path, ending: str) -> None:
    picture = tmp_path / f"out.{ending}"
    assert run("predict", *LIST, "--plot", picture).code == 1
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF-"}
    assert picture.read_bytes().startswith(begins[ending])


@pytest.mark.parametrize(
    ("option", "name"),
    [("--report", "out.pdf"), ("--report", "no folder/out.html"), ("--plot", "out.html"),
     ("--plot", "no folder/out.png")],
)  # fmt: skip
def test_a_wrong_target_is_refused_before_any_work(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, name: str
) -> None:
    monkeypatch.setattr(predict_module, "questions", lambda *_: pytest.fail("work was begun"))
    ran = run("predict", "LLZO", option, tmp_path / name)
    assert ran.code == 2
    assert ran.out == ""
    assert list(tmp_path.iterdir()) == []


def test_the_best_are_shown_in_their_order_and_refused_rows_stay_named(
    run: Any, tmp_path: Path
) -> None:
    page = tmp_path / "out.html"
    names = ("LiF", "Li6PS5Cl", "NaCl", "Li3YCl6", "LLZO")
    ran = run("predict", *names, "--sort", "V_red", "--top", "3", "--format", "jsonl",
              "--report", page, "--plot", tmp_path / "out.svg")  # fmt: skip
    order = [json.loads(line)["formula"] for line in ran.out.splitlines()]
    found = contents(page)
    assert [row["formula"] for row in found["rows"]] == order
    assert len(order) == 3
    assert found["order"] == "V_red"
    assert [refused[1] for refused in found["refused"]] == ["NaCl"]
    for row in found["rows"]:  # each with the curve of its own material
        curve = found["curves"][row["curve"]]
        sigma = row["numbers"][[column["name"] for column in found["columns"]].index("sigma_S_cm")]
        assert 10 ** curve["mid"][curve["T"].index(25.0)] == pytest.approx(sigma, rel=3e-3)


def test_a_screened_space_has_a_page(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    ran = run("screen", "--space", "Li3{Y,Er,In}{Cl,Br}6", "--rank-by", "p_superionic,cost_USD_kg",
              "--cathode", "4", "--report", page, "--format", "jsonl")  # fmt: skip
    assert ran.code == 0
    found = contents(page)
    assert [row["formula"] for row in found["rows"]] == [
        json.loads(line)["formula"] for line in ran.out.splitlines()
    ]
    assert found["asked_V"]["cathode"] == 4.0
    assert found["title"] == "Solid electrolytes: Li3{Y,Er,In}{Cl,Br}6"
    assert {"cathode_margin_V", "pareto_front"} <= {column["name"] for column in found["columns"]}


def test_parts_are_not_drawn(run: Any, tmp_path: Path) -> None:
    ran = run("screen", "--space", "Li3{Y,Er}Cl6", "--shard", "1/1", "-o", tmp_path / "parts",
              "--report", tmp_path / "out.html")  # fmt: skip
    assert ran.code == 2
    assert "--shard draws nothing" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_draw_is_said(run: Any, tmp_path: Path) -> None:
    ran = run("predict", "NaCl", "--plot", tmp_path / "out.png")
    assert ran.code == 1
    assert "nothing was drawn" in ran.err
    assert not (tmp_path / "out.png").exists()


def test_a_strict_run_that_stops_writes_no_page(run: Any, tmp_path: Path) -> None:
    ran = run("predict", *LIST, "--strict", "--report", tmp_path / "out.html")
    assert ran.code == 1
    assert list(tmp_path.iterdir()) == []
