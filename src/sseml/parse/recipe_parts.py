"""The tokens of a recipe become its parts, each with the amount that was written for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sseml.families import families
from sseml.parse.formula import parse_formula
from sseml.parse.recipe_names import (
    Listed,
    ListedFiller,
    ListedLiquid,
    ListedPolymer,
    ListedSalt,
    nearest_names,
)
from sseml.parse.recipe_quantities import Token
from sseml.records import Composition, FillerShape, NoLithiumError, RefusedInputError

MOLAR_MASS_FROM = 200.0
"""A number behind a polymer is its molar mass from here on (PEG400), below it EO:Li (PEO20)."""

_LIKE_PERCENT = (90.0, 130.0)
"""A ratio whose numbers add up to so much was meant in percent."""

_SHAPE_ORDER: tuple[FillerShape, ...] = ("aligned", "network", "wire", "sheet", "particle")
OTHER_CATION = re.compile(
    r"(?P<ion>Na|K|Mg|Zn|Ca|Cs|Rb|Al)\(?(?:TFSI|FSI|TFSA|FSA|ClO4|PF6|BF4|OTf|Tf|CF3SO3|BOB|SCN|I\b"
    r"|N\(S|Br\b|DFOB|B\(C)"
)
_ION_NAMES = {"Na": "sodium", "K": "potassium", "Mg": "magnesium", "Zn": "zinc", "Ca": "calcium"}


@dataclass(slots=True)
class Part:
    """A part of a recipe as it was written; at most one of its amounts is not None."""

    text: str
    entry: Listed | None = None
    smiles: str = ""
    composition: Composition | None = None
    percent: float | None = None
    mol_percent: float | None = None
    molality_mol_kg: float | None = None
    mass: float | None = None
    """In the unit of a ratio by weight between parts."""
    shape: FillerShape | None = None

    @property
    def is_polymer(self) -> bool:
        """Whether it is a polymer, listed or of the person's own."""
        return isinstance(self.entry, ListedPolymer) or self.text.startswith("PSMILES:")

    @property
    def is_salt(self) -> bool:
        """Whether it is a salt, listed or of the person's own."""
        return isinstance(self.entry, ListedSalt) or self.text.startswith("SALT:")

    @property
    def is_liquid(self) -> bool:
        """Whether it is a liquid."""
        return isinstance(self.entry, ListedLiquid)

    @property
    def is_filler(self) -> bool:
        """Whether it is a filler or an inorganic formula."""
        return isinstance(self.entry, ListedFiller) or self.composition is not None

    @property
    def has_amount(self) -> bool:
        """Whether an amount was written for it."""
        amounts = (self.percent, self.mol_percent, self.molality_mol_kg, self.mass)
        return any(amount is not None for amount in amounts)


@dataclass(slots=True)
class Written:
    """A recipe as it was written: its parts, the sites per Li, and what holds for all of it."""

    parts: list[Part] = field(default_factory=list)
    sites_per_lithium: float | None = None
    site_word: str = ""
    molar_mass_g_mol: float | None = None
    notes: list[str] = field(default_factory=list)

    def polymers(self) -> list[Part]:
        """The polymers, in order."""
        return [part for part in self.parts if part.is_polymer]

    def salts(self) -> list[Part]:
        """The salts, in order."""
        return [part for part in self.parts if part.is_salt]

    def liquids(self) -> list[Part]:
        """The liquids, in order."""
        return [part for part in self.parts if part.is_liquid]

    def fillers(self) -> list[Part]:
        """The fillers, in order."""
        return [part for part in self.parts if part.is_filler]


