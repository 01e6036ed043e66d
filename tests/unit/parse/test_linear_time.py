"""A hundred times the text takes about a hundred times as long, in every reader of lists."""

import contextlib
import gc
import io
import json
import time
from collections.abc import Callable

import pytest

from sseml.curation.headings import find_columns
from sseml.curation.numbers import read_conductivity, read_quantity
from sseml.parse.headings import (
    condition_of,
    conditions_of,
    folded_heading,
    formula_column,
    may_be_temperature,
    nearly_condition,
    plain_heading,
)
from sseml.parse.raw import with_points
from sseml.parse.rows import read_rows
from sseml.records import RefusedInputError
from sseml.render import inert

SHORT, LONG = 1_000, 100_000
_MOST = 20.0 * LONG / SHORT
"""A reader that takes the square of the length takes 10,000 times as long, not 100 times."""
_LEAST_S = 2e-4
"""Below this a clock measures something else."""

UNITS = [
    " ", "\t", "glass ", "Temperatur ", "T ", "S/cm ", "σ ", "log ", "298K ", "1", "1.", "1,", "-1",
    "(", ")", "([{", '"', '""', '",', "'", ".", ",", ";", "#", " #", "\\", "_", "°C", "°", "e1",
    "x10", " x 10", "·", "-", " - ", "/K", "[", "{", "{}", "a=1 ", "Li3PS4", "Li3PS4 ", "½", "Å ",
    "\u0300", "\u00ad", "\u3000", "é", "\ud800",
]  # fmt: skip


def rows_of(format_name: str, template: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        data = template.replace("@", text).encode("utf-8", "surrogatepass")
        return list(read_rows(io.BytesIO(data), format_name))

    return read


READERS: dict[str, Callable[[str], object]] = {
    "condition_of": lambda text: condition_of(f"T{text}"),
    "conditions_of": lambda text: conditions_of([text, f"T {text}"]),
    "formula_column": lambda text: formula_column([text, f"formula {text}"]),
    "may_be_temperature": lambda text: may_be_temperature(f"T {text}"),
    "nearly_condition": nearly_condition,
    "folded_heading": folded_heading,
    "plain_heading": plain_heading,
    "find_columns": lambda text: find_columns([f"σ {text}", "mS/cm"], "own.csv"),
    "read_quantity": read_quantity,
    "read_conductivity": lambda text: read_conductivity(f"<1{text}"),
    "with_points": with_points,
    "inert": inert,
    "text": rows_of("text", "@\nLi3PS4@\n@ # @\n"),
    "csv heading": rows_of("csv", "formula,@\nLi3PS4,1\n"),
    "csv cells": rows_of("csv", "formula,note\n@,@\nLi3PS4,@\n"),
    "csv quotes": rows_of("csv", 'formula;note\n"@;@\nLi3PS4;"@\n"@"@;\n'),
    "json": rows_of("jsonl", '{"formula": "Li3PS4"}\n{"formula": "@"}\n@\n{"@": @}\n[@\n'),
    "json values": lambda text: rows_of("jsonl", "@")(json.dumps({"formula": text, text: [text]})),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The best of three runs."""
    taken = []
    for _ in range(3):
        gc.collect(0)
        start = time.process_time()
        with contextlib.suppress(RefusedInputError):
            read(text)
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize("reader", READERS)
def test_time_grows_with_the_length_and_no_faster(reader: str) -> None:
    read = READERS[reader]
    for unit in UNITS:
        short, long = (seconds(read, unit * (size // len(unit))) for size in (SHORT, LONG))
        assert long / max(short, _LEAST_S) < _MOST, (reader, unit)


def test_the_measure_sees_a_square() -> None:
    def square(text: str) -> int:
        return sum(text.count(" ") for _ in range(len(text) // 2))

    short, long = (seconds(square, " " * size) for size in (SHORT, 20 * SHORT))
    assert long / max(short, _LEAST_S) > 3 * 20
