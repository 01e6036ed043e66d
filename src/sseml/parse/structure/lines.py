"""The text of a structure file, taken line by line, and how it is quoted back."""

from __future__ import annotations

from collections.abc import Iterator

from sseml.records import RefusedInputError

LONGEST_LINE = 200_000
"""Characters of a line of a CIF or POSCAR; CIF itself allows 2,048."""

_LONGEST_QUOTE = 60


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Every line and its number, one at a time.

    Parameters
    ----------
    text
        Its lines end with a line feed.

    Raises
    ------
    RefusedInputError
        If a line is longer than `LONGEST_LINE`.
    """
    start, number = 0, 1
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start > LONGEST_LINE:
            raise RefusedInputError(
                f"line {number} is {end - start} characters long, more than the"
                f" {LONGEST_LINE} that are read",
                "break it into lines, or export the structure again",
            )
        yield number, text[start:end]
        start, number = end + 1, number + 1


def quoted(text: str) -> str:
    """A text of a file as it is quoted in a message: short, and without control characters.

    Examples
    --------
    >>> quoted("0,3333"), len(quoted("x" * 1000))
    ("'0,3333'", 63)
    """
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")
