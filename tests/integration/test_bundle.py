"""A bundle answers after loading as before saving, and a damaged one is refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sseml.kinds import COMPOSITION
from sseml.model.bundle import ARRAYS, EVIDENCE, SCHEMA_VERSION, Bundle
from sseml.model.folder import CARD, CHECKSUMS, MANIFEST, verify_checksums, write_checksums
from sseml.parse.formula import parse_formula
from sseml.records import BundleError

FILES = (MANIFEST, ARRAYS, EVIDENCE, CARD, CHECKSUMS)
ASKED = ("Li6PS5Cl", "Li7La3Zr2O12", "Li10GeP2S12", "Li3YCl6", "LiF", "Li3N", "LiBH4", "Li2Cs5U")


@pytest.fixture
def copy(trained: Any, tmp_path: Path) -> Path:
    """The tiny bundle, to be damaged."""
    folder = tmp_path / "copy"
    shutil.copytree(trained.folder, folder)
    return folder


def refusal_of(folder: Path) -> str:
    with pytest.raises(BundleError) as refusal:
        Bundle.load(folder)
    return str(refusal.value)


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / MANIFEST
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    write_checksums(folder)


def rewrite_arrays(folder: Path, arrays: dict[str, Any]) -> None:
    with (folder / ARRAYS).open("wb") as file:
        np.savez(file, **arrays)
    write_checksums(folder)


def stored_arrays(folder: Path) -> dict[str, Any]:
    with np.load(folder / ARRAYS) as stored:
        return {name: stored[name] for name in stored.files}


def test_loaded_answers_as_trained(trained: Any) -> None:
    materials = [parse_formula(formula) for formula in ASKED]
    temperature_C = np.linspace(-20.0, 120.0, len(ASKED))
    before = trained.bundle.predict(materials, temperature_C)
    after = Bundle.load(trained.folder).predict(materials, temperature_C)
    for output in ("sigma", "if_conductor"):
        read, given = getattr(after, output), getattr(before, output)
        for limit in ("log10", "log10_low", "log10_high"):
            np.testing.assert_allclose(getattr(read, limit), getattr(given, limit), atol=1e-4)
    for name in ("activation_energy_eV", "p_superionic", "p_conductor"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=1e-4)
    np.testing.assert_array_equal(after.parts_known, before.parts_known)


def test_loaded_evidence_is_the_evidence_given(trained: Any, small_table: pd.DataFrame) -> None:
    given = small_table.astype(object).where(small_table.notna(), None)
    for evidence in (Bundle.load(trained.folder).evidence, trained.bundle.evidence):
        assert list(evidence.formulas) == given["formula"].to_list()
        assert list(evidence.dois) == ["|".join(dois) or None for dois in given["doi"]]
        assert list(evidence.relations) == given["relation"].to_list()
        assert list(evidence.conductivity_kinds) == given["conductivity_kind"].to_list()
        assert list(evidence.space_groups) == given["space_group_number"].to_list()
        np.testing.assert_array_equal(evidence.sigma_S_cm, small_table["sigma_S_cm"])
        positions = COMPOSITION.distance.positions(COMPOSITION.read_all(given["formula"]))
        np.testing.assert_allclose(evidence.positions, positions, atol=1e-7)


@pytest.mark.parametrize("place", [0.0, 0.37, 0.999])
@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_refused_and_the_file_named(copy: Path, name: str, place: float) -> None:
    path = copy / name
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 2))] ^= 1
    path.write_bytes(content)
    assert name in refusal_of(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert name in refusal_of(copy)


@pytest.mark.parametrize("name", [MANIFEST, ARRAYS, EVIDENCE, CARD])
def test_a_file_that_no_checksum_covers_is_refused(copy: Path, name: str) -> None:
    lines = (copy / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    (copy / CHECKSUMS).write_text("\n".join(line for line in lines if name not in line))
    assert f"does not list {name}" in refusal_of(copy)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    assert "is not a model bundle" in refusal_of(tmp_path)
    assert "is no folder" in refusal_of(tmp_path / "nowhere")


@pytest.mark.parametrize("version", [0, 1, SCHEMA_VERSION + 1, 99, "2", None])
def test_an_unknown_schema_version_is_refused(copy: Path, version: object) -> None:
    rewrite_manifest(copy, lambda document: document.update(schema_version=version))
    assert f"schema version {version}" in refusal_of(copy)


@pytest.mark.parametrize(
    "path",
    [
        "name", "features", "feature_sets", "temperature_range_C",
        "calibration", "calibration/interval", "calibration/if_conductor_interval",
        "calibration/threshold", "calibration/threshold/slopes", "calibration/threshold/intercepts",
        "calibration/interval/low_quantiles", "calibration/interval/width_coefficients",
        "calibration/interval/families", "calibration/if_conductor_interval/signal_floor",
    ],
)  # fmt: skip
def test_what_the_manifest_lacks_is_named(copy: Path, path: str) -> None:
    *parents, last = path.split("/")

    def drop(document: dict[str, Any]) -> None:
        for parent in parents:
            document = document[parent]
        del document[last]

    rewrite_manifest(copy, drop)
    assert f"{MANIFEST} lacks {last!r}" in refusal_of(copy)


def test_every_array_that_is_lacking_is_named(copy: Path) -> None:
    arrays = stored_arrays(copy)
    assert len(arrays) > 40
    for name in arrays:
        rewrite_arrays(copy, {other: array for other, array in arrays.items() if other != name})
        assert f"{ARRAYS} lacks {name!r}" in refusal_of(copy)


@pytest.mark.parametrize("column", ["formula", "sigma_S_cm", "temperature_C", "relation", "doi"])
def test_a_column_that_the_evidence_lacks_is_named(copy: Path, column: str) -> None:
    table = pq.read_table(copy / EVIDENCE)
    pq.write_table(table.drop_columns([column]), copy / EVIDENCE)
    write_checksums(copy)
    assert f"{EVIDENCE} lacks {column!r}" in refusal_of(copy)


def test_evidence_of_another_length_is_refused(copy: Path) -> None:
    table = pq.read_table(copy / EVIDENCE)
    pq.write_table(table.slice(1), copy / EVIDENCE)
    write_checksums(copy)
    assert EVIDENCE in refusal_of(copy)


def test_evidence_of_a_source_that_is_not_listed_is_refused_with_its_row(copy: Path) -> None:
    table = pq.read_table(copy / EVIDENCE)
    sources = table["source"].to_pylist()
    place = table.column_names.index("source")
    odd = pa.array([*sources[:2], "hearsay", *sources[3:]])
    pq.write_table(table.set_column(place, "source", odd), copy / EVIDENCE)
    write_checksums(copy)
    refusal = refusal_of(copy)
    assert "row 3: 'hearsay' is not a source of measurements; known are own, obelix" in refusal


class Trap:
    """Whoever unpickles this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_is_refused_and_never_run(copy: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    arrays = stored_arrays(copy)
    rewrite_arrays(
        copy, arrays | {"ensemble.plain.trees.linear": np.array([Trap(trap)], dtype=object)}
    )
    assert ARRAYS in refusal_of(copy)
    assert not trap.exists()
    rewrite_arrays(copy, arrays | {"something else": np.array([Trap(trap)], dtype=object)})
    assert ARRAYS in refusal_of(copy)
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"no such thing", b"PK\x03\x04", b"\x80\x04N."])
@pytest.mark.parametrize("name", [MANIFEST, ARRAYS, EVIDENCE])
def test_another_kind_of_file_under_the_name_is_refused(
    copy: Path, name: str, content: bytes
) -> None:
    (copy / name).write_bytes(content)
    write_checksums(copy)
    assert name in refusal_of(copy)


def test_features_of_another_version_are_refused(copy: Path) -> None:
    """The columns would be computed otherwise than they were learned: answers would be wrong."""
    rewrite_manifest(copy, lambda document: document["features"][0].update(name="old_feature"))
    assert "old_feature" in refusal_of(copy)


def test_unknown_feature_sets_are_refused(copy: Path) -> None:
    rewrite_manifest(copy, lambda document: document.update(feature_sets=["astrology"]))
    assert "astrology" in refusal_of(copy)


def test_the_checksums_are_those_of_sha256sum(trained: Any) -> None:
    lines = (trained.folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    assert [line[64:66] for line in lines] == ["  "] * 9
    listed = {line[66:] for line in lines}
    assert listed == {path.name for path in trained.folder.iterdir()} - {CHECKSUMS}
    assert listed > {MANIFEST, ARRAYS, EVIDENCE, CARD}


def test_the_released_bundle_is_as_released(released: Path) -> None:
    verify_checksums(released)
