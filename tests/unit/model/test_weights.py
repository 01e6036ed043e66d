"""What makes up an answer: weights of measurements that sum to it, and features that move it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sseml
from sseml.cli import main
from sseml.contributions import Contributions
from sseml.curation.table import measurements_at
from sseml.features.contract import Distance
from sseml.kinds import COMPOSITION
from sseml.model.arrhenius import Observations
from sseml.model.arrhenius_fit import ArrheniusProcess
from sseml.model.bundle import EVIDENCE, Bundle
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import Recipe, training_set
from sseml.model.ensemble import TREES_FLOOR, View
from sseml.model.explaining import Explainer
from sseml.model.settings import EnsembleSettings
from sseml.model.train import train
from sseml.model.weights import BundleWeights, Weighed
from sseml.prediction import default_phases
from sseml.records import BundleError, Prediction
from sseml.tracking.pyfunc import PyfuncModel

SETTINGS = EnsembleSettings(boosting_rounds=40, averaged_trees=20)
_OF_EACH_FAMILY = 16
NEW = ("Li3Ga0.5Y0.5Cl6", "Li9.5SnP2S12", "Li8ZrO6", "Li5Mg3N4", "Li2BeH4", "LiAl5O8", "LiF")
SUM = 1e-3
"""Decades that the contributions may miss the answer by."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle: some measurements of every family, and every one of LiF and of LLZO."""
    table = measurements_at(None)
    some = table.groupby("family").sample(frac=1.0, random_state=0)
    some = some.groupby("family").head(_OF_EACH_FAMILY)
    wanted = table["formula"].isin(["LiF", "Li7La3Zr2O12"])
    place = tmp_path_factory.mktemp("bundles") / "small"
    train(table[table.index.isin(some.index) | wanted], place, settings=SETTINGS)
    return place


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return Bundle.load(folder)


@pytest.fixture(scope="module")
def weights(bundle: Bundle) -> BundleWeights:
    return BundleWeights(bundle)


@pytest.fixture(scope="module")
def asked(bundle: Bundle) -> list[Any]:
    """Two measured materials of every family, new ones, and some of known space group."""
    measured = COMPOSITION.read_all(bundle.evidence.formulas)
    by_family: dict[str, list[Any]] = {}
    for material in measured:
        by_family.setdefault(COMPOSITION.recognise(material).family, []).append(material)
    materials = [material for own in by_family.values() for material in own[:2]]
    llzo, lif = COMPOSITION.read_all(["Li7La3Zr2O12", "LiF"])
    known = [(llzo, 230), (llzo, 142), (lif, 225)]
    in_groups = [COMPOSITION.in_space_group(material, number) for material, number in known]
    return [*materials, *COMPOSITION.read_all(NEW), *in_groups]


def families(materials: list[Any]) -> list[str]:
    return [COMPOSITION.recognise(material).family for material in materials]


@pytest.fixture(scope="module")
def weighed(weights: BundleWeights, asked: list[Any]) -> Weighed:
    return weights.of(asked, families(asked))


def view(bundle: Bundle, materials: list[Any]) -> View:
    distance: Distance = COMPOSITION.distance
    apart = distance.between(distance.positions(materials), bundle.evidence.positions)
    X = COMPOSITION.features(materials, bundle.manifest["feature_sets"]).values
    systems = np.full(len(materials), UNKNOWN)
    return bundle.ensemble.view(X, apart[:, bundle.training_rows], systems)


def test_weights_times_values_and_the_constant_are_the_answer(
    bundle: Bundle, asked: list[Any], weighed: Weighed
) -> None:
    answer = bundle.predict(asked, np.full(len(asked), 25.0)).sigma.log10
    assert answer.min() < TREES_FLOOR < answer.max(), "both sides of the trees' floor are asked"
    of_energy = weighed.of_energy * weighed.activation_energy_eV
    total = weighed.constant + (weighed.of_sigma * weighed.log10_sigma_T + of_energy).sum(axis=1)
    np.testing.assert_allclose(total, answer, atol=SUM)


def test_the_values_are_the_measured_ones(bundle: Bundle, weighed: Weighed) -> None:
    rows = bundle.training_rows
    kelvin = bundle.evidence.temperature_C[rows] + 273.15
    measured = np.log10(bundle.evidence.sigma_S_cm[rows] * kelvin / 298.15)
    is_bound = np.array([bundle.evidence.relations[row] == "<" for row in rows])
    np.testing.assert_allclose(weighed.log10_sigma_T[~is_bound], measured[~is_bound], atol=1e-9)
    assert (weighed.log10_sigma_T[is_bound] <= measured[is_bound] + 1e-9).all()


def test_the_parts_are_the_answer_too(weighed: Weighed) -> None:
    np.testing.assert_allclose(sum(weighed.parts.values()), weighed.level, atol=1e-9)
    added = weighed.parts["crystal_system"]
    assert not added[:-3].any(), "no crystal system is known of these"
    assert added[-3] > added[-2], "cubic LLZO conducts better than tetragonal"


