"""Bundles small enough to be trained, broken and trained again within a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from sseml.curation.polymers.table import load_polymers
from sseml.curation.table import load_measurements
from sseml.evaluate import Report, evaluate
from sseml.evaluate.answers import Subject
from sseml.features.polymer.films import film_of
from sseml.kinds import POLYMER
from sseml.model.bundle import EVIDENCE, Bundle
from sseml.model.ensemble import KernelShare
from sseml.model.polymer.bundle import PolymerBundle
from sseml.model.polymer.fit import CurveSettings
from sseml.model.polymer.intervals import BANDS_C
from sseml.model.polymer.train import train_polymers
from sseml.model.regressors import EnsembleSettings
from sseml.model.train import train
from sseml.released import DEFAULT_BUNDLE, POLYMER_BUNDLE, released_evidence, released_folder


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
def small_settings() -> EnsembleSettings:
    return EnsembleSettings(boosting_rounds=4, averaged_trees=4, threads=1)


class Evaluated(NamedTuple):
    """A report of every benchmark, and the answers behind it."""

    report: Report
    subject: Subject


@pytest.fixture(scope="session")
def varied_table(measurements: pd.DataFrame, small_table: pd.DataFrame) -> pd.DataFrame:
    """What every benchmark looks for: hot and poor rows, repeats, polymorphs, invented years."""
    by_formula = measurements.groupby("formula")
    count = by_formula["sigma_S_cm"].transform("size")
    systems = by_formula["space_group_number"].transform("nunique")
    repeated = measurements[(systems > 1) & count.between(3, 7)]
    temperature_C = measurements["temperature_C"]
    poor = measurements[(temperature_C > 200.0) & (measurements["sigma_S_cm"] < 1e-6)]
    bands = [(-90.0, 10.0), (50.0, 150.0), (200.0, 300.0), (300.0, 500.0), (500.0, 900.0)]
    hot = [measurements[temperature_C.between(*band)].head(8) for band in bands]
    found = pd.concat([small_table, repeated.head(50), poor.head(25), *hot])
    table = found.drop_duplicates("measurement_id").reset_index(drop=True)
    years = np.resize([2015, 2021, 2012, 2024], len(table))
    return table.assign(year=pd.Series(years, dtype="Int16"))


@pytest.fixture(scope="session")
def evaluated(varied_table: pd.DataFrame, small_settings: EnsembleSettings) -> Evaluated:
    asked: list[Subject] = []

    def remembered(*own: Any) -> Subject:
        asked.append(Subject(*own))
        return asked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sseml.evaluate.run.Subject", remembered)
        report = evaluate([], varied_table, settings=small_settings)
    [subject] = asked
    return Evaluated(report, subject)


@pytest.fixture(scope="session")
def trained(
    small_table: pd.DataFrame,
    small_settings: EnsembleSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    folder = tmp_path_factory.mktemp("models") / DEFAULT_BUNDLE
    return Trained(train(small_table, folder, settings=small_settings), folder)


@pytest.fixture(scope="session")
def crude(
    small_table: pd.DataFrame,
    small_settings: EnsembleSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Learns next to nothing: soundly shaped answers, large errors."""
    folder = tmp_path_factory.mktemp("crude") / "crude"
    settings = replace(
        small_settings,
        ridge_penalty=1e9,
        share=KernelShare(at_near=0.0, at_far=0.0),
        boosting_rounds=1,
    )
    train(small_table, folder, settings=settings)
    return folder


class TrainedPolymers(NamedTuple):
    """A bundle of polymers as it was trained, and the folder it was saved to."""

    bundle: PolymerBundle
    folder: Path


_FILMS = 6


@pytest.fixture(scope="session")
def small_polymers() -> pd.DataFrame:
    """300 rows of named parts: dry, gels, composites, and stand-ins for films of the PVDF class."""
    table = load_polymers(released_evidence(POLYMER_BUNDLE))
    named = table["salt"].isin(["LiTFSI", "LiClO4"]) & ~table["formula"].str.contains("PSMILES")
    table = table[named & (table["relation"] == "=")]
    film = pd.Series([film_of(each) for each in POLYMER.read_all(table["formula"])], table.index)
    dry = table[film == "dry"]
    band = np.digitize(dry["temperature_C"], BANDS_C)
    common = dry["polymer"].value_counts().index[:12]
    parts = [
        dry[(dry["polymer"] == polymer) & (band == number)].head(6)
        for polymer in common
        for number in range(len(BANDS_C) + 1)
    ]
    gels, composites = (table[film == each] for each in ("gel", "composite"))
    parts += [gels.head(60), composites.drop_duplicates("doi"), composites.head(10)]
    others = dry.head(_FILMS).assign(
        formula="PVDF + LiTFSI, m=1",
        doi=[(f"10.1000/film.{number}",) for number in range(_FILMS)],
        source_id=[f"film-{number}" for number in range(_FILMS)],
        measurement_id=[f"{number:012x}" for number in range(_FILMS)],
    )
    return pd.concat([*parts, others]).drop_duplicates("measurement_id")


@pytest.fixture(scope="session")
def few_trees() -> CurveSettings:
    return CurveSettings(boosting_rounds=4, averaged_trees=3)


@pytest.fixture(scope="session")
def trained_polymers(
    small_polymers: pd.DataFrame,
    few_trees: CurveSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> TrainedPolymers:
    folder = tmp_path_factory.mktemp("polymers") / "small-polymers"
    return TrainedPolymers(train_polymers(small_polymers, folder, settings=few_trees), folder)
