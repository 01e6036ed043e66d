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
from sseml.parse.structure.file_names import StructureFormat
from sseml.parse.structure.poscar import read_poscar
from sseml.parse.structure.pymatgen_json import is_structure, read_pymatgen_json
from sseml.records import Crystal, RefusedInputError

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
    path: Path | str, *, name: str | None = None, on_mismatch: OnMismatch = "refuse"
) -> Iterator[Crystal | UnreadStructure]:
    """Read every structure that a path means, sorted by name, one at a time.

    Parameters
    ----------
    path
        A CIF, POSCAR or CONTCAR, or pymatgen Structure as JSON; a folder or ``.zip`` of these
        (other files are passed over); or a pattern such as ``cifs/*.cif``.
    name
        How the person wrote the path; the path itself by default.
    on_mismatch
        What to do with a file whose own formula differs from what its sites hold: ``refuse`` it, or
        ``flag`` it in `Crystal.notes`.

    Yields
    ------
    Crystal or UnreadStructure
        One a file.
    """
    shown = str(path) if name is None else name
    try:
        for document in documents(Path(path), shown):
            if (read := _read(document, on_mismatch)) is not None:
                yield read
    except RefusedInputError as refusal:
        yield UnreadStructure(shown, refusal)


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
    marks = (encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark))
    encoding = next(marks, "utf-8")
    if b"\x00" in content and encoding != "utf-16":
        raise RefusedInputError("the file is binary, not text", "export the structure as a CIF")
    return content.decode(encoding, errors="replace")
