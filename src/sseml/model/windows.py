"""Published windows that travel with a phase bundle, and those measured of a material."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sseml.curation.windows import PublishedWindow
from sseml.model.folder import reading, verify_checksums
from sseml.parse.formula import parse_formula

WINDOWS = "windows.csv"

SAME_MATERIAL = 1e-3
"""Element fractions that differ by no more are those of one material."""

_SYMBOL = re.compile("[A-Z][a-z]?")


class PublishedWindows:
    """A table of published windows, looked up by composition.

    Parameters
    ----------
    rows
        Checked before, as a bundle's are.

    Attributes
    ----------
    rows
        As given.
    """

    def __init__(self, rows: Sequence[PublishedWindow]) -> None:
        self.rows = tuple(rows)
        self._measured: dict[frozenset[str], list[PublishedWindow]] = {}
        for row in self.rows:
            if not row.is_calculated:
                elements = frozenset(_SYMBOL.findall(row.formula))
                self._measured.setdefault(elements, []).append(row)
        self._fractions: dict[str, Mapping[str, float]] = {}

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.rows)

    def measured_windows(
        self, amounts: Mapping[str, float], ion: str = "Li"
    ) -> tuple[PublishedWindow, ...]:
        """Windows measured of a material; calculated ones are left out.

        Parameters
        ----------
        amounts
            Element → amount, of any sum.
        ion
            Against whose metal.

        Returns
        -------
        tuple of PublishedWindow
            Those of the same elements with no element fraction off by more than `SAME_MATERIAL`,
            in the table's order.
        """
        candidates = self._measured.get(frozenset(amounts), ())
        asked = _fractions(amounts) if candidates else {}
        return tuple(
            row for row in candidates if row.ion == ion and _is_same(asked, self._of(row.formula))
        )

    def _of(self, formula: str) -> Mapping[str, float]:
        """Element fractions of a row, worked out when first asked for: parsing takes its time."""
        if formula not in self._fractions:
            self._fractions[formula] = _fractions(parse_formula(formula).amounts)
        return self._fractions[formula]


def load_windows(folder: Path) -> PublishedWindows:
    """Read the published windows of a phase bundle, after verifying it.

    Parameters
    ----------
    folder
        What `sseml.model.phases.save_phases` wrote; without windows the result is empty.

    Raises
    ------
    BundleError
        If a file is missing or damaged.
    """
    path = folder / WINDOWS
    verify_checksums(folder, needed=(WINDOWS,) if path.exists() else ())
    if not path.exists():
        return PublishedWindows(())
    with reading(path), path.open(encoding="utf-8-sig", newline="") as stream:
        return PublishedWindows([PublishedWindow.from_row(row) for row in csv.DictReader(stream)])


def _fractions(amounts: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(amounts.values())
    return {symbol: amount / total for symbol, amount in amounts.items()}


def _is_same(asked: Mapping[str, float], known: Mapping[str, float]) -> bool:
    return all(abs(asked[symbol] - known[symbol]) <= SAME_MATERIAL for symbol in known)
