"""Known materials: what the crystal system adds, and what other papers measured of the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sseml.evaluate import evaluate
from sseml.evaluate.answers import Subject, Views, both_views
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.known import NoStructuresError, crystals, repeats
from sseml.kinds import COMPOSITION
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import Recipe, TrainingSet, measured_materials, training_set
from sseml.model.fitting import fit_calibrated
from sseml.model.train import train
from sseml.parse.formula import parse_formula

VIEWS = {"": "by_paper", " grouped only": "by_paper_alone"}


def system_of(space_group: object) -> str | None:
    """Crystal system of a space group number, by the table in every textbook."""
    if pd.isna(space_group):
        return None
    last = {"triclinic": 2, "monoclinic": 15, "orthorhombic": 74, "tetragonal": 142}
    last |= {"trigonal": 167, "hexagonal": 194, "cubic": 230}
    return next(name for name, number in last.items() if int(space_group) <= number)


@dataclass(frozen=True)
class Row:
    """A row that says what σ at 25 °C is, straight from the table of measurements."""

    papers: frozenset[str]
    amounts: dict[str, float]
    system: str | None
    target: float


def rows_of(table: pd.DataFrame, data: TrainingSet) -> dict[int, Row]:
    """The rows that say σ at 25 °C and not only a bound, by their number in the set."""
    found = {}
    for number in np.flatnonzero(data.at_25):
        row = table.iloc[data.rows[number]]
        if row["relation"] == "<":
            continue
        amounts = parse_formula(row["formula"]).amounts
        total = sum(amounts.values())
        fractions = {symbol: amount / total for symbol, amount in amounts.items()}
        papers = {doi.strip().lower() for doi in row["doi"]} or _other_names(row)
        glass = not pd.isna(row["form"]) and row["form"] == "glass"
        system = None if glass else system_of(row["space_group_number"])
        found[int(number)] = Row(frozenset(papers), fractions, system, data.target[number])
    return found


def _other_names(row: pd.Series) -> set[str]:
    """What a row without a DOI is known by; rows of one material without any are of one paper."""
    if row["source"] == "literature":
        return {row["source_id"].partition("#")[0]}
    return {row["reference"]} if row["source"] == "seeds" else {"unknown"}


def _same_material(one: Row, other: Row) -> bool:
    if one.amounts.keys() != other.amounts.keys():
        return False
    return sum(abs(one.amounts[each] - other.amounts[each]) for each in one.amounts) / 2 < 1e-3


def others_of(own: Row, rows: dict[int, Row], *, same_system: bool) -> list[list[float]]:
    """What each other paper measured of the same material, a list for each paper."""
    found: dict[frozenset[str], list[float]] = {}
    for other in rows.values():
        alike = not same_system or (own.system is not None and own.system == other.system)
        if alike and _same_material(own, other) and not own.papers & other.papers:
            found.setdefault(other.papers, []).append(other.target)
    return list(found.values())


@pytest.fixture(scope="module")
def rows(evaluated: Any, varied_table: pd.DataFrame) -> dict[int, Row]:
    return rows_of(varied_table, evaluated.subject.data)


def in_order(views: Views) -> Views:
    """As the rows of the set are."""
    order = np.argsort(views.by_composition.rows)
    return Views(views.by_composition.take(order), views.with_system.take(order))


def clipped(decades: np.ndarray) -> np.ndarray:
    return np.maximum(decades, -10.0)


@pytest.mark.parametrize("view", VIEWS)
def test_the_gain_is_that_of_rows_of_known_system(
    evaluated: Any, varied_table: pd.DataFrame, view: str
) -> None:
    data, figures = evaluated.subject.data, evaluated.report.figures["crystals"]
    picked = varied_table.iloc[data.rows]
    known = picked["space_group_number"].notna() & (picked["form"] != "glass").fillna(True)
    asked = known.to_numpy() & data.at_25
    assert figures["rows"] == asked.sum() > 50
    views = in_order(getattr(evaluated.subject, VIEWS[view]))
    truth = data.target[asked]
    before, after = (
        np.abs(clipped(each.at_25.mean[asked]) - truth)
        for each in (views.by_composition, views.with_system)
    )
    assert figures[f"MAE10c by composition{view}"] == pytest.approx(before.mean())
    assert figures[f"MAE10c{view}"] == pytest.approx(after.mean())
    assert figures[f"gain{view}"] == pytest.approx((after - before).mean())
    assert figures[f"gain low{view}"] < figures[f"gain{view}"] < figures[f"gain high{view}"]
    limits = views.with_system.at_25
    inside = (limits.low[asked] <= truth) & (truth <= clipped(limits.high[asked]))
    assert figures[f"coverage{view}"] == pytest.approx(inside.mean())


def test_the_interval_of_the_gain_is_that_of_resampled_papers(evaluated: Any) -> None:
    """Against the error that the spread of the papers' sums gives, by the delta method."""
    data, figures = evaluated.subject.data, evaluated.report.figures["crystals"]
    views = in_order(evaluated.subject.by_paper)
    asked = data.at_25 & (data.systems != UNKNOWN)
    truth = data.target[asked]
    before, after = (
        np.abs(clipped(each.at_25.mean[asked]) - truth)
        for each in (views.by_composition, views.with_system)
    )
    excess = pd.Series(after - before - (after - before).mean())
    sums = excess.groupby(data.papers[asked]).sum().to_numpy()
    half = 1.96 * np.sqrt((sums**2).sum()) / len(excess)
    assert figures["gain high"] - figures["gain low"] == pytest.approx(2 * half, rel=0.15)


