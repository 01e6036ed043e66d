"""What became of each row of a lab's own file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from sseml.curation.rows import Dropped
from sseml.curation.schema import flag_meanings
from sseml.records import Refusal


def refusal_of(
    dropped: Dropped, row: int, text: str, reasons: Mapping[str, tuple[str, str]]
) -> Refusal:
    """The refusal of a row that a rule kept out; `reasons` say why, and what to write instead."""
    unexplained = dropped.reason.replace("_", " ") + ": {detail}", ""
    reason, hint = reasons.get(dropped.reason, unexplained)
    return Refusal(row, text, reason.format(detail=dropped.detail), hint)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A lab's row whose measurement the table already holds, as ``source:source_id``."""

    row: int
    input: str
    of: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A lab's row and another report of its composition, over a decade apart; S/cm."""

    row: int
    input: str
    sigma_S_cm: float
    other: str
    other_sigma_S_cm: float
    other_doi: str


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What became of each row of a lab's file; `read` = added + refused + duplicates.

    `added` pairs a row of the file with its `measurement_id`, `flags` with the flags it earned;
    `notices` say what a person should know about the columns.
    """

    file: str
    read: int
    added: tuple[tuple[int, str], ...]
    flags: tuple[tuple[int, tuple[str, ...]], ...]
    refused: tuple[Refusal, ...]
    duplicates: tuple[Duplicate, ...]
    conflicts: tuple[Conflict, ...]
    notices: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """The report as plain dictionaries and lists, ready for JSON."""
        flags = dict(self.flags)
        return {
            "file": self.file,
            "read": self.read,
            "added": [
                {"row": row, "measurement_id": name, "flags": list(flags[row])}
                for row, name in self.added
            ],
            "refused": [
                {"row": r.row, "input": r.input, "reason": r.reason, "suggestion": r.suggestion}
                for r in self.refused
            ],
            "duplicates": [asdict(duplicate) for duplicate in self.duplicates],
            "conflicts": [asdict(conflict) for conflict in self.conflicts],
            "notices": list(self.notices),
        }

    def to_text(self) -> str:
        """What was added, found twice and contradicted, as lines to read; refusals are counted."""
        lines = [
            f"{self.file}: {self.read} rows read, {len(self.added)} added,"
            f" {len(self.duplicates)} already in the table, {len(self.refused)} refused"
        ]
        lines += [f"  {notice}" for notice in self.notices]
        lines += [
            f"  row {each.row}: {each.input!r} is in the table already, as {each.of}"
            for each in self.duplicates
        ]
        lines += [
            f"  row {row}: {flag}: {flag_meanings()[flag]}"
            for row, flags in self.flags
            for flag in flags
            if flag != "conflict"
        ]
        return "\n".join([*lines, *_conflict_lines(self.conflicts)])


@dataclass(frozen=True, slots=True)
class OwnResult:
    """What became of a lab's file.

    Attributes
    ----------
    table
        The base with the accepted rows behind it, in the order of the file.
    added
        The accepted rows alone.
    report
        What was refused, found twice or in conflict.
    """

    table: pd.DataFrame
    added: pd.DataFrame
    report: OwnReport

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Rows that are not in the table, each with its reason and what to write instead."""
        return self.report.refused

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Rows whose measurement the table already held."""
        return self.report.duplicates

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Rows that another report contradicts by over a decade; both stay."""
        return self.report.conflicts


def _conflict_lines(conflicts: Sequence[Conflict]) -> Iterator[str]:
    """One line for each row: what it says, and what the others say."""
    for row, group in itertools.groupby(conflicts, key=lambda conflict: conflict.row):
        others = sorted(group, key=lambda conflict: conflict.other_sigma_S_cm)
        first, last = others[0], others[-1]
        said = f"{first.other_sigma_S_cm:.2g} S/cm ({first.other_doi or first.other})"
        if len(others) > 1:
            said += f" to {last.other_sigma_S_cm:.2g} S/cm ({last.other_doi or last.other})"
        yield (
            f"  row {row}: {first.input!r} conducts {first.sigma_S_cm:.2g} S/cm here, and in"
            f" {len(others)} other {'reports' if len(others) > 1 else 'report'} {said}"
        )
