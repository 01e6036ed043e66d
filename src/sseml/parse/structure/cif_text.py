"""The text of a CIF taken apart into its data blocks, items and loops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sseml.records import RefusedInputError

_TOKEN = re.compile(
    r"""
      ^;(?P<text>.*?)(?:^;(?=\s|\Z)|(?P<open>\Z))
    | \#[^\n]*
    | '(?P<single>(?:[^'\n]|'(?=\S))*)'(?=\s|\Z)
    | "(?P<double>(?:[^"\n]|"(?=\S))*)"(?=\s|\Z)
    | (?P<bare>\S+)
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_CUT_SHORT = "it may be cut short: get the whole file"


@dataclass(frozen=True, slots=True)
class Block:
    """One data block: tags in lower case, with underscores for points.

    Attributes
    ----------
    name
        What follows ``data_``.
    items
        Tag → value of what stands outside loops.
    loops
        Tag → column of values; all columns of a loop have the same length.
    broken
        Tags of loops that end within a row.
    """

    name: str
    items: dict[str, str] = field(default_factory=dict)
    loops: dict[str, list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def value(self, *tags: str) -> str:
        """The first of the tags that says something; empty where none does."""
        for tag in tags:
            written = self.items.get(tag) or (self.loops.get(tag) or [""])[0]
            if written not in ("", "?", "."):
                return written.strip()
        return ""

    def column(self, *tags: str) -> list[str]:
        """The values under the first of the tags there is, also of one outside a loop.

        Raises
        ------
        RefusedInputError
            If the loop ends within a row.
        """
        for tag in tags:
            if tag in self.broken:
                raise RefusedInputError(f"the loop with {tag} ends within a row", _CUT_SHORT)
            if tag in self.loops:
                return self.loops[tag]
            if tag in self.items:
                return [self.items[tag]]
        return []


def blocks_of(text: str) -> list[Block]:
    """Take a CIF apart.

    Parameters
    ----------
    text
        Of the whole file, of CIF 1.1 or as much of CIF 2.0 as structures need.

    Raises
    ------
    RefusedInputError
        If a text field is opened and never closed.
    """
    blocks = [Block("")]
    tag, loop, rows = "", list[str](), list[str]()
    in_loop = False
    for token, is_word in _tokens(text):
        word = token.casefold() if is_word else ""
        if is_word and (word.startswith(("data_", "loop_", "save_", "global_", "_"))):
            if word.startswith("_") and in_loop and not rows:
                loop.append(_tag(token))
                continue
            _close_loop(blocks[-1], loop, rows)
            loop, rows, in_loop, tag = [], [], word == "loop_", ""
            if word.startswith("data_"):
                blocks.append(Block(token[5:]))
            elif word.startswith("_"):
                tag = _tag(token)
        elif in_loop:
            rows.append(token)
        elif tag:
            blocks[-1].items[tag] = token
            tag = ""
    _close_loop(blocks[-1], loop, rows)
    return [block for block in blocks if block.items or block.loops]


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Every value or word, and whether it stands without quotes."""
    for found in _TOKEN.finditer(text):
        match found.lastgroup:
            case "bare":
                yield found.group("bare"), True
            case "open":
                line = text.count("\n", 0, found.start()) + 1
                raise RefusedInputError(
                    f"the text that begins with ';' in line {line} is never closed", _CUT_SHORT
                )
            case "text" | "single" | "double" as kind:
                yield found.group(kind), False
            case _:  # a comment
                pass


def _tag(token: str) -> str:
    return token.casefold().replace(".", "_")


def _close_loop(block: Block, tags: list[str], values: list[str]) -> None:
    if not tags:
        return
    if len(values) % len(tags):
        block.broken.update(tags)
    for place, tag in enumerate(tags):
        block.loops[tag] = values[place :: len(tags)]
