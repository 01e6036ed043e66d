"""Rewrite `src/sseml/physics/data/transitions.csv` from `data/literature/transitions.csv`.

One row a transition: readings of the same one are joined. Run as
`python tools/package_transitions.py`; with `--check` nothing is written and the exit code is 1
where the packaged table is out of date.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from math import log10
from pathlib import Path
from statistics import fmean, median

from sseml.physics.transport import arrhenius_log10_sigma, inverse_temperature_shift
from sseml.units import celsius_to_kelvin

ROOT = Path(__file__).parents[1]
READ = ROOT / "data" / "literature" / "transitions.csv"
PACKAGED = ROOT / "src" / "sseml" / "physics" / "data" / "transitions.csv"
COLUMNS = (
    "formula", "transition_C", "low_form", "high_form", "low_structure", "high_structure",
    "point_C", "log10_sigma", "energy_above_eV", "energy_below_eV", "jump_decades", "use",
    "source",
)  # fmt: skip

LEAST_APART_C = 30.0
"""Two points this far apart give an activation energy, where none is printed."""

Row = dict[str, str]


def packaged() -> str:
    """The packaged table as text."""
    with READ.open(encoding="utf-8", newline="") as stream:
        read = [row for row in csv.DictReader(stream) if row["use"] != "no"]
    groups: dict[str, list[Row]] = {}
    for row in read:
        groups.setdefault(row["transition"], []).append(row)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(joined(rows) for rows in groups.values())
    return text.getvalue()


def joined(rows: Sequence[Row]) -> list[str]:
    """One transition from its readings.

    Of different temperatures and energies the median, of points the mean of log10 σ, carried to the
    temperature of the first; of words the first that are there.
    """
    above = [float(row["Ea_above_eV"]) for row in rows if row["Ea_above_eV"]]
    below = [float(row["Ea_below_eV"]) for row in rows if row["Ea_below_eV"]]
    points = [
        (float(row["T_above_C"]), log10(float(row["sigma_above_S_cm"])))
        for row in rows
        if row["sigma_above_S_cm"] and row["T_above_C"]
    ]
    energy = median(above) if above else _energy_through(points)
    point = _mean_point(points, energy or 0.0) if points else ("", "")
    return [
        rows[0]["formula"],
        f"{median({float(row['transition_C']) for row in rows}):g}",
        *(
            _first(rows, column)
            for column in ("low_form", "high_form", "low_structure", "high_structure")
        ),
        *point,
        "" if energy is None else f"{energy:.3g}",
        f"{median(below):.3g}" if below else "",
        _first(rows, "jump_decades"),
        rows[0]["use"],
        _source(rows),
    ]


def _first(rows: Iterable[Row], column: str) -> str:
    return next((row[column] for row in rows if row[column]), "")


def _source(rows: Sequence[Row]) -> str:
    """DOI of the readings that give the branch; of the first reading where none does."""
    giving = [row for row in rows if row["sigma_above_S_cm"] or row["Ea_above_eV"]] or list(rows)
    dois = dict.fromkeys(f"doi {row['doi']}" for row in giving if row["doi"])
    return ", ".join(dois) or giving[0]["reference"]


def _energy_through(points: Sequence[tuple[float, float]]) -> float | None:
    if len(points) < 2:
        return None
    (cold_C, low), (hot_C, high) = min(points), max(points)
    if hot_C - cold_C < LEAST_APART_C:
        return None
    cold_K, hot_K = celsius_to_kelvin(cold_C), celsius_to_kelvin(hot_C)
    return (high - low + log10(hot_K / cold_K)) / float(inverse_temperature_shift(cold_K, hot_K))


def _mean_point(points: Sequence[tuple[float, float]], energy_eV: float) -> tuple[str, str]:
    at_K = celsius_to_kelvin(points[0][0])
    there = [
        float(arrhenius_log10_sigma(log10_sigma, energy_eV, celsius_to_kelvin(point_C), at_K))
        for point_C, log10_sigma in points
    ]
    return f"{points[0][0]:g}", f"{fmean(there):.3f}"


def main() -> int:
    """Write the table, or with `--check` compare it."""
    text = packaged()
    if "--check" not in sys.argv[1:]:
        PACKAGED.write_text(text, encoding="utf-8")
        return 0
    if PACKAGED.is_file() and PACKAGED.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PACKAGED} is out of date: run python tools/package_transitions.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
