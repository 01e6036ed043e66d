"""A bundle small enough to be trained, broken and trained again within a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from sseml.curation.table import load_measurements
from sseml.model.bundle import EVIDENCE, Bundle
from sseml.model.kernel import KernelSettings
from sseml.model.regressors import EnsembleSettings
from sseml.model.train import train
from sseml.released import DEFAULT_BUNDLE, released_folder

Settings = tuple[EnsembleSettings, EnsembleSettings]


class Trained(NamedTuple):
    """A bundle as it was trained, and the folder it was saved to."""

    bundle: Bundle
    folder: Path


@pytest.fixture(scope="session")
def released() -> Path:
    return released_folder() / DEFAULT_BUNDLE


@pytest.fixture(scope="session")
def measurements(released: Path) -> pd.DataFrame:
    return load_measurements(released / EVIDENCE)


@pytest.fixture(scope="session")
def small_table(measurements: pd.DataFrame) -> pd.DataFrame:
    """150 rows: of the official split's test and training part, and of the other sources."""
    split = measurements["official_split"].fillna("")
    parts = [
        measurements[split == name].sample(count, random_state=0)
        for name, count in (("test", 40), ("train", 60), ("", 50))
    ]
    return pd.concat(parts).sort_index().reset_index(drop=True)


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    few = {"boosting_rounds": 4, "averaged_trees": 4, "threads": 1}
    return (
        EnsembleSettings(**few),
        EnsembleSettings(**few, kernel=KernelSettings().scaled(0.01), resolution=0.01),
    )


@pytest.fixture(scope="session")
def trained(
    small_table: pd.DataFrame, small_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    folder = tmp_path_factory.mktemp("models") / DEFAULT_BUNDLE
    return Trained(train(small_table, folder, settings=small_settings), folder)


@pytest.fixture(scope="session")
def crude(
    small_table: pd.DataFrame, small_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Learns next to nothing: soundly shaped answers, large errors."""
    folder = tmp_path_factory.mktemp("crude") / "crude"
    settings = (
        replace(small_settings[0], ridge_penalty=1e9, kernel_share=0.0, boosting_rounds=1),
        small_settings[1],
    )
    train(small_table, folder, settings=settings)
    return folder
