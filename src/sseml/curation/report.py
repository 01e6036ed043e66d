"""What became of the rows of every source: counted by rule, and the dropped ones listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sseml.curation.found import RefusedFinding
from sseml.curation.rows import Dropped, Kept, Merged, Upstream


@dataclass(slots=True)
class SourceCount:
    """What became of the rows of one source; `read` = `kept` + all `merged` + all `dropped`.

    `merged` and `dropped` are counted by rule. `noticed` counts the flags that single rows earned
    by themselves (a formula or a temperature corrected, a lattice left out), whether the row was
    kept, merged or dropped afterwards.
    """

    read: int = 0
    kept: int = 0
    merged: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)

    def by_rule(self) -> dict[str, dict[str, int]]:
        """What happened → rule → rows, the rules sorted."""
        counted = {"merged": self.merged, "dropped": self.dropped, "noticed": self.noticed}
        return {what: dict(sorted(counter.items())) for what, counter in counted.items()}


@dataclass(frozen=True, slots=True)
class CurationReport:
    """Counts of one curation run; `flags` is flag → source → rows of the table that carry it.

    `refused_findings` are rows of our ``papers_of_rows.csv`` that fit no row of the source.
    """

    sources: Mapping[str, SourceCount]
    flags: Mapping[str, Mapping[str, int]]
    dropped_rows: tuple[Dropped, ...]
    refused_findings: tuple[RefusedFinding, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The report as plain dictionaries and lists, ready for JSON."""
        return {
            "sources": {
                name: {"read": count.read, "kept": count.kept, **count.by_rule()}
                for name, count in self.sources.items()
            },
            "flags": {flag: dict(by_source) for flag, by_source in sorted(self.flags.items())},
            "dropped_rows": [
                {
                    "source": raw.source,
                    "source_id": raw.source_id,
                    "formula": raw.formula,
                    "reason": reason,
                    "detail": detail,
                }
                for raw, reason, detail in self.dropped_rows
            ],
            "refused_findings": [
                {
                    "source": each.finding.source,
                    "source_id": each.finding.source_id,
                    "formula": each.finding.formula,
                    "field": each.finding.field,
                    "reason": each.reason,
                }
                for each in self.refused_findings
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
            for what, rules in count.by_rule().items():
                lines += [f"  {what}: {n} {rule}" for rule, n in rules.items()]
        lines.append("flags of the rows kept:")
        for flag, by_source in sorted(self.flags.items()):
            shares = ", ".join(f"{source} {n}" for source, n in by_source.items())
            lines.append(f"  {flag}: {sum(by_source.values())} ({shares})")
        if self.refused_findings:
            reasons = Counter(each.reason for each in self.refused_findings)
            shares = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
            lines.append(f"findings about rows that were not used: {shares}")
        return "\n".join(lines)


def report_of(
    raws: Iterable[Upstream],
    kept: Iterable[Kept],
    merged: Iterable[Merged],
    dropped: Sequence[Dropped],
    refused: Sequence[RefusedFinding] = (),
) -> CurationReport:
    """Count what became of upstream rows: kept, merged into another, or dropped."""
    sources: dict[str, SourceCount] = {}
    for raw in raws:
        sources.setdefault(raw.source, SourceCount()).read += 1
    flags: dict[str, Counter[str]] = {}
    for draft in kept:
        sources[draft.raw.source].kept += 1
        for flag in draft.flags:
            flags.setdefault(flag, Counter())[draft.raw.source] += 1
    for row in merged:
        sources[row.raw.source].merged[row.rule] += 1
    for lost in dropped:
        sources[lost.raw.source].dropped[lost.reason] += 1
    in_order: Mapping[str, Mapping[str, int]] = {
        flag: {name: count[name] for name in sources if count[name]}
        for flag, count in flags.items()
    }
    return CurationReport(sources, in_order, tuple(dropped), tuple(refused))
