"""Parts of a long list: what a killed run leaves is gone on with, and shards share the work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.records import RefusedInputError
from sseml.screen.parts import Plan, Shard, Summary, Written, read_shard, write_parts

QUESTION = {"spaces": ["Li3{Y,Er}Cl6"], "temperature_C": 25.0}


class KilledError(Exception):
    """Stands for the end of the process."""


def plan(folder: Path, number: int = 1, of: int = 1, rows: int = 10, **asked: Any) -> Plan:
    return Plan(folder, Shard(number, of), rows, ".txt", QUESTION | asked)


def write_squares(items: Iterator[int], stream: IO[str]) -> Written:
    refused = rows = 0
    for item in items:
        rows += 1
        refused += item % 7 == 0
        stream.write(f"{item * item}\n")
    return Written(rows, refused)


def run(of: Plan, count: int = 45, write: Any = write_squares) -> Summary:
    return write_parts(of, range(count), write, binary=False)


def parts_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}


def test_every_row_is_answered_once_in_order(tmp_path: Path) -> None:
    summary = run(plan(tmp_path))
    assert summary == Summary(parts=5, found=0, rows=45, refused=7)
    text = b"".join(parts_of(tmp_path).values()).decode()
    assert [int(line) for line in text.split()] == [each**2 for each in range(45)]


@given(count=st.integers(0, 60), rows=st.integers(1, 25), of=st.integers(1, 5))
def test_shards_together_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, count: int, rows: int, of: int
) -> None:
    whole, shared = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("shared")
    run(plan(whole, rows=rows), count)
    summaries = [run(plan(shared, number, of, rows), count) for number in range(1, of + 1)]
    assert parts_of(shared) == parts_of(whole)
    assert sum(summary.rows for summary in summaries) == count
    listed = [json.loads(path.read_text()) for path in shared.glob("_manifest-*")]
    names = [name for document in listed for name in document["parts"]]
    assert sorted(names) == list(parts_of(whole))
    assert all(document["complete"] for document in listed)


@pytest.mark.parametrize("killed_at", [0, 9, 10, 23, 44])
def test_what_was_killed_goes_on_to_the_same_bytes(tmp_path: Path, killed_at: int) -> None:
    def until_killed(items: Iterator[int], stream: IO[str]) -> Written:
        def coming() -> Iterator[int]:
            for item in items:
                if item == killed_at:
                    raise KilledError
                yield item

        return write_squares(coming(), stream)

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run(plan(whole))
    with pytest.raises(KilledError):
        run(plan(killed), write=until_killed)
    assert len(parts_of(killed)) == killed_at // 10
    assert not json.loads(plan(killed).manifest.read_text())["complete"]
    assert run(plan(killed)).found == killed_at // 10
    for name in ("_manifest-1-of-1.json", *parts_of(whole)):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_what_is_there_is_not_answered_again(tmp_path: Path) -> None:
    run(plan(tmp_path))

    def fail(items: Iterator[int], stream: IO[str]) -> Written:
        raise AssertionError("answered again")

    assert run(plan(tmp_path), write=fail).found == 5


def test_a_part_that_was_changed_or_deleted_is_answered_again(tmp_path: Path) -> None:
    of = plan(tmp_path)
    run(of)
    before = parts_of(tmp_path)
    of.part(1).write_text("damaged\n")
    of.part(3).unlink()
    assert run(of).found == 3
    assert parts_of(tmp_path) == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"temperature_C": 60.0}, "temperature_C 25.0, not 60.0"),
        ({"spaces": ["Li3{Y,In}Cl6"]}, "spaces"),
    ],
)
def test_answers_to_another_question_are_not_mixed_in(
    tmp_path: Path, asked: dict[str, Any], said: str
) -> None:
    run(plan(tmp_path))
    before = parts_of(tmp_path)
    with pytest.raises(RefusedInputError, match="another question") as refusal:
        run(plan(tmp_path, 2, 2, **asked))
    assert said in refusal.value.reason
    with pytest.raises(RefusedInputError, match="rows_a_part 10, not 5"):
        run(plan(tmp_path, rows=5))
    assert parts_of(tmp_path) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RefusedInputError, match="no manifest"):
        run(plan(tmp_path))
    with pytest.raises(RefusedInputError, match="is a file"):
        run(plan(tmp_path / "thesis.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"question": {}}'])
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    run(plan(tmp_path))
    plan(tmp_path).manifest.write_text(text)
    with pytest.raises(RefusedInputError, match=r"_manifest-1-of-1\.json cannot be read"):
        run(plan(tmp_path))


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/4/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(RefusedInputError, match="no shard"):
        read_shard(text)


def test_shards_are_read() -> None:
    assert read_shard(" 3 / 8 ") == Shard(3, 8)
