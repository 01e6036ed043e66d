"""A polymer recipe is cut into tokens: names, amounts, shapes and the signs between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from sseml.parse.normalise import normalise
from sseml.parse.recipe_names import Listed, ListedPolymer, listed, longest_spelling
from sseml.parse.recipe_quantities import Token, TokenKind, amount_at, is_ratio_at
from sseml.records import FillerShape

_LIKE_COLON = str.maketrans("∶ː꞉", ":::")
_SHAPES: dict[FillerShape, str] = {
    "aligned": "aligned|vertically aligned|vertically",
    "network": "3d network|3d|network|framework|fabric|scaffold|aerogel|foam|textile|skeleton",
    "wire": (
        "nanowires?|nws?|nano-?fib(?:er|re)s?|nanorods?|nanotubes?|wires?|fib(?:er|re)s?|rods?"
    ),
    "sheet": "nanosheets?|nano-?plate(?:let)?s?|sheets?|platelets?|nanoflakes?|flakes?",
    "particle": "nano-?particles?|nps?|nano-?powders?|powders?|particles?|microparticles?|spheres?",
}
_SHAPE_NAMES: dict[str, FillerShape] = {shape: shape for shape in _SHAPES}
_JOINS = {
    "+": r"\+|&|\bplus\b|\band\b|\bwith\b|\bcontaining\b|\bdoped with\b|\bin\b|\binto\b",
    "/": r"-(?:b|block|co|g|graft|ran|alt)-(?=[A-Za-z(])|[/:·-]|\bon\b",
    ",": "[,;|]",
}
_IGNORED = (
    "composites?|blends?|mixtures?|polymers?|electrolytes?|membranes?|films?|of|based|solid|salts?"
    "|fillers?|gels?|matrix|hosts?|copolymers?|a|an|the|total|ratio|weight|mass|cross-?linked"
    "|sses?|binders?|electrospun|coated|pure|pristine|linear|thin|flexible|porous|mesoporous"
    "|nano|nano-?sized|cubic|amorphous|commercial|at|to|by|from|is|using|nanocomposites?|dispersed|loaded|plasticiser|plasticizer|dry|spe|cpe|cse|gpe|filled"
)
_INORGANIC_MIXTURE = re.compile(r"\d[\d.]*\(?[A-Z][A-Za-z\d.()]*[-·]\d[\d.]*\(?[A-Z][A-Za-z\d.()]*")
_OWN = re.compile(r"PSMILES:\s*(?P<smiles>(?:\[[^\]]*\]|[^\s,;+\[])+)", re.IGNORECASE)
_BARE_OWN = re.compile(r"(?<!\S)(?=\S*\[\*\])(?P<smiles>(?:\[[^\]]*\]|[^\s,;+\[])+)")
_OWN_SALT = re.compile(r"SALT:\s*(?P<smiles>(?:\[[^\]]*\]|[^\s,;+\[])+)", re.IGNORECASE)
_COUNT = re.compile(
    r"_?(?:\((?P<inside>\d+(?:\.\d+)?)\)|(?P<bare>\d+(?:\.\d+)?)(?P<k>k)?)"
    r"(?![.\d]|\s?(?:wt|w/w|%|mol|/\d|:\d))"
)
_UNIT_COUNTED = ("(EO)", "EO", "[EO]")
"""Spellings of the unit that only a number behind makes a polymer: EO20LiTFSI."""

_CHUNK = re.compile(r"[^\s,;+]{1,120}")
_BEHIND_CHUNK = re.compile(r"[/:·-]")

_HELD = "\ue000"
"""Stands for a SMILES while the rest is brought to plain spelling."""


@cache
def _words() -> tuple[tuple[TokenKind, str, re.Pattern[str]], ...]:
    found: list[tuple[TokenKind, str, re.Pattern[str]]] = []
    for shape, words in _SHAPES.items():
        found.append(("shape", shape, re.compile(rf"(?:{words})(?![\w])", re.IGNORECASE)))
    for sign, words in _JOINS.items():
        found.append(("join", sign, re.compile(rf"(?:{words})", re.IGNORECASE)))
    found.append(("close", "", re.compile(rf"(?:{_IGNORED})(?![\w])", re.IGNORECASE)))
    return tuple(found)


def tokens(text: str, is_inorganic: Callable[[str], bool]) -> list[Token]:
    """Cut a recipe into tokens; `is_inorganic` tells whether a text is a formula of a solid."""
    plain, own = _with_own_held(text)
    return list(_Scanner(plain, own, is_inorganic).scan())


def _with_own_held(text: str) -> tuple[str, list[Token]]:
    """The text in plain spelling, with a private character for each SMILES of the person's own."""
    own: list[Token] = []

    def hold(kind: TokenKind) -> Callable[[re.Match[str]], str]:
        def held(found: re.Match[str]) -> str:
            own.append(Token(kind, found["smiles"]))
            return f" {_HELD}{len(own) - 1}{_HELD}"

        return held

    held = _OWN_SALT.sub(hold("own salt"), _OWN.sub(hold("own"), text.replace(_HELD, "?")))
    held = _BARE_OWN.sub(hold("own"), held)
    return normalise(held.translate(_LIKE_COLON)), own


