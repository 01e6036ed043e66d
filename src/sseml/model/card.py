"""The model card: what a bundle is, what it was made from, how good it is, where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

_SECTIONS = """\
# Model card: {name}

Predicts the ionic conductivity of a solid lithium electrolyte from its composition, and from its
crystal system where a space group or a structure is given: log10 of σ in S/cm at 25 °C, the
activation energy, and with both σ at a temperature (σT Arrhenius); a 90 % interval; the probability
that σ ≥ 1e-4 S/cm; and the measured materials nearest to the question. A second output says the
same on the condition that the material is a conductor (σ > 1e-7 S/cm at 25 °C), beside the
probability of that condition: neither output stands for the other.

- kind: {kind}; schema and calibration in `bundle.json`; made by sseml {code_version}
- training rows: {conductivity_rows} for conductivity, {conductor_rows} of them conductors,
  {polymorph_rows} of known crystal system; {energy_rows} for activation energy
- training data SHA-256: `{digest}` (`evidence.parquet`, which is also all that retraining needs)

## How it is made

Features: {feature_sets} ({n_features} columns). A ridge mean, half boosted trees and half extremely
randomised trees on its residual, averaged with a Gaussian process (share {kernel_share}) that sees
the features through one exponential kernel and the composition through another. Labels
below 1e-10 S/cm, bounds (`<`) among them, are clipped there. Rows of near-identical composition
share their weight. Intervals are conformal: the width is learned from the distance to the training
data and from the disagreement of the parts, on rows held out by paper and by composition cluster.
The second output has trees, ridge and Gaussian mean of its own, fitted to the conductors.

What a crystal system adds is a Gaussian process on the errors of papers held out, by how the system
differs from what measured rows of near composition let expect, times an exponential kernel on the
composition. It moves no answer by more than 2.5 decades, and none without a space group. Whether it
helps is the benchmark `crystals`.

The released model is fitted on every row. Its figures come from the same recipe, fitted anew for
each split on what the split allows; the released model itself has seen OBELiX's test rows, so never
score it on them.

## Measurements

{sources}

## Figures

{figures}

## Where it fails

- A composition has one answer for each crystal system, and one without; density, grain boundaries
  and processing have many. Of a structure, the sites are not used.
- Labels are what papers report: mostly total conductivity, sometimes bulk, often unstated.
- New chemistry (`domain` outside) is a guess with an honest, wide interval.
- Away from 25 °C one activation energy is assumed: no phase transition, no VTF.
- Families with few measurements from few papers (fluorides, iodides, nitrides, thioborates,
  selenides) are known poorly, and what is made in the hope that it conducts comes out low where
  nothing like it was measured before: see the benchmark `time`.

## Licence and credit

Every row of `evidence.parquet` names its source, licence and, where known, DOI. OBELiX is CC-BY-4.0
(doi 10.1039/D5DD00441A); facts also from the Liverpool ionics dataset (doi
10.1038/s41524-022-00951-z), the compilation of Laskowski et al. (doi 10.1039/D2EE03499A) and
sseml's own tables of measurements read in papers and quoted in reviews.
"""


def card_text(manifest: Mapping[str, Any], measurements: pd.DataFrame) -> str:
    """Write the card of a bundle.

    Parameters
    ----------
    manifest
        What `bundle.json` says; its `metrics` are what `sseml evaluate --json` prints.
    measurements
        The curated table.
    """
    return _SECTIONS.format(
        name=manifest["name"],
        kind=manifest["kind"],
        code_version=manifest["code_version"],
        conductivity_rows=manifest["training_rows"]["conductivity"],
        conductor_rows=manifest["training_rows"]["if_conductor"],
        polymorph_rows=manifest["training_rows"]["polymorph"],
        energy_rows=manifest["training_rows"]["energy"],
        digest=manifest["training_data_sha256"],
        feature_sets=", ".join(manifest["feature_sets"]),
        n_features=len(manifest["features"]),
        kernel_share=manifest["settings"]["conductivity"]["kernel_share"],
        sources=_sources(measurements),
        figures=_figures(manifest["metrics"]),
    )


def _sources(measurements: pd.DataFrame) -> str:
    counted = measurements.value_counts(["source", "licence"], sort=False).reset_index()
    lines = ["| source | licence | rows |", "|---|---|---|"]
    lines += [f"| {row.source} | {row.licence} | {row.count} |" for row in counted.itertuples()]
    return "\n".join(lines)


def _figures(metrics: Mapping[str, Any]) -> str:
    benchmarks = metrics.get("benchmarks", {})
    if not benchmarks:
        return "None were measured for this bundle: run `sseml evaluate`."
    lines = ["| benchmark | figure | value |", "|---|---|---|"]
    for benchmark, figures in benchmarks.items():
        for name, value in figures.items():
            shown = "–" if value is None else f"{value:.3f}"
            lines.append(f"| {benchmark} | {name} | {shown} |")
    return "\n".join(lines)
