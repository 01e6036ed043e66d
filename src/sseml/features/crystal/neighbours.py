"""Which sites of a periodic structure lie near which: exact, vectorised, of any cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sseml.features.contract import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROUNDING_A = 1e-8
"""A pair at the cutoff is within it, whichever way its distance was rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of points no farther apart than some distance; every array has one entry a pair.

    Attributes
    ----------
    centre, other
        Positions in the two lists of points, shape (n_pairs,).
    image
        Cell that the other point lies in when the centre is where it was given, shape (n_pairs, 3).
    vector
        From the centre to the other point, Å, shape (n_pairs, 3).
    distance
        Å, shape (n_pairs,).
    """

    centre: IntArray
    other: IntArray
    image: IntArray
    vector: FloatArray
    distance: FloatArray

    def take(self, chosen: BoolArray | IntArray) -> Pairs:
        """Some of the pairs, by a mask or an index array."""
        return Pairs(
            self.centre[chosen],
            self.other[chosen],
            self.image[chosen],
            self.vector[chosen],
            self.distance[chosen],
        )


def neighbours(
    lattice_A: FloatArray, centres: FloatArray, others: FloatArray, cutoff_A: float
) -> Pairs:
    """All pairs of a centre and a periodic image of another point within a distance.

    A point that is in both lists is paired with itself at distance 0, and with its own images.

    Parameters
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    centres, others
        Fractional coordinates, shapes (n, 3) and (m, 3).
    cutoff_A
        Largest distance, Å.

    Returns
    -------
    Pairs
        Ordered by centre.
    """
    centre_cell, other_cell = np.floor(centres), np.floor(others)
    ghosts, ghost_other, ghost_cell = _ghosts(lattice_A, others - other_cell, cutoff_A)
    points = (centres - centre_cell) @ lattice_A
    centre, ghost = _within(points, ghosts @ lattice_A, cutoff_A + ROUNDING_A)
    other = ghost_other[ghost]
    image = ghost_cell[ghost] - other_cell[other] + centre_cell[centre]
    vector = (others[other] + image - centres[centre]) @ lattice_A
    distance = np.sqrt((vector**2).sum(axis=1))
    near = distance <= cutoff_A + ROUNDING_A
    pairs = Pairs(centre, other, image.astype(np.int64), vector, distance)
    return pairs.take(near)


def _ghosts(
    lattice_A: FloatArray, wrapped: FloatArray, cutoff_A: float
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Images of the points within the cutoff of the home cell: coordinates, point and cell."""
    # Rows of the inverse transposed are 1 / (distance between lattice planes).
    pad = (cutoff_A + ROUNDING_A) * np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    ranges = [np.arange(-np.ceil(p), np.ceil(p) + 1.0) for p in pad]
    cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    images = wrapped[None, :, :] + cells[:, None, :]
    cell, point = np.nonzero(((images >= -pad) & (images <= 1.0 + pad)).all(axis=2))
    return images[cell, point], point, cells[cell]


def _within(centres: FloatArray, points: FloatArray, cutoff_A: float) -> tuple[IntArray, IntArray]:
    """Candidate pairs from boxes as wide as the cutoff: no pair within it is missing."""
    if not len(centres) or not len(points):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    low = np.minimum(points.min(axis=0), centres.min(axis=0)) - cutoff_A
    shape = ((np.maximum(points.max(axis=0), centres.max(axis=0)) - low) // cutoff_A) + 3.0
    strides = np.array([shape[1] * shape[2], shape[2], 1.0]).astype(np.int64)
    key = ((points - low) // cutoff_A).astype(np.int64) @ strides
    order = np.argsort(key, kind="stable")
    key = key[order]
    home = ((centres - low) // cutoff_A).astype(np.int64) @ strides
    columns = (
        np.array([-1, 0, 1])[:, None] * strides[0] + np.array([-1, 0, 1]) * strides[1]
    ).ravel()
    wanted = home[:, None] + columns
    start = np.searchsorted(key, wanted - 1, side="left").ravel()
    count = np.searchsorted(key, wanted + 1, side="right").ravel() - start
    run = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    centre = np.repeat(np.repeat(np.arange(len(centres)), len(columns)), count)
    return centre, order[np.repeat(start, count) + run]
