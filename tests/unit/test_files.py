"""Files and folders that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from sseml.files import whole_file, whole_folder
from sseml.records import RefusedInputError


def test_a_file_is_replaced_only_if_everything_was_written(tmp_path: Path) -> None:
    target = tmp_path / "answers.csv"
    target.write_text("older", encoding="utf-8")
    target.chmod(0o640)
    with pytest.raises(TypeError), whole_file(target) as stream:
        stream.write(b"no text")
    assert target.read_text("utf-8") == "older"
    with whole_file(target, binary=True) as stream:
        stream.write(b"a\r\nb")
    assert target.read_bytes() == b"a\r\nb"
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "answers.csv", tmp_path / "link.csv"
    target.touch()
    link.symlink_to(target)
    with whole_file(link) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedInputError, match="there is no folder"), whole_file(tmp_path / "a/b"):
        pass


def test_a_folder_appears_only_if_everything_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "bundle-1"
    with pytest.raises(FileNotFoundError), whole_folder(folder) as building:
        (building / "missing").read_text()
    assert list(folder.parent.iterdir()) == []
    with whole_folder(folder) as building:
        (building / "all").touch()
    assert [path.name for path in folder.iterdir()] == ["all"]
