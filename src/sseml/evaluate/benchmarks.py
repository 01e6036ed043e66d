"""The benchmarks: what is held out, what is fitted on the rest, what is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray
from sseml.evaluate.answers import (
    OUTER_FOLDS,
    SMALLEST_FAMILY,
    Outcome,
    Subject,
    answer,
    cross_answer,
    tabulate,
)
from sseml.evaluate.crystals import crystals
from sseml.evaluate.metrics import (
    Figures,
    auc,
    clipped_absolute_error,
    coverage,
    group_mean,
    mean_or_nan,
    spearman,
)
from sseml.evaluate.time_split import time_split
from sseml.evaluate.windows import agreement, collapses, compared_both_ways
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.model.dataset import TrainingSet
from sseml.model.fitting import (
    BY_CLUSTER,
    BY_PAPER,
    HoldoutScheme,
    Progress,
    cross_fit,
    fit,
    fit_calibrated,
    predict_out_of_fold,
)
from sseml.model.phases import PhaseBundle
from sseml.model.split import official_split
from sseml.records import RefusedInputError
from sseml.released import DEFAULT_PHASES, released_folder

OTHER_FOLDINGS = (1, 2, 3)
PAPER_LABEL_OF_BOUNDS = -15.0
"""The OBELiX paper's target for `<` (doi 10.1039/D5DD00441A), the label of MAE15."""


def official(subject: Subject, progress: Progress) -> Outcome:
    """OBELiX's own train/test split; training rows that match a test row are removed."""
    data = subject.conductivity_set()
    _, is_test = official_split(subject.table.iloc[data.rows])
    trained = BY_PAPER.training_mask(data, is_test)
    progress(f"official split: {int(trained.sum())} training rows, {int(is_test.sum())} test rows")
    model = fit_calibrated(data.take(trained), subject.conductivity, progress)
    answers = answer(model, data, trained, is_test)
    truth = data.target[is_test]

    with_bounds = data.with_target(_paper_target(subject.table, data))
    ensemble = fit(with_bounds.take(trained), subject.conductivity)
    as_paper = predict_out_of_fold(ensemble, with_bounds, trained, is_test)
    constant = np.full(len(truth), np.median(data.target[trained]))
    nearest = data.distance[is_test][:, trained].argmin(axis=1)
    neighbour = data.target[trained][nearest]
    figures = {
        "test rows": float(is_test.sum()),
        "MAE15": float(np.abs(with_bounds.target[is_test] - as_paper.mean).mean()),
        "MAE10c": float(clipped_absolute_error(truth, answers.mean).mean()),
        "AUC": auc(truth >= SUPERIONIC_LOG10_SIGMA, answers.probability),
        "Spearman": spearman(truth, answers.mean),
        "coverage": coverage(truth, answers.low, answers.high),
        "median width": float(np.median(answers.high - answers.low)),
        "near share": float((answers.nearest < subject.kind.distance.radii.near).mean()),
        "MAE10c constant": float(clipped_absolute_error(truth, constant).mean()),
        "MAE10c nearest neighbour": float(clipped_absolute_error(truth, neighbour).mean()),
    }
    return Outcome(figures)


def papers(subject: Subject, progress: Progress) -> Outcome:
    """Cross-validation grouped by DOI, training rows near a held-out row removed."""
    data = subject.conductivity_set()
    answers = cross_answer(data, BY_PAPER, subject.conductivity, progress=progress)
    truth = data.target[answers.rows]
    error = clipped_absolute_error(truth, answers.mean)
    has_doi = _has_doi(subject, data)[answers.rows]
    source = subject.table["source"].to_numpy()[data.rows][answers.rows]
    obelix = source == "obelix"
    figures = {
        "rows": float(len(truth)),
        "MAE10c": float(error.mean()),
        "MAE10c constant": float(_error_of_median(truth).mean()),
        "MAE10c rows with a DOI": mean_or_nan(error[has_doi]),
        "MAE10c OBELiX rows": mean_or_nan(error[obelix]),
        "AUC": auc(truth >= SUPERIONIC_LOG10_SIGMA, answers.probability),
        "coverage": coverage(truth, answers.low, answers.high),
        "median width": float(np.median(answers.high - answers.low)),
        "MAE10c rows with a DOI, grouped only": _grouped_only(subject, data),
    }
    figures |= _scatter(subject, data, BY_PAPER)
    return Outcome(figures, tabulate(subject.table, data, BY_PAPER, answers))


def clusters(subject: Subject, progress: Progress) -> Outcome:
    """Composition clusters held out, training rows within 0.12 of a held-out row removed."""
    data = subject.conductivity_set()
    answers = cross_answer(data, BY_CLUSTER, subject.conductivity, progress=progress)
    truth = data.target[answers.rows]
    groups = data.clusters[answers.rows]
    error = clipped_absolute_error(truth, answers.mean)
    superionic = truth >= SUPERIONIC_LOG10_SIGMA
    inside = ((answers.low <= truth) & (truth <= answers.high)).astype(float)
    figures = {
        "rows": float(len(truth)),
        "clusters": float(len(np.unique(groups))),
        "MAE10c": group_mean(error, groups),
        "MAE10c constant": group_mean(_error_of_median(truth), groups),
        "MAE10c by row": float(error.mean()),
        "MAE10c constant by row": float(_error_of_median(truth).mean()),
        "AUC": auc(superionic, answers.probability, groups),
        "AUC by row": auc(superionic, answers.probability),
        "coverage": group_mean(inside, groups),
        "coverage by row": float(inside.mean()),
        "median width": float(np.median(answers.high - answers.low)),
    }
    figures |= _scatter(subject, data, BY_CLUSTER)
    return Outcome(figures, tabulate(subject.table, data, BY_CLUSTER, answers))


