"""Columns of a released file, remembered in the cache folder: Arrow takes 50 ms to import."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np

from sseml.files import cache_folder, keep_in_cache

Columns = dict[str, Any]
"""Name → numbers, or a list of what JSON can hold."""

_FOLDER = "columns"
_LISTS = "lists"
_ARRAY = "array."
_SUM_BYTES = 4
_NEWEST = 16
"""Files that are kept: those of a few releases and of bundles of one's own, 4 MB at most each."""


def remembered(key: str, read: Callable[[], Columns]) -> Columns:
    """What `read` gives, from the cache folder where it was given before under the same key.

    `key` is a file name that stands for the content and the columns that are read of it. What is
    damaged or cannot be written is read as if there were no cache folder.
    """
    cache = cache_folder()
    if cache is None:
        return read()
    place = cache / _FOLDER / key
    try:
        with place.open("rb", buffering=0) as file:  # a buffer would be a copy
            kept_sum, kept = file.read(_SUM_BYTES), file.read()
    except OSError:
        kept_sum = kept = b""
    if kept and kept_sum == _sum(kept):
        return _unpacked(kept)
    columns = read()
    packed = _packed(columns)
    keep_in_cache(place, _sum(packed) + packed, _NEWEST)
    return columns


def _sum(packed: bytes) -> bytes:
    """What tells damage; what a person alters in a cache of their own is theirs."""
    return crc32(packed).to_bytes(_SUM_BYTES, "big")


def _unpacked(packed: bytes) -> Columns:
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    columns: Columns = json.loads(str(arrays.pop(_LISTS).data, "utf-8"))
    for name, array in arrays.items():
        if name.startswith(_ARRAY):  # NumPy 1 also keeps what says that nothing is pickled
            columns[name.removeprefix(_ARRAY)] = array
    return columns


def _packed(columns: Columns) -> bytes:
    arrays = {f"{_ARRAY}{k}": v for k, v in columns.items() if isinstance(v, np.ndarray)}
    lists = {k: v for k, v in columns.items() if not isinstance(v, np.ndarray)}
    text = json.dumps(lists, ensure_ascii=False).encode()
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays, **{_LISTS: np.frombuffer(text, np.uint8)})
    return packed.getvalue()
