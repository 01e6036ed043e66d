"""The script a materials informatician would write: matminer's Magpie features and XGBoost.

    python benchmarks/conventional.py fit model.json          fits a small model on made-up targets
    python benchmarks/conventional.py predict model.json Li3YCl6
    python benchmarks/conventional.py list model.json in.parquet out.parquet

It is the yardstick of `startup.py` and `lists.py`; its answers mean nothing.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import xgboost
from matminer.featurizers.composition import ElementProperty
from pymatgen.core import Composition

warnings.simplefilter("ignore")


def fit(path: str) -> None:
    """Save a model of 200 trees of depth 6 on 132 random features."""
    random = np.random.default_rng(0)
    features = random.normal(size=(500, 132))
    model = xgboost.XGBRegressor(n_estimators=200, max_depth=6, n_jobs=1)
    model.fit(features, features[:, :5].sum(axis=1))
    model.save_model(path)


def predict(path: str, formula: str) -> float:
    """Featurize and predict one formula."""
    model = xgboost.XGBRegressor(n_jobs=1)
    model.load_model(path)
    features = ElementProperty.from_preset("magpie").featurize(Composition(formula))
    return float(model.predict(np.array([features]))[0])


def predict_list(path: str, source: str, target: str) -> None:
    """Featurize and predict the column `formula` of a Parquet file."""
    import pandas as pd  # noqa: PLC0415 - only for lists

    model = xgboost.XGBRegressor(n_jobs=1)
    model.load_model(path)
    table = pd.read_parquet(source)
    featurizer = ElementProperty.from_preset("magpie")
    featurizer.set_n_jobs(1)
    features = featurizer.featurize_many(
        [Composition(text) for text in table["formula"]], pbar=False
    )
    table.assign(sigma=model.predict(np.array(features))).to_parquet(target)


if __name__ == "__main__":
    if sys.argv[1] == "fit":
        fit(sys.argv[2])
    elif sys.argv[1] == "list":
        predict_list(*sys.argv[2:])
        print(sys.argv[4])
    else:
        print(sys.argv[3], predict(sys.argv[2], sys.argv[3]))
