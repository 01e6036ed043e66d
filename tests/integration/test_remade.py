"""A bundle whose arrays are not those of its recipe is found out, whatever its checksums say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sseml.evaluate.remade import TOLERANCE_DECADES, remake
from sseml.model.bundle import ARRAYS, verify_checksums, write_checksums


def test_a_trained_bundle_is_what_its_manifest_says(trained: Any) -> None:
    remade = remake(trained.folder)
    assert remade.is_the_same
    assert remade.rows == len(trained.bundle.conductivity_rows)
    assert remade.mean_decades <= remade.largest_decades < 1e-4  # stored in single precision


@pytest.mark.parametrize(
    ("array", "factor"), [("conductivity.kernel.dual", 0.5), ("conductivity.boosted.value", 40.0)]
)
def test_arrays_of_another_making_are_found_out(
    array: str, factor: float, trained: Any, tmp_path: Path
) -> None:
    copy = shutil.copytree(trained.folder, tmp_path / trained.folder.name)
    with np.load(copy / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays[array] = arrays[array] * arrays[array].dtype.type(factor)
    np.savez(copy / ARRAYS, allow_pickle=False, **arrays)
    write_checksums(copy)
    verify_checksums(copy)
    remade = remake(copy)
    assert not remade.is_the_same
    assert remade.mean_decades > TOLERANCE_DECADES
