"""The main figures of a model's card, with what each of them means."""

from __future__ import annotations

from typing import Any, NamedTuple

from sseml.model.answer import Model

_NEW_PAPER = "papers held out"
_NEW_CHEMISTRY = "composition clusters held out"
_LATER = "papers of 2020 and later held out"
_NEW_POLYMER = "polymers held out"
_ERROR = "mean absolute error of log10 σ, decades"
_COVERAGE = "share of measured values inside their 90 % interval"
_WIDTH = "median width of the interval, decades"
_AUC = "ranking of materials at or above 1e-4 S/cm against those below; 0.5 is chance"


class _Main(NamedTuple):
    benchmark: str
    figure: str
    held_out: str
    meaning: str


_MAIN = (
    _Main("papers", "MAE10c", _NEW_PAPER, _ERROR),
    _Main("papers", "MAE10c constant", _NEW_PAPER, f"{_ERROR}, of the best constant"),
    _Main("papers", "coverage", _NEW_PAPER, _COVERAGE),
    _Main("papers", "median width", _NEW_PAPER, _WIDTH),
    _Main("clusters", "MAE10c", _NEW_CHEMISTRY, _ERROR),
    _Main("clusters", "AUC", _NEW_CHEMISTRY, _AUC),
    _Main("clusters", "coverage", _NEW_CHEMISTRY, _COVERAGE),
    _Main("time", "MAE10c", _LATER, _ERROR),
    _Main("time", "AUC", _LATER, _AUC),
    _Main("polymer", "new polymer MAE per polymer", _NEW_POLYMER, _ERROR),
    _Main(
        "polymer", "new polymer MAE per polymer constant", _NEW_POLYMER,
        f"{_ERROR}, of the best constant",
    ),
    _Main("polymer", "interval coverage per polymer", _NEW_POLYMER, _COVERAGE),
    _Main("polymer", "interval width", _NEW_POLYMER, _WIDTH),
)  # fmt: skip
"""What a reader of predictions has to know; the card holds the others."""


def card_contents(model: Model) -> dict[str, Any]:
    """Name, kind, target and main figures of a model, as its manifest has them.

    A model without figures, such as one that a person trained, has an empty list of them.
    """
    manifest = model.manifest
    benchmarks = manifest.get("metrics", {}).get("benchmarks", {})
    return {
        "name": model.name,
        "kind": model.kind.name,
        "target": manifest.get("target", ""),
        "version": manifest.get("code_version", ""),
        "figures": [
            [main.held_out, main.meaning, round(float(benchmarks[main.benchmark][main.figure]), 3)]
            for main in _MAIN
            if main.figure in benchmarks.get(main.benchmark, {})
        ],
    }
