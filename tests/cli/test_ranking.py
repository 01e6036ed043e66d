"""`--sort`, `--top`, `sseml screen --rank-by`, `--where` and `--diverse`, as a person uses them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

HALIDES = ("--space", "Li3{Y,Er,In,Sc}{Cl,Br}6")
ASKED = ("Li6PS5Cl", "LLZO", "xx", "Li3YCl6", "LGPS")


def records(ran: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_a_list_is_sorted_and_refused_rows_come_last(run: Any) -> None:
    ran = run("predict", *ASKED, "--no-window", "--sort", "sigma_S_cm", "--format", "jsonl")
    assert ran.code == 1
    *answered, refused = records(ran)
    sigmas = [each["sigma_S_cm"] for each in answered]
    assert sigmas == sorted(sigmas, reverse=True)
    assert len(answered) == 4
    assert refused["input"] == "xx"


def test_the_top_of_a_list_is_by_probability_unless_told(run: Any) -> None:
    ran = run("predict", *ASKED, "--no-window", "--top", 2, "--format", "jsonl")
    assert [each["formula"] for each in records(ran)] == ["Li10GeP2S12", "Li6PS5Cl"]
    assert "row 3: 'xx'" in ran.err  # nothing is lost
    lowest = run("predict", *ASKED, "--sort", "V_red", "--top", 1, "--format", "jsonl")
    assert [each["formula"] for each in records(lowest)] == ["Li7La3Zr2O12"]


def test_a_file_of_the_best_keeps_the_columns_of_the_list(run: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("sample,formula\nA,LLZO\nB,Li6PS5Cl\nC,Li3YCl6\n")
    best = tmp_path / "best.csv"
    ran = run("predict", "-i", tmp_path / "list.csv", "--no-window", "--top", 2, "-o", best)
    assert ran.code == 0
    with best.open(newline="") as file:
        assert [row["sample"] for row in csv.DictReader(file)] == ["B", "C"]


def test_a_list_may_hold_a_column_of_a_score_s_name(run: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("cost_USD_kg,formula\ncheap,LLZO\n12,Li6PS5Cl\n")
    ran = run("predict", "-i", tmp_path / "list.csv", "--no-window")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 3


def test_fronts_of_several_columns_and_conditions(run: Any) -> None:
    ran = run(
        "screen", *HALIDES, "--rank-by", "p_superionic,cost_USD_kg", "--cathode", 3.8,
        "--where", "cathode_margin_V>=0", "--format", "csv",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {row["formula"] for row in rows} == {"Li3YCl6", "Li3ErCl6", "Li3InCl6", "Li3ScCl6"}
    assert "4 left out: not cathode_margin_V>=0" in ran.err
    assert [int(row["pareto_front"]) for row in rows] == sorted(
        int(row["pareto_front"]) for row in rows
    )
    for row in rows:
        margin = float(row["V_ox"]) - 3.8
        assert float(row["cathode_margin_V"]) == pytest.approx(margin, abs=1e-5)
    best = [row for row in rows if row["pareto_front"] == "1"]
    for own in best:  # none is both likelier and cheaper
        assert not any(
            float(other["p_superionic"]) > float(own["p_superionic"])
            and float(other["cost_USD_kg"]) < float(own["cost_USD_kg"])
            for other in rows
        )


def test_the_best_that_lie_apart(run: Any) -> None:
    ran = run("screen", *HALIDES, "--no-window", "--top", 3, "--diverse", "--format", "jsonl")
    formulas = [each["formula"] for each in records(ran)]
    assert formulas == ["Li3ScCl6", "Li3YBr6"]
    assert "2 of 3: the others share their chemistry" in ran.err


def test_a_list_is_screened_as_a_space_is(run: Any, tmp_path: Path) -> None:
    formulas = [
        f"Li3{metal}{halogen}6" for metal in ["Y", "Er", "In", "Sc"] for halogen in ("Cl", "Br")
    ]
    (tmp_path / "list.txt").write_text("\n".join(formulas))
    how = ("--no-window", "--rank-by", "cost_USD_kg", "--format", "csv")
    of_list = run("screen", "-i", tmp_path / "list.txt", *how)
    assert of_list.out == run("screen", *HALIDES, *how).out
    assert run("screen", *formulas, *how).out == of_list.out
    parts = tmp_path / "parts"
    asked = ("-i", tmp_path / "list.txt", "--no-window", "--shard", "1/1", "-o", parts)
    assert run("screen", *asked).code == 0
    (tmp_path / "list.txt").write_text("Li6PS5Cl\n")
    changed = run("screen", *asked)
    assert changed.code == 2
    assert "another question" in changed.err


def test_a_screened_file_is_replaced_only_if_told(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "best.csv"
    asked = ("screen", *HALIDES, "--no-window", "-o", file)
    assert run(*asked, "--top", 2).code == 0
    before = file.read_bytes()
    ran = run(*asked, "--top", 3)
    assert (ran.code, file.read_bytes()) == (2, before)
    assert "--overwrite" in ran.err
    assert run(*asked, "--top", 3, "--overwrite").code == 0
    assert len(file.read_text().splitlines()) == 4


def test_critical_elements_are_counted_and_named(run: Any, tmp_path: Path) -> None:
    asked = ("screen", *HALIDES, "--no-window", "--where", "n_critical_EU_2024<1")
    ran = run(*asked, "--rank-by", "n_critical_US_2025", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["formula"] for row in rows] == ["Li3InCl6", "Li3InBr6"]
    assert {row["critical_EU_2024"] for row in rows} == {"Li"}
    assert {(row["n_critical_US_2025"], row["critical_US_2025"]) for row in rows} == {
        ("1", "Li, In")
    }
    assert "6 left out: not n_critical_EU_2024<1" in ran.err
    table = run(*asked).out.splitlines()
    assert table[0].endswith("n_critical_EU_2024  critical_EU_2024")
    assert table[1].endswith("  Li")
    page = tmp_path / "out.html"
    assert run(*asked, "--report", page).code == 0
    assert '"own_columns":["critical_EU_2024"]' in page.read_text()


def test_the_reaction_with_water_is_that_of_compat(run: Any) -> None:
    formulas = ("Li6PS5Cl", "Li4SnS4", "LLZO", "PEO + LiTFSI, EO:Li=18")
    how = ("--no-window", "--rank-by", "water_eV_atom", "--format", "jsonl")
    found = {
        each["input"]: each["water_eV_atom"] for each in records(run("screen", *formulas, *how))
    }
    assert list(found) == ["Li4SnS4", "Li6PS5Cl", "LLZO", "PEO + LiTFSI, EO:Li=18"]
    of_pairs = records(run("compat", *formulas[:3], "--with", "water", "--format", "jsonl"))
    for pair in of_pairs:
        assert found[pair["input"]] == pytest.approx(pair["energy_eV_atom"], abs=6e-5)
    assert found["PEO + LiTFSI, EO:Li=18"] is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("predict", "--sort", "V_red"), "V_red"),
        (("predict", "--sort", "V_red:desc"), "V_red (highest first)"),
        (("predict", "--top", "2"), "p_superionic"),
        (
            ("screen", "--rank-by", "p_superionic,cost_USD_kg:desc,V_ox"),
            "Pareto fronts of p_superionic, cost_USD_kg (highest first) and V_ox",
        ),
        (("screen", "--where", "V_ox>=0"), ""),
    ],
)
def test_page_and_picture_say_what_they_are_ordered_by(
    run: Any, tmp_path: Path, asked: tuple[str, ...], said: str
) -> None:
    page, picture = tmp_path / "out.html", tmp_path / "out.svg"
    command, *how = asked
    ran = run(command, "LLZO", "Li6PS5Cl", "Li3YCl6", *how, "--format", "jsonl",
              "--report", page, "--plot", picture)  # fmt: skip
    assert ran.code == 0
    text = picture.read_text()
    assert f'"order":"{said}"' in page.read_text()
    assert f"by {said}" in text if said else "the best first" in text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("predict", "LLZO", "--sort", "sigma"), "did you mean sigma_S_cm"),
        (("predict", "LLZO", "--sort", "V_ox", "--no-window"), "leave --no-window out"),
        (("predict", "LLZO", "--top", "0"), "write 1 or more"),
        (("screen", *HALIDES, "--rank-by", "V_ox,V_ox"), "a column twice"),
        (("screen", *HALIDES, "--rank-by", "cathode_margin_V"), "--cathode V"),
        (("screen", *HALIDES, "--rank-by", "critical_EU_2024"), "n_critical_EU_2024"),
        (("screen", *HALIDES, "--where", "V_ox=4"), "no condition"),
        (("screen", *HALIDES, "--diverse"), "--top"),
        (("screen",), "what to screen"),
        (("screen", *HALIDES, "-i", "list.txt"), "either"),
        (("screen", "LLZO", "--count"), "--space"),
        (("screen", "-i", "-", "--shard", "1/2", "-o", "parts"), "needs a file"),
        (("screen", *HALIDES, "--anode", "high"), "no potential"),
        (("screen", *HALIDES, "--top", "3", "--shard", "1/2", "-o", "parts"), "rank what"),
    ],
)
def test_what_cannot_be_ranked_is_said_before_any_work(
    run: Any, command: tuple[str, ...], said: str
) -> None:
    ran = run(*command)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
