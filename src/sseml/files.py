"""Files and folders are written whole or not at all; those of the package and of the cache."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sseml.records import RefusedInputError

_UNFINISHED = ".sseml-"
_DAY_S = 86_400.0
_PACKAGE = Path(__file__).parent


def packaged(path: str) -> Path:
    """A file of the package, such as ``physics/data/radii.csv``.

    Importing `importlib.resources` instead would cost every run of the command line 5 ms.
    """
    return _PACKAGE / path


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
    temporary = target.parent / f"{_UNFINISHED}{os.urandom(8).hex()}.part"
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
    import tempfile  # noqa: PLC0415 - start-up: 3 ms, only where a folder is written

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        building = Path(scratch) / folder.name
        building.mkdir()
        yield building
        building.rename(folder)


def cache_folder() -> Path | None:
    """The user's folder for what can be made again, which may not exist; None where there is none.

    It is ``sseml`` in `XDG_CACHE_HOME`, or in ``.cache`` of the home folder.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "sseml"
    try:
        return Path.home() / ".cache" / "sseml"
    except RuntimeError:
        return None


def keep_in_cache(path: Path, content: bytes, newest: int) -> None:
    """Write a file of the cache folder, whole, for its owner alone; or not, where that fails.

    Of the files beside it, which have no other use than this one's, so many of the `newest` stay.
    """
    temporary = path.parent / f"{_UNFINISHED}{os.urandom(8).hex()}.part"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with open_to_write(temporary, binary=True, opener=_new_and_private) as stream:
                stream.write(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _forget_old(path.parent, newest)


def _forget_old(folder: Path, newest: int) -> None:
    """Delete all but the newest files, and what was begun a day ago and never finished."""
    written = {file: file.stat().st_mtime for file in folder.iterdir() if file.is_file()}
    unfinished = {file for file in written if file.name.startswith(_UNFINISHED)}
    finished = sorted(written.keys() - unfinished, key=lambda file: written[file], reverse=True)
    yesterday = time.time() - _DAY_S
    for file in (*finished[newest:], *(file for file in unfinished if written[file] < yesterday)):
        file.unlink(missing_ok=True)


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
