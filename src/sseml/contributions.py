"""What an answer is made of: measured materials with their weights, parts, and features."""

from __future__ import annotations

from collections.abc import Mapping

from sseml.classes import dataclass


@dataclass(frozen=True, slots=True)
class WeighedMeasurement:
    """A measurement that an answer was learned from.

    Attributes
    ----------
    formula, sigma_S_cm, relation, temperature_C, doi, reference
        The measurement, as in `sseml.records.MeasuredValue`.
    weight
        Decades of the answer at 25 °C for each decade of this σ.
    decades
        What the measurement contributes: `weight` times the log10 of σT / 298.15 K that was learned
        from, and the same of its activation energy, where it states one.
    """

    formula: str
    sigma_S_cm: float
    relation: str
    temperature_C: float
    doi: str | None
    reference: str | None
    weight: float
    decades: float


@dataclass(frozen=True, slots=True)
class WeighedMaterial:
    """All `count` measurements of one formula together: their summed weights and contributions."""

    formula: str
    count: int
    weight: float
    decades: float


@dataclass(frozen=True, slots=True)
class FeatureMove:
    """Decades by which a feature moves an answer against the mean of its family."""

    name: str
    unit: str
    value: float
    family_mean: float
    decades: float


@dataclass(frozen=True, slots=True)
class Contributions:
    """What makes up one answer at 25 °C, all in decades of σ in S/cm.

    The contributions of all measurements and `constant` sum to `log10_sigma_25C`; so do `parts`.

    Attributes
    ----------
    log10_sigma_25C
        The answer of the model at 25 °C, before any measurements of one's own.
    constant
        What depends on no measurement: the means that a prior expects, and clipped values.
    measurements
        Those with the largest weights, largest first.
    other_count, other_decades
        How many other measurements there are, and what they contribute together.
    materials
        Formulas with the largest weights, all their measurements taken together.
    parts
        What each part of the model contributes: process, linear, boosted, averaged,
        crystal_system and known_structure.
    features
        Those that move the answer most, largest first.
    compared_with
        The family whose mean the features are compared with; None for all that was measured.
    """

    log10_sigma_25C: float
    constant: float
    measurements: tuple[WeighedMeasurement, ...]
    other_count: int
    other_decades: float
    materials: tuple[WeighedMaterial, ...]
    parts: Mapping[str, float]
    features: tuple[FeatureMove, ...]
    compared_with: str | None
