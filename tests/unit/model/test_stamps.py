"""What was verified is read once, and whatever changes afterwards is found out."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sseml.files import cache_folder
from sseml.model import folder as folders
from sseml.model.folder import verify_checksums, write_checksums
from sseml.model.stamps import verify_once
from sseml.records import BundleError

LONG_AGO_S = 1_600_000_000
Reads = Callable[[Path], int]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sseml"


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with checksums; its entries count as old enough to be stamped."""
    made = tmp_path / "made-1"
    made.mkdir()
    for name in ("bundle.json", "card.md", "forest.npz"):
        (made / name).write_text(f"{name} as released")
        os.utime(made / name, (LONG_AGO_S, LONG_AGO_S))
    write_checksums(made)
    monkeypatch.setattr("sseml.model.stamps._SETTLED_NS", -1)
    return made


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """How many files a verification hashes."""
    hashed: list[Path] = []
    real = folders._sha256

    def counted(path: Path) -> str:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(folders, "_sha256", counted)

    def reads_(folder: Path) -> int:
        hashed.clear()
        verify_once(folder)
        return len(hashed)

    return reads_


def stamps(cache: Path) -> list[Path]:
    return sorted((cache / "verified").glob("*"))


def test_a_folder_is_read_once(bundle: Path, reads: Reads, cache: Path) -> None:
    assert [reads(bundle), reads(bundle)] == [3, 0]
    assert len(stamps(cache)) == 1


def test_checksums_are_given_whether_read_or_stamped(bundle: Path) -> None:
    first = verify_once(bundle)
    assert verify_once(bundle) == first == folders.listed(bundle)


def test_content_of_the_same_size_and_time_is_found_out(bundle: Path) -> None:
    verify_once(bundle)
    path = bundle / "forest.npz"
    before = path.stat()
    path.write_text("forest.npz as RELEASED")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    with pytest.raises(BundleError, match=r"forest\.npz is damaged"):
        verify_once(bundle)


def test_content_of_the_same_size_is_found_out(bundle: Path) -> None:
    verify_once(bundle)
    (bundle / "card.md").write_text("card.md as RELEASED")
    for _ in range(2):  # what is damaged is never stamped
        with pytest.raises(BundleError, match=r"card\.md is damaged"):
            verify_once(bundle)


def test_a_file_put_in_the_place_of_another_is_found_out(bundle: Path, tmp_path: Path) -> None:
    verify_once(bundle)
    other = tmp_path / "other"
    other.write_text("card.md as RELEASED")
    os.utime(other, (LONG_AGO_S, LONG_AGO_S))
    other.replace(bundle / "card.md")
    with pytest.raises(BundleError, match=r"card\.md is damaged"):
        verify_once(bundle)


def test_a_file_that_is_gone_is_found_out(bundle: Path) -> None:
    verify_once(bundle)
    (bundle / "card.md").unlink()
    with pytest.raises(BundleError, match=r"card\.md.*is missing"):
        verify_once(bundle)


def test_what_mlflow_would_run_is_listed_though_the_folder_is_stamped(bundle: Path) -> None:
    verify_once(bundle)
    (bundle / "MLmodel").write_text("loader_module: another")
    with pytest.raises(BundleError, match="does not list MLmodel"):
        verify_once(bundle)


def test_files_that_are_needed_are_asked_for_of_a_stamped_folder(bundle: Path) -> None:
    verify_once(bundle)
    with pytest.raises(BundleError, match=r"does not list evidence\.parquet"):
        verify_once(bundle, needed=("evidence.parquet",))


def test_new_checksums_are_read_again(bundle: Path, reads: Reads) -> None:
    assert reads(bundle) == 3
    (bundle / "card.md").write_text("another card")
    write_checksums(bundle)
    assert reads(bundle) == 3


def test_a_copy_has_a_stamp_of_its_own(bundle: Path, reads: Reads, tmp_path: Path) -> None:
    assert reads(bundle) == 3
    copy = shutil.copytree(bundle, tmp_path / "copy-1")
    assert [reads(copy), reads(copy), reads(bundle)] == [3, 0, 0]


def test_the_stamp_of_another_folder_says_nothing(
    bundle: Path, reads: Reads, tmp_path: Path, cache: Path
) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy-1")
    assert reads(bundle) == 3
    (of_bundle,) = stamps(cache)
    assert reads(copy) == 3
    (of_copy,) = set(stamps(cache)) - {of_bundle}
    shutil.copy(of_bundle, of_copy)
    assert reads(copy) == 3


def test_stamps_of_folders_long_gone_are_deleted(
    bundle: Path, reads: Reads, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sseml.model.stamps._NEWEST", 2)
    (cache / "verified").mkdir(parents=True)
    for age in range(4):
        old = cache / "verified" / f"fe00-{age}.json"
        old.write_text("{}")
        os.utime(old, (LONG_AGO_S - age, LONG_AGO_S - age))
    assert [reads(bundle), reads(bundle)] == [3, 0]
    assert len(stamps(cache)) == 2
    assert cache / "verified" / "fe00-0.json" in stamps(cache)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null", b"[" * 100_000])
def test_a_stamp_that_cannot_be_read_is_written_anew(
    content: bytes, bundle: Path, reads: Reads, cache: Path
) -> None:
    assert reads(bundle) == 3
    stamps(cache)[0].write_bytes(content)
    assert [reads(bundle), reads(bundle)] == [3, 0]


def test_files_written_just_now_are_not_stamped(
    bundle: Path, reads: Reads, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    verify_once(bundle)
    assert stamps(cache) == []


def test_without_a_cache_folder_everything_is_read(
    bundle: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder() is None
    assert [reads(bundle), reads(bundle)] == [3, 3]


def test_a_cache_folder_that_cannot_be_written_is_done_without(
    bundle: Path, reads: Reads, cache: Path
) -> None:
    cache.parent.mkdir()
    cache.write_text("a file in the place of the folder")
    assert [reads(bundle), reads(bundle)] == [3, 3]
    assert cache.read_text() == "a file in the place of the folder"


@pytest.mark.parametrize("named", ["", "relative/folder"])
def test_a_cache_folder_that_is_not_absolute_is_not_used(
    named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder() == tmp_path / ".cache" / "sseml"


def test_several_at_a_time_leave_one_whole_stamp(bundle: Path, reads: Reads, cache: Path) -> None:
    failed: list[BaseException] = []

    def verify() -> None:
        try:
            for _ in range(20):
                shutil.rmtree(cache / "verified", ignore_errors=True)
                verify_once(bundle)
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failed.append(error)

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    verify_once(bundle)
    assert [path.suffix for path in stamps(cache)] == [".json"]
    assert set(json.loads(stamps(cache)[0].read_bytes())) == {
        "SHA256SUMS", "bundle.json", "card.md", "forest.npz",
    }  # fmt: skip
    assert reads(bundle) == 0


def test_verifying_in_full_looks_at_no_stamp(
    bundle: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify_once(bundle)
    (bundle / "card.md").write_text("card.md as RELEASED")
    stamp = {
        name: [s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns]
        for name in json.loads(stamps(cache)[0].read_bytes())
        for s in [(bundle / name).stat()]
    }
    stamps(cache)[0].write_text(json.dumps(stamp))
    verify_once(bundle)  # a stamp is believed
    with pytest.raises(BundleError, match=r"card\.md is damaged"):
        verify_checksums(bundle)
