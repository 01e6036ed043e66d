"""A bundle of polymers: what it answers holds together, and it is read back whole or refused."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sseml
from sseml.model.folder import write_checksums
from sseml.model.loading import Bundles, load_bundle
from sseml.model.polymer.bundle import PolymerBundle
from sseml.model.polymer.ensemble import GRID_C
from sseml.model.polymer.films import Films, curve_notes
from sseml.parse.recipe import parse_recipe
from sseml.prediction import predict_queries
from sseml.records import BundleError, Polymer, Prediction, Query, Refusal

RECIPES = (
    "PEO + LiTFSI, EO:Li=18",
    "PPO + LiClO4, m=0.6",
    "PEO/PMMA 60/40 + LiTFSI, m=1",
    "PAN + 20 wt% LiClO4 + 40 wt% EC",
    "PVDF + LiFSI, m=1",
    "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO",
    "PEO + LiTFSI, EO:Li=18 + 10 wt% SN + 5 wt% Al2O3",
)
named = st.builds(
    lambda polymer, salt, molality, added: f"{polymer} + {salt}, m={molality:.3g}{added}",
    st.sampled_from(("PEO", "PPO", "PAN", "PTMC", "PMMA", "PPC", "PVDF", "PVDF-HFP", "PEC")),
    st.sampled_from(("LiTFSI", "LiClO4", "LiBF4", "LiFSI", "LiBOB", "LiI")),
    st.floats(0.05, 6.0),
    st.sampled_from(("", " + 20 wt% SN", " + 45 wt% EC", " + 10 wt% Al2O3", " + 30 wt% LLZTO")),
)


def recipe(text: str) -> Polymer:
    material = parse_recipe(text)
    assert isinstance(material, Polymer)
    return material


def answers(
    bundle: PolymerBundle, texts: list[str], at: list[float], threshold_S_cm: float = 1e-4
) -> list[Prediction]:
    queries = [
        Query(row, text, recipe(text), temperature_C)
        for row, (text, temperature_C) in enumerate(zip(texts, at, strict=True), start=1)
    ]
    found = list(predict_queries(queries, [bundle], threshold_S_cm=threshold_S_cm))
    assert all(isinstance(one, Prediction) for one in found)
    return [one for one in found if isinstance(one, Prediction)]


# ---- what holds for any recipe


@settings(max_examples=60)
@given(named, st.floats(-40.0, 150.0), st.floats(0.0, 60.0))
def test_conductivity_rises_with_temperature(
    bundle: PolymerBundle, text: str, temperature_C: float, step_K: float
) -> None:
    hotter = min(150.0, temperature_C + step_K)
    cold, hot = answers(bundle, [text, text], [temperature_C, hotter])
    assert cold.log10_sigma <= hot.log10_sigma + 1e-9
    assert cold.activation_energy_eV > 0.0


@settings(max_examples=60)
@given(named, st.floats(-40.0, 150.0))
def test_intervals_hold_their_values_and_probabilities_agree(
    bundle: PolymerBundle, text: str, temperature_C: float
) -> None:
    [one] = answers(bundle, [text], [temperature_C])
    low, high = one.sigma_low_S_cm, one.sigma_high_S_cm
    assert low <= one.sigma_S_cm <= high
    assert one.sigma_if_conductor_low_S_cm <= one.sigma_if_conductor_S_cm
    assert one.sigma_if_conductor_S_cm <= one.sigma_if_conductor_high_S_cm
    assert one.sigma_if_conductor_S_cm >= one.sigma_S_cm * (1.0 - 1e-9)
    assert 0.0 <= one.p_conductor <= 1.0
    above = [
        answers(bundle, [text], [temperature_C], threshold)[0].p_superionic
        for threshold in (low / 10.0, low, one.sigma_S_cm, high, high * 10.0)
    ]
    assert above == sorted(above, reverse=True)
    assert all(0.0 <= probability <= 1.0 for probability in above)
    assert above[1] >= 0.95 - 1e-6
    assert above[3] <= 0.05 + 1e-6


def test_two_limits_leave_five_percent_each(bundle: PolymerBundle) -> None:
    [one] = answers(bundle, ["PEO + LiTFSI, EO:Li=18"], [60.0])
    for threshold, probability in ((one.sigma_low_S_cm, 0.95), (one.sigma_high_S_cm, 0.05)):
        [again] = answers(bundle, ["PEO + LiTFSI, EO:Li=18"], [60.0], threshold)
        assert again.p_superionic == pytest.approx(probability, abs=1e-6)


def test_at_25_degrees_the_two_probabilities_are_one_distribution(bundle: PolymerBundle) -> None:
    for one in answers(bundle, list(RECIPES), [25.0] * len(RECIPES), 1e-7):
        assert one.p_superionic == pytest.approx(one.p_conductor)


def test_a_good_conductor_is_the_same_on_the_condition_that_it_conducts(
    bundle: PolymerBundle,
) -> None:
    [one] = answers(bundle, ["PEO + LiTFSI, EO:Li=18"], [100.0])
    assert one.p_conductor > 0.99
    assert one.sigma_if_conductor_S_cm == pytest.approx(one.sigma_S_cm, rel=0.1)
    assert one.sigma_if_conductor_low_S_cm >= one.sigma_low_S_cm * (1.0 - 1e-9)


# ---- among other rows


def test_an_answer_does_not_depend_on_its_neighbours(bundle: PolymerBundle) -> None:
    at = [25.0, -20.0, 60.0, 25.0, 40.0, 30.0, 90.0]
    together = answers(bundle, list(RECIPES), at)
    for row, text in enumerate(RECIPES):
        [alone] = answers(bundle, [text], [at[row]])
        for name in ("log10_sigma", "sigma_low_S_cm", "sigma_high_S_cm", "p_superionic"):
            assert getattr(alone, name) == getattr(together[row], name), (text, name)
        assert alone.notes == together[row].notes
        assert [near.formula for near in alone.nearest] == [
            near.formula for near in together[row].nearest
        ]


def test_kinds_keep_their_order(bundle: PolymerBundle) -> None:
    asked = ["Li6PS5Cl", RECIPES[0], "NaCl", RECIPES[5], "LLZO", "PEO + NaTFSI", RECIPES[3]]
    found = sseml.predict(asked, bundle=bundle)
    assert [one.input for one in found] == asked
    kinds = [one.kind if isinstance(one, Prediction) else "" for one in found]
    assert kinds == ["composition", "polymer", "", "composite", "composition", "", "polymer"]
    [alone] = sseml.predict(["Li6PS5Cl"], bundle=bundle)
    first = found[0]
    assert isinstance(alone, Prediction)
    assert isinstance(first, Prediction)
    assert alone.sigma_S_cm == pytest.approx(first.sigma_S_cm)


def test_what_was_measured_is_shown_for_this_very_recipe_alone(bundle: PolymerBundle) -> None:
    texts = [
        "PEO + LiTFSI, m=1.2",
        "PEO + LiTFSI, m=1.2 + 10 wt% LLZTO",
        "PEO + LiTFSI, m=1.2 + LLZTO",
    ]
    bare, stated, unstated = answers(bundle, texts, [25.0] * 3)
    assert bare.measured_sigma_S_cm is not None
    assert bare.measured_doi == "10.1/0"
    assert bare.nearest[0].distance == 0.0
    for filled in (stated, unstated):
        assert filled.measured_sigma_S_cm is None
        assert filled.nearest[0].distance >= 0.1


def test_each_film_says_how_it_is_answered(bundle: PolymerBundle) -> None:
    dry, gel, reported = answers(bundle, [RECIPES[0], RECIPES[3], RECIPES[4]], [25.0] * 3)
    composite, of_pvdf = answers(
        bundle, [RECIPES[5], "PVDF + LiFSI, m=1 + 10 wt% LLZTO"], [25.0] * 2
    )
    assert dry.domain == "inside"
    assert gel.domain != "inside"
    assert any("amount of liquid" in note for note in gel.notes)
    assert reported.domain == of_pvdf.domain == "outside"
    assert any("residual solvent decides" in note for note in reported.notes)
    assert any("the film without filler" in note for note in composite.notes)


def test_a_bent_curve_says_its_vtf_parameters() -> None:
    kelvin = GRID_C + 273.15
    bent = 0.5 - 0.5 * np.log10(kelvin) - 500.0 / (kelvin - 200.0)
    (note,) = curve_notes(bent)
    assert note.startswith("20 to 100 °C: VTF fits better than a line: B = 0.099 eV")
    assert "T0 = 20" in note
    straight = 3.0 - np.log10(kelvin) - 2500.0 / kelvin
    assert curve_notes(straight) == ()


# ---- saved and read


def test_a_bundle_read_back_answers_as_the_fitted_one(films: Films, bundle: PolymerBundle) -> None:
    materials = [recipe(text) for text in RECIPES]
    at = np.linspace(-20.0, 100.0, len(RECIPES))
    fitted, read = films.answer(materials, at), bundle.films.answer(materials, at)
    np.testing.assert_allclose(read.mean, fitted.mean, atol=1e-4)
    np.testing.assert_allclose(read.mean_25, fitted.mean_25, atol=1e-4)
    np.testing.assert_allclose(read.activation_energy_eV, fitted.activation_energy_eV, atol=1e-3)
    for first, second in zip(
        read.spread.limits(read.mean), fitted.spread.limits(fitted.mean), strict=True
    ):
        np.testing.assert_allclose(first, second, atol=1e-3)


@pytest.mark.parametrize("file", ["model.npz", "evidence.parquet", "bundle.json", "card.md"])
def test_a_damaged_file_is_named(saved: Path, tmp_path: Path, file: str) -> None:
    folder = shutil.copytree(saved, tmp_path / "damaged")
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleError, match=rf"{file} is damaged"):
        PolymerBundle.load(folder)
    (folder / file).unlink()
    with pytest.raises(BundleError, match=file):
        PolymerBundle.load(folder)


def test_another_schema_or_an_array_that_is_missing_is_said(saved: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(saved, tmp_path / "other")
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    (folder / "bundle.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    write_checksums(folder)
    with pytest.raises(BundleError, match="schema version 99"):
        load_bundle(folder)
    (folder / "bundle.json").write_text(json.dumps(manifest))
    with np.load(folder / "model.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name != "known"}
    np.savez(folder / "model.npz", **arrays)
    write_checksums(folder)
    with pytest.raises(BundleError, match="known"):
        load_bundle(folder)


def test_a_bundle_of_the_other_kind_is_not_read(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with no composition bundle in it answers recipes; one with no polymers, formulas."""
    released = Bundles().of_compositions()
    monkeypatch.setattr("sseml.model.loading.released_folder", lambda: tmp_path)
    alone = load_bundle(saved)
    query = Query(1, RECIPES[0], recipe(RECIPES[0]))
    [recipe_answer] = predict_queries([query], Bundles([alone]))
    assert isinstance(recipe_answer, Prediction)
    [formula_answer] = sseml.predict(["Li6PS5Cl"], bundle=released, window=False)
    assert isinstance(formula_answer, Prediction)
    with pytest.raises(BundleError, match="polymer-1"):
        sseml.predict([RECIPES[0]], bundle=released, window=False)


