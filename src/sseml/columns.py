"""Every output column once: name, type, unit, meaning, digits, and where its value comes from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sseml.records import Prediction

Held = type[str] | type[int] | type[float]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the output of ``predict``.

    Attributes
    ----------
    name
        The same in files, in Python, at the endpoint and in the documents.
    holds
        Type of its values; each may be missing.
    unit
        Empty for a text, ``1`` for a pure number.
    meaning
        One sentence for the documents and the description of the endpoint.
    digits
        Significant digits that a value is rounded to; None for a value that is given as it stands.
    always
        Whether every answered row has a finite value.
    of
        Takes the value from a prediction; None for its attribute of the same name.
    """

    name: str
    holds: Held
    unit: str
    meaning: str
    digits: int | None = None
    always: bool = False
    of: Callable[[Prediction], Any] | None = None

    def value(self, prediction: Prediction) -> Any:
        """What the column holds for one prediction; a number that is not finite is missing."""
        found = getattr(prediction, self.name) if self.of is None else self.of(prediction)
        if self.digits is None or found is None:
            return found
        return float(f"{found:.{self.digits}g}") if math.isfinite(found) else None


def _of_nearest(name: str) -> Callable[[Prediction], Any]:
    return lambda prediction: getattr(prediction.nearest[0], name) if prediction.nearest else None


_SIX = 6
"""Digits of a predicted number; what lies beyond depends on the machine."""

_S_CM, _EV, _V = "S/cm", "eV", "V vs Li/Li⁺"
_IF_CONDUCTOR = "on the condition that σ(25 °C) > 1e-7 S/cm"

ROW_COLUMNS: tuple[Column, ...] = (
    Column("input", str, "", "the text as written"),
    Column("status", str, "", "`ok` or `error`"),
    Column("error", str, "", "row, text, reason and suggestion; in JSON lines with a code"),
)
"""What every row has, answered or refused."""

PREDICTION_COLUMNS: tuple[Column, ...] = (
    Column("kind", str, "", "kind of material: composition or crystal"),
    Column("formula", str, "", "canonical formula"),
    Column("family", str, "", "family that the formula is recognised as (`sseml families`)"),
    Column("temperature_C", float, "°C", "temperature of the answer", always=True),
    Column(
        "log10_sigma", float, "1", "log10 of `sigma_S_cm`", always=True,
        of=lambda prediction: round(prediction.log10_sigma, _SIX),
    ),
    Column("sigma_S_cm", float, _S_CM, "ionic conductivity σ", _SIX, always=True),
    Column("sigma_low_S_cm", float, _S_CM, "lower limit of its 90 % interval", _SIX, always=True),
    Column("sigma_high_S_cm", float, _S_CM, "upper limit of its 90 % interval", _SIX, always=True),
    Column("p_superionic", float, "1", "probability that σ ≥ 1e-4 S/cm", _SIX, always=True),
    Column("p_conductor", float, "1", "probability that σ(25 °C) > 1e-7 S/cm", _SIX, always=True),
    Column("sigma_if_conductor_S_cm", float, _S_CM, f"σ {_IF_CONDUCTOR}", _SIX, always=True),
    Column(
        "sigma_if_conductor_low_S_cm", float, _S_CM, "lower limit of its 90 % interval", _SIX,
        always=True,
    ),
    Column(
        "sigma_if_conductor_high_S_cm", float, _S_CM, "upper limit of its 90 % interval", _SIX,
        always=True,
    ),
    Column("activation_energy_eV", float, _EV, "activation energy of σT", _SIX, always=True),
    Column("V_red", float, _V, "reduction limit of the electrochemical window", _SIX),
    Column("V_ox", float, _V, "oxidation limit of the electrochemical window", _SIX),
    Column("window_note", str, "", "what the window is of, and what limits it"),
    Column("e_above_hull_eV_atom", float, "eV/atom", "energy above the convex hull", _SIX),
    Column("domain", str, "", "`inside`, `edge` or `outside` of what was measured"),
    Column("measured_sigma_S_cm", float, _S_CM, "one measurement of this very material"),
    Column("measured_doi", str, "", "DOI of its article"),
    Column("measured_reference", str, "", "its source beside the DOI, or in its place"),
    Column("measured_count", int, "1", "how many measurements of this material there are"),
    Column("measured_papers", int, "1", "how many papers are known to report them"),
    Column("measured_low_S_cm", float, _S_CM, "the lowest of them"),
    Column("measured_high_S_cm", float, _S_CM, "the highest of them"),
    Column(
        "nearest_formula", str, "", "the nearest measured material", of=_of_nearest("formula")
    ),
    Column(
        "nearest_distance", float, "1",
        "how far it is: half the summed absolute difference of element fractions",
        of=_of_nearest("distance"),
    ),
    Column("nearest_sigma_S_cm", float, _S_CM, "its measured σ", of=_of_nearest("sigma_S_cm")),
    Column("nearest_doi", str, "", "DOI of its article", of=_of_nearest("doi")),
    Column(
        "nearest_reference", str, "", "its source beside the DOI, or in its place",
        of=_of_nearest("reference"),
    ),
    Column("model", str, "", "the bundle that answered"),
)  # fmt: skip
"""What an answered row has besides."""

COLUMNS = (*ROW_COLUMNS, *PREDICTION_COLUMNS)
NESTED = "nearest"
"""In JSON the `nearest_…` columns are one list of this name."""


def nested_columns() -> tuple[Column, ...]:
    """The columns of a record in JSON, beside the list of the nearest measured materials."""
    return tuple(column for column in COLUMNS if not column.name.startswith(f"{NESTED}_"))
