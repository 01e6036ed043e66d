"""A new kind of material needs no line of sseml: braids, which nobody has ever made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sseml.arrays import FloatArray
from sseml.evaluate import evaluate, out_of_fold
from sseml.families import FamilyMatch
from sseml.features.contract import Distance, Feature, Radii
from sseml.kinds import KINDS, Kind
from sseml.model.bundle import Bundle
from sseml.model.folder import verify_checksums
from sseml.model.loading import Bundles
from sseml.model.regressors import EnsembleSettings
from sseml.model.train import train
from sseml.parse.formula import parse_formula
from sseml.prediction import default_phases, predict_queries
from sseml.records import BundleError, Prediction, Query, Refusal
from sseml.render import to_record

LAW = -9.0, 1.2, 2.0
"""log10 σ (S/cm) of a braid without noise: constant, per strand, per turn."""


@dataclass(frozen=True)
class Braid:
    """A material of a whole number of strands with a twist between 0 and 1."""

    strands: int
    twist: float

    @property
    def formula(self) -> str:
        return f"{self.strands} strands, twist {self.twist:.3f}"

    @classmethod
    def read(cls, text: str) -> Braid:
        strands, twist = text.split(" strands, twist ")
        return cls(int(strands), float(twist))


class Shape:
    """The featurizer: both numbers as they are."""

    features = (
        Feature("strands", "1", "number of strands", "definition"),
        Feature("twist", "turns", "twist of the braid", "definition"),
    )

    def __call__(self, materials: Sequence[Braid]) -> FloatArray:
        return np.array([[m.strands, m.twist] for m in materials], dtype=float).reshape(-1, 2)


class BraidDistance(Distance):
    """Euclidean distance of strands (1 to 4) and twist, brought to 0 to 1."""

    radii = Radii(same=1e-3, near=0.02, inside=0.1, edge=0.2, cluster=0.12)

    def positions(self, materials: Sequence[Braid]) -> FloatArray:
        return Shape()(materials) * [0.25, 1.0]

    def between(self, A: FloatArray, B: FloatArray) -> FloatArray:
        apart: FloatArray = np.sqrt(((A[:, None] - B[None]) ** 2).sum(axis=2)) / np.sqrt(2.0)
        return apart


def _recognise(braid: Braid) -> FamilyMatch:
    return FamilyMatch("tight" if braid.twist > 0.5 else "loose", "braid", 1.0, "by its twist")


BRAID = Kind(
    name="braid",
    material=Braid,
    read=Braid.read,
    featurizers={"shape": Shape()},
    default_sets=("shape",),
    distance=BraidDistance(),
    recognise=_recognise,
)

SETTINGS = EnsembleSettings(boosting_rounds=8, averaged_trees=8)


@pytest.fixture(scope="module")
def braids() -> pd.DataFrame:
    """160 measurements of 40 papers, with a scatter of 0.1 decades."""
    draw = np.random.default_rng(0)
    made = [Braid(int(draw.integers(1, 5)), float(draw.random())) for _ in range(160)]
    constant, per_strand, per_turn = LAW
    log10_sigma = [
        constant + per_strand * braid.strands + per_turn * braid.twist + draw.normal(0.0, 0.1)
        for braid in made
    ]
    return pd.DataFrame(
        {
            "measurement_id": [f"{number:012x}" for number in range(160)],
            "formula": [braid.formula for braid in made],
            "sigma_S_cm": 10.0 ** np.array(log10_sigma),
            "relation": "=",
            "temperature_C": 25.0,
            "activation_energy_eV": [0.6 - 0.05 * braid.strands for braid in made],
            "conductivity_kind": "total",
            "flags": [()] * 160,
            "doi": [(f"10.1000/{number // 4}",) for number in range(160)],
            "source": "obelix",
            "source_id": [str(number) for number in range(160)],
            "reference": None,
            "licence": "facts",
            "family": [_recognise(braid).family for braid in made],
            "space_group_number": pd.array([None] * 160, dtype="Int64"),
        }
    )


@pytest.fixture(scope="module")
def folder(braids: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / "braid-1"
    train(braids, place, kind=BRAID, settings=SETTINGS)
    return place


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return Bundle.load(folder, kinds=(*KINDS, BRAID))


def test_its_bundle_is_verified_and_read_back(folder: Path, bundle: Bundle) -> None:
    verify_checksums(folder)
    assert bundle.kind is BRAID
    assert [feature["name"] for feature in bundle.manifest["features"]] == ["strands", "twist"]
    with pytest.raises(BundleError, match="no kind of material 'braid' is known"):
        Bundle.load(folder)
    damaged = folder.with_name("damaged")
    damaged.mkdir()
    for file in folder.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    (damaged / "forest.npz").write_bytes(b"no arrays")
    with pytest.raises(BundleError, match=r"forest\.npz is damaged"):
        Bundle.load(damaged, kinds=(*KINDS, BRAID))


def test_each_kind_is_answered_by_its_bundle_in_the_order_asked(bundle: Bundle) -> None:
    materials = [
        Braid(2, 0.31), parse_formula("Li6PS5Cl"), Braid(4, 0.95), parse_formula("NaCl"),
        Braid(40, 0.5), parse_formula("Li3YCl6"),
    ]  # fmt: skip
    items = [Query(row, material.formula, material) for row, material in enumerate(materials, 1)]
    answers = list(
        predict_queries(items, [Bundles().of_compositions(), bundle], phases=default_phases())
    )
    assert [answer.row for answer in answers] == [1, 2, 3, 4, 5, 6]
    assert [getattr(answer, "kind", None) for answer in answers] == [
        "braid", "composition", "braid", None, "braid", "composition",
    ]  # fmt: skip
    loose, argyrodite, tight, salt, monstrous, _ = answers
    assert isinstance(salt, Refusal)
    assert salt.code == "no_lithium"
    assert isinstance(argyrodite, Prediction)
    assert argyrodite.V_ox is not None
    alone = next(
        iter(predict_queries([items[1]], Bundles().of_compositions(), phases=default_phases()))
    )
    assert to_record(argyrodite) == to_record(alone)
    for answer, strands, twist in ((loose, 2, 0.31), (tight, 4, 0.95)):
        assert isinstance(answer, Prediction)
        constant, per_strand, per_turn = LAW
        assert answer.log10_sigma == pytest.approx(
            constant + per_strand * strands + per_turn * twist, abs=0.7
        )
        assert answer.sigma_low_S_cm <= answer.sigma_S_cm <= answer.sigma_high_S_cm
        assert answer.model == "braid-1"
        assert answer.V_ox is None
        assert answer.domain == "inside"
        assert all(Braid.read(near.formula) for near in answer.nearest)
    assert isinstance(monstrous, Prediction)
    assert monstrous.domain == "outside"


def test_a_kind_without_a_bundle_is_refused_and_the_others_are_answered(bundle: Bundle) -> None:
    items = [
        Query(1, "braid", Braid(2, 0.31)), Query(2, "Li3YCl6", parse_formula("Li3YCl6")),
    ]  # fmt: skip
    refused, answered = predict_queries(items, bundle)
    assert isinstance(refused, Prediction)
    assert isinstance(answered, Refusal)
    assert answered.message == (
        "row 2: 'Li3YCl6': Li3YCl6 is of the kind composition; the model at hand answers braid; "
        "name one of its kind"
    )


def test_it_is_answered_out_of_fold(braids: pd.DataFrame) -> None:
    answered = out_of_fold(braids, folds=2, kind=BRAID, settings=SETTINGS)
    error = (answered["predicted_log10_sigma"] - answered["log10_sigma"]).abs().mean()
    assert len(answered) == 160
    assert error < 0.5 * answered["log10_sigma"].std()
    assert (answered["low_log10_sigma"] <= answered["predicted_log10_sigma"]).all()
    assert answered["nearest_distance"].min() >= BRAID.distance.radii.near


def test_it_is_evaluated_by_the_same_benchmarks(braids: pd.DataFrame) -> None:
    figures = evaluate(("families", "energies"), braids, kind=BRAID, settings=SETTINGS).figures
    assert figures["energies"]["MAE eV"] < figures["energies"]["MAE eV constant"]
    assert {"tight MAE10c", "loose MAE10c"} <= figures["families"].keys()


@pytest.mark.slow
def test_its_papers_and_clusters_are_evaluated(braids: pd.DataFrame) -> None:
    figures = evaluate(("papers", "clusters"), braids, kind=BRAID, settings=SETTINGS).figures
    assert figures["papers"]["rows"] == 160
    for benchmark in ("papers", "clusters"):
        assert figures[benchmark]["MAE10c"] < 0.5 * figures[benchmark]["MAE10c constant"]
    assert figures["papers"]["coverage"] >= 0.8


def test_what_it_does_not_have_is_said(braids: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"no electrochemical window .* the kind braid"):
        evaluate(("windows",), braids, kind=BRAID, settings=SETTINGS)
    with pytest.raises(TypeError, match="no braid: Composition"):
        BRAID.features([parse_formula("LiF")], BRAID.default_sets)
