"""Sums over all measurements, all inputs and all trees of a bundle, compiled by Numba.

Each function is the twin of one in NumPy and gives its numbers, but for the last digits. What is
said of one row depends on no other row.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray

_SMALLEST = -36.0
"""Exponents are held above: exp(-36) is nothing beside the 1 of a row and itself."""

_BLOCK = 512
"""Rows that walk through a tree together."""

_STEPS = 5
"""Steps between two looks at who is still on the way: boosted trees are this deep."""


@njit(cache=True, nogil=True, error_model="numpy")
def apart_from(
    rows: FloatArray,
    whole: FloatArray,
    by_part: FloatArray,
    whole_others: FloatArray,
    place: IntArray,
    apart: FloatArray,
) -> None:
    """Write half the summed absolute differences of fractions into `apart`, (n, n_measurements).

    `rows` (n, k) and the transposed `by_part` (k, m) are fractions, which `whole` (n,) and
    `whole_others` (m,) are the sums of; `place` says which of the m each measurement is.
    """
    shared = np.empty(by_part.shape[1])
    for row in range(len(rows)):
        shared[:] = 0.0
        for part in range(rows.shape[1]):
            own = rows[row, part]
            if own > 0.0:
                others = by_part[part]
                for other in range(len(shared)):
                    shared[other] += min(own, others[other])
        for other in range(len(shared)):
            distance = (whole[row] + whole_others[other]) / 2.0 - shared[other]
            shared[other] = min(max(distance, 0.0), 1.0)
        for measurement in range(len(place)):
            apart[row, measurement] = shared[place[measurement]]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _exponentials(x: FloatArray) -> None:
    """Put the exponentials of numbers not above 0 in their place.

    That of a 64th of each is its Taylor series to the tenth power, then squared six times: nothing
    but sums and products, which the compiler turns into vector instructions.
    """
    for i in range(len(x)):
        y = max(x[i], _SMALLEST) * (1.0 / 64.0)
        e = 1.0 / 5040.0 + y * (1.0 / 40320.0 + y * (1.0 / 362880.0 + y * (1.0 / 3628800.0)))
        e = 1.0 / 24.0 + y * (1.0 / 120.0 + y * (1.0 / 720.0 + y * e))
        e = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y * e)))
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        e *= e
        x[i] = e


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def alike(
    squared: FloatArray,
    distance: FloatArray,
    rows: IntArray,
    per_feature: float,
    feature_variance: float,
    per_distance: float,
    distance_variance: float,
) -> None:
    """Turn squared distances of features, (n, m), into the kernel, in their place.

    `distance` is (n, n_measurements); `rows` are those of the m inputs.
    """
    by_distance = np.empty(squared.shape[1])
    for row in range(len(squared)):
        own = squared[row]
        apart = distance[row]
        for other in range(len(own)):
            by_distance[other] = apart[rows[other]] * per_distance
        _exponentials(by_distance)
        for other in range(len(own)):
            own[other] = np.sqrt(max(own[other], 0.0)) * per_feature
        _exponentials(own)
        for other in range(len(own)):
            own[other] = feature_variance * own[other] + distance_variance * by_distance[other]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def weighted(cross: FloatArray, level: FloatArray, energy: FloatArray, out: FloatArray) -> None:
    """Sums of each row of `cross`, (n, m), times both weights, (m,), into `out`, (2, n)."""
    for row in range(len(cross)):
        of_level = 0.0
        of_energy = 0.0
        own = cross[row]
        for other in range(len(own)):
            of_level += own[other] * level[other]
            of_energy += own[other] * energy[other]
        out[0, row] = of_level
        out[1, row] = of_energy


@njit(cache=True, nogil=True, error_model="numpy")
def _most_alike(values: FloatArray, near: IntArray) -> None:
    """Put the places of the largest values into `near`, the largest first."""
    count = len(near)
    found = 0
    for place in range(len(values)):
        value = values[place]
        if found == count and value <= values[near[count - 1]]:
            continue
        found = min(found + 1, count)
        rank = found - 1
        while rank > 0 and values[near[rank - 1]] < value:
            near[rank] = near[rank - 1]
            rank -= 1
        near[rank] = place


@njit(cache=True, nogil=True, error_model="numpy")
def explained(
    cross: FloatArray, pairs: FloatArray, variance: FloatArray, count: int, out: FloatArray
) -> None:
    """Put the variance that the `count` most alike inputs explain of each row into `out`, (n,).

    By the Cholesky factor of their covariance, and the forward substitution on the way.
    """
    near = np.empty(count, np.int64)
    factor = np.empty((count, count))
    solved = np.empty(count)
    for row in range(len(cross)):
        _most_alike(cross[row], near)
        out[row] = 0.0
        for i in range(count):
            for j in range(i):
                value = pairs[near[i], near[j]]
                for k in range(j):
                    value -= factor[i, k] * factor[j, k]
                factor[i, j] = value / factor[j, j]
            left = pairs[near[i], near[i]] + variance[near[i]]
            own = cross[row, near[i]]
            for k in range(i):
                left -= factor[i, k] * factor[i, k]
                own -= factor[i, k] * solved[k]
            factor[i, i] = np.sqrt(left)
            solved[i] = own / factor[i, i]
            out[row] += solved[i] * solved[i]


@njit(cache=True, nogil=True, error_model="numpy")
def nearest_phases(
    fractions: FloatArray,
    present: NDArray[np.uint64],
    elements: NDArray[np.uint64],
    first: IntArray,
    size: IntArray,
    column: IntArray,
    fraction: FloatArray,
    same: FloatArray,
    subset: FloatArray,
) -> None:
    """Lower `same` and `subset`, (n,) each, to the distance of the nearest phase of either kind.

    `present` are the elements of each row as bits, (n, n_words); the phases are those of
    `sseml.features.parents`, with `column` and `fraction` of shape (n_phases, MAX_ELEMENTS).
    """
    for row in range(len(fractions)):
        for group in range(len(elements)):
            others = np.uint64(0)
            missing = np.uint64(0)
            for word in range(elements.shape[1]):
                others |= elements[group, word] & ~present[row, word]
                missing |= present[row, word] & ~elements[group, word]
            if others:
                continue
            for phase in range(first[group], first[group] + size[group]):
                distance = 0.0
                for place in range(column.shape[1]):
                    more = fraction[phase, place] - fractions[row, column[phase, place]]
                    distance += max(more, 0.0)
                subset[row] = min(subset[row], distance)
                if not missing:
                    same[row] = min(same[row], distance)


@njit(cache=True, nogil=True, error_model="numpy")
def leaf_sums(
    cells: NDArray[np.float32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    child: NDArray[np.int32],
    value: NDArray[np.float32],
    roots: NDArray[np.int32],
    sums: FloatArray,
    squares: FloatArray,
) -> None:
    """Add up the leaves that rows reach, and their squares, (n,) each; `cells` is (n, k).

    The other arrays are those of a `Forest`. A tree is walked by a block of rows together, some
    steps at a time; a row that has reached its leaf stays there.
    """
    node = np.empty(_BLOCK, np.int32)
    for start in range(0, len(cells), _BLOCK):
        count = min(_BLOCK, len(cells) - start)
        for tree in range(len(roots)):
            node[:] = roots[tree]
            on_the_way = True
            while on_the_way:
                for _ in range(_STEPS):
                    for row in range(count):
                        own = node[row]
                        is_second = cells[start + row, feature[own]] > threshold[own]
                        node[row] = child[own] + is_second
                on_the_way = False
                for row in range(count):
                    on_the_way |= child[node[row]] != node[row]
            for row in range(count):
                leaf = np.float64(value[node[row]])
                sums[start + row] += leaf
                squares[start + row] += leaf * leaf
