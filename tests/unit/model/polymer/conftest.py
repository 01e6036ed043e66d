"""A small world of polymer electrolytes, and a bundle fitted to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sseml.kinds import POLYMER
from sseml.model.evidence_file import read_evidence
from sseml.model.polymer.blocks import SETS
from sseml.model.polymer.bundle import PolymerBundle
from sseml.model.polymer.composites import CompositeModel
from sseml.model.polymer.curves import CurveSet, curve_set
from sseml.model.polymer.films import Films
from sseml.model.polymer.fit import CurveSettings, fit_curves
from sseml.model.polymer.gels import GelModel
from sseml.model.polymer.intervals import CurveIntervals
from sseml.model.polymer.reported import ReportedFilms
from sseml.model.polymer.signals import CurveSignals
from sseml.parse.recipe import parse_recipe
from sseml.records import Polymer

POLYMERS = ("PEO", "PPO", "PAN", "PTMC", "PMMA", "PPC")
SALTS = ("LiTFSI", "LiClO4", "LiBF4")
TEMPERATURES_C = (-10.0, 10.0, 25.0, 40.0, 60.0, 80.0, 100.0)
SETTINGS = CurveSettings(boosting_rounds=20, averaged_trees=6)


def recipe(text: str) -> Polymer:
    """The recipe of a text; a bug in the test if there is none."""
    material = parse_recipe(text)
    assert isinstance(material, Polymer)
    return material


def _row(formula: str, temperature_C: float, log10_sigma: float, number: int) -> dict[str, object]:
    return {
        "formula": formula,
        "sigma_S_cm": 10.0**log10_sigma,
        "relation": "=",
        "temperature_C": temperature_C,
        "series": formula,
        "polymer": formula.split(" ", maxsplit=1)[0],
        "conductivity_kind": None,
        "doi": f"10.1/{number}",
        "source": "chemarr",
        "source_id": f"row {number}",
        "space_group_number": None,
        "reference": None,
    }


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """σ(T) of 18 recipes: softer polymers conduct better, and all curves bend."""
    rows = []
    for p, polymer in enumerate(POLYMERS):
        for s, salt in enumerate(SALTS):
            formula = recipe(f"{polymer} + {salt}, m=1.2").formula
            for temperature_C in TEMPERATURES_C:
                kelvin = temperature_C + 273.15
                log10_sigma = 1.0 - 0.3 * p - 0.2 * s - 600.0 / (kelvin - 180.0)
                rows.append(_row(formula, temperature_C, log10_sigma, p))
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def curve_rows(table: pd.DataFrame) -> CurveSet:
    return curve_set(table, POLYMER)


@pytest.fixture(scope="session")
def gels() -> GelModel:
    return fitted_gels()


@pytest.fixture(scope="session")
def reported() -> ReportedFilms:
    """-4.8 to -2.8, from 41 papers."""
    return ReportedFilms.of(np.linspace(-4.8, -2.8, 41), np.full(41, 25.0), np.arange(41))


@pytest.fixture(scope="session")
def composites() -> CompositeModel:
    return fitted_composites()


def fitted_gels() -> GelModel:
    """σ = 1e-6 S/cm at 312.5 K without liquid, 3 decades more per unit of liquid share."""
    texts, at, target, system = [], [], [], []
    for number, percent in enumerate((20, 30, 40, 50, 60, 70)):
        for temperature_C in (0.0, 25.0, 60.0):
            texts.append(f"PAN + 20 wt% LiClO4 + {percent} wt% EC")
            at.append(temperature_C)
            t = 1000.0 / (temperature_C + 273.15) - 3.2
            target.append(-6.0 - 1.5 * t + 6.0 * percent / 100.0)
            system.append(number)
    return GelModel.fit(
        [recipe(text) for text in texts], np.array(at), np.array(target), np.array(system)
    )


def fitted_composites() -> CompositeModel:
    """Below 50 °C a filler gives half a decade, above it nothing."""
    texts, base, at, target, paper = [], [], [], [], []
    for number in range(8):
        for temperature_C in (25.0, 35.0, 70.0, 80.0):
            texts.append(f"PEO + LiTFSI, EO:Li=18 + {5 + 2 * number} wt% Al2O3")
            own = -6.5 + 0.2 * number + 0.04 * temperature_C
            base.append(own)
            at.append(temperature_C)
            target.append(own + (0.5 if temperature_C < 50.0 else 0.0))
            paper.append(number)
    return CompositeModel.fit(
        [recipe(text) for text in texts],
        np.array(base),
        np.array(at),
        np.array(target),
        np.array(paper),
    )


@pytest.fixture(scope="session")
def films(curve_rows: CurveSet, reported: ReportedFilms) -> Films:
    generator = np.random.default_rng(0)
    rows = 4000
    one = np.ones(rows)
    at = generator.uniform(-20.0, 120.0, rows)
    signals = CurveSignals(
        mean=-5.0 * one,
        process=-5.0 * one,
        boosted=-5.0 + generator.normal(0.0, 0.3, rows),
        averaged=-5.0 + generator.normal(0.0, 0.3, rows),
        nearest=generator.uniform(0.0, 0.7, rows),
        t=1000.0 / (at + 273.15) - 3.0,
        log10_lithium=0.1 * one,
        mass_unknown=one,
        single_ion=0.0 * one,
    )
    residual = generator.normal(0.0, 0.3 + signals.nearest)
    first = np.unique(curve_rows.formulation, return_index=True)[1]
    return Films(
        kind=POLYMER,
        ensemble=fit_curves(curve_rows, SETTINGS),
        intervals=CurveIntervals.fit(signals, residual, at, np.arange(rows)),
        known=curve_rows.positions[first],
        gels=fitted_gels(),
        reported=reported,
        composites=fitted_composites(),
    )


@pytest.fixture(scope="session")
def saved(films: Films, table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundle of the small world."""
    parquet = tmp_path_factory.mktemp("evidence") / "evidence.parquet"
    table.to_parquet(parquet)
    number, distinct = pd.factorize(table["formula"])
    recipes = POLYMER.distance.positions(POLYMER.read_all(distinct))
    bundle = PolymerBundle(
        kind=POLYMER,
        manifest={
            "name": "polymer-small",
            "kind": "polymer",
            "feature_sets": list(SETS),
            "features": [
                {"name": feature.name, "unit": feature.unit}
                for feature in POLYMER.feature_list(SETS)
            ],
            "temperature_range_C": [-60.0, 160.0],
        },
        films=films,
        evidence=read_evidence(parquet, POLYMER, recipes[number]),
        recipes=recipes,
        recipe_of_row=number.astype(np.int64),
    )
    folder = tmp_path_factory.mktemp("bundles") / "polymer-small"
    bundle.save(folder, parquet.read_bytes(), "A small world.")
    return folder


@pytest.fixture(scope="session")
def bundle(saved: Path) -> PolymerBundle:
    return PolymerBundle.load(saved)
