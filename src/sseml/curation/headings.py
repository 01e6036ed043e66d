"""What the headings of a lab's file mean: each is understood whole, or the file is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from sseml.curation.numbers import Quantity, read_quantity
from sseml.parse.headings import (
    ENERGIES,
    LONGEST_HEADING,
    TEMPERATURES,
    condition_of,
    conditions_of,
    folded_heading,
    plain_heading,
)
from sseml.parse.qualifiers import EV_PER_KJ_MOL
from sseml.records import RefusedInputError

_CONDUCTIVITY = re.compile(r"sigma|σ|conductivity|leitfähigkeit|^ic\b", re.IGNORECASE)
_NOT_IONIC = re.compile(
    r"electronic|elektronisch|thermal|thermisch|fehler|error|\berr\b|uncert|\bstd\b|\bsd\b|dev|±|note|method|temperature",
    re.IGNORECASE,
)
_SIEMENS = (
    r"(?<![A-Za-zμ])(?P<prefix>[mnuμ])?S ?[/·*.]? ?(?P<length>c?m)"
    r"(?: ?\^? ?\{?- ?1\}?)?(?![A-Za-z\d])"
)
_UNIT = re.compile(_SIEMENS)
_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "μ": 1e-6, "n": 1e-9}
_LENGTH = {"cm": 1.0, "m": 1e-2}
_WORDS = (
    r"(?:(?i:ionic|ions?|li(?:thium)?\+?|total|tot|overall|bulk|measured|meas|experimental|exp|"
    r"electrical|specific|mean|average|avg|dc|ac|at|in|of|rt|conductivity|ic|"
    r"(?:ionen|gesamt|lithium)?leitfähigkeit|ionische)(?![^\W\d_])"
    r"|(?i:sigma|σ)"
    r"|(?:(?<=[^\W\d_])|(?<=[+)\]])) ?-(?= ?[^\W\d_(\[])"
    r"|[ ()\[\]{},:;./])*"
)
"""Name, words that change no number, and signs between them; a hyphen only between words."""
_LOG = r"[ (\[]*(?P<log>(?i:log|lg) ?(?:10)?(?! ?-))"
_HEADING = re.compile(rf"(?![ (\[]*/)(?:{_LOG})?{_WORDS}(?P<unit>{_SIEMENS})?{_WORDS}")
_AT_ROOM = re.compile(r"(?:\b|σ|sigma)RT\b", re.IGNORECASE)

_REFUSED = "refused_headings.csv"

_ENERGY = re.compile(r"^(?:activation energy|e ?a)\b(?P<unit>.*)$", re.IGNORECASE)
_EV_PER = {"": 1.0, "ev": 1.0, "mev": 1e-3} | dict.fromkeys(
    ("kj/mol", "kjmol-1", "kjmol"), EV_PER_KJ_MOL
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which column holds a number, and how it becomes one in the table's unit."""

    column: str
    factor: float = 1.0
    is_log: bool = False

    def read(self, cells: Mapping[str, str]) -> Quantity | None:
        """The number in the table's unit; None where the cell holds none."""
        quantity = read_quantity(cells.get(self.column, ""))
        if quantity is None:
            return None
        if not self.is_log:
            return Quantity(quantity.value * self.factor, quantity.relation)
        if not -30.0 <= quantity.value <= 30.0:
            return None
        return Quantity(10.0**quantity.value * self.factor, quantity.relation)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a lab's file beside the formula.

    `conditions` are those that `sseml.parse` reads, heading → condition, `temperatures` included.
    """

    conductivity: Scale
    energy: Scale | None
    series: str | None
    doi: str | None
    licence: str | None
    temperatures: tuple[str, ...]
    conditions: Mapping[str, str]

    def used(self) -> set[str]:
        """The columns that say something."""
        energy = self.energy.column if self.energy else None
        found = (self.conductivity.column, energy, self.series, self.doi, self.licence)
        return {*self.conditions, *(name for name in found if name is not None)}


def find_columns(names: Sequence[str], file: str, ignored: Collection[str] = ()) -> Columns:
    """Find what each column of a lab's file holds, but for the formula and columns to ignore.

    Refused: no conductivity, or more than one; a heading of the conductivity or of the temperature
    that says anything that is not understood. `file` is its name, for messages.
    """
    names = [name for name in names if name not in ignored]
    folded = {name: folded_heading(name) for name in names}

    def first_of(*wanted: str) -> str | None:
        return next((name for key in wanted for name in names if folded[name] == key), None)

    energies = [found for name in names if (found := _energy_scale(name, folded[name]))]
    conductivity = _conductivity_scale(names, file)
    conditions = {
        name: key
        for name, key in conditions_of(n for n in names if n != conductivity.column).items()
        if key not in ENERGIES
    }
    temperatures = tuple(name for name, key in conditions.items() if key in TEMPERATURES)
    if temperatures and _AT_ROOM.search(plain_heading(conductivity.column)):
        raise RefusedInputError(
            f"the column {conductivity.column!r} of {file} says room temperature, while"
            f" {temperatures[0]!r} says a temperature as well",
            "name it sigma_S_cm if it was measured at the temperature of the other column",
        )
    return Columns(
        conductivity=conductivity,
        energy=_single("activation energy", energies, file) if energies else None,
        series=first_of("series", "batch", "notebook"),
        doi=first_of("doi"),
        licence=first_of("licence", "license"),
        temperatures=temperatures,
        conditions=conditions,
    )


def _conductivity_scale(names: Sequence[str], file: str) -> Scale:
    meant = [name for name in names if _means_conductivity(name)]
    if not meant:
        listed = ", ".join(names) or "no other column"
        raise RefusedInputError(
            f"{file} has no column with the conductivity; beside the formula it has {listed}",
            "name it sigma_S_cm, sigma_mS_cm or log10_sigma",
        )
    return _single("conductivity", [_scale_of(name, file) for name in meant], file)


def _means_conductivity(name: str) -> bool:
    if len(name) > LONGEST_HEADING:
        return False
    plain = plain_heading(name)
    if condition_of(name) is not None or _NOT_IONIC.search(plain):
        return False
    named = _CONDUCTIVITY.search(plain) or _UNIT.fullmatch(plain.strip(" ()[]"))
    return named is not None


def _scale_of(name: str, file: str) -> Scale:
    plain = plain_heading(name)
    heading = _HEADING.fullmatch(plain)
    if heading is None:
        raise _misread(name, plain, file)
    is_log = heading["log"] is not None
    if heading["unit"] is None and not is_log:
        raise RefusedInputError(
            f"the column {name!r} of {file} does not say its unit",
            "name it sigma_S_cm, sigma_mS_cm or log10_sigma",
        )
    if heading["unit"] is None:
        return Scale(name, is_log=True)
    return Scale(name, _PREFIX[heading["prefix"] or ""] * _LENGTH[heading["length"]], is_log)


def _misread(name: str, plain: str, file: str) -> RefusedInputError:
    """Why a heading is refused: by what it holds beside its unit and the 10 of log10."""
    rest = re.sub(r"(?i)(log|lg) ?10", r"\1", _UNIT.sub("", plain, count=1))
    text = files("sseml.curation").joinpath(_REFUSED).read_text(encoding="utf-8")
    row = next(r for r in csv.DictReader(text.splitlines()) if re.search(r["pattern"], rest))
    return RefusedInputError(f"the column {name!r} of {file} {row['reason']}", row["suggestion"])


def _energy_scale(name: str, folded: str) -> Scale | None:
    found = _ENERGY.match(folded) if len(name) <= LONGEST_HEADING else None
    if found is None or _NOT_IONIC.search(folded):
        return None
    factor = _EV_PER.get(re.sub(r"[\s()\[\]]|\bin\b", "", found["unit"].lstrip(" /")))
    return None if factor is None else Scale(name, factor)


def _single(what: str, scales: Sequence[Scale], file: str) -> Scale:
    if len(scales) > 1:
        listed = ", ".join(repr(scale.column) for scale in scales)
        raise RefusedInputError(
            f"{file} has several columns with the {what}: {listed}",
            "keep one; total and bulk values are rows of their own, told apart by a column"
            " 'conductivity_kind'",
        )
    return scales[0]
