"""Arrays of an .npz file are those that `numpy.load` gives."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from numpy.typing import NDArray

from sseml.model.npz import read_arrays

ARRAYS = of_numpy.arrays(
    of_numpy.scalar_dtypes(), of_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0)
)


def file_of(arrays: dict[str, NDArray[Any]], *, packed: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **arrays)
    return file


@given(
    st.dictionaries(st.from_regex(r"[a-zé][a-z_.]{0,8}", fullmatch=True), ARRAYS, max_size=4),
    st.booleans(),
)
def test_they_are_what_numpy_reads(arrays: dict[str, NDArray[Any]], packed: bool) -> None:
    arrays.pop("file", None)  # an argument of `numpy.savez`
    read = read_arrays(file_of(arrays, packed=packed))
    assert list(read) == list(arrays)
    for name, array in read.items():
        assert array.dtype == arrays[name].dtype
        assert array.shape == arrays[name].shape
        assert array.tobytes() == arrays[name].tobytes()


def test_an_array_in_the_order_of_columns_keeps_its_values() -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(read_arrays(file_of({"x": array}))["x"], array)


def test_what_is_read_can_be_written_to() -> None:
    array = read_arrays(file_of({"x": np.zeros(3)}))["x"]
    array[0] = 1.0
    assert array.flags.aligned
    assert array.tolist() == [1.0, 0.0, 0.0]


def test_nothing_pickled_is_read() -> None:
    with pytest.raises(ValueError, match="pickle"):
        read_arrays(file_of({"x": np.array([{}], dtype=object)}))


@pytest.mark.parametrize("left", [0, 1, 21, 22, 100, 1000, -1, -30])
def test_a_file_cut_short_is_no_archive(left: int) -> None:
    content = file_of({"x": np.arange(1000.0), "y": np.zeros(2)}).getvalue()
    with pytest.raises((ValueError, EOFError)):
        read_arrays(io.BytesIO(content[:left]))


def test_text_is_no_archive() -> None:
    with pytest.raises(ValueError, match="pickle"):
        read_arrays(io.BytesIO(b"formula,sigma\n" * 10))
