"""Lists and answers under an address: read and written as files of this machine are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

LIST = "formula\nLi6PS5Cl\nnot a formula\nLLZO\n"


@pytest.fixture
def store() -> Iterator[Any]:
    """A file system that lives in memory, as a bucket does elsewhere."""
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/", recursive=True)
    system.store.clear()


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "txt"])
def test_answers_are_those_of_a_file(run: Any, tmp_path: Path, store: Any, ending: str) -> None:
    listed, own = tmp_path / "list.csv", tmp_path / f"out.{ending}"
    listed.write_text(LIST)
    store.pipe("/bucket/list.csv", LIST.encode())
    there = run("predict", "-i", listed, "-o", own, "--no-window")
    away = run(
        "predict", "-i", "memory://bucket/list.csv", "-o", f"memory://bucket/out.{ending}",
        "--no-window",
    )  # fmt: skip
    assert (away.code, there.code) == (1, 1)
    assert store.cat(f"/bucket/out.{ending}") == own.read_bytes()


def test_a_parquet_list_is_read(run: Any, store: Any) -> None:
    held = io.BytesIO()
    pq.write_table(pa.table({"formula": ["Li3YCl6", "LLZO"]}), held)
    store.pipe("/bucket/list.parquet", held.getvalue())
    ran = run("predict", "-i", "memory://bucket/list.parquet", "--format", "jsonl", "--no-window")
    assert ran.code == 0
    assert [line.count('"status": "ok"') for line in ran.out.splitlines()] == [1, 1]


def test_an_address_of_this_machine(run: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    ran = run("predict", "-i", f"file://{tmp_path}/list.csv", "-o", f"file://{tmp_path}/out.csv")
    assert ran.code == 1
    assert (tmp_path / "out.csv").read_text().startswith("input,")


def test_nothing_is_written_where_a_row_is_refused_strictly(run: Any, store: Any) -> None:
    store.pipe("/bucket/list.csv", LIST.encode())
    asked = ("-i", "memory://bucket/list.csv", "-o", "memory://bucket/out.csv", "--strict")
    assert run("predict", *asked).code == 1
    assert not store.exists("/bucket/out.csv")


def test_screen_replaces_nothing_unasked(run: Any, store: Any) -> None:
    asked = ("screen", "Li3YCl6", "-o", "memory://bucket/out.csv", "--no-window")
    assert run(*asked).code == 0
    ran = run(*asked)
    assert ran.code == 2
    assert "memory://bucket/out.csv is there already" in ran.err
    assert run(*asked, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("-i", "memory://bucket/none.csv"), "there is no file 'memory://bucket/none.csv'"),
        (("-i", "nowhere://bucket/list.csv"), "Protocol not known: nowhere"),
        (("Li3YCl6", "-o", "nowhere://bucket/out.csv"), "Protocol not known: nowhere"),
        (("Li3YCl6", "-o", "memory://bucket/"), "is a folder"),
        (("Li3YCl6", "-o", "memory://bucket/out.docx"), "names no format"),
    ],
)
def test_what_cannot_be_reached_is_said(run: Any, asked: tuple[str, ...], said: str) -> None:
    ran = run("predict", *asked)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_what_cannot_be_opened_leaves_its_file_system_as_it_was(
    run: Any, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("not yours")

    asked = ("predict", "Li3YCl6", "--no-window", "-o", "memory://bucket/out.csv")
    with monkeypatch.context() as patch:
        patch.setattr(type(store), "open", refuse)
        ran = run(*asked)
    assert ran.code == 2
    assert "not yours" in ran.err
    assert not store._intrans
    assert run(*asked).code == 0
    assert store.exists("/bucket/out.csv")


def test_shards_are_a_folder_of_this_machine(run: Any) -> None:
    ran = run("screen", "Li3YCl6", "--shard", "1/1", "-o", "memory://bucket/parts")
    assert ran.code == 2
    assert "--shard writes a folder of this machine" in ran.err


def test_without_fsspec_the_extra_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    ran = run("predict", "-i", "s3://bucket/list.csv")
    assert ran.code == 2
    assert "pip install 'sseml[cloud]'" in ran.err
