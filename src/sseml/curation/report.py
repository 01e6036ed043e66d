"""What curation did, counted: rows read, kept, merged and dropped, and every rule that fired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


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
