"""Numbers as people print them: relations, Unicode signs, overbars, a lost minus."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sseml.patterns import late

Relation = Literal["=", "<", ">", "~"]

HIGHEST_CONDUCTIVITY_S_CM = 10.0
"""Above this no solid conducts lithium ions: such a number is a misprint."""

_LONGEST_NUMBER = 64
"""Characters: what is longer was not read off an instrument."""

_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "＜": "<", "＞": ">", "∼": "~", "≈": "~"}
)
_COMBINING = late("[\u0300-\u036f\u00ad\u200b\u00af\u203e]")
_POWER = late(r" ?[×x*·] ?10 ?\^? ?\{? ?([-+]?\d+) ?\}?$")
_NUMBER = late(r"([<>~=])?=? ?([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)")
_LOST_MINUS = late(r"<\s*1(?:\.0*)?[eE]\+?(\d+)")


class Quantity(NamedTuple):
    """A reported number with its relation; `corrected` where the printed sign was mended."""

    value: float
    relation: Relation = "="
    corrected: bool = False


def clean_number_text(text: str) -> str:
    """Return `text` with ASCII signs, without overbars, soft hyphens and blanks around it."""
    plain = " ".join(_COMBINING.sub("", text.translate(_SIGNS)).split())
    return plain if len(plain) > _LONGEST_NUMBER else _POWER.sub(r"e\1", plain)


def read_quantity(text: str) -> Quantity | None:
    """Read a number such as ``1.2E−4``, ``<1E-10``, ``~3.3 x 10^-4``; None of a range or a word."""
    plain = clean_number_text(text)
    match = _NUMBER.fullmatch(plain) if len(plain) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    relation: Relation = match.group(1) or "="  # type: ignore[assignment]
    return Quantity(float(match.group(2)), relation)


def read_conductivity(text: str) -> Quantity | None:
    """Read a conductivity in S/cm; an upper bound such as ``<1E10`` has lost its minus sign.

    None where there is no number, or where it cannot be a conductivity: not positive, or above
    10 S/cm and not such a bound.
    """
    quantity = read_quantity(text)
    if quantity is None:
        return None
    if 0.0 < quantity.value <= HIGHEST_CONDUCTIVITY_S_CM:
        return quantity
    lost = _LOST_MINUS.fullmatch(clean_number_text(text))
    if lost is not None and int(lost.group(1)) >= 2:
        return Quantity(10.0 ** -int(lost.group(1)), "<", corrected=True)
    return None


def read_float(text: str) -> float | None:
    """Read a plain number; None where `text` holds none or a bound rather than a value."""
    quantity = read_quantity(text)
    return quantity.value if quantity is not None and quantity.relation in "=~" else None
