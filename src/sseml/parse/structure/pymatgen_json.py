"""A structure that pymatgen wrote as JSON becomes the cell it describes, without pymatgen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from sseml.arrays import FloatArray
from sseml.parse.structure.cell import Cell, plainly_quoted, require_few_sites
from sseml.parse.structure.symbols import element_of_symbol
from sseml.records import RefusedInputError

_LARGEST = 1e9  # of any number in the file: a length, a coordinate or an occupancy
_FIX = "write it with pymatgen: Structure.to('structure.json')"


class OtherDocumentError(RefusedInputError):
    """The JSON is whole, but about something else."""


def read_pymatgen_json(text: str) -> Cell:
    """Read what `Structure.as_dict` gives, or an entry that holds it under ``structure``.

    Only the lattice, the species with their occupancies and the coordinates are read; no class that
    the document names is imported.
    """
    document = _structure(text)
    lattice, sites = document["lattice"], document["sites"]
    matrix = lattice.get("matrix") if isinstance(lattice, Mapping) else None
    lattice_A = _numbers(matrix, (3, 3), "the matrix of the lattice")
    require_few_sites(len(sites))
    read = [_site(i, site) for i, site in enumerate(sites, start=1)]
    return Cell(
        lattice_A=lattice_A,
        labels=tuple(label for label, *_ in read),
        positions=np.array([position for _, position, _ in read]),
        occupancies=tuple(species for *_, species in read),
    )


def _structure(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedInputError(f"it is not JSON: {error}", "get the whole file") from None
    if isinstance(document, dict) and "lattice" not in document:
        document = document.get("structure")
    if not isinstance(document, dict) or not isinstance(document.get("sites"), list):
        raise OtherDocumentError("the JSON holds no pymatgen Structure", _FIX)
    if not document.get("lattice") or not document["sites"]:
        raise OtherDocumentError("the JSON holds a molecule or an empty cell", _FIX)
    return document


def _site(number: int, site: object) -> tuple[str, FloatArray, dict[str, float]]:
    written = site if isinstance(site, Mapping) else {}
    label = plainly_quoted(str(written.get("label") or number))
    position = _numbers(written.get("abc"), (3,), f"the place of site {label}")
    species: dict[str, float] = {}
    listed = written.get("species")
    if not isinstance(listed, list) or not listed:
        raise RefusedInputError(f"site {label} has no list of species", _FIX)
    for each in listed:
        name = each.get("element") if isinstance(each, Mapping) else None
        if not isinstance(name, str):
            raise RefusedInputError(f"a species of site {label} names no element", _FIX)
        share = float(_numbers(each.get("occu"), (), f"the occupancy of site {label}"))
        element = element_of_symbol(name)
        if element is not None:
            species[element] = species.get(element, 0.0) + share
    return label, position, species


def _numbers(written: object, shape: tuple[int, ...], what: str) -> FloatArray:
    try:
        values = np.asarray(written, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array([])
    if values.shape != shape or not (np.abs(values) < _LARGEST).all():
        raise RefusedInputError(f"{what} is not {'x'.join(map(str, shape)) or 'one'} number", _FIX)
    return values