_Found = tuple[Token | None, int]
"""A token, or None for what says nothing, and where it ends."""


class _Scanner:
    """Goes through a text up to what is unknown; at each position the first reading counts."""

    def __init__(self, text: str, own: list[Token], is_inorganic: Callable[[str], bool]) -> None:
        self.text = text
        self.own = own
        self.is_inorganic = is_inorganic
        self.before: Token | None = None
        self.readings: tuple[Callable[[int], _Found | None], ...] = (
            self._own, self._count, self._mixture, self._name, self._amount, self._word,
            self._bracket, self._chunk,
        )  # fmt: skip

    def scan(self) -> Iterator[Token]:
        position = 0
        while position < len(self.text):
            if self.text[position].isspace():
                position, self.before = position + 1, None
                continue
            readings = (read(position) for read in self.readings)
            token, position = next(found for found in readings if found)
            if token is not None:
                yield token
                if token.kind == "unknown":
                    return
            self.before = token or self.before

    def _own(self, start: int) -> _Found | None:
        if self.text[start] != _HELD:
            return None
        end = self.text.index(_HELD, start + 1)
        return self.own[int(self.text[start + 1 : end])], end + 1

    def _count(self, start: int) -> _Found | None:
        """The number that stands directly behind a polymer: PEO20, P(EO)15, (PEO)18."""
        if self.before is None or self.before.kind != "name":
            return None
        start += self.text[start] == ")"
        found = _COUNT.match(self.text, start)
        if found is None or not isinstance(self.before.entry, ListedPolymer):
            return None
        value = float(found["inside"] or found["bare"]) * (1000.0 if found["k"] else 1.0)
        return Token("count", found.group(), value=value), found.end()

    def _mixture(self, start: int) -> _Found | None:
        found = _INORGANIC_MIXTURE.match(self.text, start)
        if found is None or not self.is_inorganic(found.group()):
            return None
        return Token("formula", found.group()), found.end()

    def _name(self, start: int) -> _Found | None:
        """The longest listed name that neither begins nor ends within a word."""
        text = self.text
        if text[start] in "-_" or (start and text[start - 1 : start + 1].isalpha()):
            return None
        for end in range(min(len(text), start + longest_spelling()), start, -1):
            entry = self._entry(start, end)
            if entry and not is_ratio_at(text, start):
                return Token("name", text[start:end], entry=entry), end
        return None

    def _entry(self, start: int, end: int) -> Listed | None:
        text = self.text
        if text[end - 1] in " -_" or not _ends_at(text, end):
            return None
        is_counted = text[end : end + 1].isdigit()
        entry = listed(text[start:end])
        if entry is None and is_counted and text[start:end] in _UNIT_COUNTED:
            return listed("PEO")
        return entry if isinstance(entry, ListedPolymer) or not is_counted else None

    def _amount(self, start: int) -> _Found | None:
        return amount_at(self.text, start)

    def _word(self, start: int) -> _Found | None:
        for kind, meaning, pattern in _words():
            if found := pattern.match(self.text, start):
                return _token_of_word(kind, meaning, found.group()), found.end()
        return None

    def _bracket(self, start: int) -> _Found | None:
        character = self.text[start]
        if character in "([{":
            return Token("open", character), start + 1
        return (Token("close", character), start + 1) if character in ")]}" else None

    def _chunk(self, start: int) -> _Found:
        """A formula, as long as it is one; else what stands up to the next sign."""
        found = _CHUNK.match(self.text, start)
        end = found.end() if found else start + 1
        while end > start and self.text.count(")", start, end) > self.text.count("(", start, end):
            end -= 1
        signs = [sign.start() for sign in _BEHIND_CHUNK.finditer(self.text, start + 1, end)]
        for stop in (end, *reversed(signs)):
            if stop > start and self.is_inorganic(self.text[start:stop]):
                return Token("formula", self.text[start:stop]), stop
        stop = max(min([end, *signs]), start + 1)
        return Token("unknown", self.text[start:stop]), stop


def _token_of_word(kind: TokenKind, meaning: str, text: str) -> Token | None:
    if kind == "shape":
        return Token(kind, text, shape=_SHAPE_NAMES[meaning])
    return Token(kind, text, unit=meaning) if kind == "join" else None


def _ends_at(text: str, end: int) -> bool:
    """Tell whether no word and no number goes on at a position."""
    if end == len(text):
        return True
    pair = text[end - 1 : end + 1]
    return not (pair.isalpha() or pair.isdigit())
