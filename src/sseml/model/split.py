"""Splits that do not leak: groups by paper and material, purging, folds, official split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist, squareform

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.papers import paper_name
from sseml.features.contract import Distance
from sseml.records import RefusedInputError

CHUNK_ROWS = 1024


def paper_names(table: pd.DataFrame) -> NDArray[np.object_]:
    """What must not be split: the paper of each row of a table of measurements, shape (n,).

    As `sseml.curation.papers.paper_name` gives it, or None. A lab's own row names its series too:
    what was made and measured together errs together, whether it is published or not.
    """
    columns = ["doi", "source", "source_id", "reference"]
    stated = table.reindex(columns=columns).astype(object)
    rows = stated.where(stated.notna(), None).itertuples(index=False, name=None)
    return np.array([*(paper_name(*row) for row in rows), None], dtype=object)[:-1]


def paper_groups(dois: Sequence[str | None], fallback_ids: Sequence[Hashable]) -> IntArray:
    """Number the papers: rows that share any DOI, directly or through other rows, are one group.

    Several DOIs of a row are joined by ``|``. Rows without one (None, NaN or empty) are grouped by
    `fallback_ids`. Groups are numbered from 0 in order of first appearance.
    """
    if len(dois) != len(fallback_ids):
        raise ValueError(f"{len(dois)} DOIs, but {len(fallback_ids)} fallback ids")
    keys = [
        _dois(doi) or {("", fallback)} for doi, fallback in zip(dois, fallback_ids, strict=True)
    ]
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, row_keys in enumerate(keys):
        for key in row_keys:
            rows_of[key].append(row)
    edges = [(rows[0], row) for rows in rows_of.values() for row in rows[1:]]
    return _components(len(keys), edges)


def material_groups(positions: FloatArray, distance: Distance) -> IntArray:
    """Number the materials: each row joins the first material that it is a spelling of.

    `positions` are (n, k); the result is (n,).
    """
    groups = np.empty(len(positions), dtype=np.int64)
    firsts: dict[bytes, list[tuple[int, FloatArray]]] = {}
    count = 0
    parts = distance.parts(positions)
    for row, own in enumerate(positions):
        known = firsts.setdefault(parts[row].tobytes(), [])
        found = next((number for number, first in known if distance.same(own, first)), None)
        if found is None:
            found = count
            known.append((found, own))
            count += 1
        groups[row] = found
    return groups


def near_duplicate_groups(
    positions: FloatArray, distance: Distance, threshold: float | None = None
) -> IntArray:
    """Number the near-identical materials: of the same parts, nearer than `threshold`, chained.

    `positions` are (n, k); without a threshold it is the kind's own, `Radii.near`.
    """
    threshold = distance.radii.near if threshold is None else threshold
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, parts in enumerate(distance.parts(positions)):
        rows_of[parts.tobytes()].append(row)
    edges = []
    for rows in map(np.array, rows_of.values()):
        for start in range(0, len(rows), CHUNK_ROWS):
            block = rows[start : start + CHUNK_ROWS]
            close = distance.pairs(positions[block], positions[rows]) < threshold
            edges += [(int(block[i]), int(rows[j])) for i, j in np.argwhere(close)]
    return _components(len(positions), edges)


def material_clusters(positions: FloatArray, distance: Distance) -> IntArray:
    """Number the clusters of materials, by average linkage; deterministic.

    Rows of equal position, shape (n, k), always share a cluster. Two clusters are one where the
    mean distance between them is below `Radii.cluster`.
    """
    unique, inverse = np.unique(np.round(positions, 9), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    if len(unique) < 2:
        return np.zeros(len(positions), dtype=np.int64)
    apart = distance.pairs(unique, unique)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    labels = fcluster(tree, t=distance.radii.cluster, criterion="distance")
    return _renumbered(labels[inverse])


def purge(
    train_positions: FloatArray,
    test_positions: FloatArray,
    train_dois: Sequence[str | None],
    test_dois: Sequence[str | None],
    *,
    distance: Distance,
    threshold: float | None = None,
    same_parts: bool = True,
) -> BoolArray:
    """Mask of the training rows that may be used with a test set.

    A row is removed if it shares a DOI with any test row, or if it is nearer than `threshold` (None
    for `Radii.near`) to a test row, one of the same parts where `same_parts`.
    """
    threshold = distance.radii.near if threshold is None else threshold
    keep = np.ones(len(train_positions), dtype=np.bool_)
    tested = set().union(*(_dois(doi) for doi in test_dois)) if len(test_dois) else set()
    for row, doi in enumerate(train_dois):
        if not tested.isdisjoint(_dois(doi)):
            keep[row] = False
    if not len(test_positions):
        return keep
    test_parts = distance.parts(test_positions)
    for start in range(0, len(train_positions), CHUNK_ROWS):
        block = train_positions[start : start + CHUNK_ROWS]
        near = distance.pairs(block, test_positions) < threshold
        if same_parts:
            near &= cdist(distance.parts(block), test_parts, "cityblock") == 0.0
        keep[start : start + CHUNK_ROWS] &= ~near.any(axis=1)
    return keep


def grouped_folds(groups: IntArray, n_folds: int, seed: int) -> IntArray:
    """Fold of each row, 0 to ``n_folds - 1``, of nearly equal size; no group is split.

    Groups go from largest to smallest, each into the fold that has fewest rows; groups of one size
    go in an order drawn from `seed`. The outcome depends on the groups, not on how they are
    numbered by order of appearance among equal sizes.
    """
    names, rows = np.unique(groups, return_counts=True)
    if not 2 <= n_folds <= len(names):
        raise ValueError(f"{n_folds} folds need at least that many groups; there are {len(names)}")
    draw = np.random.default_rng(seed).permutation(len(names))
    order = np.lexsort((draw, -rows))
    load = np.zeros(n_folds, dtype=np.int64)
    fold_of = np.empty(len(names), dtype=np.int64)
    for group in order:
        fold = int(np.argmin(load))
        fold_of[group] = fold
        load[fold] += rows[group]
    return fold_of[np.searchsorted(names, groups)]


def official_split(table: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    """Masks (train, test) of the rows of OBELiX's official split; refused if there are none."""
    split = table["official_split"].fillna("").to_numpy(dtype=object)
    train, test = split == "train", split == "test"
    if not (train.any() and test.any()):
        raise RefusedInputError(
            "the table carries no official split: was OBELiX among its sources?",
            "leave the benchmark official out",
        )
    return train.astype(np.bool_), test.astype(np.bool_)


def _dois(text: str | None) -> set[Hashable]:
    if not isinstance(text, str):
        return set()
    return {part.strip().lower() for part in text.split("|") if part.strip()}


def _components(n: int, edges: Iterable[tuple[int, int]]) -> IntArray:
    pairs = np.array(list(edges), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    return _renumbered(labels)


def _renumbered(labels: NDArray[np.integer]) -> IntArray:
    """Number labels from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    renumbered: IntArray = rank[inverse.reshape(-1)]
    return renumbered
