"""What curation did, counted: rows read, kept, merged and dropped, and every rule that fired."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sseml.curation.schema import FLAGS
from sseml.records import Refusal


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """One upstream row that is not in the table, by which rule, and the offending text."""

    source: str
    source_id: str
    formula: str
    reason: str
    detail: str = ""


@dataclass(slots=True)
class SourceCount:
    """What became of the rows of one source; `read` = `kept` + all `merged` + all `dropped`.

    `noticed` counts the flags the single rows earned by themselves (a formula or a temperature
    corrected, a lattice left out), whether the row was kept, merged or dropped afterwards.
    """

    read: int = 0
    kept: int = 0
    merged: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)

    @property
    def is_complete(self) -> bool:
        """Whether every row read is accounted for."""
        return self.read == self.kept + self.merged.total() + self.dropped.total()


@dataclass(frozen=True, slots=True)
class CurationReport:
    """Counts of one curation run.

    Attributes
    ----------
    sources
        Source → what became of its rows.
    flags
        Flag → rows of the table that carry it, by source.
    dropped_rows
        Every row dropped, in the order read.
    """

    sources: Mapping[str, SourceCount]
    flags: Mapping[str, Mapping[str, int]]
    dropped_rows: tuple[DroppedRow, ...]

    def to_dict(self) -> dict[str, object]:
        """The report as plain dictionaries and lists, ready for JSON."""
        return {
            "sources": {
                name: {
                    "read": count.read,
                    "kept": count.kept,
                    "merged": dict(sorted(count.merged.items())),
                    "dropped": dict(sorted(count.dropped.items())),
                    "noticed": dict(sorted(count.noticed.items())),
                }
                for name, count in self.sources.items()
            },
            "flags": {flag: dict(by_source) for flag, by_source in sorted(self.flags.items())},
            "dropped_rows": [
                {
                    "source": row.source,
                    "source_id": row.source_id,
                    "formula": row.formula,
                    "reason": row.reason,
                    "detail": row.detail,
                }
                for row in self.dropped_rows
            ],
        }

    def to_text(self) -> str:
        """The counts as lines to read, without the list of dropped rows."""
        lines = []
        for name, count in self.sources.items():
            lines.append(
                f"{name}: {count.read} rows read, {count.kept} kept,"
                f" {count.merged.total()} merged, {count.dropped.total()} dropped"
            )
            for title in ("merged", "dropped", "noticed"):
                counter: Counter[str] = getattr(count, title)
                lines += [f"  {title}: {n} {rule}" for rule, n in sorted(counter.items())]
        lines.append("flags of the rows kept:")
        for flag, by_source in sorted(self.flags.items()):
            shares = ", ".join(f"{source} {n}" for source, n in by_source.items())
            lines.append(f"  {flag}: {sum(by_source.values())} ({shares})")
        return "\n".join(lines)


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

    Attributes
    ----------
    added
        Row of the file, and its `measurement_id` in the table.
    flags
        Row of the file, and the flags it earned.
    notices
        What a person should know about the columns.
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
                {
                    "row": refusal.row,
                    "input": refusal.input,
                    "reason": refusal.reason,
                    "suggestion": refusal.suggestion,
                }
                for refusal in self.refused
            ],
            "duplicates": [asdict(duplicate) for duplicate in self.duplicates],
            "conflicts": [asdict(conflict) for conflict in self.conflicts],
            "notices": list(self.notices),
        }

    def to_text(self) -> str:
        """What was added, found twice and contradicted, as lines to read; refusals are counted."""
        counts = (len(self.added), len(self.duplicates), len(self.refused))
        added, duplicates, refused = counts
        lines = [
            f"{self.file}: {self.read} rows read, {added} added, {duplicates} already in the table,"
            f" {refused} refused"
        ]
        lines += [f"  {notice}" for notice in self.notices]
        lines += [
            f"  row {each.row}: {each.input!r} is in the table already, as {each.of}"
            for each in self.duplicates
        ]
        lines += [
            f"  row {row}: {flag}: {FLAGS[flag]}"
            for row, flags in self.flags
            for flag in flags
            if flag != "conflict"
        ]
        return "\n".join([*lines, *_conflict_lines(self.conflicts)])


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
