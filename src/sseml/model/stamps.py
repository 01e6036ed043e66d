"""What was verified stays verified while its files do not change: stamps in the cache folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sseml.files import cache_folder, keep_in_cache
from sseml.model.folder import CHECKSUMS, listed, require_listed, verify_checksums
from sseml.model.mlmodel import require_own_loader

_FOLDER = "verified"
_NEWEST = 256
"""Stamps that are kept, 1 kB each: one a folder."""

_SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read could change again at the same time."""

Stamp = Mapping[str, Sequence[int]]
"""File → device, inode, size, and when its content and its entry last changed, in ns."""


def verify_once(folder: Path, needed: Sequence[str] = ()) -> Mapping[str, str]:
    """Verify a folder as `verify_checksums` does, unless it was and no file changed since.

    A stamp of every file that has a checksum, and of the checksums, is kept in the cache folder.
    Where there is none, or it cannot be read or written, every file is read.

    Returns
    -------
    mapping
        File → its SHA-256.

    Raises
    ------
    BundleError
        As `verify_checksums` does.
    """
    checksums = listed(folder)
    require_listed(folder, checksums, needed)
    place = _place(folder)
    seen = None if place is None else _seen(folder, (CHECKSUMS, *checksums))
    if seen is not None and place is not None and _kept(place) == seen:
        require_own_loader(folder)
        return checksums
    now = time.time_ns()
    verify_checksums(folder, needed)
    if seen is not None and place is not None and _is_settled(seen, now):
        keep_in_cache(place, json.dumps(seen).encode(), _NEWEST)
    return checksums


def _place(folder: Path) -> Path | None:
    """Where the stamp of a folder is kept; None without a cache folder."""
    cache = cache_folder()
    try:
        status = folder.stat()
    except OSError:
        return None
    return cache and cache / _FOLDER / f"{status.st_dev:x}-{status.st_ino:x}.json"


def _seen(folder: Path, names: Iterable[str]) -> Stamp | None:
    """Stamp of the files as they are; None if one is missing."""
    stamp = {}
    try:
        for name in names:
            own = (folder / name).stat()
            stamp[name] = [own.st_dev, own.st_ino, own.st_size, own.st_mtime_ns, own.st_ctime_ns]
    except OSError:
        return None
    return stamp


def _kept(place: Path) -> object:
    """The stamp that is kept; None where none can be read."""
    try:
        return json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _is_settled(stamp: Stamp, now_ns: int) -> bool:
    """Whether all files had their content for a while, by a clock that agrees with theirs."""
    return all(max(own[-2:]) < now_ns - _SETTLED_NS for own in stamp.values())
