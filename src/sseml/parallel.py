"""Long lists are answered as columns by one process or several: the same, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sseml.compiled import CompiledBundles, is_installed
from sseml.model.folder import bundle_digest
from sseml.model.loading import Bundles, load_bundle
from sseml.prediction import batches_of, default_phases, predict_batches
from sseml.processes import by_processes
from sseml.records import Query, Refusal
from sseml.released import DEFAULT_PHASES, RELEASED_BUNDLES, released_folder
from sseml.render.batch_columns import Columns, ColumnsOfBatches
from sseml.units import SUPERIONIC_S_CM

LONG = 32_768
"""Rows of a list from which on its sums are compiled, where Numba is installed: it takes seconds to
begin. The number of a row decides, so that the same rows are answered the same way by any number of
processes."""


@dataclass(frozen=True, slots=True)
class DrawnBatch:
    """Columns of a batch of answers, the refusals among them by place, and its last row."""

    columns: Columns
    refusals: Mapping[int, Refusal]
    row: int

    def __len__(self) -> int:
        """Number of rows."""
        return self.columns.count

    def in_order(self) -> Iterator[Refusal]:
        """The refusals in the order of their rows."""
        return (self.refusals[place] for place in sorted(self.refusals))


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process answers with: a bundle's folder or the released ones; the threshold."""

    bundle: Path | None = None
    window: bool = True
    threshold_S_cm: float = SUPERIONIC_S_CM


Items = Sequence[Query | Refusal]

Answering = Callable[[Iterable[Query | Refusal]], Iterator[DrawnBatch]]
"""Answers parsed rows in large batches, in order and in bounded memory."""


@contextmanager
def answering(settings: Settings, jobs: int = 1) -> Iterator[Answering]:
    """What answers one list of parsed rows after another; refusals among them keep their places.

    Parameters
    ----------
    settings
        The bundle and what is asked of it.
    jobs
        Processes that answer; this one reads and passes on. With 1, this one answers too.

    Raises
    ------
    BundleError
        If the bundle is missing or damaged.
    WorkersError
        From the answers, if processes die again and again over the same batches.
    """
    if jobs == 1:
        draw = drawing(settings)
        yield lambda items: (drawn for batch in batches_of(items) for drawn in draw(batch))
        return
    with by_processes(drawing, settings, jobs, rows_of) as answers:
        yield lambda items: answers(batches_of(items))


def drawing(settings: Settings) -> Callable[[Items], list[DrawnBatch]]:
    """What answers one batch after another; it loads bundles once."""
    bundles = Bundles([load_bundle(settings.bundle)] if settings.bundle else [])
    compiled = CompiledBundles(bundles) if is_installed() else bundles
    phases = cache(default_phases) if settings.window else None
    drawn = ColumnsOfBatches()

    def draw(batch: Items) -> list[DrawnBatch]:
        by = compiled if batch[0].row > LONG else bundles
        answered = predict_batches(batch, by, phases, threshold_S_cm=settings.threshold_S_cm)
        return [DrawnBatch(drawn.columns(each), each.refusals, each.row) for each in answered]

    return draw


def model_digests(bundle: Path | None, *, window: bool) -> dict[str, str]:
    """Name → digest of every bundle that answers may come from; each is verified."""
    folders = [released_folder() / name for name in RELEASED_BUNDLES.values()]
    if window:
        folders.append(released_folder() / DEFAULT_PHASES)
    if bundle:
        folders.append(bundle)
    return {folder.name: bundle_digest(folder) for folder in folders}


def rows_of(batch: Items) -> str:
    """The rows of a batch, for a message."""
    return f"rows {batch[0].row:,} to {batch[-1].row:,}"
