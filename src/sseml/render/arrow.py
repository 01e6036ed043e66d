"""Arrow arrays made of buffers, as `pyarrow.array` would import pandas, which takes 0.3 s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray
from sseml.render.record import cell

_LARGEST_BLOCK = 2**31 - 1
"""Bytes of text that one array of 32-bit offsets holds."""


def arrow_array(values: Sequence[Any] | FloatArray, type: Any) -> Any:
    """An array of `type` (string, int64, float64 or bool); None, and NaN of an array, are null."""
    import pyarrow as pa  # noqa: PLC0415 - only Parquet needs it

    if isinstance(values, np.ndarray):
        return _of_numbers(values, np.isnan(values), type)
    if pa.types.is_string(type):
        return _of_texts([None if value is None else str(cell(value)) for value in values], type)
    missing = np.fromiter((value is None for value in values), bool, len(values))
    filled = [0 if value is None else value for value in values]
    if pa.types.is_boolean(type):
        return _from_buffers(type, missing, _bits(np.array(filled, dtype=bool)))
    held = np.int64 if pa.types.is_integer(type) else np.float64
    return _of_numbers(np.array(filled, dtype=held), missing, type)


def _of_numbers(values: NDArray[Any], missing: BoolArray, type: Any) -> Any:
    return _from_buffers(type, missing, np.ascontiguousarray(values))


def _of_texts(values: Sequence[str | None], type: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    missing = np.fromiter((value is None for value in values), bool, len(values))
    encoded = [b"" if value is None else value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)])
    if ends[-1] > _LARGEST_BLOCK:
        return pa.array(values, type=type)
    return _from_buffers(type, missing, ends.astype(np.int32), b"".join(encoded))


def _bits(mask: BoolArray) -> NDArray[np.uint8]:
    return np.packbits(mask, bitorder="little")


def _from_buffers(type: Any, missing: BoolArray, *buffers: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    valid = pa.py_buffer(_bits(~missing)) if missing.any() else None
    return pa.Array.from_buffers(type, len(missing), [valid, *map(pa.py_buffer, buffers)])
