"""Columns of a released file are the same, whether read or remembered."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.kinds import kind_named
from sseml.model.evidence_file import read_evidence
from sseml.model.phases import PhaseBundle
from sseml.model.remembered import Columns, remembered
from sseml.released import DEFAULT_PHASES, released_evidence, released_folder

VALUES = st.lists(st.none() | st.text() | st.floats(allow_nan=False) | st.integers())


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "sseml" / "columns"


def never() -> Columns:
    raise AssertionError("read again")


@given(values=VALUES, numbers=st.lists(st.floats(width=64)))
def test_columns_come_back_as_they_were(
    values: list[object], numbers: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        own = {"lists": values, "array.x": list(values), "numbers": np.array(numbers)}
        remembered("a", lambda: dict(own))
        again = remembered("a", never)
    assert (again["lists"], again["array.x"]) == (values, values)
    assert again.keys() == own.keys()
    np.testing.assert_array_equal(again["numbers"], np.array(numbers))


def test_another_key_is_another_content() -> None:
    remembered("a", lambda: {"x": [1]})
    assert remembered("b", lambda: {"x": [2]}) == {"x": [2]}
    assert remembered("a", never) == {"x": [1]}


@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_damage_is_found_out(
    at: float, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        own = {"x": ["one", None], "y": np.arange(5.0)}
        remembered("a", lambda: dict(own))
        path = folder / "sseml" / "columns" / "a"
        content = bytearray(path.read_bytes())
        content[int(at * len(content))] ^= 1 << bit
        path.write_bytes(content)
        assert remembered("a", lambda: {"x": ["read again"]}) == {"x": ["read again"]}
        assert remembered("a", never) == {"x": ["read again"]}


@pytest.mark.parametrize("left", [0, 3, 4, 200])
def test_a_file_cut_short_is_read_again(left: int, cache: Path) -> None:
    remembered("a", lambda: {"x": [1]})
    path = cache / "a"
    path.write_bytes(path.read_bytes()[:left])
    assert remembered("a", lambda: {"x": [2]}) == {"x": [2]}


def test_what_cannot_be_kept_is_given(tmp_path: Path) -> None:
    (tmp_path / "sseml").write_text("a file in the place of the folder")
    assert remembered("a", lambda: {"x": [1]}) == {"x": [1]}
    assert remembered("a", lambda: {"x": [2]}) == {"x": [2]}


def test_files_of_older_releases_are_deleted_where_a_new_one_is_written(cache: Path) -> None:
    for number in range(20):
        remembered(f"release-{number}", lambda: {"x": [1]})
        os.utime(cache / f"release-{number}", (number, number))
    (cache / ".sseml-killed.part").write_text("begun long ago")
    os.utime(cache / ".sseml-killed.part", (1, 1))
    (cache / ".sseml-of-another.part").write_text("begun just now")
    remembered("release-20", lambda: {"x": [1]})
    kept = {path.name for path in cache.iterdir()}
    newest = {f"release-{number}" for number in range(5, 21)}
    assert kept == newest | {".sseml-of-another.part"}
    assert remembered("release-5", never) == {"x": [1]}  # reading deletes nothing
    assert remembered("release-4", lambda: {"x": ["read again"]}) == {"x": ["read again"]}


def test_old_files_that_cannot_be_deleted_stay_in_silence(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        remembered(f"release-{number}", lambda: {"x": [1]})
    cache.joinpath("a-folder").mkdir()
    own = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith("release"):
            raise PermissionError(13, "Permission denied", str(path))
        own(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    before = set(cache.iterdir())
    assert remembered("new", lambda: {"x": [2]}) == {"x": [2]}
    assert remembered("new", never) == {"x": [2]}
    assert set(cache.iterdir()) == before | {cache / "new"}
    assert capsys.readouterr() == ("", "")


def test_the_evidence_is_the_same_from_parquet_and_remembered(cache: Path) -> None:
    kind = kind_named("composition")
    positions = np.zeros((1, 1))
    file = released_evidence()
    plain = read_evidence(file, kind, positions)
    read_evidence(file, kind, positions, checksum="0" * 64)
    assert len(list(cache.iterdir())) == 1
    again = read_evidence(file.parent / "no such file", kind, positions, checksum="0" * 64)
    for field in fields(plain):
        np.testing.assert_array_equal(getattr(plain, field.name), getattr(again, field.name))


def test_the_phases_are_the_same_from_parquet_and_remembered(cache: Path) -> None:
    folder = released_folder() / DEFAULT_PHASES
    first = PhaseBundle.load(folder).table
    assert len(list(cache.iterdir())) == 1
    again = PhaseBundle.load(folder).table
    assert first.formulas == again.formulas
    for name in ("start", "element", "fraction", "energy_eV_atom", "atoms"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert getattr(first, name).dtype == getattr(again, name).dtype
    assert first.anion_fraction.keys() == again.anion_fraction.keys()
    for symbol, fraction in first.anion_fraction.items():
        np.testing.assert_array_equal(fraction, again.anion_fraction[symbol])
