"""A way over a landscape, let down beside itself until it follows the bottom of its valley."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sseml.physics.passage import Passage
from sseml.physics.site_energy import Landscape

FloatArray = NDArray[np.float64]

_ROUNDS = 40
_APART_A = 0.01
_LONGEST_A, _MOBILITY = 0.02, 0.02
"""Step of a point in a round at most, Å, and Å for 1 eV/Å."""

_FURTHEST_A = _ROUNDS * _LONGEST_A
_AXES = np.vstack((np.eye(3), -np.eye(3)))


def relaxed_passage(
    found: Passage, lattice_A: FloatArray, landscape: Landscape, zero_eV: float
) -> Passage:
    """Move the points of a way downhill beside it, and its begin all the way down.

    The way itself is given back where that lowers nothing.

    Parameters
    ----------
    found
        A way along the points of a grid.
    lattice_A
        Lattice vectors as rows, Å.
    landscape
        What the way goes over.
    zero_eV
        What its energies count from.
    """
    if len(found.positions) < 3:
        return found
    to_fractional = np.linalg.inv(lattice_A)
    places_A = found.positions @ lattice_A
    whole_A = places_A[-1] - places_A[0]
    around = [landscape.around(place, _FURTHEST_A) for place in found.positions]
    for _ in range(_ROUNDS):
        along = np.vstack((np.zeros(3), places_A[2:] - places_A[:-2]))
        along /= np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
        for number, tangent in enumerate(along):
            near = around[number]((places_A[number] + _APART_A * _AXES) @ to_fractional)
            slope = (near[:3] - near[3:]) / (2.0 * _APART_A)
            down = (slope @ tangent) * tangent - slope
            size = float(np.linalg.norm(down))
            places_A[number] += down * min(_MOBILITY, _LONGEST_A / max(size, 1e-9))
        places_A[-1] = places_A[0] + whole_A
    positions = places_A @ to_fractional
    energy = np.array(
        [float(near(place[None])[0]) for near, place in zip(around, positions, strict=True)]
    )
    if energy.max() - zero_eV >= found.energy_eV.max():
        return found
    lengths = np.linalg.norm(np.diff(places_A, axis=0), axis=1)
    return replace(
        found,
        positions=positions,
        distance_A=np.concatenate([[0.0], np.cumsum(lengths)]),
        energy_eV=energy - zero_eV,
    )
