"""How far apart two compositions are: half the summed absolute difference of element fractions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.features.composition import element_fractions
from sseml.features.contract import FloatArray
from sseml.records import Composition

BLOCK_BYTES = 2**24
"""Memory for the differences of one block of pairs."""


def fraction_distance(A: FloatArray, B: FloatArray) -> FloatArray:
    """Total-variation distance between rows of element fractions.

    Parameters
    ----------
    A, B
        Fractions of shape (n, k) and (m, k), rows summing to 1.

    Returns
    -------
    array of shape (n, m), in [0, 1]
        0 where the compositions are the same, 1 where they share no element.
    """
    used = (A != 0).any(axis=0) | (B != 0).any(axis=0)
    A, B = A[:, used], B[:, used]
    out = np.empty((len(A), len(B)))
    row_bytes = max(1, 8 * B.size)
    step = max(1, BLOCK_BYTES // row_bytes)
    for start in range(0, len(A), step):
        block = A[start : start + step, None, :] - B[None, :, :]
        np.abs(block, out=block)
        block.sum(axis=2, out=out[start : start + step])
    out *= 0.5
    return np.clip(out, 0.0, 1.0, out=out)


def composition_distance(A: Sequence[Composition], B: Sequence[Composition]) -> FloatArray:
    """Distance between materials: half the summed absolute difference of element fractions.

    Returns
    -------
    array of shape (len(A), len(B)), in [0, 1]
        0 where the compositions are the same, 1 where they share no element.
    """
    return fraction_distance(element_fractions(A), element_fractions(B))
