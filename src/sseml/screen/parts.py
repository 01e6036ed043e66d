"""A long list answered in parts: files that a killed run leaves behind are not answered again."""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

from sseml.files import whole_file
from sseml.records import RefusedInputError

ROWS_A_PART = 100_000
"""Rows of a part, unless another number is asked for."""

_MANIFEST = "_manifest-{number}-of-{of}.json"
_MANIFESTS = "_manifest-*-of-*.json"
"""A name that readers of a folder of Parquet files pass over."""

Item = TypeVar("Item")


class Shard(NamedTuple):
    """One of several runs that share a list: every `of`-th part, from `number` (1 to `of`) on."""

    number: int
    of: int

    def owns(self, part: int) -> bool:
        """Whether a part, counted from 0, is of this shard."""
        return part % self.of == self.number - 1


class Written(NamedTuple):
    """What a part holds."""

    rows: int
    refused: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list is cut into parts, and which of them this run answers.

    Attributes
    ----------
    folder
        Where parts and manifest go.
    shard
        Which parts are answered here.
    rows_a_part
        Rows of a part; the last one may hold fewer.
    ending
        Of the files, such as ``.parquet``.
    question
        What decides the answers: spaces or list, conditions, models. A folder holds the answers to
        one question.
    """

    folder: Path
    shard: Shard
    rows_a_part: int
    ending: str
    question: Mapping[str, Any]

    @property
    def manifest(self) -> Path:
        """The file that says which parts are there."""
        return self.folder / _MANIFEST.format(number=self.shard.number, of=self.shard.of)

    def part(self, number: int) -> Path:
        """The file of a part, counted from 0."""
        return self.folder / f"part-{number:08d}{self.ending}"


class Summary(NamedTuple):
    """What a run did."""

    parts: int
    found: int
    """Of these, parts that were there already."""
    rows: int
    refused: int


def read_shard(text: str) -> Shard:
    """Read ``2/8``: the second of eight shards; a `RefusedInputError` says what is wrong."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise RefusedInputError(
            f"{text!r} is no shard", "write number/of, such as 1/8 for the first of eight"
        )
    return Shard(int(found[1]), int(found[2]))


def write_parts(
    plan: Plan,
    items: Iterable[Item],
    write: Callable[[Iterator[Item], IO[Any]], Written],
    *,
    binary: bool,
) -> Summary:
    """Answer the parts of a shard that are not there yet, one after another.

    A part is written whole or not at all, and then named in the manifest with its checksum: after a
    kill the same call goes on where it ended, and every file holds the same bytes.

    Parameters
    ----------
    plan
        Which parts, and where.
    items
        The whole list, always in the same order; what other shards own is passed over.
    write
        Writes the answers to the items of a part to a stream, and says how many these were.
    binary
        Whether the stream takes bytes.

    Raises
    ------
    RefusedInputError
        If the folder holds answers to another question, or anything else.
    """
    known = _known(plan)
    coming = iter(items)
    parts: dict[str, dict[str, Any]] = {}
    found = number = 0
    _save(plan, known, complete=False)
    while (first := next(coming, None)) is not None:
        rest = islice(coming, plan.rows_a_part - 1)
        if plan.shard.owns(number):
            path = plan.part(number)
            entry = known.get(path.name)
            if entry is not None and _is_as_listed(path, entry):
                found += 1
            else:
                entry = _write_part(plan, path, _after(first, rest), write, binary=binary)
                known[path.name] = entry
                _save(plan, known, complete=False)
            parts[path.name] = entry
        deque(rest, maxlen=0)
        number += 1
    _save(plan, parts, complete=True)
    return Summary(
        parts=len(parts),
        found=found,
        rows=sum(entry["rows"] for entry in parts.values()),
        refused=sum(entry["refused"] for entry in parts.values()),
    )


def _after(first: Item, rest: Iterator[Item]) -> Iterator[Item]:
    yield first
    yield from rest


def _write_part(
    plan: Plan,
    path: Path,
    items: Iterator[Item],
    write: Callable[[Iterator[Item], IO[Any]], Written],
    *,
    binary: bool,
) -> dict[str, Any]:
    with whole_file(path, binary=binary) as stream:
        written = write(items, stream)
    number = int(path.name.removeprefix("part-").removesuffix(plan.ending))
    return {
        "first_row": number * plan.rows_a_part + 1,
        "rows": written.rows,
        "refused": written.refused,
        "sha256": _checksum(path),
    }


def _is_as_listed(path: Path, entry: Mapping[str, Any]) -> bool:
    return path.is_file() and _checksum(path) == entry["sha256"]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known(plan: Plan) -> dict[str, dict[str, Any]]:
    """The parts that the manifest of this shard names; the folder is made if there is none."""
    folder = plan.folder
    if folder.exists() and not folder.is_dir():
        raise RefusedInputError(f"{folder} is a file", "name a folder for the parts with -o")
    folder.mkdir(parents=True, exist_ok=True)
    manifests = sorted(folder.glob(_MANIFESTS))
    if not manifests and any(folder.iterdir()):
        raise RefusedInputError(
            f"{folder} holds files, and no manifest of parts", "name a new folder with -o"
        )
    parts: dict[str, dict[str, Any]] = {}
    for path in manifests:
        document = _read(path)
        asked = {"question": _plain(plan.question), "rows_a_part": plan.rows_a_part}
        for name, value in asked.items():
            if document[name] != value:
                raise RefusedInputError(
                    f"{folder} holds answers to another question: {path.name} says "
                    f"{_difference(document[name], value, name)}",
                    "name a new folder with -o, or ask as before",
                )
        if path == plan.manifest:
            parts = document["parts"]
    return parts


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not {"question", "rows_a_part", "parts"} <= document.keys():
            raise ValueError("an entry is missing")
    except (ValueError, AttributeError) as error:
        raise RefusedInputError(
            f"{path} cannot be read: {error}", "delete it; its parts are answered again"
        ) from error
    return document


def _difference(was: Any, now: Any, name: str) -> str:
    """The first thing that two questions differ in."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in (*was, *now):
            if was.get(key) != now.get(key):
                return _difference(was.get(key), now.get(key), key)
    return f"{name} {was!r}, not {now!r}"


def _plain(question: Mapping[str, Any]) -> Any:
    """The question as JSON gives it back."""
    return json.loads(json.dumps(question))


def _save(plan: Plan, parts: Mapping[str, Mapping[str, Any]], *, complete: bool) -> None:
    document = {
        "shard": f"{plan.shard.number}/{plan.shard.of}",
        "complete": complete,
        "rows_a_part": plan.rows_a_part,
        "question": plan.question,
        "parts": {name: parts[name] for name in sorted(parts)},
    }
    with whole_file(plan.manifest) as stream:
        json.dump(document, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
