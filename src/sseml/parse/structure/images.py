"""The images of a site in the cell, each once, however its coordinates are rounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sseml.parse.structure.cell import FloatArray
from sseml.parse.structure.symmetry import Operations

SAME_SITE_A = 0.05
"""Images of a site closer than this are one image, at their mean: coordinates are rounded."""

_WIDEST_A = 0.1
_SIXTH_DECIMAL = 1_000_000
_OTHER_TOLERANCES_A = (_WIDEST_A, 0.01, 0.001)
"""Tried where the file gives the multiplicity of a site, and the usual one gives another."""


def images_of(
    position: FloatArray, multiplicity: int | None, operations: Operations, lattice_A: FloatArray
) -> FloatArray:
    """Images of a site in the cell, shape (n_images, 3), each at the mean of its copies.

    Parameters
    ----------
    position
        Fractional coordinates.
    multiplicity
        How many images the file says there are.
    operations
        A group of at most `sseml.parse.structure.operations.MOST_OPERATIONS`.
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    """
    rotations, translations = operations
    copies = (rotations @ position + translations) % 1.0
    from_first = copies - copies[0]
    from_first -= np.rint(from_first)
    if (((from_first @ lattice_A) ** 2).sum(axis=1) < _WIDEST_A**2).sum() == 1:
        return copies  # at a general place: what holds for one image of a group holds for all
    copies, counts = _distinct(copies)
    apart = copies[None, :, :] - copies[:, None, :]
    apart -= np.rint(apart)
    distance_A = np.sqrt(((apart @ lattice_A) ** 2).sum(axis=2))
    for tolerance_A in (SAME_SITE_A, *_OTHER_TOLERANCES_A):
        same, first = _same(distance_A, tolerance_A)
        if multiplicity in (None, len(first)):
            break
    else:
        same, first = _same(distance_A, SAME_SITE_A)
    weights = same[first] * counts
    weights = weights / weights.sum(axis=1, keepdims=True)
    means: FloatArray = copies[first] + np.einsum("ij,ijk->ik", weights, apart[first])
    return means % 1.0


def _distinct(copies: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """The copies that are not the same to six decimals, in their order, and how often each is."""
    x, y, z = (np.rint(copies * _SIXTH_DECIMAL) % _SIXTH_DECIMAL).astype(np.int64).T
    keys = (x * _SIXTH_DECIMAL + y) * _SIXTH_DECIMAL + z
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return copies[first[order]], counts[order]


def _same(distance_A: FloatArray, tolerance_A: float) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which copies are one image, and the first copy of each image."""
    same = distance_A < tolerance_A
    return same, np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))