def test_a_recipe_does_not_read_the_phases(
    bundle: PolymerBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise BundleError("the phases were read")

    monkeypatch.setattr("sseml.prediction.default_phases", missing)
    [one] = sseml.predict([RECIPES[0]], bundle=bundle)
    assert isinstance(one, Prediction)
    with pytest.raises(BundleError, match="the phases were read"):
        sseml.predict(["Li6PS5Cl"], bundle=bundle)


def test_a_sheet_of_particles_is_refused(bundle: PolymerBundle) -> None:
    [refused] = predict_queries(
        [Query(1, "Li6PS5Cl + 5 wt% PEO", recipe("Li6PS5Cl + 5 wt% PEO"))], [bundle]
    )
    assert isinstance(refused, Refusal)
    assert "particles touch" in refused.reason


def test_a_recipe_with_an_assumed_amount_is_no_measurement_of_the_asked_one(
    bundle: PolymerBundle,
) -> None:
    evidence = bundle.evidence
    asked = recipe(evidence.formulas[0])
    distance = bundle.predict([asked], np.array([25.0])).distance[0]
    known = evidence.measured(distance, float(evidence.temperature_C[0]))
    assert known is not None
    everything = np.ones(len(evidence.formulas), dtype=bool)
    assumed = replace(evidence, assumed=everything)
    assert assumed.measured(distance, float(evidence.temperature_C[0])) is None
    assert assumed.nearest(distance, 25.0)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("PSMILES:[*]CC(F)(F)(F)(F)C[*] + LiTFSI, m=1", "CC(F)(F)(F)(F)C"),
        ("PSMILES:[*]CC(F)OC(Br)C[*] + LiTFSI, m=1", "RDKit"),
    ],
)
def test_a_unit_that_cannot_be_described_is_refused_and_the_others_are_answered(
    written: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said == "RDKit":
        monkeypatch.setitem(sys.modules, "rdkit", None)
    first, refused, last = sseml.predict(["Li6PS5Cl", written, "PEO + LiTFSI, EO:Li=18"])
    assert isinstance(first, Prediction)
    assert isinstance(last, Prediction)
    assert isinstance(refused, Refusal)
    assert said in refused.message


def test_conducting_fillers_are_told_of_as_if_each_were_asked_alone() -> None:
    recipes = [
        "PEO + LiTFSI, EO:Li=15 + 20 wt% LLZTO @ 60 °C", "PEO + LiTFSI, EO:Li=15 + 20 wt% Al2O3",
        "PEO + LiTFSI, EO:Li=18", "PEO + LiTFSI, EO:Li=15 + LATP",
    ]  # fmt: skip
    together = [prediction.notes for prediction in sseml.predict(recipes)]
    assert together == [sseml.predict([recipe])[0].notes for recipe in recipes]
    alone = [[note for note in notes if " alone: " in note] for notes in together]
    assert [len(notes) for notes in alone] == [1, 0, 0, 1]
    assert alone[0][0].startswith("LLZTO alone: ")
    assert "at 60 °C" in alone[0][0]
