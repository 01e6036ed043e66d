"""The formula of a phase and the equation of a reaction as a chemist writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product

from sseml.classes import dataclass
from sseml.parse.formula import parse_formula
from sseml.patterns import late
from sseml.physics.elements import packaged_rows
from sseml.physics.oxidation import highest_charge
from sseml.records import RefusedInputError

LISTED: Mapping[str, str] = {
    "H2O2": "H2O2", "BH3O3": "H3BO3", "BHO2": "HBO2", "H5IO6": "H5IO6", "H5NO": "NH3·H2O",
    "H3N": "NH3", "H4N2": "N2H4", "H4I3N": "NH4I3", "BH6N": "NH3BH3", "H4C": "CH4", "H4CO": "CH3OH",
    "H2CO": "CH2O", "H2CO2": "HCOOH", "H4CN2O": "CO(NH2)2", "KCNO": "KOCN", "NaCNO": "NaOCN",
}  # fmt: skip
"""Table's formula → the usual one, where no rule gives it. One that is not read as the same amounts
is not used."""

_GROUP = late(r"\(([A-Za-z0-9]+)\)(\d+)")
_TERM = late(r"([A-Z][a-z]?)(\d*)")
_TURNED: Mapping[str, str] = {"H3N": "NH3", "H2N": "NH2", "H3C": "CH3"}
_NETWORK = frozenset(("B", "Si", "Ge", "Te", "Mo", "W", "Sb"))
"""Their oxygen is not set apart from them as oxide."""

_NO_CATIONS_BESIDE_H = frozenset(("C", "N", "P", "S"))
"""A compound of hydrogen in which these are left over is organic, or cannot be taken apart."""

_OF_ONE_CHARGE = frozenset((
    "Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Al", "Ga", "Sc", "Y",
    "La", "Nd", "Gd", "Dy", "Ho", "Er", "Tm", "Lu", "Hf", "Zr", "Th", "B", "Si",
))  # fmt: skip
_LEAST: Mapping[str, int] = {"Ce": 3, "Pr": 3, "Tb": 3, "P": 3, "As": 3, "S": 4, "C": 2}
_MOST_CHOICES = 400


@dataclass(frozen=True, slots=True)
class _Unit:
    """An ion or a molecule of a solid; ``data/SOURCES.md`` says what the rules mean."""

    text: str
    charge: int
    rules: str

    @property
    def amounts(self) -> Mapping[str, int]:
        return _counted(self.text)


@cache
def _units() -> Mapping[str, Sequence[_Unit]]:
    """Ions of each element, the likeliest first; under "" groups that only keep their brackets."""
    units: dict[str, list[_Unit]] = {}
    for text, element, charge, rules in packaged_rows("physics/data/ions.csv"):
        units.setdefault(element, []).append(_Unit(text, int(charge or 0), rules))
    return units


@cache
def _in_brackets() -> frozenset[str]:
    """Groups that keep their brackets."""
    return frozenset(
        unit.text for units in _units().values() for unit in units if "brackets" in unit.rules
    )


_ONLY_IONS = frozenset(("F", "Cl", "Br", "I", "N"))
"""Elements that are never counted among the cations."""


@dataclass(frozen=True, slots=True)
class _Salt:
    """A formula taken apart."""

    cations: Mapping[str, int]
    units: tuple[tuple[_Unit, int], ...]
    oxide: int
    hydroxide: int
    acid: int
    water: int


@lru_cache(maxsize=65536)
def chemical_formula(formula: str) -> str:
    """Write the formula of a phase, of whole amounts, as a chemist does.

    The result is read as the same amounts; a formula that no rule knows stays as it is.

    Examples
    --------
    >>> chemical_formula("H7ClO3"), chemical_formula("La(HO)3"), chemical_formula("LiH3O2")
    ('HCl·3H2O', 'La(OH)3', 'LiOH·H2O')
    >>> chemical_formula("Li(CoO2)2"), chemical_formula("Ti2Fe(PO5)2"), chemical_formula("H4NCl")
    ('LiCo2O4', 'Ti2FeO2(PO4)2', 'NH4Cl')
    """
    if formula.isalpha() and formula[1:].islower():
        return formula
    amounts = _counted(formula)
    if not amounts:
        return formula
    candidates = [LISTED.get(_flat(amounts), LISTED.get(formula, "")), *_written_salts(amounts)]
    candidates.append(_with_known_groups(formula))
    return next((text for text in candidates if text and _is_same(text, amounts)), formula)


def _counted(formula: str) -> dict[str, int]:
    """Whole amounts of a formula with brackets one deep, in its order; nothing for any other."""
    opened = _GROUP.sub(
        lambda found: "".join(
            f"{symbol}{int(n or 1) * int(found[2])}" for symbol, n in _TERM.findall(found[1])
        ),
        formula,
    )
    if "".join(map("".join, _TERM.findall(opened))) != opened:
        return {}
    amounts: dict[str, int] = {}
    for symbol, n in _TERM.findall(opened):
        amounts[symbol] = amounts.get(symbol, 0) + int(n or 1)
    return amounts


def _is_same(text: str, amounts: Mapping[str, int]) -> bool:
    try:
        return dict(parse_formula(text).amounts) == {key: float(n) for key, n in amounts.items()}
    except RefusedInputError:
        return False


def _with_known_groups(formula: str) -> str:
    """Open brackets that stand around no ion; an element that then stands twice is counted once."""

    def kept(found: re.Match[str]) -> str:
        if found[1] in _TURNED:
            return f"({_TURNED[found[1]]}){found[2]}"
        return found[0] if found[1] in _in_brackets() else _flat(_counted(found[0]))

    text = _GROUP.sub(kept, formula)
    symbols = [symbol for symbol, _ in _TERM.findall(text)]
    is_flat = "(" not in text
    return _flat(_counted(text)) if is_flat and len(set(symbols)) < len(symbols) else text


def _flat(amounts: Mapping[str, int]) -> str:
    return "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in amounts.items())


def _written_salts(amounts: Mapping[str, int]) -> Iterator[str]:
    """The formula taken apart, if its charges allow it."""
    if "O" in amounts or "H" in amounts:
        yield from (_written(salt) for salt in _salts(amounts))
    if {"O", "H"} <= amounts.keys() and not amounts.keys() & _NO_CATIONS_BESIDE_H:
        rest = {symbol: n for symbol, n in amounts.items() if symbol not in ("O", "H")}
        plain = _Salt(rest, (), *_of_water(amounts["O"], amounts["H"]))
        if rest and not plain.acid:
            yield _written(plain)


def _salts(amounts: Mapping[str, int]) -> Iterator[_Salt]:
    """Ways of taking a formula apart in which the charges balance, the likeliest first."""
    formers = [symbol for symbol in amounts if symbol in _units()]
    options = [[*_choices(symbol, amounts)] for symbol in formers]
    for count, chosen in enumerate(product(*options)):
        if count >= _MOST_CHOICES:
            return
        units = tuple(unit for choice in chosen for unit in choice)
        rest = dict(amounts)
        for unit, n in units:
            for symbol, held in unit.amounts.items():
                rest[symbol] = rest.get(symbol, 0) - held * n
        if min(rest.values()) < 0:
            continue
        oxygen, hydrogen = rest.pop("O", 0), rest.pop("H", 0)
        cations = {symbol: n for symbol, n in rest.items() if n}
        if hydrogen and "O" not in amounts and cations:
            continue
        salt = _Salt(cations, units, *_of_water(oxygen, hydrogen))
        if _balances(salt) and _is_usual(salt):
            yield salt


def _choices(symbol: str, amounts: Mapping[str, int]) -> Iterator[tuple[tuple[_Unit, int], ...]]:
    """Ions that the atoms of one element can make, and none."""
    held = amounts[symbol]
    for unit in _units()[symbol]:
        inside = unit.amounts
        is_there = held % inside[symbol] == 0 and inside.keys() <= amounts.keys()
        if is_there and not ("no_oxygen" in unit.rules and "O" in amounts):
            yield ((unit, held // inside[symbol]),)
    if symbol == "N" and "H" in amounts:
        ammonium, nitrate, *_, ammonia = _units()["N"]
        beside = nitrate if "O" in amounts else ammonia
        yield from (((ammonium, n), (beside, held - n)) for n in range(1, held))
    if symbol not in _ONLY_IONS:
        yield ()


def _of_water(oxygen: int, hydrogen: int) -> tuple[int, int, int, int]:
    """O2-, OH-, H+ and H2O that oxygen and hydrogen make."""
    if hydrogen <= oxygen:
        return oxygen - hydrogen, hydrogen, 0, 0
    if hydrogen <= 2 * oxygen:
        return 0, 2 * oxygen - hydrogen, 0, hydrogen - oxygen
    return 0, 0, hydrogen - 2 * oxygen, oxygen


def _balances(salt: _Salt) -> bool:
    """Whether the cations can have the charge that the rest leaves them."""
    needed = salt.hydroxide + 2 * salt.oxide - salt.acid
    needed -= sum(unit.charge * n for unit, n in salt.units)
    least = sum(_least_charge(symbol) * n for symbol, n in salt.cations.items())
    most = sum(highest_charge(symbol) * n for symbol, n in salt.cations.items())
    return least <= needed <= most


def _least_charge(symbol: str) -> int:
    if symbol in _OF_ONE_CHARGE:
        return int(highest_charge(symbol))
    return _LEAST.get(symbol, 1)


def _is_usual(salt: _Salt) -> bool:
    """Whether what it is taken apart into is likelier than the bare formula."""
    texts = {unit.text for unit, _ in salt.units}
    rules = {rule for unit, _ in salt.units for rule in unit.rules.split()}
    has_groups = any(len(unit.amounts) > 1 for unit, _ in salt.units)
    if salt.oxide and ("no_oxide" in rules or (has_groups and salt.cations.keys() & _NETWORK)):
        return False
    if salt.acid and "base" in rules:
        return False
    if any("ortho" in unit.rules and salt.oxide > n for unit, n in salt.units):
        return False
    if not (salt.hydroxide or salt.water or salt.acid):
        of_hydrogen = salt.oxide and any("H" in text for text in texts)
        return bool(salt.units) and not (of_hydrogen and salt.cations.keys() & _NO_CATIONS_BESIDE_H)
    if salt.cations.keys() & _NO_CATIONS_BESIDE_H or "N" in texts:
        return False
    return bool(salt.units or not salt.acid)


def _written(salt: _Salt) -> str:
    ammonium = [(unit, n) for unit, n in salt.units if unit.charge > 0]
    anions = [(unit, n) for unit, n in salt.units if unit.charge < 0]
    anions.sort(key=lambda held: len(held[0].amounts) == 1)
    several = len(anions) + bool(salt.hydroxide) > 1
    holders = [n for unit, n in anions if "O" in unit.amounts] or [n for _, n in anions]
    shared = 0
    if len(holders) == 1 and salt.acid % holders[0] == 0:
        shared = salt.acid // holders[0]
    if not salt.cations and not ammonium and len(anions) == 1 and shared and not salt.hydroxide:
        [(unit, n)] = anions
        return _around([f"{n if n > 1 else ''}{_with_protons(unit.text, shared)}"], salt)
    is_oxo = any("O" in unit.amounts for unit, _ in anions)
    parts = [_part(unit.text, n) for unit, n in ammonium]
    parts += [_part("H", salt.acid)] if salt.acid and not is_oxo else []
    parts += [_part(symbol, n) for symbol, n in salt.cations.items()]
    parts += [_part("H", salt.acid)] if salt.acid and is_oxo and not shared else []
    parts += [_part("O", salt.oxide)] if salt.oxide else []
    for unit, n in anions:
        takes = shared if is_oxo and "O" in unit.amounts else 0
        parts.append(_part(_with_protons(unit.text, takes), n, bracket=several))
    if salt.hydroxide:
        alone = not anions and not salt.oxide
        parts.append(_part("OH", salt.hydroxide, bracket=not alone))
    return _around(["".join(parts)] if parts else [], salt)


def _around(solid: list[str], salt: _Salt) -> str:
    """Water and ammonia behind what they stand around."""
    solvates = [(unit.text, n) for unit, n in salt.units if unit.charge == 0]
    solvates += [("H2O", salt.water)] if salt.water else []
    return "·".join([*solid, *(f"{n if n > 1 else ''}{text}" for text, n in solvates)])


def _with_protons(text: str, n: int) -> str:
    """An ion with more protons; those it has are counted in."""
    if not n:
        return text
    held = _counted(text).get("H", 0) if text.startswith("H") else 0
    rest = re.sub(r"^H\d*(?![a-z])", "", text)
    return f"{_part('H', n + held)}{rest}"


def _part(text: str, n: int, *, bracket: bool = False) -> str:
    """A part of a formula with its amount, in brackets where it takes them."""
    is_element = len(text) == 1 or (text.isalpha() and text[1:].islower())
    number = str(n) if n > 1 else ""
    if is_element or (n == 1 and not bracket):
        return f"{text}{number}"
    return f"({text}){number}"


DIATOMIC = frozenset(("H", "N", "O", "F", "Cl", "Br", "I"))
_NOTHING = 1e-6
_DIGITS = 3
_WHOLE = 999.5


@dataclass(frozen=True, slots=True)
class Reaction:
    """What reacts to what: formula → mol of formula units; elements stand as molecules (O2)."""

    reactants: Mapping[str, float]
    products: Mapping[str, float]

    def __str__(self) -> str:
        """The equation, coefficients rounded to three digits."""
        return f"{written(self.reactants)} → {written(self.products)}"


def of_atoms(
    formulas: Iterable[str], atoms: Iterable[float], n: Iterable[float]
) -> dict[str, float]:
    """Turn amounts `n` in atoms, of phases of so many atoms each, into amounts of formula units.

    Formulas are written as a chemist does; what is next to nothing is left out.
    """
    amounts: dict[str, float] = {}
    for formula, size, held in zip(formulas, atoms, n, strict=True):
        amount = float(held / size)
        if amount <= _NOTHING:
            continue
        if formula in DIATOMIC:
            amounts[f"{formula}2"] = amount / 2.0
        else:
            amounts[chemical_formula(formula)] = amount
    return amounts


def written(side: Mapping[str, float]) -> str:
    """One side of an equation, three digits or whole numbers; the number 1 is not written.

    Examples
    --------
    >>> written({"Li2S": 1.0, "P": 0.2})
    'Li2S + 0.2 P'
    """
    terms = []
    for formula, amount in side.items():
        number = f"{amount:.0f}" if amount >= _WHOLE else f"{amount:.{_DIGITS}g}"
        terms.append(formula if number == "1" else f"{number} {formula}")
    return " + ".join(terms) if terms else "nothing"
