"""Which texts are the names of structure files, by their spelling alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from sseml.patterns import late

StructureFormat = Literal["cif", "poscar", "json"]

READABLE = "a CIF, a POSCAR or CONTCAR, a pymatgen Structure as .json, a folder or a .zip of these"
"""What can be handed in, for messages."""

_ENDING = late(r"\.(m?cif|vasp|poscar|contcar|json)(?:\.gz)?$", re.IGNORECASE)
_POSCAR = late(
    r"(?:^|[/\\])(?:[^/\\]+[._-])?(?:POSCAR|CONTCAR)(?:\d+|\s?\(\d+\))?(?:[._-][^/\\]*|\*)?$",
    re.IGNORECASE,
)
_LONGEST = 4096  # characters of a path; a longer text names no file
_SEVERAL = late(r"\.zip$|[/\\]$", re.IGNORECASE)
_BLOCK = late(r"\.m?cif data_\S*$", re.IGNORECASE)
_TAR = late(r"\.(?:tar|tgz|tar\.[a-z0-9]{1,4})$", re.IGNORECASE)


def format_of_name(name: str) -> StructureFormat | None:
    """The format of a file by its name, such as ``runs/CONTCAR``; None if it holds no structure."""
    if len(name) > _LONGEST:
        return None
    if found := _ENDING.search(name):
        ending = found.group(1).casefold()
        return "cif" if ending.endswith("cif") else "json" if ending == "json" else "poscar"
    return "poscar" if _POSCAR.search(name) else None


def is_archive(name: str) -> bool:
    """Whether a name is that of an archive that is read."""
    return name.casefold().endswith(".zip")


def is_tar(name: str) -> bool:
    """Whether a name is that of an archive of a kind that is not read."""
    return _TAR.search(name) is not None


def names_structures(text: str) -> bool:
    """Whether a text names a structure file, an archive, a pattern, or a folder by its last slash.

    So does what an answer calls one of several structures of a CIF, ``two.cif data_b``.
    """
    if len(text) > _LONGEST:
        return False
    several = _SEVERAL.search(text) or _BLOCK.search(text) or is_tar(text)
    return format_of_name(text) is not None or bool(several)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; a text too long for a path names none."""
    try:
        return path.exists()
    except OSError:
        return False
