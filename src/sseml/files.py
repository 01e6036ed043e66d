"""Files and folders are written whole or not at all: under a temporary name, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sseml.records import RefusedInputError


@contextmanager
def whole_file(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a temporary file in the same folder, renamed to `path` only if the block succeeds.

    A symbolic link is followed, and the permissions of an older file are kept.
    """
    target = path.resolve()
    if not target.parent.is_dir():
        raise RefusedInputError(f"{path}: there is no folder {path.parent}")
    # A name of its own, as one made from the target's could be longer than the file system allows.
    # It is known before the file is there, so that a signal in between leaves nothing behind.
    temporary = target.parent / f".sseml-{os.urandom(8).hex()}.part"
    try:
        with open_to_write(temporary, binary=binary, opener=_new_and_private) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Make an empty folder, moved to `folder`, which must not exist, if the block succeeds."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        building = Path(scratch) / folder.name
        building.mkdir()
        yield building
        building.rename(folder)


def open_to_write(
    path: Path, *, binary: bool, opener: Callable[[str, int], int] | None = None
) -> IO[Any]:
    """Open a file for bytes, or for UTF-8 text whose line ends are written as they are."""
    if binary:
        return open(path, "wb", opener=opener)
    return open(path, "w", encoding="utf-8", newline="", opener=opener)


def _new_and_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def _permissions(target: Path) -> int:
    """Permissions of the file to be replaced, or those that any new file would get."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
