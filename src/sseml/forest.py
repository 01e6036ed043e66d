"""Fitted trees of any learner as plain arrays, and the one evaluator that predicts from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.classes import dataclass

_ROWS_PER_BLOCK = 2_000_000
"""Upper bound on rows x trees held at once, so that memory stays near 50 MB whatever the input."""

_WORTH_LEAVING = 0.25
"""Share of the walks that have ended, from which the others go on without them."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees joined; a prediction is `offset` + `tree_weight` x the sum of the leaves.

    Arrays are (n_nodes,), `roots` is (n_trees,). The two children of a node lie side by side: a
    step goes to the first, `child`, and one further where ``float32(x) > threshold`` of column
    `feature`. A leaf is its own child, with an infinite threshold and a `value`. `tree_weight` is
    1 for boosting, 1 / n_trees for an average.
    """

    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    child: NDArray[np.intp]
    value: NDArray[np.float32]
    roots: NDArray[np.intp]
    offset: float
    tree_weight: float

    def leaves(self, X: FloatArray) -> NDArray[np.intp]:
        """Node of the leaf that each row reaches in each tree, shape (n_rows, n_trees).

        `X` are features without NaN, shape (n_rows, n_features).
        """
        rows, columns = X.shape
        cells = np.ascontiguousarray(X, dtype=np.float32).ravel()
        leaf = np.empty(rows * len(self.roots), dtype=np.intp)
        walk = np.arange(len(leaf))
        # tree after tree, so that the nodes of one stay in the cache
        first_cell = np.tile(np.arange(rows) * columns, len(self.roots))
        node = np.repeat(self.roots, rows)
        child = self.child.take(node)
        while len(node):
            x = cells.take(first_cell + self.feature.take(node))
            node = child + (x > self.threshold.take(node))
            child = self.child.take(node)
            ended = child == node
            if np.count_nonzero(ended) >= _WORTH_LEAVING * len(node):
                leaf[walk[ended]] = node[ended]
                going_on = np.flatnonzero(~ended)
                node, child, first_cell, walk = (
                    each.take(going_on) for each in (node, child, first_cell, walk)
                )
        # contiguous rows, whose sums are the same however many rows there are
        return np.ascontiguousarray(leaf.reshape(len(self.roots), rows).T)

    def leaf_values(self, X: FloatArray) -> NDArray[np.float32]:
        """Value of the leaf that each row reaches in each tree, as `leaves` finds them."""
        return self.value.take(self.leaves(X))

    def predict(self, X: FloatArray) -> FloatArray:
        """Predict, shape (n_rows,)."""
        mean = np.empty(len(X))
        for block, leaves in self._blocks(X):
            mean[block] = self._mean(leaves)
        return mean

    def predict_with_spread(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Prediction and standard deviation over the trees, each shape (n_rows,).

        The standard deviation has a meaning for averaged trees only.
        """
        mean, spread = np.empty(len(X)), np.empty(len(X))
        for block, leaves in self._blocks(X):
            mean[block], spread[block] = self._mean(leaves), leaves.std(axis=1)
        return mean, spread

    def _blocks(self, X: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        step = max(1, _ROWS_PER_BLOCK // max(1, len(self.roots)))
        for start in range(0, len(X), step):
            block = slice(start, start + step)
            yield block, self.leaf_values(X[block]).astype(np.float64)

    def _mean(self, leaves: FloatArray) -> FloatArray:
        mean: FloatArray = self.offset + self.tree_weight * leaves.sum(axis=1)
        return mean

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "feature": self.feature.astype(np.int32),
            "threshold": self.threshold,
            "child": self.child.astype(np.int32),
            "value": self.value,
            "roots": self.roots.astype(np.int32),
            "scalars": np.array([self.offset, self.tree_weight]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Forest:
        """Rebuild from `to_arrays`."""
        offset, tree_weight = (float(number) for number in arrays["scalars"])
        return cls(
            feature=arrays["feature"].astype(np.intp),
            threshold=arrays["threshold"],
            child=arrays["child"].astype(np.intp),
            value=arrays["value"],
            roots=arrays["roots"].astype(np.intp),
            offset=offset,
            tree_weight=tree_weight,
        )


@dataclass(frozen=True, slots=True)
class _Tree:
    """One tree as a learner gives it; the children of a leaf are below 0, arrays by node."""

    feature: NDArray[Any]
    threshold: NDArray[np.float32]
    left: NDArray[Any]
    right: NDArray[Any]
    value: NDArray[Any]


def _float32_not_above(threshold: FloatArray) -> NDArray[np.float32]:
    """Round down to float32, so that ``float32(x) <= t`` decides as the learner's float64 t did."""
    rounded = threshold.astype(np.float32)
    above = rounded.astype(np.float64) > threshold
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


def _lay_together(trees: Sequence[_Tree], offset: float, tree_weight: float) -> Forest:
    """Join trees: all roots, then all their children, and so on, each two children side by side."""
    starts = np.cumsum([0, *(len(tree.feature) for tree in trees)])
    shifted = [
        [np.where(child < 0, -1, child + start) for child in (tree.left, tree.right)]
        for tree, start in zip(trees, starts[:-1], strict=True)
    ]
    left, right = (np.concatenate(side).astype(np.intp) for side in zip(*shifted, strict=True))
    order = [starts[:-1].astype(np.intp)]
    while len(inner := order[-1][left[order[-1]] >= 0]):
        order.append(np.stack([left[inner], right[inner]], axis=1).ravel())
    old = np.concatenate(order)
    new = np.empty(len(old), dtype=np.intp)
    new[old] = np.arange(len(old))

    def joined(name: str) -> NDArray[Any]:
        everything: NDArray[Any] = np.concatenate([getattr(tree, name) for tree in trees])[old]
        return everything

    is_leaf = left[old] < 0
    return Forest(
        feature=np.where(is_leaf, 0, joined("feature")).astype(np.intp),
        threshold=np.where(is_leaf, np.inf, joined("threshold")).astype(np.float32),
        child=np.where(is_leaf, np.arange(len(old)), new[left[old]]),
        value=np.where(is_leaf, joined("value"), 0).astype(np.float32),
        roots=np.arange(len(trees)),
        offset=offset,
        tree_weight=tree_weight,
    )


def forest_from_sklearn(ensemble: Any) -> Forest:
    """Convert a fitted scikit-learn forest regressor with one output (fitted without NaN)."""
    trees = []
    for estimator in ensemble.estimators_:
        tree = estimator.tree_
        threshold = _float32_not_above(tree.threshold)
        children = tree.children_left, tree.children_right
        trees.append(_Tree(tree.feature, threshold, *children, tree.value[:, 0, 0]))
    return _lay_together(trees, offset=0.0, tree_weight=1.0 / len(trees))


def forest_from_xgboost(booster: Any) -> Forest:
    """Convert a fitted XGBoost booster with one output (``gbtree``, numerical features, no NaN).

    For a classifier the forest gives the margin (log-odds), not the probability.
    """
    model = json.loads(booster.save_raw("json"))["learner"]
    base_score = float(str(model["learner_model_param"]["base_score"]).strip("[]"))
    if model["objective"]["name"] == "binary:logistic":
        base_score = float(np.log(base_score / (1 - base_score)))
    trees = []
    for tree in model["gradient_booster"]["model"]["trees"]:
        conditions = np.array(tree["split_conditions"], dtype=np.float32)
        trees.append(
            _Tree(
                feature=np.array(tree["split_indices"]),
                threshold=np.nextafter(conditions, np.float32(-np.inf)),
                left=np.array(tree["left_children"]),
                right=np.array(tree["right_children"]),
                value=conditions,
            )
        )
    return _lay_together(trees, offset=base_score, tree_weight=1.0)
