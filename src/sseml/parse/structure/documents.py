"""The structure files that a person's path means: a file, a folder, a pattern or an archive."""

from __future__ import annotations

import glob
import struct
import zipfile
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sseml.parse.structure.file_names import (
    READABLE,
    StructureFormat,
    format_of_name,
    is_archive,
    is_tar,
)
from sseml.records import RefusedInputError

LARGEST_FILE_BYTES = 50_000_000
LARGEST_ARCHIVE_BYTES = 1_000_000_000
"""Of all structures of an archive together, unpacked."""

_MOST_ARCHIVE_MEMBERS = 100_000

_MOST_PATTERN_PARTS, _MOST_DEEP_PARTS = 32, 2
"""Between the slashes of a pattern, from its first wildcard on; and ``**`` among them."""

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What reading a damaged member may raise; NotImplementedError is a RuntimeError."""


class Document(NamedTuple):
    """One file that may hold a structure, with its bytes or why they cannot be had.

    `chosen` says whether the person named this very file, rather than several that it is one of.
    """

    name: str
    format: StructureFormat
    content: bytes | RefusedInputError
    chosen: bool


def documents(written: str, folder: Path) -> Iterator[Document]:
    """Every structure file that a path means, sorted by name; one at a time in memory.

    The path is relative to the folder: a file, a folder (whose folders are not looked into), a
    pattern such as ``runs/**/CONTCAR``, or an archive, which is read in memory.
    """
    if "\0" in written:
        raise RefusedInputError(f"{written!r} is no path", "check the path")
    path = folder / written
    try:
        if path.is_dir():
            files = _of_folder(path, written)
        elif path.exists() or not glob.has_magic(written):
            files = [(path, written)]
        else:
            files = _of_pattern(written, folder)
    except OSError as error:
        raise RefusedInputError(
            f"{written!r} cannot be opened: {error.strerror}", "check the path and its permissions"
        ) from None
    chosen = [name for _, name in files] == [written]
    for each, name in files:
        printable = name.encode("utf-8", "replace").decode()
        try:
            yield from _of_file(each, printable, chosen=chosen)
        except RefusedInputError as refusal:
            yield Document(printable, "cif", refusal, chosen)


def _of_folder(path: Path, name: str) -> list[tuple[Path, str]]:
    inside = sorted(path.iterdir())
    files = [each for each in inside if _is_candidate(each)]
    if not files:
        deeper = Path(name, "**", "*.cif")
        hint = f"write {deeper} to look into its folders" if any(map(Path.is_dir, inside)) else ""
        raise RefusedInputError(
            f"the folder {name!r} holds no structure file", hint or f"what is read: {READABLE}"
        )
    return [(each, str(Path(name, each.name))) for each in files]


def _of_pattern(written: str, folder: Path) -> list[tuple[Path, str]]:
    pattern = Path(written)
    fixed = Path(*takewhile(lambda part: not glob.has_magic(part), pattern.parts))
    parts = pattern.relative_to(fixed).parts
    if len(parts) > _MOST_PATTERN_PARTS or parts.count("**") > _MOST_DEEP_PARTS:
        raise RefusedInputError(
            f"the pattern has {len(parts)} parts, {parts.count('**')} of them **",
            "write ** once, as in runs/**/*.cif",
        )
    try:
        found = sorted((folder / fixed).glob("/".join(parts)))
    except ValueError as error:
        raise RefusedInputError(f"{written!r} is no pattern: {error}", "write cifs/*.cif") from None
    files = [each for each in found if _is_candidate(each)]
    if not files:
        raise RefusedInputError(f"no structure file fits {written!r}", "check the pattern")
    return [(each, str(fixed / each.relative_to(folder / fixed))) for each in files]


def _is_candidate(path: Path) -> bool:
    is_read = format_of_name(path.name) is not None or is_archive(path.name)
    return is_read and not path.name.startswith(".") and path.is_file()


def _of_file(path: Path, name: str, *, chosen: bool) -> Iterator[Document]:
    if is_tar(name):
        raise RefusedInputError(
            f"{name!r} is an archive of a kind that is not read", "pack it again as .zip"
        )
    if is_archive(name):
        yield from _of_archive(path, name)
        return
    format_ = format_of_name(name)
    if format_ is None and not path.exists():
        raise RefusedInputError(f"there is no file or folder {name!r}", "check the path")
    if format_ is None:
        raise RefusedInputError(
            f"{name!r} is no structure file by its name", f"what is read: {READABLE}"
        )
    yield Document(name, format_, _content(path), chosen)


def _content(path: Path) -> bytes | RefusedInputError:
    try:
        if path.exists() and not path.is_file():
            return RefusedInputError("it is no regular file", "give the name of a file")
        with path.open("rb") as file:
            return _unless_large(file.read(LARGEST_FILE_BYTES + 1))
    except FileNotFoundError:
        siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        close = get_close_matches(path.name, siblings, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "check the path"
        return RefusedInputError("there is no such file", hint)
    except OSError as error:
        return RefusedInputError(f"it cannot be read: {error.strerror}", "check its permissions")


def _unless_large(content: bytes) -> bytes | RefusedInputError:
    if len(content) > LARGEST_FILE_BYTES:
        megabytes = LARGEST_FILE_BYTES // 1_000_000
        return RefusedInputError(
            f"the file is larger than {megabytes} MB", "leave out all but the structure"
        )
    return content


def _of_archive(path: Path, name: str) -> Iterator[Document]:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise RefusedInputError(f"there is no file {name!r}", "check the path") from None
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise RefusedInputError(
            f"{name!r} is no archive that can be read: {error}", "pack it again as .zip"
        ) from None
    with archive:
        yield from _members(archive, name)


def _members(archive: zipfile.ZipFile, name: str) -> Iterator[Document]:
    entries = archive.infolist()
    if len(entries) > _MOST_ARCHIVE_MEMBERS:
        raise RefusedInputError(
            f"{name!r} holds {len(entries)} files, more than {_MOST_ARCHIVE_MEMBERS}", "split it"
        )
    members = [
        (entry, format_)
        for entry in sorted(entries, key=lambda entry: entry.filename)
        if (format_ := _member_format(entry.filename)) and not entry.is_dir()
    ]
    if not members:
        raise RefusedInputError(
            f"the archive {name!r} holds no structure file", f"what is read: {READABLE}"
        )
    total = 0
    for entry, format_ in members:
        content = _member_content(archive, entry)
        total += len(content) if isinstance(content, bytes) else 0
        if total > LARGEST_ARCHIVE_BYTES:
            raise RefusedInputError(
                f"the structures of {name!r} are larger than"
                f" {LARGEST_ARCHIVE_BYTES // 1_000_000} MB together",
                "split the archive",
            )
        yield Document(f"{name}/{entry.filename}", format_, content, chosen=False)


def _member_format(member: str) -> StructureFormat | None:
    parts = PurePosixPath(member).parts
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)
    return None if hidden else format_of_name(member)


def _member_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | RefusedInputError:
    """Read a member, never further than the limit whatever its header promises."""
    if entry.compress_type not in _PACKED or entry.flag_bits & _ENCRYPTED:
        return RefusedInputError(
            "it is encrypted, or packed in a way that is not read", "pack it again without either"
        )
    try:
        with archive.open(entry) as file:
            return _unless_large(file.read(LARGEST_FILE_BYTES + 1))
    except _DAMAGE as error:
        return RefusedInputError(f"it is damaged in the archive: {error}", "pack it again")
