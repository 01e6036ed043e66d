"""The benchmarks: what is held out, what is fitted on the rest, what is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray
from sseml.evaluate.answers import (
    OUTER_FOLDS,
    Answers,
    Outcome,
    Subject,
    both_views,
    tabulate,
)
from sseml.evaluate.known import crystals, repeats
from sseml.evaluate.metrics import (
    Figures,
    auc,
    clipped_absolute_error,
    clipped_error,
    group_mean,
    mean_or_nan,
    of_nearest,
    spearman,
)
from sseml.evaluate.order import SMALLEST_FAMILY, ceiling, family_spearman, series_order
from sseml.evaluate.ranking import ranking
from sseml.evaluate.temperatures import energies, temperatures
from sseml.evaluate.time_split import time_split
from sseml.evaluate.windows import agreement, collapses, compared_both_ways
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.fitting import (
    BY_CLUSTER,
    BY_PAPER,
    HoldoutScheme,
    cross_fit,
    fit_calibrated,
    predict_out_of_fold,
)
from sseml.model.phases import PhaseBundle
from sseml.model.regressors import fit_ensemble
from sseml.model.split import official_split
from sseml.records import RefusedInputError
from sseml.released import DEFAULT_PHASES, released_folder

OTHER_FOLDINGS = (1, 2)
_LARGE_FAMILY = 20
"""Of fewer rows a coverage says nothing."""

_CALIBRATED = (0.85, 0.95)
PAPER_LABEL_OF_BOUNDS = -15.0
"""The OBELiX paper's target for `<` (doi 10.1039/D5DD00441A), the label of MAE15."""


def official(subject: Subject) -> Outcome:
    """OBELiX's own train/test split; training rows that match a test row are removed."""
    data = subject.data
    _, in_test = official_split(subject.table.iloc[data.rows])
    is_test = in_test & data.at_25
    if not is_test.any():
        raise RefusedInputError(
            "no row of the official test split says what σ is at 25 °C",
            "leave the benchmark official out",
        )
    trained = BY_PAPER.training_mask(data, in_test)
    counts = f"{int(trained.sum())} training rows, {int(is_test.sum())} test rows"
    subject.progress(f"official split: {counts}")
    model = fit_calibrated(data.take(trained), subject.settings, subject.progress)
    views = both_views(model, data, trained, is_test)
    answers, truth = views.by_composition, data.target[is_test]
    learned = trained & data.at_25
    neighbour = of_nearest(data.distance[is_test][:, learned], data.target[learned])
    constant = np.full(len(truth), np.median(data.target[learned]))
    label, as_paper = _as_the_paper(subject, data, trained, is_test)
    figures = {
        "test rows": float(is_test.sum()),
        "MAE15": float(np.abs(label - as_paper).mean()),
        "MAE10c": float(clipped_absolute_error(truth, answers.at_25.mean).mean()),
        "MAE10c with crystal system": float(
            clipped_absolute_error(truth, views.with_system.at_25.mean).mean()
        ),
        "AUC": auc(truth >= SUPERIONIC_LOG10_SIGMA, answers.p_superionic),
        "Spearman": spearman(truth, answers.at_25.mean),
        "coverage": float(answers.at_25.holds(truth).mean()),
        "median width": float(np.median(answers.at_25.high - answers.at_25.low)),
        "near share": float((answers.nearest < subject.kind.distance.radii.near).mean()),
        "MAE10c constant": float(clipped_absolute_error(truth, constant).mean()),
        "MAE10c nearest neighbour": float(clipped_absolute_error(truth, neighbour).mean()),
    }
    return Outcome(figures)


