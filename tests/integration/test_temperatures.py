"""Answers away from 25 °C are judged at the temperature of each measurement, band by band."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import constants
from scipy.stats import spearmanr

from sseml.evaluate import Report
from sseml.evaluate.answers import Answers, Subject, Views
from sseml.evaluate.temperatures import BANDS_C, energies, temperatures

BANDS = {
    "below 15 °C": lambda t: t < 15,
    "50 to 150 °C": lambda t: (t >= 50) & (t < 150),
    "150 to 400 °C": lambda t: (t >= 150) & (t < 400),
    "200 to 300 °C": lambda t: (t >= 200) & (t < 300),
    "300 to 500 °C": lambda t: (t >= 300) & (t < 500),
    "above 500 °C": lambda t: t >= 500,
}


def carried(
    log10_sigma: np.ndarray, energy_eV: np.ndarray | float, from_C: Any, to_C: Any
) -> np.ndarray:
    """Along σT = A exp(-E / kT), by the constants of SciPy."""
    one, other = (np.asarray(celsius, dtype=float) + 273.15 for celsius in (from_C, to_C))
    in_eV = constants.physical_constants["Boltzmann constant in eV/K"][0]
    exponent = energy_eV / in_eV * (1.0 / one - 1.0 / other) / np.log(10.0)
    moved: np.ndarray = log10_sigma + exponent + np.log10(one / other)
    return moved


@pytest.fixture(scope="module")
def measured(evaluated: Any, varied_table: pd.DataFrame) -> pd.DataFrame:
    """The rows that were held out, in the order of the answers, as the table has them."""
    subject = evaluated.subject
    return varied_table.iloc[subject.data.rows[subject.by_paper.by_composition.rows]]


@pytest.fixture(scope="module")
def answers(evaluated: Any) -> Answers:
    return evaluated.subject.by_paper.by_composition


def test_the_bands_are_those_of_the_names() -> None:
    assert BANDS.keys() == BANDS_C.keys()


@pytest.mark.parametrize("band", BANDS)
def test_figures_of_a_band(
    evaluated: Any, measured: pd.DataFrame, answers: Answers, band: str
) -> None:
    figures = evaluated.report.figures["temperatures"]
    celsius = measured["temperature_C"].to_numpy(dtype=float)
    truth = np.log10(measured["sigma_S_cm"].to_numpy(dtype=float))
    stated = measured["activation_energy_eV"].where(
        measured["activation_energy_eV"].between(0.05, 1.6)
        & ~measured["flags"].map(lambda own: "improbable_prefactor" in own)
    )
    poor = carried(truth, stated.fillna(0.45).to_numpy(dtype=float), celsius, 25.0) < -10.0
    told = answers.measured_at
    low, high, known = (np.maximum(each, -10.0) for each in (told.low, told.high, truth))
    inside = (low <= known) & (known <= high)
    here = BANDS[band](celsius)
    along = carried(answers.at_25.mean, 0.45, 25.0, celsius)
    expected = {
        "rows": here.sum(),
        "MAE": np.abs(told.mean - truth)[here].mean(),
        "bias": (told.mean - truth)[here].mean(),
        "MAE constant energy": np.abs(along - truth)[here].mean(),
        "MAE constant": np.abs(truth[here] - np.median(truth[here])).mean(),
        "coverage": inside[here].mean(),
        "rows poor": (here & poor).sum(),
        "coverage poor": inside[here & poor].mean() if (here & poor).any() else np.nan,
    }
    assert here.sum() >= 5
    for name, value in expected.items():
        assert figures[f"{name} {band}"] == pytest.approx(value, abs=1e-5, nan_ok=True), name


def test_some_bands_hold_rows_that_hardly_conduct(evaluated: Any) -> None:
    figures = evaluated.report.figures["temperatures"]
    for band in ("200 to 300 °C", "300 to 500 °C"):
        assert 3 <= figures[f"rows poor {band}"] < figures[f"rows {band}"]


def test_heated_answers_follow_their_activation_energy(
    answers: Answers, measured: pd.DataFrame
) -> None:
    """Up to 10 S/cm, which no answer exceeds."""
    celsius = measured["temperature_C"].to_numpy(dtype=float)
    along = carried(answers.at_25.mean, answers.energy_eV, 25.0, celsius)
    np.testing.assert_allclose(answers.measured_at.mean, np.minimum(along, 1.0), atol=1e-5)
    assert (answers.measured_at.low <= answers.measured_at.mean).all()
    assert (answers.measured_at.mean <= answers.measured_at.high).all()


def test_energies_are_those_that_papers_state(
    evaluated: Any, measured: pd.DataFrame, answers: Answers
) -> None:
    figures = evaluated.report.figures["energies"]
    stated = measured["activation_energy_eV"].to_numpy(dtype=float, na_value=np.nan)
    learned = evaluated.subject.data.activation_energy_eV[answers.rows]
    known = ~np.isnan(learned)
    np.testing.assert_array_equal(learned[known], stated[known])
    truth, told = stated[known], answers.energy_eV[known]
    assert figures["rows"] == known.sum() > 50
    assert figures["MAE eV"] == pytest.approx(np.abs(truth - told).mean())
    assert figures["MAE eV constant"] == pytest.approx(np.abs(truth - np.median(truth)).mean())
    assert figures["Spearman"] == pytest.approx(spearmanr(truth, told).statistic)


def _only(subject: Subject, rows: np.ndarray) -> Subject:
    """A subject with held-out answers about some rows only; `rows` masks those of its set."""
    views = subject.by_paper
    fewer = Subject(subject.table, subject.recipe, settings=subject.settings)
    picked = rows[views.by_composition.rows]
    left = Views(views.by_composition.take(picked), views.with_system.take(picked))
    fewer.__dict__.update(data=subject.data, by_paper=left)
    return fewer


def test_bands_without_rows_are_left_out(evaluated: Any) -> None:
    subject = evaluated.subject
    celsius = subject.data.temperature_K - 273.15
    assert temperatures(_only(subject, np.abs(celsius - 25.0) < 5.0)).figures == {}
    warm = temperatures(_only(subject, (celsius > 50.0) & (celsius < 120.0))).figures
    assert {name.partition(" 50")[0] for name in warm} >= {"rows", "MAE", "coverage poor"}
    assert all(name.endswith("50 to 150 °C") for name in warm)
    text = Report({"temperatures": warm}, rows=1).to_text()
    assert "| temperatures | coverage 300 to 500 °C: 90 % intervals | – |" in text


def test_where_no_paper_states_an_energy_there_is_no_error(evaluated: Any) -> None:
    subject = evaluated.subject
    figures = energies(_only(subject, np.isnan(subject.data.activation_energy_eV))).figures
    assert figures["rows"] == 0.0
    assert np.isnan(figures["MAE eV"])
