"""Every output column once: name, type, unit, meaning, digits, and where its value comes from.

A new column of `predict`, `window` or `compat` is one line here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sseml.classes import dataclass

Held = type[str] | type[int] | type[float]
Value = Callable[[Any], Any]
"""Takes the value of a column from an answer."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the output of a command.

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
    digits, decimals
        Significant digits, or digits after the point, that a value is rounded to; None for a value
        that is given as it stands.
    always
        Whether every answered row has a finite value.
    at
        The attribute of an answer that is the value, such as ``window.V_red``; empty for the one
        of the column's name.
    of
        Takes the value from an answer, where it is more than an attribute.
    """

    name: str
    holds: Held
    unit: str
    meaning: str
    digits: int | None = None
    decimals: int | None = None
    always: bool = False
    at: str = ""
    of: Value | None = None

    def value(self, answer: Any) -> Any:
        """What the column holds for one answer; a number that is not finite is missing."""
        if self.of is not None:
            found = self.of(answer)
        else:
            found = _at(answer, self.at) if self.at else getattr(answer, self.name)
        if found is None or (self.digits is None and self.decimals is None):
            return found
        if not math.isfinite(found):
            return None
        if self.digits is None:
            return round(found, self.decimals)
        return float(f"{found:.{self.digits}g}")


def _at(answer: Any, path: str) -> Any:
    """Follow attributes until one of them is missing."""
    for name in path.split("."):
        if answer is None:
            return None
        answer = getattr(answer, name)
    return answer


def _text(path: str) -> Value:
    """A text; an empty one is missing."""
    return lambda answer: _at(answer, path) or None


def _joined(path: str, separator: str) -> Value:
    """Several texts as one; none at all is missing."""
    return lambda answer: separator.join(_at(answer, path) or ()) or None


def _first_neighbour(name: str) -> Value:
    return lambda prediction: getattr(prediction.nearest[0], name) if prediction.nearest else None


def _error(answer: Any) -> str | None:
    """Why a row has no answer; None for an answer."""
    return getattr(answer, "message", None)


_SIX = 6
"""Digits of a predicted number; what lies beyond depends on the machine."""

_S_CM, _EV, _V = "S/cm", "eV", "V vs Li/Li⁺"
_IF_CONDUCTOR = "on the condition that σ(25 °C) > 1e-7 S/cm"

ROW_COLUMNS: tuple[Column, ...] = (
    Column("input", str, "", "the text as written"),
    Column(
        "status", str, "", "`ok` or `error`",
        of=lambda answer: "ok" if _error(answer) is None else "error",
    ),
    Column(
        "error", str, "", "row, text, reason and suggestion; in JSON lines with a code", of=_error
    ),
)  # fmt: skip
"""What every row of every command has, answered or refused."""

PREDICTION_COLUMNS: tuple[Column, ...] = (
    Column("kind", str, "", "kind of material: composition, crystal, polymer or composite"),
    Column("formula", str, "", "canonical formula"),
    Column("family", str, "", "family that the formula is recognised as (`sseml families`)"),
    Column("temperature_C", float, "°C", "temperature of the answer", always=True),
    Column("log10_sigma", float, "1", "log10 of `sigma_S_cm`", decimals=_SIX, always=True),
    Column("sigma_S_cm", float, _S_CM, "ionic conductivity σ", _SIX, always=True),
    Column("sigma_low_S_cm", float, _S_CM, "lower limit of its 90 % interval", _SIX, always=True),
    Column("sigma_high_S_cm", float, _S_CM, "upper limit of its 90 % interval", _SIX, always=True),
    Column(
        "p_superionic", float, "1",
        "probability that σ ≥ the threshold, 1e-4 S/cm by default", _SIX,
        always=True,
    ),
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
    Column(
        "activation_energy_eV", float, _EV,
        "activation energy of σT; of a polymer its slope at the temperature", _SIX,
        always=True,
    ),
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
        "nearest_formula", str, "", "the nearest measured material", of=_first_neighbour("formula")
    ),
    Column(
        "nearest_distance", float, "1",
        "how far it is: half the summed absolute difference of element fractions",
        of=_first_neighbour("distance"),
    ),
    Column("nearest_sigma_S_cm", float, _S_CM, "its measured σ", of=_first_neighbour("sigma_S_cm")),
    Column("nearest_doi", str, "", "DOI of its article", of=_first_neighbour("doi")),
    Column(
        "nearest_reference", str, "", "its source beside the DOI, or in its place",
        of=_first_neighbour("reference"),
    ),
    Column("model", str, "", "the bundle that answered"),
)  # fmt: skip
"""What an answered row of `predict` has besides."""

COLUMNS = (*ROW_COLUMNS, *PREDICTION_COLUMNS)

SCREEN_COLUMNS: tuple[Column, ...] = (
    Column("pareto_front", int, "1", "1: no other answer is better in all columns ranked by"),
    Column("anode_margin_V", float, "V", "potential of the anode less `V_red`", _SIX),
    Column("cathode_margin_V", float, "V", "`V_ox` less the potential of the cathode", _SIX),
    Column(
        "water_eV_atom", float, "eV/atom",
        "energy of the reaction with water, per atom of both at the worst ratio; 0: none", _SIX,
    ),
    Column(
        "cost_USD_kg", float, "USD/kg", "of the pure elements, at prices of 2013 to 2020", _SIX
    ),
    Column(
        "cost_USD_mol", float, "USD/mol", "the same for one mol of the formula as written", _SIX
    ),
    Column(
        "hhi_production", float, "1",
        "concentration of where the elements are mined, by mass; 10,000 is one country", _SIX,
    ),
    Column(
        "n_critical_EU_2024", int, "1",
        "how many elements beside lithium the EU lists as critical raw materials",
    ),
    Column("critical_EU_2024", str, "", "which ones, lithium among them"),
    Column(
        "n_critical_US_2025", int, "1", "how many beside lithium the US lists as critical minerals"
    ),
    Column("critical_US_2025", str, "", "which ones, lithium among them"),
)  # fmt: skip
"""What `screen` adds to an answer where it is asked for."""

NESTED = "nearest"
"""In JSON the `nearest_…` columns are one list of this name."""


def nested_columns() -> tuple[Column, ...]:
    """The columns of a record in JSON, beside the list of the nearest measured materials."""
    return tuple(column for column in COLUMNS if not column.name.startswith(f"{NESTED}_"))


_OF_METAL = "V vs the metal of the ion"
_EV_ATOM = "eV/atom"
_IN_MOL = "in mol; empty where nothing reacts"
_RELATIONS = {"=": "equal", "~": "about", "within": "within"}
"""Words, as a spreadsheet takes a lone ``=`` for a formula."""


def _relation(answer: Any) -> str | None:
    return _RELATIONS[answer.shown.relation] if answer.shown else None


WINDOW_COLUMNS: tuple[Column, ...] = (
    *ROW_COLUMNS,
    Column("formula", str, "", "canonical formula", at="query.material.formula"),
    Column("ion", str, "", "potentials are against its metal", at="window.ion"),
    Column("V_red", float, _OF_METAL, "calculated reduction limit", decimals=4, at="window.V_red"),
    Column("V_ox", float, _OF_METAL, "calculated oxidation limit", decimals=4, at="window.V_ox"),
    Column(
        "e_above_hull_eV_atom", float, _EV_ATOM, "energy above the convex hull", decimals=4,
        at="window.e_above_hull_eV_atom",
    ),
    Column("reduction", str, "", "reaction at V_red, for one ion", at="window.reduction"),
    Column("oxidation", str, "", "reaction at V_ox, for one ion", at="window.oxidation"),
    Column("decomposition", str, "", "phases that are stable at the composition"),
    Column("window_of", str, "", "formula that the window is of", of=_text("window.formula")),
    Column(
        "ion_change", float, "1", "share by which the amount of the ion was changed for it",
        digits=4, at="window.ion_change",
    ),
    Column("corrections", str, "", "corrections asked for", of=_joined("corrections", " ")),
    Column(
        "V_red_uncorrected", float, _OF_METAL, "reduction limit without them", decimals=4,
        at="uncorrected.V_red",
    ),
    Column(
        "V_ox_uncorrected", float, _OF_METAL, "oxidation limit without them", decimals=4,
        at="uncorrected.V_ox",
    ),
    Column(
        "window_note", str, "", "what one has to know to read the numbers",
        of=_joined("window.notes", "; "),
    ),
    Column("measured_V_red", float, _OF_METAL, "measured reduction limit", at="shown.V_red"),
    Column("measured_V_ox", float, _OF_METAL, "measured oxidation limit", at="shown.V_ox"),
    Column(
        "measured_relation", str, "", "`equal`, `about`, or `within`: no reaction between them",
        of=_relation,
    ),
    Column("measured_method", str, "", "how they were measured", at="shown.method"),
    Column("measured_doi", str, "", "DOI of the article", of=_text("shown.doi")),
    Column("measured_reference", str, "", "the reference, or the text that it was read in"),
    Column("measured_count", int, "1", "how many measured windows are known"),
    Column("phases", str, "", "name of the table of phases"),
)  # fmt: skip
"""The columns of `window`."""


def _energy(path: str, known: str) -> Value:
    """An energy: 0 where nothing reacts, missing where the attribute `known` is."""

    def value(answer: Any) -> Any:
        energy = _at(answer, path)
        return 0.0 if energy is None and _at(answer, known) is not None else energy

    return value


COMPAT_COLUMNS: tuple[Column, ...] = (
    *ROW_COLUMNS,
    Column("formula", str, "", "canonical formula", at="query.material.formula"),
    Column("against", str, "", "the partner", at="partner.label"),
    Column("against_formula", str, "", "what it is taken as", at="partner.formula"),
    Column(
        "energy_eV_atom", float, _EV_ATOM,
        "reaction energy per atom of the mixture at the worst ratio; 0: they coexist",
        decimals=4, of=_energy("answered.worst.energy_eV_atom", "answered"),
    ),
    Column(
        "energy_eV_formula", float, _EV,
        "of the reaction as written, for one formula unit of the material",
        decimals=4, of=_energy("answered.worst.energy_eV", "answered"),
    ),
    Column(
        "atomic_share", float, "1", "part of the atoms that the material brings", decimals=4,
        at="answered.worst.share",
    ),
    Column("products", str, "", _IN_MOL),
    Column("reaction", str, "", _IN_MOL, at="answered.worst.reaction"),
    Column(
        "open_at_V", float, _OF_METAL, "potential of the reservoir of the ion",
        at="answered.open_at_V",
    ),
    Column(
        "open_energy_eV_atom", float, _EV_ATOM,
        "of the reaction with the reservoir, per atom of the material (metal) or of both",
        decimals=4, of=_energy("answered.opened.energy_eV_atom", "answered.open_at_V"),
    ),
    Column(
        "open_energy_eV_formula", float, _EV, "the same for one formula unit of the material",
        decimals=4, of=_energy("answered.opened.energy_eV", "answered.open_at_V"),
    ),
    Column(
        "open_atomic_share", float, "1", "part of these atoms that the material brings",
        decimals=4, at="answered.opened.share",
    ),
    Column(
        "open_ions_per_formula", float, "mol",
        "ions taken up from the reservoir per formula unit of the material; negative: given off",
        digits=_SIX, at="answered.opened.ions",
    ),
    Column("open_products", str, "", _IN_MOL),
    Column("open_reaction", str, "", _IN_MOL, at="answered.opened.reaction"),
    Column(
        "note", str, "", "what one has to know to read the number",
        of=_joined("answered.notes", "; "),
    ),
    Column("corrections", str, "", "corrections asked for", of=_joined("corrections", " ")),
    Column("phases", str, "", "name of the table of phases"),
)  # fmt: skip
"""The columns of `compat`."""
