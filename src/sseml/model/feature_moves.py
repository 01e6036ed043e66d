"""By how much each feature moves what linear mean and trees say: along the paths, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.arrays import FloatArray
from sseml.forest import Forest
from sseml.model.ensemble import Trees
from sseml.model.tree_weights import TreeRows

_ROWS_PER_BLOCK = 256


class FeatureMoves:
    """Contributions of features to a prediction, against the mean of a family.

    A step down a tree changes the mean of the rows below the node; the change belongs to the
    feature that the node asks for (doi 10.1007/978-3-319-04717-1_9). The contributions of all
    features sum to the prediction less a mean, so that those less their mean over a family sum to
    the prediction less the mean prediction of the family. `families` are those of the rows.
    """

    def __init__(self, trees: Trees, rows: TreeRows, families: Sequence[str]) -> None:
        self._trees = trees
        self._rows = rows
        self._families = np.array(families, dtype=object)
        self._forests = [
            (forest, _node_values(forest, rows)) for forest in (trees.boosted, trees.averaged)
        ]
        self._means: dict[str | None, tuple[FloatArray, FloatArray]] = {}

    def known_family(self, family: str) -> str | None:
        """The family, or None if no row is of it."""
        return family if (self._families == family).any() else None

    def family_mean(self, family: str | None) -> FloatArray:
        """Mean of the features as trees see them, (n_features,); of all rows for None."""
        return self._of_family(family)[1]

    def of(
        self, filled: FloatArray, standardised: FloatArray, families: Sequence[str | None]
    ) -> FloatArray:
        """Decades by which each feature moves each prediction, shape (m, n_features)."""
        means = np.stack([self._of_family(family)[0] for family in families])
        return self._contributions(filled, standardised) - means

    def _of_family(self, family: str | None) -> tuple[FloatArray, FloatArray]:
        """Mean contributions and mean features; calculated when first asked for."""
        if family not in self._means:
            own = np.full(len(self._families), True) if family is None else self._families == family
            filled = self._rows.filled[own]
            contributions = self._contributions(filled, self._rows.standardised[own])
            self._means[family] = contributions.mean(axis=0), filled.mean(axis=0)
        return self._means[family]

    def _contributions(self, filled: FloatArray, standardised: FloatArray) -> FloatArray:
        found = standardised * self._trees.linear[1:]
        for forest, values in self._forests:
            for start in range(0, len(filled), _ROWS_PER_BLOCK):
                block = slice(start, start + _ROWS_PER_BLOCK)
                found[block] += _along_paths(forest, values, filled[block]) / 2.0
        return found


def _node_values(forest: Forest, rows: TreeRows) -> FloatArray:
    """Weighted mean of the rows below each node; of a leaf its value, shape (n_nodes,)."""
    leaves = forest.leaves(rows.filled)
    weights = np.repeat(rows.weights, leaves.shape[1])
    below = np.bincount(leaves.ravel(), weights, minlength=len(forest.value))
    total = below * forest.value
    levels = [forest.roots]
    while len(levels[-1]):
        node = levels[-1]
        child = forest.child[node]
        inner = child[child != node]
        levels.append(np.concatenate([inner, inner + 1]))
    for node in reversed(levels):
        inner = node[forest.child[node] != node]
        child = forest.child[inner]
        below[inner] = below[child] + below[child + 1]
        total[inner] = total[child] + total[child + 1]
    is_leaf = forest.child == np.arange(len(forest.child))
    means = np.divide(total, below, out=np.zeros_like(total), where=below > 0.0)
    return np.where(is_leaf, forest.value, means)


def _along_paths(forest: Forest, values: FloatArray, X: FloatArray) -> FloatArray:
    """Sum of the steps of all trees by the feature asked for, shape (n_rows, n_features)."""
    rows, columns = X.shape
    cells = X.astype(np.float32).ravel()
    first = np.repeat(np.arange(rows) * columns, len(forest.roots))
    node = np.tile(forest.roots, rows)
    found = np.zeros(rows * columns)
    while len(node):
        child = forest.child[node]
        going_on = child != node
        node, child, first = node[going_on], child[going_on], first[going_on]
        cell = first + forest.feature[node]
        child = child + (cells[cell] > forest.threshold[node])
        found += np.bincount(cell, values[child] - values[node], minlength=len(found))
        node = child
    return forest.tree_weight * found.reshape(rows, columns)
