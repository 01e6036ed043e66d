"""What an answer is made of, as lines of a table's block and as a nested record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sseml.classes import asdict
from sseml.contributions import Contributions, FeatureMove, WeighedMeasurement

_PARTS = {
    "process": "Gaussian process",
    "linear": "linear mean",
    "boosted": "boosted trees",
    "averaged": "averaged trees",
    "known_structure": "measurements of this structure",
    "crystal_system": "crystal system",
}


def contributions_lines(made_of: Contributions) -> Iterable[tuple[str, str]]:
    """Label and text of each line: measurements by weight, parts, features."""
    measured = made_of.log10_sigma_25C - made_of.constant
    count = len(made_of.measurements) + made_of.other_count
    yield (
        "sum",
        f"log10 σ at 25 °C is {made_of.log10_sigma_25C:.2f}: {measured:.2f} from {count} "
        f"measurements by their weights, {made_of.constant:+.2f} from none",
    )
    for value in made_of.measurements:
        yield "weight", _measurement(value)
    yield "", f"{made_of.other_count} others: {made_of.other_decades:+.2f}"
    yield (
        "materials",
        ", ".join(
            f"{each.weight:+.2f} × {each.formula} ({each.count})" for each in made_of.materials
        ),
    )
    parts = (f"{_PARTS[name]} {decades:+.2f}" for name, decades in made_of.parts.items())
    yield "parts", ", ".join(parts)
    mean = made_of.compared_with or "all that was measured"
    for feature in made_of.features:
        yield "moved", f"{feature.decades:+.2f} against {mean} by {_feature(feature)}"


def contributions_record(made_of: Contributions) -> dict[str, Any]:
    """All of it under the names of its attributes."""
    return asdict(made_of)


def _measurement(value: WeighedMeasurement) -> str:
    sign = value.relation if value.relation in "<>" else ""
    return (
        f"{value.weight:+.3f} × {value.formula}, {sign}{value.sigma_S_cm:.2g} S/cm at "
        f"{value.temperature_C:g} °C, {value.doi or value.reference or 'no DOI'}: "
        f"{value.decades:+.2f}"
    )


def _feature(feature: FeatureMove) -> str:
    unit = "" if feature.unit == "1" else f" {feature.unit}"
    return f"{feature.name} {feature.value:.3g}{unit} (mean {feature.family_mean:.3g})"
