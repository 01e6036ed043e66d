"""The hulls of a phase table that were asked for last, with what they have found out so far."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from sseml.physics.hull import Hull
from sseml.physics.phases import PhaseTable

_HULLS_KEPT = 1024
"""About 30 kB each."""


class Hulls:
    """The hulls of the chemical systems of a table; the latest are kept.

    Answers are the same as from a new `Hull`. An object may be asked from several threads.
    """

    def __init__(self, table: PhaseTable, kept: int = _HULLS_KEPT) -> None:
        self.table = table
        self._most = kept
        self._latest: OrderedDict[tuple[tuple[str, ...], tuple[str, ...]], Hull] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of hulls that are kept."""
        return len(self._latest)

    def of(self, symbols: Sequence[str], corrections: Sequence[str] = ()) -> Hull:
        """Hull of a chemical system, elements in this order; see `PhaseTable.system`."""
        key = tuple(symbols), tuple(corrections)
        with self._lock:
            hull = self._latest.get(key)
            if hull is not None:
                self._latest.move_to_end(key)
                return hull
        hull = Hull(self.table.system(*key))
        with self._lock:
            self._latest[key] = hull
            if len(self._latest) > self._most:
                self._latest.popitem(last=False)
        return hull
