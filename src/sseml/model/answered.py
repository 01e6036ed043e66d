"""A batch of questions with what bundles answered, before it is put into rows or columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sseml.classes import dataclass
from sseml.families import FamilyMatch
from sseml.kinds import Kind
from sseml.model.answer import BundleAnswer, Model
from sseml.records import Query, Refusal

if TYPE_CHECKING:
    from sseml.model.phases import Stability


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredGroup:
    """The questions of a batch that one bundle answered; sequences of equal length.

    `places` are those of the questions in the batch; a stability is None where no window was asked
    for.
    """

    places: Sequence[int]
    queries: Sequence[Query]
    kinds: Sequence[Kind]
    families: Sequence[FamilyMatch]
    stabilities: Sequence[Stability | None]
    bundle: Model
    answer: BundleAnswer


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredBatch:
    """Rows in the order of the input: the `items` as asked, the `refusals` by their place."""

    items: Sequence[Query | Refusal]
    refusals: Mapping[int, Refusal]
    groups: Sequence[AnsweredGroup]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.items)

    @property
    def row(self) -> int:
        """Number of the last row in the input, from 1."""
        return self.items[-1].row
