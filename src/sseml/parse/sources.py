"""Files and streams opened as text, with their encoding found out and look-alikes refused."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from sseml.classes import dataclass
from sseml.patterns import late
from sseml.records import RefusedInputError
from sseml.remote import is_address, reading


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table that is at hand as text, in the place of a file; `name` is for messages."""

    name: str
    format_name: str
    text: str


Source = str | Path | BinaryIO | TextIO | TextTable

PARQUET_SIGNATURE = b"PAR1"
ZIP_SIGNATURE = b"PK\x03\x04"
OLD_OFFICE_SIGNATURE = b"\xd0\xcf\x11\xe0"

_HEAD_BYTES = 4096
_SIGNATURES = (
    (PARQUET_SIGNATURE, "a Parquet file", "read it with --input-format parquet"),
    (ZIP_SIGNATURE, "an Excel workbook or a ZIP archive", "read it with --input-format xlsx"),
    (OLD_OFFICE_SIGNATURE, "an old Excel workbook", "save it as .xlsx, or export it as CSV"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"%PDF", "a PDF", "write the formulas in a text file, one a line"),
)
_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OLD_WINDOWS = "cp1252"
# Bytes that are no UTF-8 arrive as lone surrogates, those that are no UTF-16 as U+FFFD.
_UNDECODABLE = late("[\ud800-\udfff\ufffd]")


@contextmanager
def opened_text(source: Source) -> Iterator[TextIO]:
    """Open a file or stream as text with the line ends as they are; a stream is left open.

    Undecodable bytes do not stop the reading: `is_damaged` tells the lines that hold some. A file
    that is not there, or is not text, is refused.
    """
    if isinstance(source, TextTable):
        yield io.StringIO(source.text, newline="")
        return
    if isinstance(source, io.TextIOBase) and not hasattr(source, "buffer"):
        yield cast(TextIO, source)
        return
    with opened_binary(source) as (stream, head):
        encoding = _encoding_of(head)
        _refuse_binary(head, name_of(source), encoding)
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
        try:
            yield text
        finally:
            if not text.closed:  # the owner of the stream may have closed it before us
                text.detach()


@contextmanager
def opened_binary(source: Source) -> Iterator[tuple[BinaryIO, bytes]]:
    """Open a file or stream as bytes, and give its beginning without moving on."""
    if isinstance(source, str) and is_address(source):
        with reading(source) as remote, io.BufferedReader(cast(io.RawIOBase, remote)) as file:
            yield file, file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        return
    if isinstance(source, str | Path):
        try:
            opened = Path(source).open("rb")  # noqa: SIM115 - closed by the with below
        except FileNotFoundError:
            raise no_file(Path(source)) from None
        except OSError as error:
            reason = "is a folder" if isinstance(error, IsADirectoryError) else str(error.strerror)
            raise RefusedInputError(
                f"cannot read {str(source)!r}: {reason}", "give a readable file"
            ) from None
        with opened as file:
            yield file, file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        return
    stream = getattr(source, "buffer", source)
    if isinstance(stream, io.BufferedReader):
        yield stream, stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        return
    buffered = io.BufferedReader(cast(io.RawIOBase, stream))
    try:
        yield buffered, buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    finally:
        if not buffered.closed:
            buffered.detach()


def is_damaged(text: str) -> bool:
    """Tell whether a text holds bytes that could not be decoded."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def without_damage(text: str) -> str:
    """Show undecodable bytes as the replacement character."""
    return _UNDECODABLE.sub("\ufffd", text)


def name_of(source: Source) -> str:
    """Name a source in messages."""
    if isinstance(source, TextTable):
        return source.name
    return str(source) if isinstance(source, str | Path) else "the input stream"


def as_old_windows(lines: Iterable[str]) -> Iterator[str]:
    """Read lines again as the code page of Western Windows, if that is what the file is in.

    It is, if the first line that is not plain ASCII is no UTF-8: a file that holds both is damaged.
    """
    is_old: bool | None = None
    for line in lines:
        if is_old is None and not line.isascii():
            is_old = is_damaged(line) and _in_old_windows(line) != line
        yield _in_old_windows(line) if is_old else line


def _in_old_windows(line: str) -> str:
    try:
        return line.encode("utf-8", "surrogateescape").decode(_OLD_WINDOWS)
    except UnicodeError:
        return line


def _encoding_of(head: bytes) -> str:
    for mark, name in _ENCODINGS:
        if head.startswith(mark):
            return name
    zeros = head[0:64:2].count(0), head[1:64:2].count(0)
    if max(zeros) > 0.4 * len(head[:64]) and min(zeros) == 0:  # text of mostly ASCII, without mark
        return "utf-16-le" if zeros[1] else "utf-16-be"
    return "utf-8"


def _refuse_binary(head: bytes, name: str, encoding: str) -> None:
    for signature, what, suggestion in _SIGNATURES:
        if head.startswith(signature):
            raise RefusedInputError(f"{name} is {what}, not text", suggestion)
    if b"\x00" in head and not encoding.startswith("utf-16") and encoding != "utf-32":
        raise RefusedInputError(f"{name} is not text", "save it as UTF-8 text")


def no_file(path: Path) -> RefusedInputError:
    """Say that there is no such file, and which is named most like it."""
    siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    close = get_close_matches(path.name, siblings, n=1)
    hint = f"did you mean {str(path.parent / close[0])!r}?" if close else "check the path"
    return RefusedInputError(f"there is no file {str(path)!r}", hint)
