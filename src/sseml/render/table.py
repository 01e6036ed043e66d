"""Answers as aligned columns for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice

from sseml.columns import SCREEN_COLUMNS, Column
from sseml.parse.structure.file_names import names_structures
from sseml.patterns import late
from sseml.records import Answer, Prediction, Refusal
from sseml.render.record import explanation, shortest
from sseml.units import SUPERIONIC_S_CM

_LOOK_AHEAD = 200
"""Answers read before the width of the first column is fixed."""

TABLE_WIDTH = 132
"""Characters that every column takes, with a formula of usual length before them."""

_GAP = "  "
_PROBABILITY = "P≥"
_COLUMNS = {
    "family": 12,
    "T, °C": 5,
    "σ, S/cm": 7,
    "90 % interval": 13,
    _PROBABILITY: 6,
    "if cond.": 8,
    "Ea, eV": 6,
    "window, V": 9,
    "domain": 7,
    "measured": 18,
}
"""Title and width of every column after the input."""

_NARROWEST = 8
_RECIPES = frozenset(("polymer", "composite"))
_POINT = late(r"[,\s][xyz]\s*=")
"""In the input of one point of a sweep."""

_AMOUNT = late(r"\d+\.\d{4,}")


def table_lines(
    answers: Iterable[Answer], *, explain: bool = False, width: int = TABLE_WIDTH
) -> Iterator[str]:
    """Yield the lines of the table, a refused row in its place with its reason.

    What `screen` has added stands at the end.
    """
    rest = iter(answers)
    head = list(islice(rest, _LOOK_AHEAD))
    if not head:
        return
    room = width - sum(len(_GAP) + column for column in _COLUMNS.values())
    longest = max(text_width(label) for label, _ in _labelled(head, room))
    first = max(_NARROWEST, min(longest, room))
    answered = [answer for answer in head if isinstance(answer, Prediction)]
    threshold_S_cm = answered[0].threshold_S_cm if answered else SUPERIONIC_S_CM
    titles = [
        pad(f"{title}{shortest(threshold_S_cm)}" if title == _PROBABILITY else title, column)
        for title, column in _COLUMNS.items()
    ]
    added = [
        column
        for column in SCREEN_COLUMNS
        if any(column.name in answer.columns for answer in answered)
    ]
    names = (column.name for column in added)
    yield _GAP.join((pad("input", first), *titles, *names)).rstrip()
    for label, answer in _labelled(chain(head, rest), room):
        if isinstance(answer, Refusal):
            yield from _refused(answer, pad(label, first), width)
        else:
            yield _answered(answer, pad(label, first), added)
        if explain:
            yield from (f"    {visible(line)}" for line in explanation(answer).splitlines())


def _labelled(answers: Iterable[Answer], room: int) -> Iterator[tuple[str, Answer]]:
    """Pair each answer with its input or, where that says less, with its formula.

    The points of a sweep share one input, and a long input is cut before its end; of a path and of
    a recipe, whose amounts are its last words, the end says more.
    """
    for _, group in groupby(answers, key=lambda answer: answer.row):
        points = list(islice(group, 2))
        is_sweep = len(points) > 1
        for point in chain(points, group):
            label = visible(point.input)
            if names_structures(point.input):
                label = _end_of(label, room)
            elif isinstance(point, Prediction) and (
                is_sweep or _POINT.search(label) or text_width(label) > room
            ):
                label = _AMOUNT.sub(
                    lambda amount: f"{float(amount[0]):.4g}", visible(point.formula)
                )
                if point.kind in _RECIPES:
                    label = _end_of(label, room)
            yield label, point


def _end_of(text: str, room: int) -> str:
    """The end of a text that fits into `room` terminal columns, after an ellipsis."""
    if text_width(text) <= room:
        return text
    while text_width(text) > room - 1:
        text = text[1:]
    return f"…{text}"


def _answered(answer: Prediction, label: str, added: Sequence[Column]) -> str:
    cells = (
        answer.family,
        f"{answer.temperature_C:g}",
        f"{answer.sigma_S_cm:.1e}",
        f"{answer.sigma_low_S_cm:.0e}…{answer.sigma_high_S_cm:.0e}",
        f"{answer.p_superionic:.2f}",
        f"{answer.sigma_if_conductor_S_cm:.1e}",
        f"{answer.activation_energy_eV:.2f}",
        _window(answer),
        answer.domain,
        _measured(answer),
    )
    padded = (pad(visible(c), room) for c, room in zip(cells, _COLUMNS.values(), strict=True))
    more = (
        pad(_score(answer.columns.get(column.name), column), len(column.name)) for column in added
    )
    return _GAP.join((label, *padded, *more)).rstrip()


def _score(value: object, column: Column) -> str:
    """Nothing for a text that a list holds under the name of a number."""
    if column.holds is str:
        return visible(value) if isinstance(value, str) else ""
    return f"{value:.4g}" if isinstance(value, int | float) else ""


def _measured(answer: Prediction) -> str:
    """The value, and of how many values of how many papers: ``1.3e-03 (12 of 9)``."""
    if answer.measured_sigma_S_cm is None:
        return ""
    value = f"{answer.measured_sigma_S_cm:.1e}"
    if answer.measured_count is None or answer.measured_count < 2:
        return value
    return f"{value} ({answer.measured_count} of {answer.measured_papers})"


def _window(answer: Prediction) -> str:
    if answer.V_red is None or answer.V_ox is None:
        return ""
    return f"{answer.V_red:.2f}–{answer.V_ox:.2f}"


def _refused(answer: Refusal, label: str, width: int) -> Iterator[str]:
    import textwrap  # noqa: PLC0415 - start-up: 1 ms, only for what is refused

    reason = "; ".join(part for part in (answer.reason, answer.suggestion) if part)
    indent = text_width(label)
    lines = textwrap.wrap(visible(f"refused: {reason}"), max(40, width - indent - len(_GAP)))
    for number, line in enumerate(lines):
        yield f"{' ' * indent if number else label}{_GAP}{line}"


def text_width(text: str) -> int:
    """Terminal columns of `text`: wide characters take two, combining marks none."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, room: int) -> str:
    """Fill `text` with blanks to `room` terminal columns, or cut it with an ellipsis."""
    if text_width(text) > room:
        while text_width(text) > room - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (room - text_width(text))


def visible(text: str) -> str:
    """Escape what would move the cursor, or hide or reverse text, on a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
