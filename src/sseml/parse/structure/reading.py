"""Structure files become crystals, one after the other; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sseml.parse.structure.agreement import OnMismatch
from sseml.parse.structure.cell import Cell
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.documents import Document, documents
from sseml.parse.structure.file_names import READABLE, StructureFormat
from sseml.parse.structure.poscar import read_poscar
from sseml.parse.structure.pymatgen_json import is_structure, read_pymatgen_json
from sseml.records import Crystal, RefusedInputError

_HERE = Path()
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_READERS: dict[StructureFormat, Callable[[str], Cell]] = {
    "cif": read_cif,
    "poscar": read_poscar,
    "json": read_pymatgen_json,
}


@dataclass(frozen=True, slots=True)
class UnreadStructure:
    """A structure file that cannot be answered.

    Attributes
    ----------
    source
        The file, as the person wrote it.
    refusal
        The reason, and what to do instead.
    """

    source: str
    refusal: RefusedInputError


def read_structures(
    path: Path | str, *, folder: Path = _HERE, on_mismatch: OnMismatch = "refuse"
) -> Iterator[Crystal | UnreadStructure]:
    """Read every structure that a path means, sorted by name, one at a time.

    Parameters
    ----------
    path
        A CIF, POSCAR or CONTCAR, or pymatgen Structure as JSON; a folder or ``.zip`` of these
        (other files are passed over); or a pattern such as ``cifs/*.cif``.
    folder
        What the path is relative to; the working directory by default.
    on_mismatch
        What to do with a file whose own formula differs from what its sites hold: ``refuse`` it, or
        ``flag`` it in `Crystal.notes`.

    Yields
    ------
    Crystal or UnreadStructure
        One a file; `source` is the path as it was written, with what a folder, a pattern or an
        archive adds.
    """
    written, found = str(path), False
    try:
        for document in documents(written, folder):
            if (read := _read(document, on_mismatch)) is not None:
                found = True
                yield read
        if not found:
            raise RefusedInputError(
                f"{written!r} holds JSON about other things, and no structure",
                f"what is read: {READABLE}",
            )
    except RefusedInputError as refusal:
        yield UnreadStructure(written, refusal)


def _read(document: Document, on_mismatch: OnMismatch) -> Crystal | UnreadStructure | None:
    """Read one file; None for one that is of another kind and was not asked for by name."""
    try:
        text = _text(document.content)
        if document.format == "json" and not document.chosen and not is_structure(text):
            return None
        cell = _READERS[document.format](text)
        return crystal_of(cell, document.name, on_mismatch)
    except RefusedInputError as refusal:
        return UnreadStructure(document.name, refusal)


def _text(content: bytes | RefusedInputError) -> str:
    if isinstance(content, RefusedInputError):
        raise content
    if not content.strip():
        raise RefusedInputError("the file is empty", "get the whole file")
    if content.startswith(_GZIP):
        raise RefusedInputError("the file is packed with gzip", "unpack it first")
    marks = (encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark))
    encoding = next(marks, "utf-8")
    if b"\x00" in content and encoding != "utf-16":
        raise RefusedInputError("the file is binary, not text", "export the structure as a CIF")
    return content.decode(encoding, errors="replace")
