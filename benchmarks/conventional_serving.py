"""The model a materials informatician would serve: matminer's Magpie features and XGBoost.

    python benchmarks/conventional_serving.py FOLDER

writes an MLflow pyfunc model, fitted to a sample of the released measurements, that plain
`mlflow models serve` takes. It is the yardstick of `serving.py`. It featurizes as matminer's
examples do, but in one process: the pool that matminer makes by default hangs in a server's thread.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from matminer.featurizers.composition import ElementProperty
from matminer.featurizers.conversions import StrToComposition
from numpy.typing import NDArray

EVIDENCE = Path(__file__).parents[1] / "models" / "composition-6" / "evidence.parquet"
ROWS = 400

MLMODEL = """\
flavors:
  python_function:
    loader_module: conventional_serving
    code: code
    data: model.json
"""

warnings.simplefilter("ignore")


class Model:
    """Featurize and predict, in this process."""

    def __init__(self, path: str) -> None:
        self._model = xgboost.XGBRegressor(n_jobs=1)
        self._model.load_model(path)

    def predict(self, model_input: pd.DataFrame) -> NDArray[np.float64]:
        """log10 σ of every formula."""
        predicted: NDArray[np.float64] = self._model.predict(features(model_input))
        return predicted


def features(table: pd.DataFrame) -> NDArray[np.float64]:
    """Magpie's 132 features of a column of formulas."""
    to_composition, magpie = StrToComposition(), ElementProperty.from_preset("magpie")
    to_composition.set_n_jobs(1)
    magpie.set_n_jobs(1)
    table = to_composition.featurize_dataframe(table, "formula", pbar=False)
    table = magpie.featurize_dataframe(table, "composition", pbar=False)
    return table[magpie.feature_labels()].to_numpy()


def _load_pyfunc(path: str) -> Model:
    return Model(path)


def main(folder: Path) -> None:
    """Fit, and write the folder."""
    table = pd.read_parquet(EVIDENCE, columns=["formula", "sigma_S_cm", "relation"])
    sample = table[table["sigma_S_cm"] > 0].sample(ROWS, random_state=0)
    model = xgboost.XGBRegressor(n_estimators=200, max_depth=6, n_jobs=1)
    X = features(sample[["formula"]].reset_index(drop=True))
    model.fit(X, np.log10(sample["sigma_S_cm"]))
    (folder / "code").mkdir(parents=True)
    model.save_model(folder / "model.json")
    (folder / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    code = Path(__file__).read_text(encoding="utf-8")
    (folder / "code" / "conventional_serving.py").write_text(code, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
