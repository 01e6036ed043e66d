"""Structure files become crystals, one after the other; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sseml.parse.structure.agreement import OnMismatch, is_same_structure
from sseml.parse.structure.cell import Cell
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.documents import Document, documents
from sseml.parse.structure.file_names import READABLE
from sseml.parse.structure.lines import quoted
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
_READERS: dict[str, Callable[[str], Cell]] = {
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


def _read(document: Document, on_mismatch: OnMismatch) -> Iterator[Crystal | UnreadStructure]:
    """Read one file; nothing of one that is of another kind and was not asked for by name."""
    try:
        text = _text(document.content)
        if document.format == "json" and not document.chosen and not is_structure(text):
            return
        if document.format == "cif":
            yield from _each_once(_of_cif(text, document.name, on_mismatch))
            return
        cell = _READERS[document.format](text)
        yield crystal_of(cell, document.name, on_mismatch)
    except RefusedInputError as refusal:
        yield UnreadStructure(document.name, refusal)


def _of_cif(
    text: str, name: str, on_mismatch: OnMismatch
) -> Iterator[tuple[str, Crystal | UnreadStructure]]:
    """The structures of a CIF with their data blocks, which are named where there are several."""
    blocks = list(read_cif(text))
    for block, cell in blocks:
        tag = f"data_{quoted(block)[1:-1]}"
        source = name if len(blocks) == 1 else f"{name} {tag}"
        try:
            if isinstance(cell, RefusedInputError):
                raise cell
            yield tag, crystal_of(cell, source, on_mismatch)
        except RefusedInputError as refusal:
            yield tag, UnreadStructure(source, refusal)


def _each_once(
    read: Iterator[tuple[str, Crystal | UnreadStructure]],
) -> Iterator[Crystal | UnreadStructure]:
    """Leave out the second description of a structure, with a note on the first."""
    answers = list[Crystal | UnreadStructure]()
    for block, each in read:
        same = (i for i, other in enumerate(answers) if _is_twin(each, other))
        place = next(same, None)
        if place is None:
            answers.append(each)
            continue
        first = answers[place]
        assert isinstance(first, Crystal)
        note = f"{block} of the file describes the same structure, and is answered with it"
        answers[place] = replace(first, notes=(*first.notes, note))
    yield from answers


def _is_twin(one: Crystal | UnreadStructure, other: Crystal | UnreadStructure) -> bool:
    return isinstance(one, Crystal) and isinstance(other, Crystal) and is_same_structure(one, other)


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
    text = content.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