def families(subject: Subject, progress: Progress) -> Outcome:
    """Leave one family out: error and bias of each family that the model has never seen."""
    data = subject.conductivity_set()
    figures: Figures = {}
    errors = []
    names, sizes = np.unique(data.families.astype(str), return_counts=True)
    for name in names[sizes >= SMALLEST_FAMILY]:
        held_out = data.families == name
        trained = BY_PAPER.training_mask(data, held_out)
        ensemble = fit(data.take(trained), subject.conductivity)
        estimate = predict_out_of_fold(ensemble, data, trained, held_out)
        truth = data.target[held_out]
        error = clipped_absolute_error(truth, estimate.mean)
        errors.append(error)
        figures[f"{name} rows"] = float(held_out.sum())
        figures[f"{name} MAE10c"] = float(error.mean())
        figures[f"{name} bias"] = float((estimate.mean - truth).mean())
        progress(f"left out {name}: {error.mean():.2f} decades")
    pooled = mean_or_nan(np.concatenate([np.empty(0), *errors]))
    return Outcome({"MAE10c pooled": pooled} | figures)


def energies(subject: Subject, progress: Progress) -> Outcome:
    """Activation energy, cross-validation grouped by DOI."""
    data = subject.energy_set()
    progress(f"activation energies: {len(data)} rows")
    held_out = cross_fit(data, BY_PAPER, subject.energy, OUTER_FOLDS)
    truth = data.target[held_out.rows]
    constant = np.abs(truth - np.median(truth)).mean()
    figures = {
        "rows": float(len(truth)),
        "MAE eV": float(np.abs(truth - held_out.mean).mean()),
        "MAE eV constant": float(constant),
        "Spearman": spearman(truth, held_out.mean),
    }
    return Outcome(figures)


def windows(subject: Subject, progress: Progress) -> Outcome:
    """Electrochemical windows of the released phase table against published calculated ones."""
    if not subject.kind.has_window:
        raise RefusedInputError(
            f"no electrochemical window is calculated for the kind {subject.kind.name}",
            "leave the benchmark windows out",
        )
    released = PhaseBundle.load(released_folder() / DEFAULT_PHASES)
    rows = compared_both_ways(released.table, released.published.rows)
    measured = subject.table
    formulas = measured.loc[measured["source"] == "obelix", "formula"].unique().tolist()
    progress(f"windows: {len(rows)} comparisons, {len(formulas)} formulas of OBELiX")
    return Outcome(agreement(rows) | collapses(released.table, formulas), compared=tuple(rows))


BENCHMARKS: dict[str, Callable[[Subject, Progress], Outcome]] = {
    "official": official,
    "papers": papers,
    "clusters": clusters,
    "families": families,
    "energies": energies,
    "time": time_split,
    "crystals": crystals,
    "windows": windows,
}


def _has_doi(subject: Subject, data: TrainingSet) -> BoolArray:
    """Rows whose DOI is known; a lab's own series has none."""
    known: BoolArray = subject.table["doi"].map(bool).to_numpy(dtype=bool)[data.rows]
    return known


def _error_of_median(truth: FloatArray) -> FloatArray:
    return clipped_absolute_error(truth, np.full(len(truth), np.median(truth)))


def _grouped_only(subject: Subject, data: TrainingSet) -> float:
    """Error where papers are held out but the same material in another paper may be learned."""
    unpurged = replace(BY_PAPER, purged=None)
    held_out = cross_fit(data, unpurged, subject.conductivity, OUTER_FOLDS)
    has_doi = _has_doi(subject, data)[held_out.rows]
    error = clipped_absolute_error(data.target[held_out.rows], held_out.mean)
    return mean_or_nan(error[has_doi])


def _scatter(subject: Subject, data: TrainingSet, holdout_scheme: HoldoutScheme) -> Figures:
    """Lowest and highest error over other ways of dealing the groups out to folds."""
    errors = []
    for seed in OTHER_FOLDINGS:
        settings = replace(subject.conductivity, seed=seed)
        held_out = cross_fit(data, holdout_scheme, settings, OUTER_FOLDS)
        error = clipped_absolute_error(data.target[held_out.rows], held_out.mean)
        errors.append(
            float(error.mean())
            if holdout_scheme is BY_PAPER
            else group_mean(error, data.clusters[held_out.rows])
        )
    return {"MAE10c lowest folding": min(errors), "MAE10c highest folding": max(errors)}


def _paper_target(table: pd.DataFrame, data: TrainingSet) -> FloatArray:
    """log10 σ as the OBELiX paper labels it: every `<` is 1e-15, nothing is clipped."""
    picked = table.iloc[data.rows]
    is_bound = (picked["relation"] == "<").to_numpy(dtype=bool)
    reported = np.log10(picked["sigma_S_cm"].to_numpy(dtype=float))
    above_clip = np.where(reported < data.target, reported, data.target)
    return np.where(is_bound, PAPER_LABEL_OF_BOUNDS, above_clip)
