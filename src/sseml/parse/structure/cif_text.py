"""The text of a CIF taken apart into data blocks, items, loops and numbers."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from sseml.parse.structure.cell import lines_of, plainly_quoted, quoted
from sseml.records import RefusedInputError

UNKNOWN = ("?", ".", "")

_LONGEST = 60
_NUMBER = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)(?:/([1-9]\d{0,8}))?(?:\(\d+\))?"
)
_WHOLE = re.compile(r"(\d{1,6})(?:\.0*)?")

_MOST_BLOCKS = 10_000  # data blocks of one file
_MOST_VALUES = 1_000_000  # values of one loop that is read
_READ = ("_atom_site_", "_symmetry_", "_space_group", "_cell_", "_chemical_formula")
"""What the tags begin with that matter for a structure: of other loops nothing is kept."""

_START = re.compile(r"\S")
_END = re.compile(r"(?=\s)|\Z")
_CLOSING = {quote: re.compile(rf"{quote}(?=\s|\Z)") for quote in "'\""}
_FIELD_END = re.compile(r";(?=\s|\Z)")
_RESERVED = ("data_", "loop_", "save_", "global_", "_")
_CUT_SHORT = "it may be cut short: get the whole file"

_Token = tuple[str, bool, int]
"""A value or word, whether it stands without quotes, and its line."""


def number(written: str, name: str) -> float:
    """Read a number, perhaps with its uncertainty (``0.1234(5)``) or as a fraction (``1/3``).

    `name` is what it is the number of, for the message where it is none or infinite.
    """
    found = _NUMBER.fullmatch(written) if len(written) <= _LONGEST else None
    value = float(found[1]) / float(found[2] or 1) if found else math.nan
    if not math.isfinite(value):
        what = f"is {quoted(written)}, not a number" if written else "is missing"
        raise RefusedInputError(f"{name} {what}", "correct it in the file, or export it again")
    return value


def whole(written: str) -> int | None:
    """Read a whole number; None if the text is none."""
    found = _WHOLE.fullmatch(written) if len(written) <= _LONGEST else None
    return int(found[1]) if found else None


@dataclass(slots=True)
class _Loop:
    """A loop while it is read; the values of one that says nothing of a structure are dropped."""

    tags: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    has_values: bool = False
    is_kept: bool = False

    def add(self, value: str, line: int) -> None:
        if not self.has_values:
            self.has_values = True
            self.is_kept = any(tag.startswith(_READ) for tag in self.tags)
        if not self.is_kept:
            return
        if len(self.values) == _MOST_VALUES:
            raise RefusedInputError(
                f"line {line}: the loop with {plainly_quoted(self.tags[0])} has more than"
                f" {_MOST_VALUES} values",
                "leave out all but the structure",
            )
        self.values.append(value)
        self.lines.append(line)


@dataclass(frozen=True, slots=True)
class Block:
    """One data block: tags in lower case, with underscores for points.

    `items` holds the values outside loops, `loops` the loop of each tag and its place in a row.
    """

    name: str
    items: dict[str, str] = field(default_factory=dict)
    loops: dict[str, tuple[_Loop, int]] = field(default_factory=dict)

    def value(self, *tags: str) -> str:
        """The value of the first of the tags that has a known one; empty where none has."""
        for tag in tags:
            written = self.items.get(tag) or next(iter(self._in_loop(tag)), "")
            if written not in UNKNOWN:
                return written.strip()
        return ""

    def column(self, *tags: str) -> list[str]:
        """The values of the first of the tags that there is; a loop cut short is refused."""
        for tag in tags:
            if tag in self.loops:
                loop, _ = self.loops[tag]
                if beyond := len(loop.values) % len(loop.tags):
                    line = loop.lines[-beyond]
                    raise RefusedInputError(
                        f"the loop with {tag} ends within a row, that of line {line}", _CUT_SHORT
                    )
                return self._in_loop(tag)
            if tag in self.items:
                return [self.items[tag]]
        return []

    def _in_loop(self, tag: str) -> list[str]:
        if tag not in self.loops:
            return []
        loop, place = self.loops[tag]
        return loop.values[place :: len(loop.tags)]

    def where(self, tag: str, row: int) -> str:
        """The line of a row of a loop, as a message begins with it; empty outside loops."""
        if tag not in self.loops:
            return ""
        loop, _ = self.loops[tag]
        return f"line {loop.lines[row * len(loop.tags)]}: "


def blocks_of(text: str) -> list[Block]:
    """Take a CIF apart, in a time that grows with its length alone.

    CIF 1.1 is read, and as much of CIF 2.0 as structures need.
    """
    blocks = [Block("")]
    tag, loop = "", None
    for token, is_word, line in _tokens(text):
        word = token[:7].casefold() if is_word else ""
        if not word.startswith(_RESERVED):
            if loop is not None:
                loop.add(token, line)
            elif tag:
                blocks[-1].items[tag] = token
                tag = ""
            continue
        tag = token.casefold().replace(".", "_") if word.startswith("_") else ""
        if tag and loop is not None and not loop.has_values:
            blocks[-1].loops[tag] = (loop, len(loop.tags))
            loop.tags.append(tag)
            continue
        loop = _Loop() if word == "loop_" else None
        if word.startswith("data_"):
            blocks.append(Block(token[5:]))
        if len(blocks) > _MOST_BLOCKS + 1:
            name = plainly_quoted(blocks[-1].name)
            raise RefusedInputError(
                f"the CIF holds more than {_MOST_BLOCKS} data blocks, up to data_{name}", "split it"
            )
    return [block for block in blocks if block.items or block.loops]


def _tokens(text: str) -> Iterator[_Token]:
    lines = lines_of(text)
    for number, line in lines:
        rest = line
        if line.startswith(";"):
            written, rest = _text_field(line, number, lines)
            yield written, False, number
        if "'" in rest or '"' in rest or "#" in rest:
            yield from _quoted_words(rest, number)
        else:
            for word in rest.split():
                yield word, True, number


def _text_field(first: str, number: int, lines: Iterator[tuple[int, str]]) -> tuple[str, str]:
    """The text between two lines that begin with a semicolon, and what follows the second one."""
    held = [first[1:]]
    for _, line in lines:
        if _FIELD_END.match(line):
            return "\n".join(held), line[1:]
        held.append(line)
    raise RefusedInputError(
        f"the text that begins with ';' in line {number} is never closed", _CUT_SHORT
    )


def _quoted_words(line: str, number: int) -> Iterator[_Token]:
    """The words of a line with quotes or a comment; a quote that nothing closes is part of a word.

    Where a quote may close is found once for the line, so that many open ones cost no more.
    """
    closing = {
        quote: [found.start() for found in pattern.finditer(line)]
        for quote, pattern in _CLOSING.items()
    }
    at = 0
    while (start := _START.search(line, at)) and line[start.start()] != "#":
        at = start.start()
        ends = closing.get(line[at], [])
        place = bisect_right(ends, at)
        if place < len(ends):
            yield line[at + 1 : ends[place]], False, number
            at = ends[place] + 1
            continue
        end = _END.search(line, at)
        assert end is not None
        yield line[at : end.start()], True, number
        at = end.start()
