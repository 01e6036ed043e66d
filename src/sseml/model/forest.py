"""Fitted trees of any learner as plain arrays, and the one evaluator that predicts from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LEAF = -1
_ROWS_PER_BLOCK = 2_000_000
"""Upper bound on rows x trees held at once, so that memory stays near 50 MB whatever the input."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees laid end to end; a prediction is `offset` + `tree_weight` x the sum of the leaves.

    Attributes
    ----------
    feature
        Column tested at each node, `LEAF` at a leaf; int32, shape (n_nodes,).
    threshold
        A row goes left where ``float32(x) <= threshold``; float32, shape (n_nodes,).
    left, right
        Index of the children; a leaf points to itself; int32, shape (n_nodes,).
    value
        Value of the leaf; float32, shape (n_nodes,).
    roots
        Index of each tree's first node; int32, shape (n_trees,).
    offset
        Constant added to the sum of the trees.
    tree_weight
        What one tree contributes: 1 for boosting, 1 / n_trees for an average.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    offset: float
    tree_weight: float

    def leaf_values(self, X: FloatArray) -> NDArray[np.float32]:
        """Value of the leaf that each row reaches in each tree.

        Parameters
        ----------
        X
            Features without NaN, shape (n_rows, n_features).

        Returns
        -------
        ndarray of float32, shape (n_rows, n_trees)
        """
        rows = X.astype(np.float32)
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        row_index = np.arange(len(rows))[:, None]
        feature = self.feature[node]
        while (inner := feature != LEAF).any():
            goes_left = rows[row_index, np.where(inner, feature, 0)] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
            feature = self.feature[node]
        return self.value[node]

    def predict(self, X: FloatArray) -> FloatArray:
        """Predict, shape (n_rows,)."""
        return self.predict_with_spread(X)[0]

    def predict_with_spread(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Predict, and say by how much the trees disagree.

        Returns
        -------
        mean, spread
            Each of shape (n_rows,); the spread is the standard deviation of the leaf values, which
            means something for averaged trees only.
        """
        mean = np.empty(len(X))
        spread = np.empty(len(X))
        step = max(1, _ROWS_PER_BLOCK // max(1, len(self.roots)))
        for start in range(0, len(X), step):
            block = slice(start, start + step)
            leaves = self.leaf_values(X[block]).astype(np.float64)
            mean[block] = self.offset + self.tree_weight * leaves.sum(axis=1)
            spread[block] = leaves.std(axis=1)
        return mean, spread

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "feature": self.feature,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "value": self.value,
            "roots": self.roots,
            "scalars": np.array([self.offset, self.tree_weight]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Forest:
        """Rebuild from `to_arrays`."""
        offset, tree_weight = (float(number) for number in arrays["scalars"])
        return cls(
            feature=arrays["feature"],
            threshold=arrays["threshold"],
            left=arrays["left"],
            right=arrays["right"],
            value=arrays["value"],
            roots=arrays["roots"],
            offset=offset,
            tree_weight=tree_weight,
        )


def _float32_not_above(threshold: FloatArray) -> NDArray[np.float32]:
    """Round down to float32, so that ``float32(x) <= t`` decides as the learner's float64 t did."""
    rounded = threshold.astype(np.float32)
    above = rounded.astype(np.float64) > threshold
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


def _lay_end_to_end(
    trees: Sequence[tuple[NDArray[Any], ...]], offset: float, tree_weight: float
) -> Forest:
    """Join (feature, threshold, left, right, value) of single trees, shifting the children."""
    sizes = [len(tree[0]) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    joined = []
    for (feature, threshold, left, right, value), root in zip(trees, roots, strict=True):
        is_leaf = feature == LEAF
        own = np.arange(len(feature))
        joined.append(
            (
                feature.astype(np.int32),
                threshold.astype(np.float32),
                (np.where(is_leaf, own, left) + root).astype(np.int32),
                (np.where(is_leaf, own, right) + root).astype(np.int32),
                np.where(is_leaf, value, 0).astype(np.float32),
            )
        )
    feature, threshold, left, right, value = (
        np.concatenate(column) for column in zip(*joined, strict=True)
    )
    return Forest(feature, threshold, left, right, value, roots, offset, tree_weight)


def forest_from_sklearn(ensemble: Any) -> Forest:
    """Convert a fitted scikit-learn forest regressor with one output (fitted without NaN)."""
    trees = []
    for estimator in ensemble.estimators_:
        tree = estimator.tree_
        feature = np.where(tree.children_left < 0, LEAF, tree.feature)
        trees.append(
            (
                feature,
                _float32_not_above(tree.threshold),
                tree.children_left,
                tree.children_right,
                tree.value[:, 0, 0],
            )
        )
    return _lay_end_to_end(trees, offset=0.0, tree_weight=1.0 / len(trees))


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
        left = np.array(tree["left_children"])
        conditions = np.array(tree["split_conditions"], dtype=np.float32)
        is_leaf = left < 0
        trees.append(
            (
                np.where(is_leaf, LEAF, np.array(tree["split_indices"])),
                np.nextafter(conditions, np.float32(-np.inf)),
                left,
                np.array(tree["right_children"]),
                conditions,
            )
        )
    return _lay_end_to_end(trees, offset=base_score, tree_weight=1.0)
