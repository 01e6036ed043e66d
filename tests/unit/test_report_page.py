"""What a report's page holds: the answers as they are, and nothing that would be run or loaded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml import Prediction, Refusal, RefusedInputError, predict
from sseml.model.loading import Bundles
from sseml.parse.formula import parse_formula
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles
from sseml.prediction import default_phases, predict_queries
from sseml.records import Answer, Query
from sseml.render import to_record
from sseml.report import page_about, page_contents, write_page
from sseml.report.electrodes import electrodes
from sseml.report.page import contents as contents_module
from sseml.report.page.curves import curve_contents
from sseml.report.page.html import page_html, require_page
from sseml.screen.supply import cost_USD_kg

LIST = ("LLZO", "Li6PS5Cl", "Li6PS5Cl temperature=60", "PEO + LiTFSI, EO:Li=18", "NaCl", "Li3Po4",
        "LiBH4", "Li7La3Zr2O12 space_group=Ia-3d")  # fmt: skip
Pairs = list[tuple[Query | Refusal, Answer]]


def asked(texts: Sequence[str]) -> list[Query | Refusal]:
    return list(parse_inputs(texts, Qualifiers(), StructureFiles(Path())))


@pytest.fixture(scope="module")
def bundles() -> Bundles:
    return Bundles()


@pytest.fixture(scope="module")
def pairs(bundles: Bundles) -> Pairs:
    items = asked(LIST)
    answers = predict_queries(items, bundles, phases=default_phases(), explain=False)
    return list(zip(items, answers, strict=True))


@pytest.fixture(scope="module")
def contents(pairs: Pairs, bundles: Bundles) -> dict[str, Any]:
    return page_contents(
        pairs, bundles=bundles, settings={"command": "sseml predict"}, made_on=date(2026, 12, 1)
    )


def number(contents: dict[str, Any], row: dict[str, Any], name: str) -> Any:
    place = [column["name"] for column in contents["columns"]].index(name)
    return row["numbers"][place]


def test_rows_are_the_answers_by_conductivity(contents: dict[str, Any], pairs: Pairs) -> None:
    answers = [answer for _, answer in pairs if isinstance(answer, Prediction)]
    answers.sort(key=lambda answer: -answer.sigma_S_cm)
    assert [row["formula"] for row in contents["rows"]] == [each.formula for each in answers]
    for row, answer in zip(contents["rows"], answers, strict=True):
        record = to_record(answer)
        for column in contents["columns"]:
            if column["name"] in record:
                assert number(contents, row, column["name"]) == record[column["name"]]
        assert [contents["texts"][place] for place in row["notes"]] == list(answer.notes)
        near = [contents["measured"][place] for place, _ in row["nearest"]]
        assert [each[4] for each in near] == [each.doi for each in answer.nearest]


def test_cost_and_supply_stand_beside_every_formula(contents: dict[str, Any]) -> None:
    for row in contents["rows"]:
        cost = number(contents, row, "cost_USD_kg")
        if row["kind"] == "polymer":
            assert cost is None
        else:
            amounts = parse_formula(row["formula"]).amounts
            assert cost == pytest.approx(cost_USD_kg(amounts), rel=1e-5)


def test_an_order_is_kept(pairs: Pairs, bundles: Bundles) -> None:
    asked_in = [answer.formula for _, answer in pairs if isinstance(answer, Prediction)]
    made = page_contents(pairs, bundles=bundles, order="cost_USD_kg", cathode_V=4.0)
    assert [row["formula"] for row in made["rows"]] == asked_in
    assert made["asked_V"] == {"anode": None, "cathode": 4.0}


def test_refused_rows_keep_reason_and_suggestion(contents: dict[str, Any], pairs: Pairs) -> None:
    refusals = [answer for _, answer in pairs if isinstance(answer, Refusal)]
    assert contents["refused"] == [
        [each.row, each.input, each.reason, each.suggestion] for each in refusals
    ]
    assert [each[1] for each in contents["refused"]] == ["NaCl", "Li3Po4"]


def test_a_curve_passes_through_the_answer(contents: dict[str, Any]) -> None:
    checked = 0
    for row in contents["rows"]:
        curve = contents["curves"][row["curve"]]
        at = number(contents, row, "temperature_C")
        log10_sigma = curve["mid"][curve["T"].index(at)]
        assert 10**log10_sigma == pytest.approx(number(contents, row, "sigma_S_cm"), rel=2e-3)
        assert curve["low"] <= curve["mid"] <= curve["high"]
        checked += 1
    assert checked == 6


def test_rows_that_differ_in_temperature_alone_share_a_curve(contents: dict[str, Any]) -> None:
    curves = [row["curve"] for row in contents["rows"] if row["formula"] == "Li6PS5Cl"]
    assert len(curves) == 2
    assert len(set(curves)) == 1
    garnets = {row["curve"] for row in contents["rows"] if row["formula"] == "Li7La3Zr2O12"}
    assert len(garnets) == 2  # of another crystal system is another material


def test_both_sides_of_a_transition_are_answered(bundles: Bundles) -> None:
    [query] = asked(["Li2OHCl"])
    assert isinstance(query, Query)
    [curve] = curve_contents([query], bundles)
    assert curve["transitions"] == [38.0]
    assert {37.99, 38.01} <= set(curve["T"])


def test_measured_points_are_those_of_the_evidence(contents: dict[str, Any]) -> None:
    [row] = [row for row in contents["rows"] if row["formula"] == "LiBH4"]
    measured = contents["curves"][row["curve"]]["measured"]
    assert measured
    assert all(-20.0 <= T <= 100.0 and relation in "=~<>" for T, _, relation, _ in measured)


def test_numbers_of_the_list_can_be_plotted(pairs: Pairs, bundles: Bundles) -> None:
    columns = [{"cost": "12.5", "who": "A"}, {"cost": "3e2", "who": "7"}, {"cost": " ", "who": ""}]
    own = [(query, replace(answer, columns=kept))
           for (query, answer), kept in zip(pairs[:3], columns, strict=True)]  # fmt: skip
    contents = page_contents(own, bundles=bundles)
    costs = [number(contents, row, "cost") for row in contents["rows"]]
    assert sorted(costs, key=str) == sorted([12.5, 300.0, None], key=str)
    assert contents["own_columns"] == ["who"]


def test_only_columns_with_a_value_are_offered(pairs: Pairs, bundles: Bundles) -> None:
    polymers = [pair for pair in pairs if pair[1].input.startswith("PEO")]
    names = [column["name"] for column in page_contents(polymers, bundles=bundles)["columns"]]
    assert "sigma_S_cm" in names
    assert not {"V_red", "V_ox", "e_above_hull_eV_atom", "log10_sigma"} & set(names)


def test_what_is_not_shown_is_counted(
    pairs: Pairs, bundles: Bundles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents_module, "MOST_ROWS", 2)
    monkeypatch.setattr(contents_module, "MOST_REFUSED", 1)
    contents = page_contents(pairs, bundles=bundles)
    assert contents["left_out"] == {"rows": 4, "refused": 1}
    assert len(contents["rows"]) == 2
    assert len(contents["refused"]) == 1


def test_the_figures_are_those_of_the_manifest(contents: dict[str, Any], bundles: Bundles) -> None:
    shown = {model["name"]: model["figures"] for model in contents["models"]}
    assert set(shown) == {bundles["composition"].name, bundles["polymer"].name}
    error = bundles["composition"].manifest["metrics"]["benchmarks"]["papers"]["MAE10c"]
    held_out, _, value = shown[bundles["composition"].name][0]
    assert held_out == "papers held out"
    assert value == pytest.approx(error, abs=5e-4)


def test_electrodes_stand_between_the_metal_and_five_volts() -> None:
    listed = {each.name: each for each in electrodes()}
    assert listed["Li metal"].potential_V == 0.0
    assert all(0.0 <= each.potential_V <= 5.0 for each in listed.values())
    assert all(each.doi.startswith("10.") for each in listed.values())
    anodes = [each.potential_V for each in listed.values() if each.side == "anode"]
    cathodes = [each.potential_V for each in listed.values() if each.side == "cathode"]
    assert max(anodes) < min(cathodes)


def test_the_policy_names_what_is_in_the_page(contents: dict[str, Any]) -> None:
    page = page_html(contents)
    [policy] = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    for text in (style, script):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert not re.findall(r'(?:src|href)="(?!data:,|#)', page)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)


@given(st.text())
def test_no_text_leaves_the_data(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode("utf-8")
    page = page_html({"title": "a <b> & c", "rows": [f"</script><!--{text}"]})
    [data] = re.findall(r'id="contents">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["rows"] == [f"</script><!--{text}"]
    assert not set("<>&\u2028\u2029") & set(data)
    assert "<title>a &lt;b&gt; &amp; c</title>" in page


def test_the_same_contents_are_the_same_bytes(contents: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_page(contents, tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_page_in_python_answers_as_predict_does() -> None:
    made = page_about(["Li6PS5Cl", "NaCl"], 60.0, threshold_S_cm=1e-3)
    [answer, _] = predict(["Li6PS5Cl", "NaCl"], 60.0, threshold_S_cm=1e-3)
    [row] = made["rows"]
    record = to_record(answer)
    for name in ("sigma_S_cm", "p_superionic", "V_ox", "temperature_C"):
        assert number(made, row, name) == record[name]
    assert len(made["refused"]) == 1
    with pytest.raises(TypeError, match=r"page_about\(\[formula\]\)"):
        page_about("Li6PS5Cl")


@pytest.mark.parametrize("name", ["out.txt", "out", "no folder/out.html", "folder.html"])
def test_what_cannot_become_a_page_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(RefusedInputError):
        require_page(tmp_path / name)


def test_the_page_on_reports_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # the page is ours, and this is what its reader will do
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "ranking.png").read_bytes().startswith(b"\x89PNG")