def test_above_the_floor_of_the_trees_an_answer_is_a_weighted_mean(
    bundle: Bundle, asked: list[Any], weighed: Weighed
) -> None:
    """If every measured σ were ten times higher, so would be the answer."""
    level, _ = bundle.ensemble.plain.lines.predict(view(bundle, asked).cross)
    above = level > TREES_FLOOR
    assert above.sum() > len(asked) / 2
    np.testing.assert_allclose(weighed.of_sigma[above].sum(axis=1), 1.0, atol=1e-9)


def test_each_part_of_the_trees_is_its_weights_times_what_the_rows_taught(
    bundle: Bundle, weights: BundleWeights, asked: list[Any]
) -> None:
    seen, trees = view(bundle, asked), bundle.ensemble.plain.trees
    parts = weights.trees.of(seen.filled, seen.standardised)
    target = bundle.learned.target[weights.fit_rows]
    linear = trees.linear[0] + seen.standardised @ trees.linear[1:]
    np.testing.assert_allclose(parts.linear @ target, linear, atol=1e-9)
    averaged = trees.averaged.predict(seen.filled)
    np.testing.assert_allclose(parts.averaged @ target, averaged, atol=1e-5)
    boosted = trees.boosted.predict(seen.filled)
    np.testing.assert_allclose(parts.boosted @ target, boosted, atol=1e-5)


def test_the_weights_say_what_another_measured_value_would_change(
    folder: Path, bundle: Bundle, weights: BundleWeights, asked: list[Any]
) -> None:
    """The lines are fitted again with one measurement half a decade higher."""
    data = training_set(measurements_at(folder / EVIDENCE), Recipe())
    standardiser = bundle.ensemble.standardiser
    process = ArrheniusProcess(
        SETTINGS.process, data, standardiser.standardise(standardiser.fill(data.X))
    )
    seen = view(bundle, asked)
    of_sigma = weights.lines.of_level(seen.cross).of_sigma
    everything = np.ones(len(data), dtype=np.bool_)
    for row in np.argsort(-np.abs(of_sigma).max(axis=0))[[0, 40, 400]]:
        higher = bundle.observations.log10_sigma_T.copy()
        higher[row] += 0.5
        changed = Observations(higher, bundle.observations.variance)
        lines, _ = process.fit_part(changed, everything)
        before, _ = bundle.ensemble.plain.lines.predict(seen.cross)
        after, _ = lines.predict(seen.cross)
        np.testing.assert_allclose(after - before, 0.5 * of_sigma[:, row], atol=2e-5)


def test_a_material_measured_once_weighs_most_in_its_own_answer(
    bundle: Bundle, weights: BundleWeights
) -> None:
    """Where nothing else that is as near was measured."""
    rows = [bundle.evidence.formulas[row] for row in bundle.training_rows]
    materials = COMPOSITION.read_all(rows)
    positions = COMPOSITION.distance.positions(materials)
    apart = COMPOSITION.distance.between(positions, positions)
    is_alone = (apart < 0.05).sum(axis=1) == 1
    alone = np.flatnonzero(is_alone & (bundle.learned.trees_weight > 0.0))
    assert len(alone) > 50
    own = [materials[row] for row in alone]
    of_sigma = weights.of(own, families(own)).of_sigma
    np.testing.assert_array_equal(np.abs(of_sigma).argmax(axis=1), alone)


def test_the_moves_of_all_features_lead_from_the_mean_of_the_family_to_the_trees(
    bundle: Bundle, weights: BundleWeights, asked: list[Any], weighed: Weighed
) -> None:
    seen, output = view(bundle, asked), bundle.ensemble.plain
    says, _ = output.trees.predict(seen)
    rows = COMPOSITION.read_all(
        bundle.evidence.formulas[bundle.training_rows[row]] for row in weights.fit_rows
    )
    learned, _ = output.trees.predict(view(bundle, rows))
    of_rows = np.array(families(rows))
    share = 1.0 - output.share.of(seen.distance.min(axis=1))
    for index, family in enumerate(families(asked)):
        own = of_rows == family
        assert weighed.families[index] == (family if own.any() else None)
        mean = learned[own].mean() if own.any() else learned.mean()
        moved = share[index] * (says[index] - mean)
        assert weighed.moves[index].sum() == pytest.approx(moved, abs=1e-5)


def test_a_bundle_that_learned_something_else_is_refused(bundle: Bundle, asked: list[Any]) -> None:
    other = replace(bundle.learned, target=bundle.learned.target + 0.1)
    broken = replace(bundle, learned=other)
    with pytest.raises(BundleError, match="sum to another answer than its own"):
        BundleWeights(broken).of(asked[:3], families(asked[:3]))


# ---- as it is shown


def made_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record["made_of"]
    assert isinstance(found, Mapping)
    return found


