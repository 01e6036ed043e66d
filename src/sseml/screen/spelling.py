"""The signs of a design space as people type and paste them, and where its choices stand."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from sseml.screen.space import refused

_SIGNS = str.maketrans({
    "｛": "{", "｝": "}", "，": ",", "、": ",", "；": ";", "：": ":", "∶": ":", "＝": "=",
    "≤": "<=", "⩽": "<=", "≦": "<=", "≥": ">=", "［": "[", "］": "]", "\u00a0": " ", "\u2009": " ",
    "\u202f": " ", "\u200b": "", "\ufeff": "", "\t": " ",
})  # fmt: skip


class Choice(NamedTuple):
    """Items to choose one from, and where they stand in a text, with their braces."""

    items: tuple[str, ...]
    start: int
    end: int


def in_plain_signs(text: str) -> str:
    """Bring the signs of the notation to plain characters; those of formulas stay as they are."""
    return text.translate(_SIGNS)


def choices_in(text: str) -> list[Choice]:
    """Find braces that hold a comma: ``{Cl,Br}``; others, as in ``Li_{10}``, are brackets."""
    found = []
    opened: list[int] = []
    commas: list[int] = []
    for place, character in enumerate(text):
        if character == "{":
            opened.append(place)
        elif character == "," and opened:
            commas.append(place)
        elif character == "}":
            if not opened:
                raise refused(text, place, "'}' closes a brace that was never opened", "remove it")
            start = opened.pop()
            inside = [comma for comma in commas if comma > start]
            if inside and opened:
                raise refused(
                    text, start, "these choices stand inside other braces", "write round brackets"
                )
            if inside:
                found.append(_choice(text, start, place, inside))
                commas = []
    if opened:
        raise refused(text, opened[-1], "the brace is never closed", "add '}'")
    return found


def _choice(text: str, start: int, closed: int, commas: list[int]) -> Choice:
    edges = [start, *commas, closed]
    items = []
    for before, after in pairwise(edges):
        item = text[before + 1 : after].strip()
        if not item:
            raise refused(
                text, before, "a choice is empty", "remove the comma, or write an element"
            )
        if item in items:
            raise refused(text, before + 1, f"{item!r} is written twice", "leave one out")
        items.append(item)
    return Choice(tuple(items), start, closed + 1)
