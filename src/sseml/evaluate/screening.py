"""How many of the first materials of a ranking are good: what a group makes this month."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.evaluate.difference import FEWEST_GROUPS
from sseml.evaluate.metrics import Figures

THRESHOLDS: Mapping[str, float] = MappingProxyType({"1e-4": -4.0, "1e-3": -3.0})
"""Name of a σ in S/cm, and its log10."""

FIRST = (10, 20, 50)
_RESAMPLES = 2000
_PROBABILITY, _SIGMA, _NEIGHBOUR = "", " by σ", " by nearest neighbour"


def share_of_first(good: FloatArray, score: FloatArray, count: int) -> float:
    """Share of good ones (1, else 0) among the `count` of the highest score; ties as they stand.

    `good` and `score` are (n,).
    """
    return float(good[np.argsort(-score, kind="stable")[:count]].mean())


def screening(
    truth: FloatArray,
    probabilities: Mapping[str, FloatArray],
    sigma: FloatArray,
    neighbour: FloatArray,
    papers: IntArray,
) -> Figures:
    """Shares of good materials among the first of three rankings.

    Parameters
    ----------
    truth
        Measured log10 σ, shape (n,).
    probabilities
        Name of a threshold → probability to reach it, (n,): what `sseml screen` ranks by.
    sigma, neighbour
        Predicted log10 σ, and the value of the nearest measurement, (n,): simpler rankings.
    papers
        Of the rows, (n,), which are resampled.

    Returns
    -------
    dict
        ``share above 1e-3 top 10`` of the ranking by probability, ``… by σ``, ``… by nearest
        neighbour``; ``gain above 1e-3 top 10 over σ low`` and ``high`` are 95 % limits of what the
        probability gains, papers resampled.
    """
    figures: Figures = {}
    draws = _resampled(papers)
    for name, threshold in THRESHOLDS.items():
        good = (truth >= threshold).astype(np.float64)
        figures[f"share above {name}"] = float(good.mean())
        rankings = {_PROBABILITY: probabilities[name], _SIGMA: sigma, _NEIGHBOUR: neighbour}
        for count in FIRST:
            base = f"share above {name} top {count}"
            for how, score in rankings.items():
                figures[base + how] = share_of_first(good, score, count)
            if not draws:
                continue
            shares = {
                how: np.array([share_of_first(good[d], score[d], count) for d in draws])
                for how, score in rankings.items()
            }
            for how, than in ((_SIGMA, "σ"), (_NEIGHBOUR, "nearest neighbour")):
                low, high = np.quantile(shares[_PROBABILITY] - shares[how], [0.025, 0.975])
                gain = f"gain above {name} top {count} over {than}"
                figures[f"{gain} low"] = float(low)
                figures[f"{gain} high"] = float(high)
    return figures


def _resampled(papers: IntArray) -> list[IntArray]:
    """Rows of papers drawn with replacement, again and again; none for a handful of papers."""
    names = np.unique(papers)
    if len(names) < FEWEST_GROUPS:
        return []
    rows = [np.flatnonzero(papers == name) for name in names]
    draw = np.random.default_rng(0)
    return [
        np.concatenate([rows[number] for number in draw.integers(0, len(rows), len(rows))])
        for _ in range(_RESAMPLES)
    ]