class _Reader:
    """Goes through the tokens once."""

    def __init__(self, tokens: Sequence[Token], compositions: dict[str, Composition]) -> None:
        self.tokens = tokens
        self.compositions = compositions
        self.written = Written()
        self.pending: Token | None = None
        self.pending_shapes: list[FillerShape] = []
        self.after_sign = True
        self.counted: list[float] = []

    def read(self) -> Written:
        for position, token in enumerate(self.tokens):
            self._take(position, token)
        if self.pending is not None:
            raise RefusedInputError(
                f"{self.pending.text!r} stands before no name", "write + 10 wt% LLZO"
            )
        return self.written

    def _take(self, position: int, token: Token) -> None:
        match token.kind:
            case "name" | "own" | "own salt" | "formula" | "unknown":
                self._add(position, token)
            case "percent" | "molality":
                self._amount(position, token)
            case "sites":
                self._sites(token.value, token.unit, token.text)
            case "count":
                self._count(token)
            case "molar mass":
                self._molar_mass(token.value)
            case "parts":
                self._parts(token)
            case "shape":
                self._shape(token.shape)
            case "join":
                self.after_sign = True

    def _add(self, position: int, token: Token) -> None:
        part = self._part(token)
        if self._says_more_of_last(position, part) or self._is_again(part):
            return
        if self.pending is not None:
            _set_amount(part, self.pending)
            self.pending = None
        if self.pending_shapes and part.is_filler:
            part.shape = _main_shape(self.pending_shapes)
        self.pending_shapes = []
        self.written.parts.append(part)
        self.after_sign = False

    def _says_more_of_last(self, position: int, part: Part) -> bool:
        """Take ``(PEO)`` behind its full name, and the formula of a filler behind its name."""
        parts = self.written.parts
        in_bracket = position > 0 and self.tokens[position - 1].kind == "open"
        if not parts or not in_bracket or self.pending is not None or self.after_sign:
            return False
        last = parts[-1]
        if last.entry is not None and last.entry == part.entry:
            return True
        if last.is_filler and part.composition is not None:
            last.text, last.entry, last.composition = part.text, None, part.composition
            return True
        return False

    def _is_again(self, part: Part) -> bool:
        """Take the second end block of A-b-B-b-A with the first; refuse any other repetition."""
        same = [p for p in self.written.parts if p.entry is not None and p.entry == part.entry]
        if not same:
            return False
        if part.is_polymer and self.pending is None and not same[0].has_amount:
            return True
        raise RefusedInputError(
            f"{part.text!r} is written twice", "write each part once, and one recipe a line"
        )

    def _part(self, token: Token) -> Part:
        if token.kind == "own":
            return Part(f"PSMILES:{token.text}", smiles=token.text)
        if token.kind == "own salt":
            return Part(f"SALT:{token.text}", smiles=token.text)
        if token.entry is not None:
            formula = token.entry.formula if isinstance(token.entry, ListedFiller) else ""
            composition = parse_formula(formula) if formula else None
            return Part(token.text, entry=token.entry, composition=composition)
        if token.text in self.compositions:
            return Part(token.text, composition=self.compositions[token.text])
        raise _unknown(token.text)

    def _amount(self, position: int, token: Token) -> None:
        """Of the name that follows it directly; else of the part before it."""
        self._refuse_negative(position, token)
        behind = self.tokens[position + 1 :]
        following = next((t for t in behind if t.kind != "shape"), None)
        in_bracket = position > 0 and self.tokens[position - 1].kind == "open"
        parts = self.written.parts
        is_named_behind = following is not None and following.kind in (
            "name", "own", "own salt", "formula", "unknown", "open",
        )  # fmt: skip
        if is_named_behind and not (in_bracket and parts and not parts[-1].has_amount):
            if self.pending is not None:
                raise RefusedInputError(
                    f"{self.pending.text!r} and {token.text!r} stand before one name",
                    "write one amount for each part",
                )
            self.pending = token
            return
        if not parts:
            raise RefusedInputError(
                f"{token.text!r} stands before no name", "write PEO + 40 wt% LiTFSI"
            )
        _set_amount(self._to_be_measured(token), token)

    def _refuse_negative(self, position: int, token: Token) -> None:
        signs = [t.text for t in self.tokens[max(0, position - 2) : position] if t.kind == "join"]
        if signs == ["+", "-"]:
            raise RefusedInputError(
                f"-{token.text} is not above zero", "write an amount above zero, such as 40 wt%"
            )

    def _to_be_measured(self, token: Token) -> Part:
        """The part that an amount behind it is of: of m= the last salt, else the last part."""
        if token.kind == "molality" and (salts := self.written.salts()):
            return salts[-1]
        return self.written.parts[-1]

    def _sites(self, value: float, word: str, text: str) -> None:
        if self.written.sites_per_lithium is not None:
            raise RefusedInputError(f"{text!r} is a second ratio to Li", "leave one out")
        self.written.sites_per_lithium, self.written.site_word = value, word

    def _count(self, token: Token) -> None:
        if token.value >= MOLAR_MASS_FROM:
            self._molar_mass(token.value)
        else:
            self._sites(token.value, "", token.text)

    def _molar_mass(self, value: float) -> None:
        if self.written.molar_mass_g_mol is not None:
            raise RefusedInputError(
                f"{value:g} g/mol is a second molar mass", "write that of the main polymer alone"
            )
        self.written.molar_mass_g_mol = value

    def _shape(self, shape: FillerShape) -> None:
        parts = self.written.parts
        if self.after_sign or not parts or not parts[-1].is_filler or self.pending is not None:
            self.pending_shapes.append(shape)
        else:
            before = parts[-1].shape
            parts[-1].shape = _main_shape([shape] if before is None else [shape, before])

    def _parts(self, token: Token) -> None:
        """A ratio is of as many parts before it as it has numbers."""
        count = len(token.numbers)
        among = self.written.parts[-count:]
        if len(among) < count:
            raise RefusedInputError(
                f"the ratio {token.text!r} has {count} numbers for {len(among)} parts",
                "write PEO/PVDF 80/20 + LiTFSI, or wt% before each part",
            )
        if all(part.is_polymer for part in among) and token.unit != "mol":
            if not token.unit:
                _require_hundred(token)
            self._by_mass(among, token)
        elif token.unit == "wt":
            self._by_mass(among, token)
        else:
            self._by_amount(among, token)

    def _by_mass(self, among: list[Part], token: Token) -> None:
        for part, number in zip(among, token.numbers, strict=True):
            _require_free(part, token.text)
            part.mass = number

    def _by_amount(self, among: list[Part], token: Token) -> None:
        kinds = (among[0].is_polymer, among[-1].is_salt, among[0].is_salt, among[-1].is_polymer)
        first, last = token.numbers[0], token.numbers[-1]
        if len(among) == 2 and kinds[0] and kinds[1]:
            value = first / last
        elif len(among) == 2 and kinds[2] and kinds[3]:
            value = last / first
        else:
            raise RefusedInputError(
                f"the ratio {token.text!r} does not say whether it is by weight",
                "write w/w behind it, or wt% before each part",
            )
        self._sites(value, "", token.text)
        self.written.notes.append(
            f"{token.text} is read as coordinating units per Li; write w/w if it is by weight"
        )


