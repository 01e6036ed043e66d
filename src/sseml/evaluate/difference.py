"""By how much one model errs more than another on the same rows, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite, nan
from typing import Any

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray

RESAMPLES = 4000
MARGIN_DECADES = 0.02
"""A loss smaller than this is none; why this much is in docs/decisions/0007-promotion.md."""

FEWEST_GROUPS = 10
"""Resampling fewer groups than this says nothing about the next one."""

ALL, CHAMPIONS_OWN = "all judged rows", "rows the champion knows"
GATED = (ALL, CHAMPIONS_OWN)
"""The candidate must not be worse on either of these."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Errors of two models on the same rows, in decades; positive: the candidate is worse.

    Interval and probabilities are NaN for fewer than `FEWEST_GROUPS` groups; a coverage, the share
    of rows inside the 90 % interval of a model, is NaN where it was not measured.
    """

    rows: int
    groups: int
    champion_MAE10c: float
    candidate_MAE10c: float
    difference: float
    """Candidate minus champion."""
    low: float
    high: float
    """Limits of the 95 % interval of the difference."""
    upper: float
    """The difference is below this with 95 % probability."""
    p_worse: float
    """Probability that the candidate is worse by more than the margin."""
    champion_coverage: float = nan
    candidate_coverage: float = nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a candidate does against the champion, and how certain that is.

    `parts` are the differences on all judged rows, on those the champion knows, and on those that
    both, only the champion and only the candidate knows; a part without rows is left out.
    """

    champion: str
    candidate: str
    parts: Mapping[str, Difference]
    margin: float
    folds: int
    seed: int
    resamples: int
    judged: str = "σ at 25 °C, {folds} folds by paper"
    """Of what the errors are, and what was held out together."""

    @property
    def complaints(self) -> tuple[str, ...]:
        """Where the candidate is worse, or cannot be shown not to be; empty if it may go on."""
        return tuple(
            text for name in GATED if (text := _complaint(name, self.parts[name], self.margin))
        )

    @property
    def not_worse(self) -> bool:
        """Whether the upper 95 % limit is within the margin, on each of the gated parts."""
        return not self.complaints

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; a figure that cannot be had is None."""
        return {
            "champion": self.champion,
            "candidate": self.candidate,
            "margin_decades": self.margin,
            "folds": self.folds,
            "seed": self.seed,
            "resamples": self.resamples,
            "not_worse": self.not_worse,
            "complaints": list(self.complaints),
            "parts": {
                name: {
                    key: value if isfinite(value) else None for key, value in asdict(part).items()
                }
                for name, part in self.parts.items()
            },
        }

    def to_text(self) -> str:
        """As Markdown: by how much, and how sure."""
        lines = [
            f"{self.candidate} against {self.champion}: mean absolute error in decades of "
            f"{self.judged.format(folds=self.folds)}; 95 % intervals from {self.resamples} "
            "resamplings of whole groups.",
            "",
            "| judged on | rows | groups | champion | candidate | difference | 95 % interval "
            f"| P(worse by > {self.margin:g}) | coverage of 90 % |",
            "|---|---|---|---|---|---|---|---|---|",
            *(_line(name, part) for name, part in self.parts.items()),
            "",
        ]
        if self.not_worse:
            lines.append(
                f"Not worse: on {' and on '.join(GATED)}, the difference is at most "
                f"{max(self.parts[name].upper for name in GATED):+.4f} decades with 95 % "
                f"probability; the margin is {self.margin:g}."
            )
        else:
            lines += [f"Worse, or not shown not to be: {text}." for text in self.complaints]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Side:
    """One model on the judged rows: its errors in decades, what is inside its 90 % interval.

    `knows` are the rows that it would learn from; each shape (n,).
    """

    error: FloatArray
    inside: BoolArray
    knows: BoolArray


def differences(
    sides: Sequence[Side],
    groups: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    margin: float = MARGIN_DECADES,
) -> dict[str, Difference]:
    """The parts of a `Comparison` of champion and candidate; `groups` are those of the rows."""
    champion, candidate = sides
    parts: dict[str, Difference] = {}
    for name, mask in _parts(champion.knows, candidate.knows):
        if mask.any():
            paired = paired_difference(
                champion.error[mask],
                candidate.error[mask],
                groups[mask],
                resamples=resamples,
                seed=seed,
                margin=margin,
            )
            parts[name] = replace(
                paired,
                champion_coverage=float(champion.inside[mask].mean()),
                candidate_coverage=float(candidate.inside[mask].mean()),
            )
    return parts


def _parts(champion: BoolArray, candidate: BoolArray) -> Iterator[tuple[str, BoolArray]]:
    yield ALL, champion | candidate
    yield CHAMPIONS_OWN, champion
    yield "rows both know", champion & candidate
    yield "rows only the champion knows", champion & ~candidate
    yield "rows only the candidate knows", candidate & ~champion


def paired_difference(
    champion_error: FloatArray,
    candidate_error: FloatArray,
    groups: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    margin: float = MARGIN_DECADES,
) -> Difference:
    """Mean difference of two errors on the same rows, with an interval from resampled groups.

    Absolute errors are in decades, shape (n,), n at least 1. Rows of one group stay together in
    every resampling. The margin is that of `Difference.p_worse`.
    """
    excess = candidate_error - champion_error
    _, position = np.unique(groups, return_inverse=True)
    rows_of = np.bincount(position)
    excess_of = np.bincount(position, weights=excess)
    count = len(rows_of)
    low = high = upper = p_worse = nan
    if count >= FEWEST_GROUPS:
        drawn = np.random.default_rng(seed).multinomial(
            count, np.full(count, 1.0 / count), size=resamples
        )
        differences = (drawn @ excess_of) / (drawn @ rows_of)
        low, high, upper = (float(q) for q in np.quantile(differences, [0.025, 0.975, 0.95]))
        p_worse = float((differences > margin).mean())
    return Difference(
        rows=len(excess),
        groups=count,
        champion_MAE10c=float(champion_error.mean()),
        candidate_MAE10c=float(candidate_error.mean()),
        difference=float(excess.mean()),
        low=low,
        high=high,
        upper=upper,
        p_worse=p_worse,
    )


def _complaint(name: str, part: Difference, margin: float) -> str:
    if part.groups < FEWEST_GROUPS:
        return (
            f"{name}: {part.groups} groups are too few to be sure; "
            f"it takes at least {FEWEST_GROUPS}"
        )
    if part.upper <= margin:
        return ""
    return (
        f"{name}: the error grows by {part.difference:+.4f} decades, and may grow by up to "
        f"{part.upper:+.4f} (95 %), more than the margin of {margin:g}"
    )


def _line(name: str, part: Difference) -> str:
    sure = f"{part.low:+.4f} … {part.high:+.4f}" if isfinite(part.low) else "too few groups"
    p_worse = f"{part.p_worse:.3f}" if isfinite(part.p_worse) else "–"
    return (
        f"| {name} | {part.rows} | {part.groups} | {part.champion_MAE10c:.4f} "
        f"| {part.candidate_MAE10c:.4f} | {part.difference:+.4f} | {sure} | {p_worse} "
        f"| {part.champion_coverage:.2f} → {part.candidate_coverage:.2f} |"
    )