def test_python_and_endpoint_show_the_same(bundle: Bundle) -> None:
    [answer] = sseml.predict(["Li6PS5Cl"], bundle=bundle, window=False, explain=True)
    assert isinstance(answer, Prediction)
    assert isinstance(answer.made_of, Contributions)
    model = PyfuncModel(bundle, default_phases())
    asked = pd.DataFrame({"formula": ["Li6PS5Cl"]})
    [record] = model.predict(asked, {"explain": True, "window": False})
    shown = made_of(json.loads(json.dumps(record)))
    assert shown["log10_sigma_25C"] == answer.made_of.log10_sigma_25C
    assert [each["weight"] for each in shown["measurements"]] == [
        each.weight for each in answer.made_of.measurements
    ]
    [plain] = model.predict(asked, {"window": False})
    assert "made_of" not in plain


def test_what_is_shown_sums_to_the_answer(bundle: Bundle) -> None:
    answers = sseml.predict(
        [*NEW, "Li7La3Zr2O12 space_group=230"], bundle=bundle, window=False, explain=True
    )
    for answer in answers:
        assert isinstance(answer, Prediction)
        found = answer.made_of
        assert found is not None
        assert found.log10_sigma_25C == pytest.approx(answer.log10_sigma, abs=SUM)
        rows = sum(each.decades for each in found.measurements) + found.other_decades
        assert found.constant + rows == pytest.approx(answer.log10_sigma, abs=SUM)
        assert sum(found.parts.values()) == pytest.approx(answer.log10_sigma, abs=SUM)
        weight = [abs(each.weight) for each in found.measurements]
        assert weight == sorted(weight, reverse=True)
        assert len(found.measurements) + found.other_count == len(bundle.training_rows)
        llzo = [each for each in found.materials if each.formula == "Li7La3Zr2O12"]
        known = list(bundle.evidence.formulas).count("Li7La3Zr2O12")
        assert all(each.count == known for each in llzo)
        if answer.formula == "Li7La3Zr2O12":
            assert found.materials[0] == llzo[0], "what was measured often weighs most"
        moves = [abs(each.decades) for each in found.features]
        assert 2 <= len(moves) <= 3
        assert moves == sorted(moves, reverse=True)


def test_a_feature_is_shown_with_its_value_and_the_mean_of_the_family(bundle: Bundle) -> None:
    [answer] = sseml.predict(["Li6PS5Cl"], bundle=bundle, window=False, explain=True)
    assert isinstance(answer, Prediction)
    assert answer.made_of is not None
    assert answer.made_of.compared_with == "argyrodite"
    rows = [
        row
        for row, weight in zip(bundle.training_rows, bundle.learned.trees_weight, strict=True)
        if weight > 0.0
    ]
    materials = COMPOSITION.read_all(bundle.evidence.formulas[row] for row in rows)
    own = [m for m, family in zip(materials, families(materials), strict=True)
           if family == "argyrodite"]  # fmt: skip
    sets = bundle.manifest["feature_sets"]
    names = [feature.name for feature in COMPOSITION.feature_list(sets)]
    for move in answer.made_of.features:
        column = names.index(move.name)
        of_asked = COMPOSITION.features(COMPOSITION.read_all(["Li6PS5Cl"]), sets).values[0, column]
        assert move.value == pytest.approx(of_asked, abs=1e-6)
        of_family = COMPOSITION.features(own, sets).values[:, column]
        if not np.isnan(of_family).any():
            assert move.family_mean == pytest.approx(of_family.mean(), abs=1e-5)


def test_no_learner_is_imported_and_nothing_calculated_unasked(folder: Path) -> None:
    program = (
        "import sys, sseml\n"
        "from sseml.model.loading import load_bundle\n"
        "from pathlib import Path\n"
        f"bundle = load_bundle(Path({str(folder)!r}))\n"
        "[plain] = sseml.predict(['Li6PS5Cl'], bundle=bundle, window=False)\n"
        "assert plain.made_of is None\n"
        "assert 'sseml.model.weights' not in sys.modules\n"
        "[told] = sseml.predict(['Li6PS5Cl'], bundle=bundle, window=False, explain=True)\n"
        "assert told.made_of is not None\n"
        "heavy = {'pandas', 'scipy', 'sklearn', 'xgboost'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def test_one_explainer_rebuilds_a_bundle_once(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Bundle] = []

    class Counted(BundleWeights):
        def __init__(self, given: Bundle) -> None:
            built.append(given)
            super().__init__(given)

    monkeypatch.setattr("sseml.model.explaining.BundleWeights", Counted)
    explainer = Explainer()
    materials = COMPOSITION.read_all(["LiF", "Li3N"])
    for _ in range(2):
        explainer.contributions(bundle, materials, families(materials))
    assert built == [bundle]


def test_the_command_shows_it_where_it_is_asked_to(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("predict", "Li6PS5Cl", "Li6PS5Xx", "--bundle", str(folder), "--no-window")
    assert main([*asked, "--explain"]) == 1
    table = capsys.readouterr().out
    for line in ("  sum  ", "  weight  ", "  parts  ", "  moved  "):
        assert line in table
    assert main([*asked, "--explain", "--format", "jsonl"]) == 1
    answer, refused = map(json.loads, capsys.readouterr().out.splitlines())
    assert made_of(answer)["measurements"][0]["formula"] in table
    assert refused["made_of"] is None
    assert main(asked) == 1
    assert "  weight  " not in capsys.readouterr().out
