"""One recipe at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sseml.records import RefusedInputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HELD = ".at-work"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other recipes out of a folder, which is made; whatever ends the process lets them in.

    Raises
    ------
    RefusedInputError
        If a recipe is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / HELD).open("ab") as held:
        if fcntl is not None:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RefusedInputError(
                    f"a recipe is at work in {folder}", "start this one when that has ended"
                ) from None
        yield