def _as_the_paper(
    subject: Subject, data: TrainingSet, trained: BoolArray, is_test: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Label and prediction as the OBELiX paper has it: every `<` is 1e-15, nothing is clipped."""
    label = _paper_target(subject.table, data)
    as_values = replace(
        data,
        log10_sigma=np.where(data.is_bound, PAPER_LABEL_OF_BOUNDS, data.log10_sigma),
        is_bound=np.zeros(len(data), dtype=np.bool_),
        target=label,
    )
    ensemble = fit_ensemble(subject.settings, as_values.take(trained)).ensemble
    distance = data.distance[is_test][:, trained]
    unknown = np.full(int(is_test.sum()), UNKNOWN)
    view = ensemble.view(data.X[is_test], distance, unknown)
    plain = ensemble.plain
    share = plain.share.of(distance.min(axis=1))
    level, _ = plain.lines.predict(view.cross)
    trees, _ = plain.trees.predict(view)
    return label[is_test], share * level + (1.0 - share) * trees


def papers(subject: Subject) -> Outcome:
    """Cross-validation grouped by DOI, training rows near a held-out row removed."""
    data = subject.data
    answers = _about_25(data, subject.by_paper.by_composition)
    with_system = _about_25(data, subject.by_paper.with_system)
    truth = data.target[answers.rows]
    error = clipped_absolute_error(truth, answers.at_25.mean)
    has_doi = _has_doi(subject, data)
    source = subject.table["source"].to_numpy()[data.rows][answers.rows]
    families = data.families[answers.rows].astype(str)
    own_papers = data.papers[answers.rows]
    figures = {
        "rows": float(len(truth)),
        "MAE10c": float(error.mean()),
        "MAE10c constant": float(_error_of_median(truth).mean()),
        "MAE10c rows with a DOI": mean_or_nan(error[has_doi[answers.rows]]),
        "MAE10c OBELiX rows": mean_or_nan(error[source == "obelix"]),
        "MAE10c with crystal system": float(
            clipped_absolute_error(truth, with_system.at_25.mean).mean()
        ),
        "AUC": auc(truth >= SUPERIONIC_LOG10_SIGMA, answers.p_superionic),
        "median width": float(np.median(answers.at_25.high - answers.at_25.low)),
        "MAE10c rows with a DOI, grouped only": _grouped_only(subject, has_doi),
        "Spearman in families": family_spearman(
            truth, answers.score, families, np.arange(len(truth))
        ),
        "Spearman in families ceiling": ceiling(truth, families, own_papers),
        "series order": series_order(truth, answers.score, families, own_papers),
    }
    figures |= _coverages(data, answers)
    figures |= _scatter(subject, data, BY_PAPER)
    return Outcome(figures, tabulate(subject.table, data, BY_PAPER, answers))


def _coverages(data: TrainingSet, answers: Answers) -> Figures:
    inside = answers.at_25.holds(data.target[answers.rows]).astype(float)
    families = data.families[answers.rows].astype(str)
    names, sizes = np.unique(families, return_counts=True)
    low, high = _CALIBRATED
    shares = np.array([inside[families == name].mean() for name in names[sizes >= _LARGE_FAMILY]])
    return {
        "coverage": float(inside.mean()),
        "coverage each paper once": group_mean(inside, data.papers[answers.rows]),
        "families calibrated share": mean_or_nan(
            ((shares >= low) & (shares <= high)).astype(np.float64)
        ),
    }


def clusters(subject: Subject) -> Outcome:
    """Composition clusters held out, training rows within 0.12 of a held-out row removed."""
    data = subject.data
    answers = _about_25(data, subject.by_cluster.by_composition)
    truth = data.target[answers.rows]
    groups = data.clusters[answers.rows]
    error = clipped_absolute_error(truth, answers.at_25.mean)
    superionic = truth >= SUPERIONIC_LOG10_SIGMA
    inside = answers.at_25.holds(truth).astype(float)
    figures = {
        "rows": float(len(truth)),
        "clusters": float(len(np.unique(groups))),
        "MAE10c": group_mean(error, groups),
        "MAE10c constant": group_mean(_error_of_median(truth), groups),
        "MAE10c by row": float(error.mean()),
        "MAE10c constant by row": float(_error_of_median(truth).mean()),
        "AUC": auc(superionic, answers.p_superionic, groups),
        "AUC by row": auc(superionic, answers.p_superionic),
        "coverage": group_mean(inside, groups),
        "coverage by row": float(inside.mean()),
        "median width": float(np.median(answers.at_25.high - answers.at_25.low)),
    }
    figures |= _scatter(subject, data, BY_CLUSTER)
    return Outcome(figures, tabulate(subject.table, data, BY_CLUSTER, answers))


def parts(subject: Subject) -> Outcome:
    """What each part of the model says alone, on the rows of ``papers`` and ``clusters``."""
    data = subject.data
    figures: Figures = {}
    for name, views in (("papers", subject.by_paper), ("clusters", subject.by_cluster)):
        answers = _about_25(data, views.by_composition)
        truth, groups = data.target[answers.rows], data.clusters[answers.rows]
        if name == "papers":
            groups = np.arange(len(truth))
        own = {
            "whole": answers.at_25.mean,
            "Gaussian process": answers.parts.process,
            "trees": answers.parts.trees,
            "boosted trees": answers.parts.boosted,
            "averaged trees": answers.parts.averaged,
        }
        for part, predicted in own.items():
            error = clipped_absolute_error(truth, predicted)
            figures[f"MAE10c {part}, {name}"] = group_mean(error, groups)
    return Outcome(figures)


def families(subject: Subject) -> Outcome:
    """Leave one family out: error and bias of each family that the model has never seen."""
    data = subject.data
    figures: Figures = {}
    errors = []
    names, sizes = np.unique(data.families[data.at_25].astype(str), return_counts=True)
    for name in names[sizes >= SMALLEST_FAMILY]:
        of_family = data.families == name
        held_out = of_family & data.at_25
        trained = BY_PAPER.training_mask(data, of_family)
        ensemble = fit_ensemble(subject.settings, data.take(trained)).ensemble
        level = predict_out_of_fold(ensemble, data, trained, held_out).plain.level
        truth = data.target[held_out]
        error = clipped_absolute_error(truth, level)
        errors.append(error)
        figures[f"{name} rows"] = float(held_out.sum())
        figures[f"{name} MAE10c"] = float(error.mean())
        figures[f"{name} bias"] = float(clipped_error(truth, level).mean())
        subject.progress(f"left out {name}: {error.mean():.2f} decades")
    pooled = mean_or_nan(np.concatenate([np.empty(0), *errors]))
    return Outcome({"MAE10c pooled": pooled} | figures)


def windows(subject: Subject) -> Outcome:
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
    subject.progress(f"windows: {len(rows)} comparisons, {len(formulas)} formulas of OBELiX")
    return Outcome(agreement(rows) | collapses(released.table, formulas), compared=tuple(rows))


BENCHMARKS: dict[str, Callable[[Subject], Outcome]] = {
    "official": official,
    "papers": papers,
    "clusters": clusters,
    "families": families,
    "energies": energies,
    "temperatures": temperatures,
    "time": time_split,
    "ranking": ranking,
    "crystals": crystals,
    "repeats": repeats,
    "parts": parts,
    "windows": windows,
}


def _about_25(data: TrainingSet, answers: Answers) -> Answers:
    """The answers about rows that say what σ is at 25 °C."""
    return answers.take(data.at_25[answers.rows])


def _has_doi(subject: Subject, data: TrainingSet) -> BoolArray:
    """Rows whose DOI is known; a lab's own series has none."""
    known: BoolArray = subject.table["doi"].map(bool).to_numpy(dtype=bool)[data.rows]
    return known


def _error_of_median(truth: FloatArray) -> FloatArray:
    return clipped_absolute_error(truth, np.full(len(truth), np.median(truth)))


def _grouped_only(subject: Subject, has_doi: BoolArray) -> float:
    """Error where papers are held out but the same material in another paper may be learned."""
    data = subject.data
    answers = _about_25(data, subject.by_paper_alone.by_composition)
    error = clipped_absolute_error(data.target[answers.rows], answers.at_25.mean)
    return mean_or_nan(error[has_doi[answers.rows]])


def _scatter(subject: Subject, data: TrainingSet, holdout_scheme: HoldoutScheme) -> Figures:
    """Lowest and highest error over other ways of dealing the groups out to folds."""
    errors = []
    for seed in OTHER_FOLDINGS:
        settings = replace(subject.settings, seed=seed)
        held_out = cross_fit(data, holdout_scheme, settings, OUTER_FOLDS)
        asked = data.at_25[held_out.rows]
        rows, level = held_out.rows[asked], held_out.plain.level[asked]
        error = clipped_absolute_error(data.target[rows], level)
        errors.append(
            float(error.mean())
            if holdout_scheme is BY_PAPER
            else group_mean(error, data.clusters[rows])
        )
    return {"MAE10c lowest folding": min(errors), "MAE10c highest folding": max(errors)}


def _paper_target(table: pd.DataFrame, data: TrainingSet) -> FloatArray:
    """log10 σ as the OBELiX paper labels it: every `<` is 1e-15, nothing is clipped."""
    reported = np.log10(table["sigma_S_cm"].to_numpy(dtype=float)[data.rows])
    above_clip = np.where(reported < data.target, reported, data.target)
    return np.where(data.is_bound & data.at_25, PAPER_LABEL_OF_BOUNDS, above_clip)
