"""What the heading of a column means: one reading for every command that takes a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import cache, lru_cache

from sseml.parse.qualifiers import LATTICE, canonical_key
from sseml.parse.sources import without_damage
from sseml.parse.tables import table_rows
from sseml.patterns import late
from sseml.records import RefusedInputError

LONGEST_HEADING = 120
"""Characters of a heading that are looked at: a longer one is no name of a column."""

STRUCTURE_COLUMNS = ("structure", "cif")
"""Columns that may name structure files, where the reader of the rows opens such files."""

TEMPERATURES = ("temperature", "temperature_C", "temperature_K")
"""What `condition_of` calls a temperature: of no unit, or of the one that the heading says."""

ENERGIES = ("activation_energy_eV", "activation_energy_meV", "activation_energy_kJ_mol")
"""What `condition_of` calls an activation energy, by the unit that the heading says."""

_ANSWERED_ENERGY = "activation_energy_eV"
_ANSWERS = frozenset(("sigma_S_cm", "log10_sigma", "p_superionic"))
"""Columns that answers have beside their activation energy, each named just so."""

_MADE_OF = ("formula", "composition", "material", "beside formula")
"""Meanings of the words that a heading of the formula is made of."""

_RANK_OF_HEADING = {"formula": 0, "input": 2, "composition": 3, "reduced composition": 4}
_RANK_OF_MEANING = {"formula": 1, "composition": 5, "material": 6}
_RANK_OF_STAND_IN = 5.5
"""How surely a heading is that of the formula: 0 is the surest."""

_NAMED = 5

_TWO_WORDS = late(r"\bspace[ -]?groups?\b|\bs\. ?g\.|\bgroupe d ?['’] ?espace\b|\bgrupo espacial\b")
_WORD = late(r"[^\W\d_]+")
_TOKEN = late(r"[^\W\d_]+|\d+|\S")
_HUMP = late(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])")
_HUMP_OF_TEMPERATURE = late(r"(?<=[a-z])(?=[A-Z])")
_LETTER_UNITS = frozenset(("å", "angstrom", "ang", "deg", "degree", "degrees", "°"))
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma"}
_BEFORE_UNIT = late(r"[\[\]/,]|\bin\b")
_SIGNS = frozenset("()[]{},:;./-")
_DEGREES = frozenset(("°", "deg", "degree", "degrees", "grad", "degré", "degrés"))
_UNITS = {
    **dict.fromkeys(("k", "kelvin", "kelvins"), "K"),
    **dict.fromkeys(("c", "degc", "celsius", "centigrade", "gradc"), "C"),
}

_RINGS = str.maketrans("º˚", "°°")
"""Signs people type for a degree, which Unicode would take for other things."""
_PLAIN_SIGNS = str.maketrans("_−–⋅∙•", " --···")

_NEARLY = 0.85
_LONGEST_COMPARED = 40
_GUARDED = {
    "temperature": ("temperature", "temperature_c"),
    "temperature_K": ("temperature_k",),
    "space_group": ("space_group", "spacegroup", "space_group_number"),
    "form": ("form",),
    "conductivity_kind": ("conductivity_kind",),
    "volume_per_atom_A3": ("volume_per_atom", "volume_per_atom_a3"),
}
"""Heading to write → spellings that a slip may come close to."""


@cache
def _words() -> dict[str, frozenset[str]]:
    """Meaning, such as ``beside formula`` → the words of a heading that have it."""
    return {
        row["meaning"]: frozenset(row["words"].split()) for row in table_rows("heading_words.csv")
    }


def plain_heading(name: str) -> str:
    """Put blanks for underscores, plain signs for raised ones: ``σ / mS cm⁻¹`` → ``cm-1``."""
    compatible = unicodedata.normalize("NFKC", name.translate(_RINGS))
    return re.sub(r"\s+", " ", compatible.translate(_PLAIN_SIGNS)).strip()


def folded_heading(name: str) -> str:
    """A heading as it is compared: in any case, with blanks or underscores."""
    return re.sub(r"[\s_]+", " ", without_damage(name)).strip().casefold()


@lru_cache(maxsize=1024)
def _is_of_structures(heading: str) -> bool:
    return folded_heading(heading) in STRUCTURE_COLUMNS


def is_of_structures(heading: str) -> bool:
    """Tell whether a column may name structure files, or hold their texts."""
    return len(heading) <= LONGEST_HEADING and _is_of_structures(heading)


def condition_of(heading: str) -> str | None:
    """Return the condition that a column holds; None where it holds none.

    ``T/K`` is ``temperature_K``, ``Temp.`` is ``temperature``, ``Raumgruppe`` is ``space_group``.
    """
    return None if len(heading) > LONGEST_HEADING else _condition(heading)


@lru_cache(maxsize=4096)
def _condition(heading: str) -> str | None:
    plain = plain_heading(heading)
    unit = _temperature_unit(plain)
    if unit is not None:
        return f"temperature_{unit}" if unit else "temperature"
    if _is_space_group(plain.casefold()):
        return "space_group"
    if letter := _lattice_constant(plain):
        return letter
    return None if plain.startswith("°") else canonical_key(_BEFORE_UNIT.sub(" ", heading))


def _is_space_group(folded: str) -> bool:
    words = set(_WORD.findall(_TWO_WORDS.sub(" spacegroup ", folded)))
    named = words & _words()["space group"]
    return bool(named) and words - named <= _words()["beside space group"]


def _lattice_constant(plain: str) -> str | None:
    """A lattice constant with its unit beside it: ``a (Å)``, ``α / °``."""
    words = _WORD.findall(plain.casefold())
    is_first = bool(words) and plain.casefold().startswith(words[0])
    if not is_first or any(character.isdigit() for character in plain):
        return None
    name = _GREEK.get(words[0], words[0])
    return name if name in LATTICE and _LETTER_UNITS.issuperset(words[1:]) else None


def _temperature_unit(plain: str) -> str | None:
    """``K``, ``C``, or nothing where a heading says no unit; None if it is no temperature.

    ``T meas`` says no unit, ``Temp. (K)`` kelvin; ``1000/T`` and ``T (°F)`` are no temperatures.
    """
    tokens = _temperature_tokens(plain)
    if not tokens or tokens[0] in ("/", "-") or _is_small_t(plain, tokens):
        return None
    nouns = _words()["temperature"] | _words()["measured temperature"]
    unit, is_named, has_degree = "", False, False
    for token in tokens:
        if token in nouns:
            if is_named:
                return None
            is_named = True
        elif token in _DEGREES and is_named:
            has_degree = True
        elif token in _UNITS and is_named and not unit:
            unit = _UNITS[token]
        elif token not in _SIGNS and token not in _words()["beside temperature"]:
            return None
    return unit if is_named and (unit or not has_degree) else None


def _temperature_tokens(plain: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(_HUMP_OF_TEMPERATURE.sub(" ", plain))]


def _is_small_t(plain: str, tokens: list[str]) -> bool:
    """A small t beside other words than K and C is a time or a thickness."""
    return (
        plain.startswith("t")
        and tokens[0] == "t"
        and any(token not in _SIGNS and token not in ("k", "c", "°") for token in tokens[1:])
    )


def _is_plain_temperature(plain: str) -> bool:
    """Tell whether a heading that is a temperature says nothing else but its unit."""
    more = _words()["measured temperature"] | (_words()["beside temperature"] - {"in"})
    return more.isdisjoint(_temperature_tokens(plain))


def formula_column(names: Sequence[str], instead: Sequence[str] = ()) -> str | None:
    """Return the heading under which the formulas stand; None where there is none.

    Of the columns `instead`, such as `STRUCTURE_COLUMNS`, one may stand in for it; the name of a
    material goes behind them. Several that may all be meant are refused.
    """
    stand_ins = {name: _RANK_OF_STAND_IN + n / 100 for n, name in enumerate(instead)}
    ranked: dict[float, list[str]] = {}
    for name in names:
        rank = _formula_rank(name) if len(name) <= LONGEST_HEADING else None
        if rank is None and stand_ins:
            rank = stand_ins.get(folded_heading(name))
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
    words = set(_WORD.findall(_HUMP.sub(" ", plain).casefold()))
    known = frozenset().union(*(_words()[meaning] for meaning in _MADE_OF))
    ranks = [_RANK_OF_HEADING[folded]] if folded in _RANK_OF_HEADING else []
    if words <= known and not any(map(str.isdigit, plain)):
        ranks += [rank for meaning, rank in _RANK_OF_MEANING.items() if words & _words()[meaning]]
    return min(ranks, default=None)


def conditions_of(names: Iterable[str], ignored: Collection[str] = ()) -> dict[str, str]:
    """Find what the columns beside the formula say: column → condition, as `condition_of` has it.

    Of several temperatures it holds those that say nothing but the temperature and its unit. It is
    refused where a column may be the temperature and no column surely is. Columns that are
    `ignored` say nothing, whatever they are called, and neither does one `answered_energy`.
    """
    looked_at = [name for name in dict.fromkeys(names) if name not in ignored]
    if (answered := answered_energy(looked_at)) is not None:
        looked_at.remove(answered)
    found = {name: key for name in looked_at if (key := condition_of(name))}
    temperatures = [name for name, key in found.items() if key in TEMPERATURES]
    plain = [name for name in temperatures if _is_plain_temperature(plain_heading(name))]
    if plain:
        return {
            name: key for name, key in found.items() if name in plain or key not in TEMPERATURES
        }
    unclear = [name for name in looked_at if name not in found and may_be_temperature(name)]
    if unclear or len(temperatures) > 1:
        several = " and ".join(map(repr, [*temperatures, *unclear]))
        last = [*temperatures, *unclear][-1]
        raise RefusedInputError(
            f"no column surely holds the temperature of the measurement: {several} may be meant",
            "name it 'temperature (°C)' or 'temperature (K)'; if none was meant, say what it is,"
            f" such as 'sintering temperature', or pass it over: --ignore-column {last!r}",
        )
    return found


def answered_energy(names: Collection[str]) -> str | None:
    """The column whose activation energies may be answers of an earlier run; None without one.

    It is named as answers name it, and stands beside other columns of theirs.
    """
    beside = _ANSWERED_ENERGY in names and not _ANSWERS.isdisjoint(names)
    return _ANSWERED_ENERGY if beside else None


@cache
def _like_temperature() -> re.Pattern[str]:
    """What says a temperature in a heading."""
    return re.compile(
        r"(?i:temperature|temp(?![a-z])|(?<![a-z])tempe?ra|temperatur|温度|fahrenheit)"
        r"|(?<![A-Za-z])T(?![A-Za-z])|(?<![A-Za-z])T(?:meas|exp|test)"
        r"|(?<!\d)(?<!\d )(?:° ?[CF]|(?i:deg ?[CF]\b|celsius|kelvin))"
        r"|(?<![A-Za-z])TK\b|[(\[] ?K ?[)\]]$|^[^()\[\]/\d]*/ ?K$"
    )


@cache
def _other_quantity() -> re.Pattern[str]:
    """What a heading may be about instead, though it says a temperature too."""
    return re.compile(
        r"sinter|anneal|calcin|kalzin|synth|fir(?:ed|ing)|prep|treat|process|press|melt|quench"
        r"|[ck]r[iy]stalli|transition|decompos|debye|dry|mill|furnace|growth|dwell|soak|heating|cooling"
        r"|ramp|rate|error|\berr\b|uncert|\bstd\b|\bsd\b|\bdev\b|deviation|±|note|\bT ?[gmcx]\b"
        r"|glüh|brenn|anlass|temper(?:n|ung)|trock|schmelz|glasüberg|ofen|herstell|halte|zersetz|press"
        r"|umwandl|frittage|recuit|fusion|fabric|curing|deposit|storage|substrat|stability|\bsint\b"
        r"|sigma|σ|conductivity|leitfähigkeit|conductivité|\bS ?/ ?c?m\b|\bS ?·? ?c?m ?\^?-1"
        r"|^(?:activation energy|e ?a)\b",
        re.IGNORECASE,
    )


def may_be_temperature(heading: str) -> bool:
    """Tell whether a heading that `condition_of` does not know may still be the temperature."""
    if len(heading) > LONGEST_HEADING:
        return False
    plain = plain_heading(heading)
    if _other_quantity().search(plain):
        return False
    misspelt = get_close_matches(plain.casefold(), ["temperature"], n=1, cutoff=0.8)
    return bool(misspelt) or _like_temperature().search(plain) is not None


def nearly_condition(heading: str) -> str | None:
    """Return the condition that a heading comes close to by a slip: ``temprature``."""
    if len(heading) > _LONGEST_COMPARED:
        return None
    folded = re.sub(r"[\s_#()\[\]°/,-]+", "_", heading.casefold()).strip("_")
    matcher = SequenceMatcher(b=folded, autojunk=False)
    for meant, spellings in _GUARDED.items():
        for known in spellings:
            matcher.set_seq1(known)
            if matcher.quick_ratio() >= _NEARLY and matcher.ratio() >= _NEARLY:
                return meant
    return None


def close_heading(wanted: str, names: Sequence[str]) -> str | None:
    """Return the heading that is written most like the one that was wanted."""
    folded = {folded_heading(name): name for name in names if len(name) <= LONGEST_HEADING}
    close = get_close_matches(folded_heading(wanted), [*folded], n=1, cutoff=0.5)
    return folded[close[0]] if close else None
