"""A row's text is read in a time that grows no faster than its length, and is bounded."""

from pathlib import Path
from time import process_time

import pytest

from sseml.parse.line import MAX_LINE_LENGTH
from sseml.parse.normalise import MAX_LENGTH
from sseml.parse.qualifiers import Qualifiers, close_key
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal

PIECES = [
    " ", "\t", "\u00a0", "glass ", " word", " 298K", " 298 K (glass)", "1", "0.5", "12 ", "(", ")",
    "[", "{", "()", "( (", '"', "'", "“", ".", ",", "-", "+", "·", "^", "_", "_1", "/", "=", "x=",
    "x=1 ", "T=60 ", "T=60, x = ", " wt%", " 10 wt% ", "10 mol% Li2S ", "K ", "°C ", "%", "#", ":",
    "75:25 ", "C1", "CI", "0", "Al203", "Co3", "l", "Li", "LI", "Li2S-", "Li3PS4 ", "H2O.", "β-",
    "cubic ",
    "\\mathrm{", "$", "_{", "<sub>", "<", "&amp;", "&", "xyz", "(x-", "LLZO ", "Al-doped ",
    "no. 1 ", "lithium ", "poly", "PEO", "EO : ", "é", "\x00", "□",
]  # fmt: skip
HEADS = ["", "Li3"]
SHORT, LONG = 1000, 100_000


def filled(head, piece, tail, length):
    room = length - len(head) - len(tail)
    return head + (piece * (room // len(piece) + 1))[:room] + tail


def best_time(read, text, tries=3):
    best = float("inf")
    for _ in range(tries):
        begun = process_time()
        read(text)
        best = min(best, process_time() - begun)
    return best


def read_line(text):
    return parse_line(1, text)


def read_input(text):
    return list(parse_inputs([text], Qualifiers(), StructureFiles(Path())))


@pytest.mark.parametrize("read", [read_line, read_input])
def test_a_text_a_hundred_times_as_long_takes_no_longer_than_its_length_explains(read):
    """All beyond the bound are refused before anything is looked for in them."""
    for head in HEADS:
        for piece in PIECES:
            short = best_time(read, filled(head, piece, "PS4", SHORT))
            long = best_time(read, filled(head, piece, "PS4", LONG), tries=2)
            assert long < 100 * max(short, 5e-4), (head, piece)


@pytest.mark.parametrize("longest", [MAX_LENGTH, MAX_LINE_LENGTH])
def test_below_the_bound_four_times_the_text_takes_no_sixteen_times_as_long(longest):
    for head in HEADS:
        for piece in PIECES:
            quarter = best_time(read_line, filled(head, piece, "PS4", longest // 4))
            whole = best_time(read_line, filled(head, piece, "PS4", longest))
            assert whole < 16 * max(quarter, 1e-3), (head, piece)


@pytest.mark.parametrize(
    "text", ["Li3" + " " * 20_000 + "PS4", "Li3PS4" + " glass" * 2000, "Li3PS4" + " 298K" * 3000]
)
def test_a_text_beyond_the_bound_is_refused_with_the_bound(text):
    [refusal] = parse_line(1, text)
    assert isinstance(refusal, Refusal)
    assert f"{len(text)} characters long" in refusal.reason
    assert str(MAX_LINE_LENGTH) in refusal.suggestion


def test_blanks_within_the_bound_are_only_blanks():
    [query] = parse_line(1, " " * 400 + "Li 3" + " " * 400 + "P S 4")
    assert isinstance(query, Query)
    assert query.material.formula == "Li3PS4"


def test_a_long_key_is_compared_with_no_known_one():
    assert close_key("temperatur" * 400).startswith("known are")
