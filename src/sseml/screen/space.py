"""What every design space is: its text, its count before it is gone through, and its candidates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sseml.parse.qualifiers import Qualifiers
from sseml.records import Query, Refusal, RefusedInputError

MAX_CANDIDATES = 10**9
"""A larger space is refused, unless another limit is given."""

NO_QUALIFIERS = Qualifiers()
"""The conditions where neither the space nor the command says any."""

LeftOut = Counter[str]
"""Why points of a space are no candidates → how many of them."""

_SHOWN = 30


class Count(NamedTuple):
    """How many candidates there are: exactly, or at most."""

    number: int
    is_exact: bool = True

    def __str__(self) -> str:
        """Such as ``1,234``, or ``at most 1,234``."""
        return f"{self.number:,}" if self.is_exact else f"at most {self.number:,}"


class SpaceRefusedError(RefusedInputError):
    """A design space cannot be read: its text, the place in it, the reason, and the fix."""


def refused(text: str, position: int, reason: str, suggestion: str) -> SpaceRefusedError:
    """The refusal of a space because of what stands at a position of its text, from 0."""
    there = text[position : position + _SHOWN].strip()
    quoted = f" ({there!r})" if position > 0 and there else ""
    return SpaceRefusedError(
        f"the space {text!r}, at position {position + 1}{quoted}: {reason}", suggestion
    )


@dataclass(frozen=True, kw_only=True)
class Space(ABC):
    """A design space; iterating over it gives its formulas or recipes, one at a time, in order.

    Attributes
    ----------
    text
        The space as the person wrote it.
    notes
        What was taken for granted, for the person who asked: oxidation states.
    """

    text: str
    notes: tuple[str, ...] = ()

    @property
    @abstractmethod
    def count(self) -> Count:
        """Number of candidates, known before the space is gone through."""

    @abstractmethod
    def queries(
        self,
        defaults: Qualifiers = NO_QUALIFIERS,
        *,
        first_row: int = 1,
        left_out: LeftOut | None = None,
    ) -> Iterator[Query | Refusal]:
        """Go through the candidates, always in the same order, one in memory at a time.

        Parameters
        ----------
        defaults
            Conditions, where the space says none.
        first_row
            Number of the first candidate.
        left_out
            Is added to for every point that is no candidate.
        """

    def __iter__(self) -> Iterator[str]:
        """Formulas or recipes, as `sseml predict` reads them."""
        return (query.input for query in self.queries())


def together(spaces: Sequence[Space]) -> Count:
    """The candidates of all spaces."""
    counts = [space.count for space in spaces]
    return Count(sum(each.number for each in counts), all(each.is_exact for each in counts))


def require_limit(spaces: Sequence[Space], limit: int = MAX_CANDIDATES) -> None:
    """Refuse spaces that hold more candidates than the limit.

    Raises
    ------
    SpaceRefusedError
        Naming the largest of the spaces, its count, and that of all.
    """
    total = together(spaces)
    if total.number <= limit:
        return
    largest = max(spaces, key=lambda space: space.count.number)
    of_all = f", all spaces {total}" if len(spaces) > 1 else ""
    raise SpaceRefusedError(
        f"the space {largest.text!r} holds {largest.count} candidates{of_all}; the limit is "
        f"{limit:,}",
        "write larger steps, fewer choices or fewer atoms, or raise the limit with --limit",
    )
