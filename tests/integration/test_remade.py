"""A bundle that its recipe does not make is found out, whatever its checksums say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sseml.model.bundle import ARRAYS
from sseml.model.folder import MANIFEST, verify_checksums, write_checksums
from sseml.tracking.remade import remake


@pytest.fixture
def copy(trained: Any, tmp_path: Path) -> Path:
    return shutil.copytree(trained.folder, tmp_path / trained.folder.name)


def test_a_trained_bundle_is_what_its_manifest_says(trained: Any) -> None:
    remade = remake(trained.folder)
    assert remade.is_the_same
    assert remade.rows == len(trained.bundle.training_rows)
    assert remade.mean_decades <= remade.largest_decades < 1e-4  # stored in single precision


@pytest.mark.parametrize(
    ("array", "factor"),
    [
        ("ensemble.plain.lines.level", 0.9),
        ("ensemble.plain.lines.energy", 0.5),
        ("ensemble.plain.trees.linear", 0.95),
        ("ensemble.plain.polymorph.dual", 0.0),
        ("ensemble.if_conductor.lines.level", 0.5),
        ("ensemble.if_conductor.lines.energy", 0.0),
        ("ensemble.if_conductor.trees.linear", 0.9),
    ],
)
def test_arrays_of_another_making_are_found_out(array: str, factor: float, copy: Path) -> None:
    with np.load(copy / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays[array] = arrays[array] * arrays[array].dtype.type(factor)
    np.savez(copy / ARRAYS, allow_pickle=False, **arrays)
    write_checksums(copy)
    verify_checksums(copy)
    assert not remake(copy).is_the_same


@pytest.mark.parametrize("part", ["interval", "if_conductor_interval"])
def test_intervals_that_were_made_narrower_are_found_out(part: str, copy: Path) -> None:
    document = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    for end in ("low_quantiles", "high_quantiles"):
        quantiles = document["calibration"][part][end]
        document["calibration"][part][end] = [[0.5 * each for each in pair] for pair in quantiles]
    (copy / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
    write_checksums(copy)
    assert not remake(copy).is_the_same
