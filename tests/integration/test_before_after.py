"""Both sides are asked the same rows, and one of them never learns from the literature table."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import sseml.evaluate.before_after as module
from sseml.evaluate import evaluate
from sseml.evaluate.before_after import LAST_LEARNED_YEARS, OUTPUTS, before_after, told
from sseml.evaluate.gain_report import GainReport
from sseml.evaluate.gain_tables import sections
from sseml.features.composition import element_fractions
from sseml.model.dataset import TrainingSet, compositions
from sseml.records import RefusedInputError

ROOT = Path(__file__).parents[2]
FOLDS = 2


@pytest.fixture(scope="module")
def table(measurements: pd.DataFrame) -> pd.DataFrame:
    """340 rows: of the official split, of the other public sources, and of the literature table."""
    split = measurements["official_split"].fillna("")
    literature = measurements["source"] == "literature"
    parts = [
        measurements[mask].sample(count, random_state=0)
        for mask, count in (
            (split == "test", 40),
            (split == "train", 80),
            ((split == "") & ~literature, 80),
            (literature, 140),
        )
    ]
    return pd.concat(parts).sort_values("measurement_id", ignore_index=True)


@pytest.fixture(scope="module")
def learned_and_answered(
    table: pd.DataFrame, small_settings: Any
) -> Iterator[tuple[list[TrainingSet], pd.DataFrame]]:
    """Every set that something was fitted to, in turn before and after, and the answers."""
    seen: list[TrainingSet] = []

    def recording(fitted: Any) -> Any:
        def fit(data: TrainingSet, settings: Any) -> Any:
            seen.append(data)
            return fitted(data, settings)

        return fit

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fit_calibrated_outputs", "fit_outputs"):
            patch.setattr(module, name, recording(getattr(module, name)))
        yield seen, before_after(table, settings=small_settings[0], folds=FOLDS)


@pytest.fixture(scope="module")
def rows(learned_and_answered: tuple[list[TrainingSet], pd.DataFrame]) -> pd.DataFrame:
    return learned_and_answered[1]


@pytest.fixture(scope="module")
def report(rows: pd.DataFrame) -> GainReport:
    return GainReport.of(rows, resamples=10)


def test_before_learns_from_no_row_of_the_literature_table(
    table: pd.DataFrame, learned_and_answered: tuple[list[TrainingSet], pd.DataFrame]
) -> None:
    seen, _ = learned_and_answered
    assert len(seen) == 2 * (1 + FOLDS + 1 + len(LAST_LEARNED_YEARS))
    brought = table["source"] == "literature"
    only_there = table[brought & ~table["formula"].isin(table["formula"][~brought])]
    unique = {own.tobytes() for own in element_fractions(compositions(only_there))}
    unique -= {own.tobytes() for own in element_fractions(compositions(table[~brought]))}
    found = [sum(own.tobytes() in unique for own in data.fractions) for data in seen]
    assert not any(found[::2])
    assert all(found[1:8:2]), "the check would find nothing even if all were learned from"


def test_both_are_asked_the_same_rows_the_literature_table_among_them(rows: pd.DataFrame) -> None:
    assert not rows.duplicated(["split", "output", "until", "measurement_id"]).any()
    for side in ("before", "after"):
        assert told(rows, side)["predicted_log10_sigma"].notna().all()
    for _, own in rows[rows["split"] != "official"].groupby(["split", "output"]):
        assert (own["source"] == "literature").any()
    conducts = rows[rows["output"] == "if it conducts"]
    assert (conducts["log10_sigma"] > -7.0).all()
    plain = rows[(rows["output"] == "plain") & (rows["log10_sigma"] > -7.0)]
    key = ["split", "measurement_id"]
    assert set(map(tuple, plain[key].to_numpy())) == set(map(tuple, conducts[key].to_numpy()))


def test_every_later_year_is_asked_of_models_that_know_more(rows: pd.DataFrame) -> None:
    recent = rows[(rows["split"] == "years") & (rows["output"] == "plain")]
    assert (recent["year"] >= 2023).all()
    asked = recent.groupby("until")["measurement_id"].agg(frozenset)
    assert list(asked.index) == list(LAST_LEARNED_YEARS)
    assert asked.nunique() == 1
    learned = recent.groupby("until")["learned_after"].first()
    assert learned.is_monotonic_increasing
    assert learned.iloc[-1] > learned.iloc[0]
    assert (rows["learned_before"] <= rows["learned_after"]).all()


def test_figures_are_those_of_the_benchmarks(
    table: pd.DataFrame, report: GainReport, small_settings: Any
) -> None:
    """After: of the whole table; before: of the table without those rows, where that is asked."""
    without = table[table["source"] != "literature"].reset_index(drop=True)
    whole = evaluate(["official", "time"], table, settings=small_settings).figures
    public = evaluate(["official"], without, settings=small_settings).figures
    official = report.official["each row once"]
    for name in ("MAE10c", "AUC", "coverage", "median width"):
        assert official[name].after == pytest.approx(whole["official"][name], abs=1e-9), name
        assert official[name].before == pytest.approx(public["official"][name], abs=1e-9), name
    for output, ending in zip(OUTPUTS, ("", " if it conducts"), strict=True):
        for view, once in (("each row once", ""), ("each paper once", " each paper once")):
            own = report.time[output][view]
            for name in ("MAE10c", "MAE10c constant", "MAE10c nearest neighbour", "bias", "AUC"):
                expected = whole["time"][f"{name}{once}{ending}"]
                assert own[name].after == pytest.approx(expected, abs=1e-9), (output, view, name)


def test_figures_are_possible(rows: pd.DataFrame, report: GainReport) -> None:
    for side in ("before", "after"):
        own = told(rows[rows["split"] != "years"], side)
        assert (own["low_log10_sigma"] <= own["predicted_log10_sigma"]).all()
        assert (own["predicted_log10_sigma"] <= own["high_log10_sigma"]).all()
        assert own["p_superionic"].between(0.0, 1.0).all()
        assert set(own["domain"]) <= {"inside", "edge", "outside"}
    for views in (report.official, *report.time.values(), *report.papers["plain"].values()):
        for own in views.values():
            for side in ("before", "after"):
                assert 0.0 <= getattr(own["coverage"], side) <= 1.0
                assert 0.0 <= getattr(own["AUC"], side) <= 1.0
                assert 0.0 < getattr(own["MAE10c"], side) < 6.0
            assert own["MAE10c"].low <= own["MAE10c"].difference <= own["MAE10c"].high


def test_the_order_of_rows_does_not_matter(
    table: pd.DataFrame, rows: pd.DataFrame, small_settings: Any
) -> None:
    shuffled = table.sample(frac=1.0, random_state=3)
    again = before_after(shuffled, settings=small_settings[0], folds=FOLDS)
    pd.testing.assert_frame_equal(again, rows)


def test_a_table_without_the_source_or_without_years_is_refused(
    table: pd.DataFrame, small_settings: Any
) -> None:
    public = table[table["source"] != "literature"]
    with pytest.raises(RefusedInputError, match="no row of the source literature"):
        before_after(public, settings=small_settings[0])
    old = table.assign(year=table["year"].clip(upper=2019))
    with pytest.raises(RefusedInputError, match="2020 or later"):
        before_after(old, settings=small_settings[0])


@pytest.fixture(scope="module")
def command() -> ModuleType:
    path = ROOT / "benchmarks" / "before_after.py"
    found = importlib.util.spec_from_file_location("before_after_command", path)
    assert found is not None
    assert found.loader is not None
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


def test_the_page_has_a_place_for_every_table_and_shows_every_picture(
    rows: pd.DataFrame, report: GainReport, command: ModuleType, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "todays-chemistry.md").read_text(encoding="utf-8")
    card = command.CARD.read_text(encoding="utf-8")
    written = {"collected": command.collected(card)} | sections(report)
    filled = command.fill(page, written)
    assert all(text in filled for text in written.values())
    assert command.fill(filled, written) == filled
    drawn = list(command.draw(rows, report, tmp_path))
    for path in drawn:
        assert f"(pictures/todays-chemistry/{path.name})" in page
        assert (ROOT / "docs" / "pictures" / "todays-chemistry" / path.name).is_file()
    assert page.count("![") == len(drawn)


def test_a_page_without_its_marks_is_named(command: ModuleType) -> None:
    with pytest.raises(SystemExit, match="short:begin"):
        command.fill("# A page\n", {"short": "text"})
    with pytest.raises(SystemExit, match="S/cm"):
        command.collected("| what | count |\n|---|---|\n\n| family | rows |\n|---|---|\n")
