"""What the heading of a column means: one reading for every command that takes a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from sseml.parse.qualifiers import canonical_key
from sseml.parse.sources import without_damage
from sseml.parse.temperature_headings import (
    is_like_temperature,
    is_plain_temperature,
    listed,
    temperature_unit,
)
from sseml.records import RefusedInputError

LONGEST_HEADING = 120
"""Characters of a heading that are looked at: a longer one is no name of a column."""

STRUCTURE_COLUMNS = ("structure", "cif")
"""Columns that may name structure files, where the reader of the rows opens such files."""

TEMPERATURES = ("temperature", "temperature_C", "temperature_K")
"""What `condition_of` calls a temperature: of no unit, or of the one that the heading says."""

_FORMULA = listed(
    "formula formel formule formulas formeln fórmula summenformel strukturformel bruttoformel"
    " 化学式 组成式"
)
_COMPOSITION = listed(
    "composition compositions zusammensetzung probenzusammensetzung nominalzusammensetzung"
    " sollzusammensetzung zielzusammensetzung composición composizione stoichiometry stoichiometrie"
    " stöchiometrie stoich comp 组成 組成 成分"
)
_MATERIAL = listed(
    "material materials compound compounds verbindung substanz matériau composé electrolyte"
    " elektrolyt festelektrolyt électrolyte electrolytes candidate candidates 材料 物质"
)
_BESIDE_FORMULA = listed(
    "nominal chemical reduced sample target stoichiometric empirical sum molecular pretty full"
    " normalized normalised intended actual as prepared synthesized synthesised the of solid"
    " chemische nominelle nominale reduzierte probe proben der des die chimique de la du química"
    " nominalen nominell chemisch elemental name chem nom mol string text structural icsd"
)

_OF_FORMULAS = _FORMULA | _COMPOSITION | _MATERIAL | _BESIDE_FORMULA
_SUREST: tuple[str | frozenset[str], ...] = (
    "formula", _FORMULA, "input", "composition", "reduced composition", _COMPOSITION, _MATERIAL,
)  # fmt: skip
"""What a heading of the formula is or is made of, the surest first."""
_NAMED = 5

_SPACE_GROUP = listed(
    "spacegroup sg spg raumgruppe raumgruppennummer raumgruppensymbol 空间群 空間群"
)
_BESIDE_SPACE_GROUP = listed(
    "number no nr num nummer symbol symbols hm hermann mauguin h m international it int short"
    " full name the of crystal kristall icsd mp reported assigned at rt"
)
_TWO_WORDS = (
    re.compile(r"\bspace[ -]?groups?\b"),
    re.compile(r"\bs\. ?g\."),
    re.compile(r"\bgroupe d ?['’] ?espace\b"),
    re.compile(r"\bgrupo espacial\b"),
)

_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])")
_LETTER_UNITS = frozenset(("å", "angstrom", "ang", "deg", "degree", "degrees", "°"))
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma"}
_LATTICE = frozenset(("a", "b", "c", "alpha", "beta", "gamma"))
_BEFORE_UNIT = re.compile(r"[\[\]/,]|\bin\b")

_RINGS = str.maketrans("º˚", "°°")
"""Signs people type for a degree, which Unicode would take for other things."""
_PLAIN_SIGNS = str.maketrans("_−–⋅∙•", " --···")

_NEARLY = 0.85
_LONGEST_COMPARED = 40
_GUARDED = {
    "temperature": "temperature",
    "temperature_c": "temperature",
    "temperature_k": "temperature_K",
    "space_group": "space_group",
    "spacegroup": "space_group",
    "space_group_number": "space_group",
    "form": "form",
    "kind": "kind",
    "conductivity_kind": "kind",
    "volume_per_atom": "volume_per_atom_A3",
    "volume_per_atom_a3": "volume_per_atom_A3",
}
"""Spellings that a slip may come close to, and the heading to write instead."""


def plain_heading(name: str) -> str:
    """Put blanks for underscores, plain signs for raised ones: ``σ / mS cm⁻¹`` → ``cm-1``."""
    compatible = unicodedata.normalize("NFKC", name.translate(_RINGS))
    return re.sub(r"\s+", " ", compatible.translate(_PLAIN_SIGNS)).strip()


def folded_heading(name: str) -> str:
    """A heading as it is compared: in any case, with blanks or underscores."""
    return re.sub(r"[\s_]+", " ", without_damage(name)).strip().casefold()


def condition_of(heading: str) -> str | None:
    """Return the condition that a column holds; None where it holds none.

    Examples
    --------
    >>> [condition_of(name) for name in ("T/K", "Temp.", "Temperatur (°C)", "Raumgruppe", "n")]
    ['temperature_K', 'temperature', 'temperature_C', 'space_group', None]
    """
    return None if len(heading) > LONGEST_HEADING else _condition(heading)


@lru_cache(maxsize=4096)
def _condition(heading: str) -> str | None:
    plain = plain_heading(heading)
    unit = temperature_unit(plain)
    if unit is not None:
        return f"temperature_{unit}" if unit else "temperature"
    if _is_space_group(plain.casefold()):
        return "space_group"
    if letter := _letter(plain):
        return letter
    return None if plain.startswith("°") else canonical_key(_BEFORE_UNIT.sub(" ", heading))


def _is_space_group(folded: str) -> bool:
    rest = folded
    for pattern in _TWO_WORDS:
        rest = pattern.sub(" spacegroup ", rest)
    words = _WORD.findall(rest)
    named = [word for word in words if word in _SPACE_GROUP]
    return bool(named) and all(
        word in _BESIDE_SPACE_GROUP or word in _SPACE_GROUP for word in words
    )


def _letter(plain: str) -> str | None:
    """A lattice constant with its unit beside it: ``a (Å)``, ``α / °``."""
    words = _WORD.findall(plain.casefold())
    is_first = bool(words) and plain.casefold().startswith(words[0])
    if not is_first or any(character.isdigit() for character in plain):
        return None
    name = _GREEK.get(words[0], words[0])
    return name if name in _LATTICE and all(word in _LETTER_UNITS for word in words[1:]) else None


def formula_column(names: Sequence[str], instead: Sequence[str] = ()) -> str | None:
    """Return the heading under which the formulas stand; None where there is none.

    Parameters
    ----------
    names
        The headings.
    instead
        Columns of which one may stand in for it, such as `STRUCTURE_COLUMNS`; a name of a material
        goes behind them.

    Raises
    ------
    RefusedInputError
        If several may be meant.

    Examples
    --------
    >>> formula_column(["Nr.", "Summenformel", "Material"])
    'Summenformel'
    """
    before_materials = len(_SUREST) - 1.5
    stand_ins = {name: before_materials + n / 100 for n, name in enumerate(instead)}
    ranked: dict[float, list[str]] = {}
    for name in names:
        rank = _formula_rank(name) if len(name) <= LONGEST_HEADING else None
        if rank is None:
            rank = stand_ins.get(folded_heading(name)) if stand_ins else None
        if rank is not None:
            ranked.setdefault(rank, []).append(name)
    if not ranked:
        return None
    meant = ranked[min(ranked)]
    if len(meant) > 1:
        several = " and ".join(repr(name) for name in meant[:_NAMED])
        raise RefusedInputError(
            f"{several} may all hold the formula", f"choose one: --column {meant[0]!r}"
        )
    return meant[0]


@lru_cache(maxsize=4096)
def _formula_rank(name: str) -> float | None:
    """How surely a heading is that of the formula: 0 for the surest; None where it is none."""
    folded = folded_heading(name)
    plain = plain_heading(name)
    words = _WORD.findall(_HUMP.sub(" ", plain).casefold())
    is_made_of_known = _OF_FORMULAS.issuperset(words) and not any(map(str.isdigit, plain))
    for rank, meant in enumerate(_SUREST):
        if (
            meant == folded
            if isinstance(meant, str)
            else (is_made_of_known and not meant.isdisjoint(words))
        ):
            return float(rank)
    return None


def conditions_of(names: Iterable[str], ignored: Collection[str] = ()) -> dict[str, str]:
    """Find what the columns beside the formula say.

    Parameters
    ----------
    names
        The headings.
    ignored
        Those that say nothing, whatever they are called.

    Returns
    -------
    dict
        Column → condition, as `condition_of` calls it. Of several temperatures it holds those that
        say nothing but the temperature and its unit.

    Raises
    ------
    RefusedInputError
        If a column may be the temperature and no column surely is.
    """
    looked_at = [name for name in dict.fromkeys(names) if name not in ignored]
    found = {name: key for name in looked_at if (key := condition_of(name))}
    temperatures = [name for name, key in found.items() if key in TEMPERATURES]
    plain = [name for name in temperatures if is_plain_temperature(plain_heading(name))]
    if plain:
        return {
            name: key for name, key in found.items() if name in plain or key not in TEMPERATURES
        }
    unclear = [name for name in looked_at if name not in found and may_be_temperature(name)]
    if unclear or len(temperatures) > 1:
        raise _unclear([*temperatures, *unclear])
    return found


def may_be_temperature(heading: str) -> bool:
    """Tell whether a heading that `condition_of` does not know may still be the temperature."""
    return len(heading) <= LONGEST_HEADING and is_like_temperature(plain_heading(heading))


def _unclear(names: Sequence[str]) -> RefusedInputError:
    several = " and ".join(repr(name) for name in names)
    return RefusedInputError(
        f"no column surely holds the temperature of the measurement: {several} may be meant",
        "name it 'temperature (°C)' or 'temperature (K)'; if none was meant, say what it is, such"
        f" as 'sintering temperature', or pass it over: --ignore-column {names[-1]!r}",
    )


def nearly_condition(heading: str) -> str | None:
    """Return the condition that a heading comes close to by a slip: ``temprature``."""
    if len(heading) > _LONGEST_COMPARED:
        return None
    folded = re.sub(r"[\s_#()\[\]°/,-]+", "_", heading.casefold()).strip("_")
    matcher = SequenceMatcher(b=folded, autojunk=False)
    for known, meant in _GUARDED.items():
        matcher.set_seq1(known)
        if matcher.quick_ratio() >= _NEARLY and matcher.ratio() >= _NEARLY:
            return meant
    return None


def close_heading(wanted: str, names: Sequence[str]) -> str | None:
    """Return the heading that is written most like the one that was wanted."""
    folded = {folded_heading(name): name for name in names if len(name) <= LONGEST_HEADING}
    close = get_close_matches(folded_heading(wanted), [*folded], n=1, cutoff=0.5)
    return folded[close[0]] if close else None