def _require_hundred(token: Token) -> None:
    """Refuse 60/50, which is no plain ratio and no percentages either."""
    total = sum(token.numbers)
    if _LIKE_PERCENT[0] <= total <= _LIKE_PERCENT[1] and abs(total - 100.0) > 1:
        raise RefusedInputError(
            f"the polymer fractions {token.text} add up to {total:g}", "let them add up to 100"
        )


def _main_shape(shapes: Sequence[FillerShape]) -> FillerShape:
    return min(shapes, key=_SHAPE_ORDER.index)


def _require_free(part: Part, text: str) -> None:
    if part.has_amount:
        raise RefusedInputError(
            f"{text!r} is a second amount of {part.text!r}", "write one amount for each part"
        )


def _set_amount(part: Part, amount: Token) -> None:
    _require_free(part, amount.text)
    if amount.kind == "molality" or amount.unit == "mol":
        if not part.is_salt:
            raise RefusedInputError(
                f"{amount.text!r} is written for {part.text!r}, which is no salt",
                f"write {part.text} in wt%",
            )
        if amount.kind == "molality":
            part.molality_mol_kg = amount.value
        else:
            part.mol_percent = amount.value
    else:
        part.percent = amount.value


def _unknown(text: str) -> RefusedInputError:
    if found := OTHER_CATION.match(text):
        ion = _ION_NAMES.get(found["ion"], found["ion"])
        return NoLithiumError(
            f"{text!r} is a {ion} salt", "this model knows Li+ conductors only: write a Li salt"
        )
    if text in ("Li", "lithium"):
        return RefusedInputError("which lithium salt it is, is not said", "write + LiTFSI")
    if (family := families().get(text)) and family.examples:
        return RefusedInputError(
            f"{text!r} is a family", f"write a recipe, such as {family.examples[0]}"
        )
    if text.replace(".", "").isdigit():
        return RefusedInputError(
            f"the amount {text!r} has no unit", f"write {text} wt% or m={text}"
        )
    near = nearest_names(text)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return RefusedInputError(
        f"{text!r} is no polymer, salt, liquid or filler that is listed",
        f"{meant}All names: sseml names --kind polymer; own units: PSMILES:[*]CCO[*]",
    )


def written_parts(tokens: Sequence[Token], compositions: dict[str, Composition]) -> Written:
    """Give each part of a recipe its amount.

    `compositions` holds what the inorganic formulas among the tokens stand for.

    Raises
    ------
    RefusedInputError
        If a name is unknown or an amount belongs to no part, or to one that has its own.
    """
    return _Reader(tokens, compositions).read()
