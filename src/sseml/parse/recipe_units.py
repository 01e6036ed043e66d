"""A repeat unit of the person's own is checked, and brought to one spelling of its ends."""

from __future__ import annotations

import re

from sseml.parse.smiles import END, read_smiles
from sseml.records import RefusedInputError

_END = re.compile(r"\[\*(?::\d+)?\]|\[(?:Cu|Au)\]|\*")
_EXAMPLE = "write a repeat unit with two ends, such as PSMILES:[*]CCO[*]"


def own_unit(psmiles: str) -> str:
    """Check a repeat unit and write its ends as ``[*]``.

    Raises
    ------
    RefusedInputError
        If it has not exactly two ends, or is no SMILES.
    """
    unit = _END.sub("[*]", psmiles)
    ends = unit.count("[*]")
    if ends != 2:
        raise RefusedInputError(f"{psmiles!r} has {ends} end{'s' * (ends != 1)}, not two", _EXAMPLE)
    atoms = read_smiles(unit)
    if any(len(atom.neighbours) != 1 for atom in atoms if atom.symbol == END):
        raise RefusedInputError(f"an end of {psmiles!r} has not one neighbour", _EXAMPLE)
    if sum(atom.symbol != END for atom in atoms) < 1:
        raise RefusedInputError(f"{psmiles!r} holds no atoms", _EXAMPLE)
    return unit
