"""`--measured` values of the very composition: named, among the nearest, and they pull answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import sseml

NO_WINDOW = ("--no-window", "--format", "jsonl")
LAB = (
    "formula,sigma_S_cm,temperature,space_group,Ea (eV)\n"
    "Li3ScF6,1e-3,25,,\n"
    "Li3ScF6,2e-3,25,,\n"
    "Li7La3Zr2O12,9e-4,25,230,0.3\n"
    "Li6PS5Br,4e-2,100,,\n"
)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(LAB, encoding="utf-8")
    return path


def answers(run: Any, *argv: object) -> list[dict[str, Any]]:
    ran = run("predict", *argv, *NO_WINDOW)
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def decades(one: dict[str, Any], other: dict[str, Any], name: str = "sigma_S_cm") -> float:
    return math.log10(one[name] / other[name])


def test_the_measurements_are_named_first_and_labelled_with_their_row(run: Any, lab: Path) -> None:
    [answer] = answers(run, "Li3ScF6", "--measured", lab)
    assert answer["measured_reference"] in ("own: lab.csv row 1", "own: lab.csv row 2")
    assert (answer["measured_count"], answer["measured_high_S_cm"]) == (2, 2e-3)
    assert answer["nearest"][0]["reference"] == answer["measured_reference"]
    assert answer["nearest"][0]["distance"] == 0.0
    assert len(answer["nearest"]) == 3
    assert answer["domain"] == "inside"
    [literature] = answers(run, "Li6PS5Br", "--measured", lab)  # known too: both are named
    assert literature["nearest"][0]["reference"] == "own: lab.csv row 4"
    assert literature["nearest"][1]["formula"] == "Li6PS5Br"
    assert not (literature["measured_reference"] or "").startswith("own:")  # 100 °C, not 25


def test_a_near_material_is_among_the_nearest(run: Any, lab: Path) -> None:
    [near] = answers(run, "Li3.1Sc0.97F6", "--measured", lab)
    assert near["nearest"][0]["reference"].startswith("own: lab.csv row")
    assert near["measured_sigma_S_cm"] is None
    assert near["model"].endswith("+offset")


def test_answers_move_to_the_measurements_at_every_temperature(run: Any, lab: Path) -> None:
    asked = ("Li3ScF6", "Li3ScF6 T=80", "Li3ScF6 T=-20")
    plain, moved = answers(run, *asked), answers(run, *asked, "--measured", lab)
    for before, after in zip(plain, moved, strict=True):
        assert decades(after, before) > 2.0
        assert after["sigma_low_S_cm"] <= after["sigma_S_cm"] <= after["sigma_high_S_cm"]
        assert after["model"] == before["model"] + "+offset+own"
        for name in ("p_superionic", "p_conductor"):
            assert after[name] > before[name]
    left = math.log10(1.4e-3 / moved[0]["sigma_S_cm"])
    assert 0.0 < left < 0.3 * math.log10(1.4e-3 / plain[0]["sigma_S_cm"])
    width = [math.log10(a["sigma_high_S_cm"] / a["sigma_low_S_cm"]) for a in (plain[0], moved[0])]
    assert width[1] < width[0]
    cold, room, hot = (moved[place]["sigma_S_cm"] for place in (2, 0, 1))
    assert cold < room < hot


def test_another_crystal_system_is_not_pulled(run: Any, lab: Path) -> None:
    asked = [f"Li7La3Zr2O12{sg}" for sg in (" space_group=230", " space_group=142", "")]
    cubic, tetragonal, bare = answers(run, *asked, "--measured", lab)
    plain = answers(run, *asked)
    assert cubic["model"].endswith("+own")
    assert bare["model"].endswith("+own")
    assert cubic["measured_reference"] == bare["measured_reference"] == "own: lab.csv row 3"
    assert tetragonal["model"].endswith("+offset")
    assert not (tetragonal["measured_reference"] or "").startswith("own:")
    assert abs(decades(tetragonal, plain[1])) < decades(cubic, plain[0])


def test_the_note_says_by_how_much_and_from_how_many(run: Any, lab: Path) -> None:
    ran = run("predict", "Li3ScF6", "--measured", lab, "--no-window", "--explain")
    [note] = [line for line in ran.out.splitlines() if "moved by +" in line]
    assert "decades to 2 own measurements of this material in lab.csv" in note


def test_python_gives_the_same(run: Any, lab: Path) -> None:
    told = sseml.predict(["Li3ScF6"], window=False, measured=lab)
    [expected] = answers(run, "Li3ScF6", "--measured", lab)
    assert told.to_dicts()[0]["sigma_S_cm"] == expected["sigma_S_cm"]
    assert told[0].nearest[0].reference == expected["nearest"][0]["reference"]


def test_answers_do_not_depend_on_what_is_asked_beside(run: Any, lab: Path) -> None:
    asked = ("Li3ScF6", "LLZO", "Li6PS5Br T=60", "Li3AlF6")
    together = answers(run, *asked, "--measured", lab)
    assert together == [answers(run, one, "--measured", lab)[0] for one in asked]


def test_a_measurement_beyond_a_known_transition_is_named_and_pulls_nothing(
    run: Any, lab: Path
) -> None:
    lab.write_text("formula,sigma_S_cm,temperature\nLiBH4,3e-3,130\nLi3ScF6,1e-6,25\n")
    plain, told = answers(run, "LiBH4"), answers(run, "LiBH4", "--measured", lab)
    assert not told[0]["model"].endswith("+own")
    assert decades(told[0], plain[0]) == pytest.approx(0.0, abs=0.5)  # the family's offset alone
    [hot] = answers(run, "LiBH4 T=130", "--measured", lab)
    assert hot["measured_reference"] == "own: lab.csv row 1"


# ---- activation energies


def test_a_given_energy_moves_the_answer_and_its_line(run: Any) -> None:
    asked = ("Li3YCl6", "Li3YCl6 activation_energy_eV=0.25", "Li3YCl6 Ea=0.7")
    plain, low, high = answers(run, *asked)
    assert low["sigma_S_cm"] > plain["sigma_S_cm"] > high["sigma_S_cm"]
    assert low["p_superionic"] > plain["p_superionic"] > high["p_superionic"]
    assert low["sigma_if_conductor_S_cm"] > high["sigma_if_conductor_S_cm"]
    for answer, given in ((low, 0.25), (high, 0.7)):
        own, predicted = answer["activation_energy_eV"], plain["activation_energy_eV"]
        assert own == pytest.approx((given + predicted) / 2, abs=0.01)
    ran = run("predict", "Li3YCl6 Ea=0.25", "--no-window", "--explain")
    assert "by the given activation energy of 0.25 eV" in ran.out


def test_a_list_with_energies_is_answered_with_them_and_an_earlier_answer_is_not_taken(
    run: Any, tmp_path: Path
) -> None:
    given = tmp_path / "list.csv"
    given.write_text("formula,Ea (eV)\nLi3YCl6,0.25\nLi3InCl6,\nLLZO,12\n", encoding="utf-8")
    ran = run("predict", "-i", given, *NO_WINDOW)
    first, second, third = (json.loads(line) for line in ran.out.splitlines())
    assert ran.code == 1
    assert second["sigma_S_cm"] == answers(run, "Li3InCl6")[0]["sigma_S_cm"]
    assert first["sigma_S_cm"] == answers(run, "Li3YCl6 Ea=0.25")[0]["sigma_S_cm"]
    assert "12 eV" in third["error"]["message"]

    out = tmp_path / "out.csv"
    assert run("predict", "Li3YCl6", "LLZO", "--no-window", "-o", out).code == 0
    again = [json.loads(line) for line in run("predict", "-i", out, *NO_WINDOW).out.splitlines()]
    assert [one["sigma_S_cm"] for one in again] == [
        one["sigma_S_cm"] for one in answers(run, "Li3YCl6", "LLZO")
    ]
    ran = run("predict", "-i", out, "--no-window", "--explain")
    assert "earlier answer" in ran.out