@pytest.mark.parametrize("view", VIEWS.values())
def test_a_system_changes_only_the_answers_about_rows_that_name_one(
    evaluated: Any, view: str
) -> None:
    data, views = evaluated.subject.data, in_order(getattr(evaluated.subject, view))
    moved = views.with_system.at_25.mean - views.by_composition.at_25.mean
    known = data.systems != UNKNOWN
    assert (moved[~known] == 0.0).all()
    assert (moved[known] != 0.0).sum() > 30
    np.testing.assert_array_equal(views.with_system.rows, views.by_composition.rows)


def test_a_table_without_space_groups_is_refused_or_left_out_aloud(
    small_table: pd.DataFrame, small_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = pd.Series(pd.NA, index=small_table.index, dtype="Int16")
    silent = small_table.assign(space_group_number=missing)
    with pytest.raises(NoStructuresError, match="names a space group"):
        evaluate(["crystals"], silent, settings=small_settings)
    kept = {name: BENCHMARKS[name] for name in ("crystals", "windows")}
    monkeypatch.setattr("sseml.evaluate.run.BENCHMARKS", kept)
    report = evaluate([], silent, settings=small_settings)
    assert set(report.figures) == {"windows"}
    assert "space group" in report.left_out["crystals"]


@pytest.mark.parametrize("ending", ["", " same system"])
def test_the_floor_of_repeats_is_the_median_of_the_other_papers(
    evaluated: Any, rows: dict[int, Row], ending: str
) -> None:
    """Every pair of rows is compared by its raw formula, DOI, bound and space group."""
    figures = evaluated.report.figures["repeats"]
    views = in_order(evaluated.subject.by_paper_alone)
    told = (views.with_system if ending else views.by_composition).at_25
    others = {
        number: found
        for number, own in rows.items()
        if (found := others_of(own, rows, same_system=bool(ending)))
    }
    judged = np.array(sorted(others))
    truth = np.array([rows[number].target for number in judged])
    floor = np.array([np.median([np.median(each) for each in others[row]]) for row in judged])
    error = np.abs(clipped(told.mean[judged]) - truth)
    inside = (told.low[judged] <= truth) & (truth <= clipped(told.high[judged]))
    materials = [
        next(first for first in judged if _same_material(rows[first], rows[number]))
        for number in judged
    ]
    assert figures[f"rows{ending}"] == len(judged) > 20
    expected = {
        "compositions": len(set(materials)),
        "MAE10c": error.mean(),
        "MAE10c each composition once": pd.Series(error).groupby(materials).mean().mean(),
        "MAE10c median of the others": np.abs(truth - floor).mean(),
    }
    for name, value in expected.items():
        assert figures[f"{name}{ending}"] == pytest.approx(value), name
    assert figures[f"coverage{ending}"] == pytest.approx(inside.mean())
    if ending:
        bare = np.abs(clipped(views.by_composition.at_25.mean[judged]) - truth).mean()
        assert figures["MAE10c same system by composition"] == pytest.approx(bare)


def test_polymorphs_are_compositions_measured_in_several_systems(
    evaluated: Any, rows: dict[int, Row]
) -> None:
    figures = evaluated.report.figures["repeats"]
    told = in_order(evaluated.subject.by_paper_alone).with_system.at_25.mean
    judged = [
        number
        for number, own in rows.items()
        if own.system is not None
        and len({each.system for each in rows.values() if _same_material(own, each)} - {None}) > 1
    ]
    error = [abs(max(told[number], -10.0) - rows[number].target) for number in judged]
    assert figures["rows polymorphs"] == len(judged) > 15
    assert figures["MAE10c polymorphs"] == pytest.approx(np.mean(error))
    others = [others_of(rows[each], rows, same_system=True) for each in judged]
    floors = [
        abs(np.median([np.median(paper) for paper in found]) - rows[number].target)
        for number, found in zip(judged, others, strict=True)
        if found
    ]
    assert figures["MAE10c median of the others polymorphs"] == pytest.approx(np.mean(floors))


def _asked_about(subject: Subject, table: pd.DataFrame) -> Subject:
    """The same answers about a table that says less of the same rows."""
    less = Subject(table, subject.recipe, settings=subject.settings)
    less.__dict__.update(by_paper=subject.by_paper, by_paper_alone=subject.by_paper_alone)
    return less


def test_a_bound_repeats_nothing(evaluated: Any, varied_table: pd.DataFrame) -> None:
    """A row that says only `<` is neither judged nor in what the others say."""
    bounds = varied_table.assign(relation="<")
    figures = repeats(_asked_about(evaluated.subject, bounds)).figures
    assert {name: value for name, value in figures.items() if name.startswith("rows")} == {
        "rows": 0.0, "rows same system": 0.0, "rows polymorphs": 0.0,
    }  # fmt: skip
    assert np.isnan(figures["coverage"])
    assert np.isnan(figures["MAE10c same system by composition"])


def test_repeats_without_space_groups_are_those_of_compositions(
    evaluated: Any, varied_table: pd.DataFrame
) -> None:
    missing = pd.Series(pd.NA, index=varied_table.index, dtype="Int16")
    less = _asked_about(evaluated.subject, varied_table.assign(space_group_number=missing))
    figures, before = repeats(less).figures, evaluated.report.figures["repeats"]
    for name in ("rows", "MAE10c", "MAE10c median of the others", "coverage"):
        assert figures[name] == before[name]
    assert (figures["rows same system"], figures["rows polymorphs"]) == (0.0, 0.0)
    with pytest.raises(NoStructuresError):
        crystals(less)


def test_what_is_judged_is_what_a_bundle_answers(
    varied_table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    """The same model asked about its own rows: by the benchmark's way and by the bundle's.

    Widths are those of a family: that of a row may follow from its form, which is not asked about.
    """
    data = training_set(varied_table, Recipe())
    every = np.ones(len(data), dtype=bool)
    model = fit_calibrated(data, small_settings)
    judged = both_views(model, data, every, every)
    bundle = train(varied_table, tmp_path / "all", settings=small_settings)
    picked = varied_table.iloc[data.rows]
    glass = (picked["form"] == "glass").fillna(False)  # an unknown form hides no space group
    picked = picked.assign(space_group_number=picked["space_group_number"].mask(glass))
    bare = picked.assign(space_group_number=pd.Series(pd.NA, index=picked.index, dtype="Int16"))
    room, measured_C = np.full(len(data), 25.0), picked["temperature_C"].to_numpy(dtype=float)
    assert (np.abs(measured_C - 25.0) > 100.0).sum() > 20
    close = {"atol": 1e-9, "rtol": 0.0}
    for answers, rows in ((judged.with_system, picked), (judged.by_composition, bare)):
        materials = measured_materials(rows)
        told, at_measured = (bundle.predict(materials, own) for own in (room, measured_C))
        recognised = [COMPOSITION.recognise(material).family for material in materials]
        alike = np.array(recognised) == data.families
        assert alike.mean() > 0.9
        for limits, own in (
            (answers.at_25, told.sigma),
            (answers.if_conductor, told.if_conductor),
            (answers.measured_at, at_measured.sigma),
        ):
            np.testing.assert_allclose(limits.mean, own.log10, **close)
            np.testing.assert_allclose(limits.low[alike], own.log10_low[alike], **close)
            np.testing.assert_allclose(limits.high[alike], own.log10_high[alike], **close)
        np.testing.assert_allclose(answers.energy_eV, told.activation_energy_eV, **close)
        for name in ("p_superionic", "p_conductor"):
            one, other = (getattr(each, name)[alike] for each in (answers, told))
            np.testing.assert_allclose(one, other, **close)
    assert (bundle.predict(measured_materials(picked), room).by_crystal_system != 0).sum() > 30
