"""All figures of `before_after`, split by split, and as the Markdown of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sseml.evaluate.before_after import (
    LAST_LEARNED_YEARS,
    OFFICIAL,
    OUTPUTS,
    PAPERS,
    PLAIN,
    TIME,
    YEARS,
)
from sseml.evaluate.gains import RESAMPLES_OF_ORDER, Gains, by_family, gains
from sseml.evaluate.time_split import FIRST_TESTED_YEAR, PUBLIC_SOURCES

EACH_ROW, EACH_PAPER_ONCE = "each row once", "each paper once"
WITHOUT_LARGEST = "without the largest paper"

ALL, PUBLIC, BROUGHT = "all rows", "rows of the public sources", "rows of the literature table"
DOMAINS = ("inside", "edge", "outside")
RECENT = f"rows of {FIRST_TESTED_YEAR} and later"


@dataclass(frozen=True, slots=True)
class GainReport:
    """All that the page shows; each mapping goes from names, the last of them to `Gains`.

    Attributes
    ----------
    official
        View → figures of OBELiX's official test, plain output.
    papers
        Output → which rows → view → figures of rows held out by paper.
    papers_by_family
        Family of ten rows or more → figures of the same, plain output.
    time
        Output → view → figures of the time split.
    time_by_family
        Output → family of ten rows or more → figures of the same.
    time_by_domain
        Output → domain after → view → figures of the same.
    years
        Output → last year learned from → view → figures of the rows of 2023 and later.
    learned
        Split → number of rows learned from before and after, the least where there are folds.
    largest
        Split → what `WITHOUT_LARGEST` leaves out: DOI or a formula of the paper.
    """

    official: Mapping[str, Gains]
    papers: Mapping[str, Mapping[str, Mapping[str, Gains]]]
    papers_by_family: Mapping[str, Gains]
    time: Mapping[str, Mapping[str, Gains]]
    time_by_family: Mapping[str, Mapping[str, Gains]]
    time_by_domain: Mapping[str, Mapping[str, Mapping[str, Gains]]]
    years: Mapping[str, Mapping[int, Mapping[str, Gains]]]
    learned: Mapping[str, tuple[int, int]]
    largest: Mapping[str, str]

    @classmethod
    def of(cls, rows: pd.DataFrame, resamples: int = RESAMPLES_OF_ORDER) -> GainReport:
        """Of what `sseml.evaluate.before_after.before_after` returns; `resamples` as in `gains`."""
        plain = rows[rows["output"] == PLAIN]
        by_paper = _of_output(rows, PAPERS)
        in_time = _of_output(rows, TIME)
        return cls(
            official=_views(plain[plain["split"] == OFFICIAL], resamples, largest=False),
            papers={
                output: {
                    name: _views(part, resamples, largest=False)
                    for name, part in _parts(own).items()
                    if len(part)
                }
                for output, own in by_paper.items()
            },
            papers_by_family=by_family(by_paper[PLAIN]),
            time={output: _views(own, resamples) for output, own in in_time.items()},
            time_by_family={output: by_family(own) for output, own in in_time.items()},
            time_by_domain={
                output: {
                    name: _views(part, 0, largest=False)
                    for name in DOMAINS
                    if len(part := own[own["domain_after"] == name])
                }
                for output, own in in_time.items()
            },
            years={
                output: {year: _views(own[own["until"] == year], 0) for year in LAST_LEARNED_YEARS}
                for output, own in _of_output(rows, YEARS).items()
            },
            learned={
                str(split): (int(own["learned_before"].min()), int(own["learned_after"].min()))
                for split, own in plain[plain["split"] != YEARS].groupby("split")
            },
            largest={
                str(split): _name_of(own[own["paper"] == largest_paper(own)])
                for split, own in plain[plain["split"].isin([TIME, YEARS])].groupby("split")
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {name: _plain_data(getattr(self, name)) for name in self.__dataclass_fields__}


def largest_paper(rows: pd.DataFrame) -> int:
    """Number of the paper of most rows, the lowest of several."""
    numbers, sizes = np.unique(rows["paper"].to_numpy(dtype=np.int64), return_counts=True)
    return int(numbers[np.argmax(sizes)])


def _views(rows: pd.DataFrame, resamples: int, *, largest: bool = True) -> dict[str, Gains]:
    views = {
        EACH_ROW: gains(rows, resamples=resamples),
        EACH_PAPER_ONCE: gains(rows, once=True, resamples=resamples),
    }
    if largest:
        others = rows[rows["paper"] != largest_paper(rows)]
        views[WITHOUT_LARGEST] = gains(others, resamples=resamples)
    return views


def _parts(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    public = rows["source"].isin(PUBLIC_SOURCES)
    recent = (rows["year"] >= FIRST_TESTED_YEAR).fillna(value=False).astype(bool)
    return {ALL: rows, PUBLIC: rows[public], BROUGHT: rows[~public], RECENT: rows[recent]}


def _of_output(rows: pd.DataFrame, split: str) -> dict[str, pd.DataFrame]:
    own = rows[rows["split"] == split]
    return {output: own[own["output"] == output] for output in OUTPUTS}


def _name_of(rows: pd.DataFrame) -> str:
    dois = rows["doi"].dropna()
    return str(dois.iloc[0]) if len(dois) else f"the paper of {rows['formula'].iloc[0]}"


def _plain_data(value: Any) -> Any:
    """Mappings down to figures as JSON-ready data."""
    if isinstance(value, Gains):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(name): _plain_data(own) for name, own in value.items()}
    return value
