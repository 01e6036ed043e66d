"""What the headings of a lab's file mean: each is understood whole, or the file is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sseml.curation.numbers import Quantity, read_quantity
from sseml.parse.qualifiers import heading_key
from sseml.parse.rows import folded_heading
from sseml.records import RefusedInputError

_LONGEST = 120
"""Characters of a heading that are looked at; a longer one is no name of a column."""

_SERIES_COLUMNS = ("series", "batch", "notebook")
_LICENCE_COLUMNS = ("licence", "license")

_RINGS = str.maketrans("º˚", "°°")
"""Signs people type for a degree, which Unicode would take for other things."""
_PLAIN_SIGNS = str.maketrans("_−–⋅∙•", " --···")

_CONDUCTIVITY = re.compile(r"sigma|σ|conductivity|^ic\b", re.IGNORECASE)
_NOT_IONIC = re.compile(
    r"electronic|thermal|error|\berr\b|uncert|\bstd\b|\bsd\b|dev|±|note|method|temperature",
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
    r"electrical|specific|mean|average|avg|dc|ac|at|in|of|rt|conductivity|ic)(?![^\W\d_])"
    r"|(?i:sigma|σ)"
    r"|(?:(?<=[^\W\d_])|(?<=[+)\]])) ?-(?= ?[^\W\d_(\[])"
    r"|[ ()\[\]{},:;./])*"
)
"""Name, words that change no number, and signs between them; a hyphen only between words."""
_LOG = r"[ (\[]*(?P<log>(?i:log|lg) ?(?:10)?(?! ?-))"
_HEADING = re.compile(rf"(?![ (\[]*/)(?:{_LOG})?{_WORDS}(?P<unit>{_SIEMENS})?{_WORDS}")
_AT_ROOM = re.compile(r"(?:\b|σ|sigma)RT\b", re.IGNORECASE)

_MISREAD: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"(?<![a-z])ln|log ?e\b|natural", re.IGNORECASE),
        "is a natural logarithm",
        "divide the values by 2.302585 and name it log10_sigma",
    ),
    (
        re.compile(r"^[ (\[]*-|(?<![a-z])neg|minus|(?<![a-z])p ?(?:log|sigma|σ)", re.IGNORECASE),
        "has its sign turned",
        "turn the sign of the values and name it log10_sigma or sigma_S_cm",
    ),
    (
        re.compile(r"\d ?(?:°|deg|[CK](?![A-Za-z]))"),
        "holds a temperature",
        "write the temperature in a column 'temperature' and name this one sigma_S_cm",
    ),
    (
        re.compile(r"(?:(?<![A-Za-z])|(?i:(?<=sigma)))[TK](?![A-Za-z])"),
        "is a conductivity times a temperature",
        "divide the values by the temperature in kelvin and name it sigma_S_cm",
    ),
    (
        re.compile(r"^[ (\[]*[^ (\[].*(?:log|\blg)|^[ (\[]*(?:log|lg) ?\d", re.IGNORECASE),
        "is a logarithm of a kind that is not understood",
        "write it to base 10 and name it log10_sigma",
    ),
    (
        re.compile(r"\d|[×^%]|\bx\b", re.IGNORECASE),
        "holds a number, such as a power of ten, that may go into the values or out of them",
        "write the values in S/cm themselves and name it sigma_S_cm",
    ),
)
"""What a refused heading holds beside its unit and the 10 of log10, the reason, what to do."""

_ENERGY = re.compile(r"^(?:activation energy|e ?a)\b(?P<unit>.*)$", re.IGNORECASE)
_EV_PER = {
    "": 1.0,
    "ev": 1.0,
    "mev": 1e-3,
    **dict.fromkeys(("kj/mol", "kjmol-1", "kjmol"), 1 / 96.48533),
}
"""1 eV per particle is 96.48533 kJ/mol (CODATA 2018)."""

_ABOUT = (
    r"(?:(?i:meas(?:uring|ured|urement)?|test(?:ing)?|operating|experimental|exp|sample|cell|of|in"
    r"|at|the)(?![^\W\d_])|[ ()\[\]{},:;./-])*"
)
_KELVIN_OR_CELSIUS = (
    r"(?:(?P<kelvin>K|(?i:kelvin))|(?P<celsius>(?i:(?:° ?|deg(?:rees?)?\.? ?)?C|celsius)))?"
)
_TEMPERATURE = re.compile(
    rf"(?! ?/){_ABOUT}(?:(?i:temperature|temp)(?![A-Za-z])|T(?![A-Z]))"
    rf"{_ABOUT}{_KELVIN_OR_CELSIUS}[ ()\[\]{{}}.]*"
)
_CELSIUS = re.compile(r"°|\bdeg ?C\b|celsius|\bC\b", re.IGNORECASE)
_LIKE_TEMPERATURE = re.compile(
    r"(?i:temperature|(?<![a-z])temp(?![a-z])|(?<![a-z])tempe?ra)"
    r"|(?<![A-Za-z])T(?![A-Za-z])|(?<![A-Za-z])T(?:meas|exp|test)"
    r"|(?<!\d)(?<!\d )(?:° ?C|(?i:deg ?C\b|celsius|kelvin))|[(\[/] ?K ?[)\]]?$"
)
_OTHER_TEMPERATURE = re.compile(
    r"sinter|anneal|calcin|synth|fir(?:ed|ing)|prep|treat|process|press|melt|quench|crystalli"
    r"|transition|decompos|debye|dry|mill|furnace|growth|dwell|soak|heating|cooling|ramp|rate"
    r"|error|\berr\b|uncert|\bstd\b|\bsd\b|dev|±|note|\bT ?[gmcx]\b",
    re.IGNORECASE,
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
    """Where the file keeps what the reader of formulas and conditions does not know of.

    `renamed` says under which heading that reader knows a column; `temperatures` are the columns
    with the temperature of the measurement, under these headings.
    """

    conductivity: Scale
    energy: Scale | None
    series: str | None
    doi: str | None
    licence: str | None
    temperatures: tuple[str, ...]
    renamed: Mapping[str, str]

    def used(self) -> set[str]:
        """The columns that are no conditions, and yet used."""
        energy = self.energy.column if self.energy else None
        found = (self.conductivity.column, energy, self.series, self.doi, self.licence)
        return {name for name in found if name is not None}


def find_columns(names: Sequence[str], file: str) -> Columns:
    """Find what each column of a lab's file holds.

    Parameters
    ----------
    names
        The headings, without that of the formula.
    file
        Its name, for messages.

    Raises
    ------
    RefusedInputError
        If no heading, or more than one, is the conductivity; if the heading of the conductivity or
        of the temperature says anything that is not understood.
    """
    folded = {name: folded_heading(name) for name in names}

    def first_of(wanted: Iterable[str]) -> str | None:
        return next((name for key in wanted for name in names if folded[name] == key), None)

    energies = [found for name in names if (found := _energy_scale(name, folded[name]))]
    conductivity = _conductivity_scale(names, file)
    others = [name for name in names if name != conductivity.column]
    known = tuple(name for name in others if (heading_key(name) or "").startswith("temperature"))
    renamed = {} if known else _renamed_temperature(others, file)
    temperatures = known or tuple(renamed.values())
    if temperatures and _AT_ROOM.search(plain_heading(conductivity.column)):
        raise RefusedInputError(
            f"the column {conductivity.column!r} of {file} says room temperature, while"
            f" {(known or tuple(renamed))[0]!r} says a temperature as well",
            "name it sigma_S_cm if it was measured at the temperature of the other column",
        )
    return Columns(
        conductivity=conductivity,
        energy=_only("activation energy", energies, file) if energies else None,
        series=first_of(_SERIES_COLUMNS),
        doi=first_of(("doi",)),
        licence=first_of(_LICENCE_COLUMNS),
        temperatures=temperatures,
        renamed=renamed,
    )


def says_unit(temperature: str) -> bool:
    """Whether the heading of a column of temperatures says K or °C."""
    kelvin = heading_key(temperature) == "temperature_K"
    return kelvin or _CELSIUS.search(plain_heading(temperature)) is not None


def plain_heading(name: str) -> str:
    """Put blanks for underscores, plain signs for raised ones: ``σ / mS cm⁻¹`` → ``cm-1``."""
    compatible = unicodedata.normalize("NFKC", name.translate(_RINGS))
    return re.sub(r"\s+", " ", compatible.translate(_PLAIN_SIGNS)).strip()


def _conductivity_scale(names: Sequence[str], file: str) -> Scale:
    meant = [name for name in names if _means_conductivity(name)]
    if not meant:
        listed = ", ".join(names) or "no other column"
        raise RefusedInputError(
            f"{file} has no column with the conductivity; beside the formula it has {listed}",
            "name it sigma_S_cm, sigma_mS_cm or log10_sigma",
        )
    return _only("conductivity", [_scale_of(name, file) for name in meant], file)


def _means_conductivity(name: str) -> bool:
    plain = plain_heading(name)
    if len(name) > _LONGEST:
        return False
    if heading_key(name) is not None or _NOT_IONIC.search(plain):
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
    rest = re.sub(r"(?i)(log|lg) ?10", r"\1", _UNIT.sub("", plain, count=1))
    for pattern, reason, suggestion in _MISREAD:
        if pattern.search(rest):
            return RefusedInputError(f"the column {name!r} of {file} {reason}", suggestion)
    return RefusedInputError(
        f"the column {name!r} of {file} says more than a conductivity and its unit",
        "name it sigma_S_cm, sigma_mS_cm or log10_sigma if it is one; if not, leave it out",
    )


def _energy_scale(name: str, folded: str) -> Scale | None:
    found = _ENERGY.match(folded)
    if found is None or _NOT_IONIC.search(folded):
        return None
    factor = _EV_PER.get(re.sub(r"[\s()\[\]]|\bin\b", "", found["unit"].lstrip(" /")))
    return None if factor is None else Scale(name, factor)


def _only(what: str, scales: Sequence[Scale], file: str) -> Scale:
    if len(scales) > 1:
        listed = ", ".join(repr(scale.column) for scale in scales)
        raise RefusedInputError(
            f"{file} has several columns with the {what}: {listed}",
            "keep one; total and bulk values are rows of their own, told apart by a column 'kind'",
        )
    return scales[0]


def _renamed_temperature(names: Sequence[str], file: str) -> dict[str, str]:
    """The column that holds the temperature in other words, and the heading that is read."""
    like = [name for name in names if _is_like_temperature(name)]
    understood = [name for name in like if _TEMPERATURE.fullmatch(plain_heading(name))]
    if len(like) > 1 or like != understood:
        listed = " and ".join(repr(name) for name in like)
        raise RefusedInputError(
            f"{file} has no column that surely holds the temperature of the measurement: {listed}"
            " may be meant",
            "name it 'temperature (°C)' or 'temperature (K)'; if none was meant, say what it is,"
            " such as 'sintering temperature', or leave it out",
        )
    return {name: _heading_read(name) for name in understood}


def _heading_read(name: str) -> str:
    found = _TEMPERATURE.fullmatch(plain_heading(name))
    if found and found["kelvin"]:
        return "temperature (K)"
    return "temperature (°C)" if found and found["celsius"] else "temperature"


def _is_like_temperature(name: str) -> bool:
    plain = plain_heading(name)
    if len(name) > _LONGEST:
        return False
    if heading_key(name) is not None or _OTHER_TEMPERATURE.search(plain) or _ENERGY.match(plain):
        return False
    misspelt = get_close_matches(plain.casefold(), ["temperature"], n=1, cutoff=0.8)
    return bool(misspelt) or _LIKE_TEMPERATURE.search(plain) is not None
