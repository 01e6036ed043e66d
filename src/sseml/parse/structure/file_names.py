"""Which texts are the names of structure files, by their spelling alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

StructureFormat = Literal["cif", "poscar", "json"]

READABLE = "a CIF, a POSCAR or CONTCAR, a pymatgen Structure as .json, a folder or a .zip of these"
"""What can be handed in, for messages."""

_ENDING = re.compile(r"\.(cif|vasp|poscar|json)$", re.IGNORECASE)
_POSCAR = re.compile(
    r"(?:^|[/\\])(?:(?:POSCAR|CONTCAR)(?:[._-][^/\\]*|\*)?|[^/\\]+[._-](?:POSCAR|CONTCAR))$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\.zip$|[/\\]$", re.IGNORECASE)


def format_of_name(name: str) -> StructureFormat | None:
    """The format of a file by its name; None where it is none that holds a structure.

    Examples
    --------
    >>> format_of_name("runs/CONTCAR"), format_of_name("llzo.CIF"), format_of_name("notes.txt")
    ('poscar', 'cif', None)
    """
    if found := _ENDING.search(name):
        ending = found.group(1).casefold()
        return "cif" if ending == "cif" else "json" if ending == "json" else "poscar"
    return "poscar" if _POSCAR.search(name) else None


def is_archive(name: str) -> bool:
    """Tell whether a name is that of an archive."""
    return name.casefold().endswith(".zip")


def names_structures(text: str) -> bool:
    """Tell whether a text names a structure file, an archive, or, by its last slash, a folder.

    Examples
    --------
    >>> [names_structures(text) for text in ("cifs/", "a.zip", "*.cif", "La2/3-xLi3xTiO3")]
    [True, True, True, False]
    """
    return format_of_name(text) is not None or _SEVERAL.search(text) is not None


def is_there(path: Path) -> bool:
    """Tell whether there is such a file or folder; a text too long for a path names none."""
    try:
        return path.exists()
    except OSError:
        return False
