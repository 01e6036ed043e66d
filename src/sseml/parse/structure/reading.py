"""Structure files become crystals, one after the other; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sseml.parse.structure.agreement import OnMismatch, is_same_structure
from sseml.parse.structure.cell import plainly_quoted
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.documents import Document, documents
from sseml.parse.structure.file_names import READABLE, StructureFormat
from sseml.parse.structure.poscar import read_poscar
from sseml.parse.structure.pymatgen_json import OtherDocumentError, read_pymatgen_json
from sseml.records import Crystal, RefusedInputError

_HERE = Path()
_GZIP = b"\x1f\x8b"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class UnreadStructure:
    """A structure file that cannot be answered: its name as it was written, and the reason."""

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
        One a file, or a structure of a CIF with several; `source` is the path as it was written,
        with what a folder, a pattern, an archive or a data block adds.
    """
    written, found = str(path), False
    try:
        for document in documents(written, folder):
            for read in _read(document, on_mismatch):
                found = True
                yield read
        if not found:
            raise RefusedInputError(
                f"{written!r} holds JSON about other things, and no structure",
                f"what is read: {READABLE}",
            )
    except RefusedInputError as refusal:
        yield UnreadStructure(written.encode("utf-8", "replace").decode(), refusal)


def read_structure_text(
    text: str, format_: StructureFormat, name: str, *, on_mismatch: OnMismatch = "refuse"
) -> Iterator[Crystal | UnreadStructure]:
    """Read the structures of a file that is at hand as text, as `read_structures` reads a file.

    `name` is what they are called by, alone or before their data blocks.
    """
    yield from _read(Document(name, format_, text.encode(), chosen=True), on_mismatch)


def _read(document: Document, on_mismatch: OnMismatch) -> Iterator[Crystal | UnreadStructure]:
    """Read one file; nothing of other JSON that was not asked for by name."""
    try:
        text = _text(document.content)
        if document.format == "cif":
            yield from _of_cif(text, document.name, on_mismatch)
        elif document.format == "poscar":
            yield crystal_of(read_poscar(text), document.name, on_mismatch)
        else:
            yield crystal_of(read_pymatgen_json(text), document.name, on_mismatch)
    except RefusedInputError as refusal:
        if document.chosen or not isinstance(refusal, OtherDocumentError):
            yield UnreadStructure(document.name, refusal)


def _of_cif(text: str, name: str, on_mismatch: OnMismatch) -> list[Crystal | UnreadStructure]:
    """The structures of a CIF; a second description of one becomes a note on the first."""
    blocks = list(read_cif(text))
    answers: list[Crystal | UnreadStructure] = []
    for block, cell in blocks:
        tag = f"data_{plainly_quoted(block)}"
        source = name if len(blocks) == 1 else f"{name} {tag}"
        try:
            if isinstance(cell, RefusedInputError):
                raise cell
            crystal = crystal_of(cell, source, on_mismatch)
        except RefusedInputError as refusal:
            answers.append(UnreadStructure(source, refusal))
            continue
        for place, other in enumerate(answers):
            if isinstance(other, Crystal) and is_same_structure(crystal, other):
                note = f"{tag} of the file describes the same structure, and is answered with it"
                answers[place] = replace(other, notes=(*other.notes, note))
                break
        else:
            answers.append(crystal)
    return answers


def _text(content: bytes | RefusedInputError) -> str:
    if isinstance(content, RefusedInputError):
        raise content
    if not content.strip():
        raise RefusedInputError("the file is empty", "get the whole file")
    if content.startswith(_GZIP):
        raise RefusedInputError("the file is packed with gzip", "unpack it first")
    encoding = "utf-16" if content.startswith(_UTF_16_MARKS) else "utf-8-sig"
    if b"\x00" in content and encoding != "utf-16":
        raise RefusedInputError("the file is binary, not text", "export the structure as a CIF")
    text = content.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
