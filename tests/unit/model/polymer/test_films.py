"""Gels, PVDF-class films and composites by hand; which recipe makes which film."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.features.polymer.films import (
    filler_share,
    film_of,
    is_fluoropolymer,
    liquid_and_salt_shares,
    loading_is_stated,
    without_fillers,
)
from sseml.model.polymer.composites import (
    CompositeModel,
    band_masks,
    composite_inputs,
    held_out_constant,
)
from sseml.model.polymer.gels import GelModel, gel_inputs
from sseml.model.polymer.intervals import PROBABILITIES, Spread
from sseml.model.polymer.linear import LinearAnswer, leave_one_out
from sseml.model.polymer.reported import ReportedFilms
from sseml.parse.recipe import parse_recipe
from sseml.records import Composite, Filler, LiquidPart, Polymer, PolymerPart, RepeatUnit, SaltPart

PEO = PolymerPart("PEO", (RepeatUnit("*CCO*"),))
PVDF = PolymerPart("PVDF", (RepeatUnit("[*]CC([*])(F)F"),))
TFSI = (SaltPart("LiTFSI", 1.0),)


def recipe(text: str) -> Polymer:
    material = parse_recipe(text)
    assert isinstance(material, Polymer)
    return material


def composite(*fillers: Filler, liquids: tuple[LiquidPart, ...] = ()) -> Composite:
    return Composite("x", (PEO,), TFSI, liquids, fillers=fillers)


# ---- which film


@pytest.mark.parametrize(
    ("text", "film"),
    [
        ("PEO + LiTFSI, EO:Li=18", "dry"),
        ("PSMILES:[*]CCO[*] + LiTFSI, m=1", "dry"),
        ("PEO/PVDF 80/20 + LiTFSI, m=1", "dry"),
        ("PEO + LiTFSI, EO:Li=18 + 20 wt% SN", "gel"),
        ("PVDF-HFP + 20 wt% LiTFSI + 40 wt% EC", "gel"),
        ("PVDF + LiFSI, m=1", "residual solvent"),
        ("PVDF-HFP + LiTFSI, m=1", "residual solvent"),
        ("PVDF + LiFSI, m=1 + 10 wt% DMF", "residual solvent"),
        ("PEO + LiTFSI, EO:Li=18 + 10 wt% DMF", "gel"),
        ("PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO", "composite"),
        ("PEO + LiTFSI, EO:Li=18 + 10 wt% SN + 10 wt% Al2O3", "composite"),
        ("PVDF + LiFSI, m=1 + 10 wt% LLZTO", "composite"),
        ("Li6PS5Cl + 5 wt% PEO", "sheet"),
    ],
)
def test_the_film_of_a_recipe(text: str, film: str) -> None:
    assert film_of(recipe(text)) == film


def test_a_single_ion_polymer_conducts_without_its_fillers() -> None:
    unit = RepeatUnit("*CC(*)c1ccc(S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F)cc1.[Li+]")
    material = Composite("x", (PolymerPart("own", (unit,)),), fillers=(Filler("Al2O3", 10.0),))
    assert film_of(material) == "composite"
    assert film_of(Composite("x", (PEO,), fillers=(Filler("LLZTO", 90.0),))) == "sheet"


def test_half_of_the_mass_makes_a_fluoropolymer() -> None:
    def blend(share: float) -> Polymer:
        parts = (
            PolymerPart("PVDF", PVDF.units, share),
            PolymerPart("PEO", PEO.units, 1.0 - share),
        )
        return Polymer("x", parts, TFSI)

    assert is_fluoropolymer(blend(0.6))
    assert not is_fluoropolymer(blend(0.4))


# ---- shares


def test_shares_by_hand() -> None:
    """1 mol/kg of LiTFSI is 287.08 g per kg of polymer: 22.305 % of polymer and salt."""
    material = composite(Filler("Al2O3", 20.0), liquids=(LiquidPart("SN", 40.0),))
    liquid, salt = liquid_and_salt_shares(material)
    assert liquid == pytest.approx(0.5)  # 40 of the 80 % that are film
    assert salt == pytest.approx(0.22305 * 0.5, abs=1e-4)


def test_the_film_without_filler_keeps_its_own_composition() -> None:
    material = composite(Filler("Al2O3", 20.0), liquids=(LiquidPart("SN", 40.0),))
    bare = without_fillers(material)
    assert type(bare) is Polymer
    assert bare.liquids == (LiquidPart("SN", 50.0),)
    assert liquid_and_salt_shares(bare) == pytest.approx(liquid_and_salt_shares(material))
    assert (bare.polymers, bare.salts) == (material.polymers, material.salts)


def test_a_loading_that_is_not_stated_counts_as_twelve_percent() -> None:
    assert filler_share(composite(Filler("Al2O3", None))) == 0.12
    assert filler_share(composite(Filler("Al2O3", 7.0), Filler("LLZTO", 3.0))) == (
        pytest.approx(0.10)
    )
    assert not loading_is_stated(composite(Filler("Al2O3", 7.0), Filler("LLZTO", None)))
    assert loading_is_stated(composite(Filler("Al2O3", 7.0)))


# ---- ridge


def test_ridge_recovers_a_plane_and_does_not_shrink_the_constant() -> None:
    generator = np.random.default_rng(0)
    inputs = np.column_stack([np.ones(200), generator.normal(0.0, 1.0, (200, 2))])
    target = inputs @ [-4.0, 1.0, -2.0]
    plane = LinearAnswer.fit(inputs, target, np.arange(200), penalty=1e-9)
    np.testing.assert_allclose(plane.coefficients, [-4.0, 1.0, -2.0], atol=1e-6)
    flat = LinearAnswer.fit(inputs[:, :1], target, np.arange(200), penalty=1e9)
    assert flat.coefficients[0] == pytest.approx(target.mean())


def test_a_group_left_out_is_answered_by_the_others() -> None:
    """Of a constant: the mean of the other groups, each counting once."""
    target = np.array([1.0, 1.0, 1.0, 4.0, 10.0])
    group = np.array([0, 0, 0, 1, 2])
    answers = leave_one_out(np.ones((5, 1)), target, group, penalty=1.0)
    np.testing.assert_allclose(answers, [7.0, 7.0, 7.0, 5.5, 2.5])


def test_quantiles_of_another_length_are_refused() -> None:
    arrays = {"coefficients": np.ones(2), "quantiles": np.zeros(len(PROBABILITIES) - 1)}
    with pytest.raises(ValueError, match="quantiles"):
        LinearAnswer.from_arrays(arrays)


# ---- gels


def test_inputs_of_a_gel_by_hand() -> None:
    gel = recipe("PAN + 20 wt% LiClO4 + 40 wt% EC")
    row = gel_inputs([gel], np.array([25.0]))[0]
    # 1000 / 298.15 - 3.2; 40 %; 20 % of the other 60 %, and 1 % more
    expected = [1.0, 0.154016, 0.4, np.log10(0.12 + 0.01), 0.0]
    np.testing.assert_allclose(row, expected, atol=1e-4)
    crystal = gel_inputs([recipe("PAN + 20 wt% LiClO4 + 40 wt% SN")], np.array([25.0]))[0]
    np.testing.assert_allclose(crystal, [*expected[:4], 1.0], atol=1e-4)


def test_more_liquid_and_heat_conduct_better(gels: GelModel) -> None:
    asked = [recipe(f"PAN + 20 wt% LiClO4 + {share} wt% EC") for share in (20, 45, 70)]
    room = gels.predict(asked, np.full(3, 25.0))
    assert (np.diff(room) > 0.5).all()
    assert (gels.predict(asked, np.full(3, 60.0)) > room).all()


def test_activation_energy_of_a_gel_is_the_slope_of_its_answer(gels: GelModel) -> None:
    gel = recipe("PAN + 20 wt% LiClO4 + 40 wt% EC")
    cold, hot = 297.15, 299.15
    log10_sigma_T = gels.predict([gel, gel], np.array([cold, hot]) - 273.15) + np.log10([cold, hot])
    slope = np.diff(log10_sigma_T)[0] / (1.0 / cold - 1.0 / hot)
    expected = 8.617333262e-5 * np.log(10.0) * slope
    assert gels.activation_energy_eV(np.array([25.0]))[0] == pytest.approx(expected, rel=1e-3)


def test_a_gel_beyond_the_measured_amounts_is_outside(gels: GelModel) -> None:
    assert gels.range_percent == pytest.approx((20.0, 70.0))
    assert gels.doubt(recipe("PAN + 20 wt% LiClO4 + 40 wt% EC")).at_best == "edge"
    beyond = gels.doubt(recipe("PAN + 20 wt% LiClO4 + 5 wt% EC"))
    assert beyond.at_best == "outside"
    assert "5 wt% of liquid is outside the 20 to 70 wt%" in beyond.notes[-1]


def test_gels_are_saved_whole(gels: GelModel) -> None:
    again = GelModel.from_arrays(gels.to_arrays())
    gel = [recipe("PAN + 20 wt% LiClO4 + 40 wt% EC")]
    at = np.array([25.0])
    assert again.predict(gel, at) == gels.predict(gel, at)
    assert again.range_percent == gels.range_percent
    np.testing.assert_array_equal(again.spread(1).quantiles, gels.spread(1).quantiles)


# ---- films with residual solvent


def test_what_is_reported_by_hand(reported: ReportedFilms) -> None:
    """The median of -4.8 to -2.8 at 25 °C, and 0.35 eV to 60 °C."""
    assert reported.median_log10_sigma == pytest.approx(-3.8)
    at_60 = reported.log10_sigma(np.array([60.0]))[0]
    # 0.35 eV / (k ln 10) (1/298.15 - 1/333.15) - log10(333.15/298.15) = 0.62155 - 0.04821
    assert at_60 == pytest.approx(-3.8 + 0.6215 - 0.0482, abs=2e-3)
    assert (reported.values, reported.papers) == (41, 41)


def test_values_at_another_temperature_are_carried_to_25_degrees() -> None:
    at_25 = ReportedFilms.of(np.full(3, -4.0), np.full(3, 25.0), np.arange(3))
    there = at_25.log10_sigma(np.full(3, 70.0))
    back = ReportedFilms.of(there, np.full(3, 70.0), np.arange(3))
    assert back.median_log10_sigma == pytest.approx(-4.0)


def test_reported_films_are_outside_and_saved_whole(reported: ReportedFilms) -> None:
    assert reported.doubt().at_best == "outside"
    assert "residual solvent decides" in reported.doubt().notes[0]
    again = ReportedFilms.from_arrays(reported.to_arrays())
    assert (again.median_log10_sigma, again.values, again.papers) == (
        reported.median_log10_sigma,
        41,
        41,
    )
    np.testing.assert_array_equal(again.quantiles, reported.quantiles)


# ---- composites


def test_inputs_of_a_composite_by_hand() -> None:
    row = composite_inputs([composite(Filler("Al2O3", 10.0))], np.array([-6.0]), np.array([45.0]))
    cold = 1.0 / (1.0 + np.exp(-1.0))  # 45 °C is one width below 50 °C
    inverse = 1000.0 / 318.15 - 3.1
    # the loading is stated, particles of no lithium in a dry film
    traits = [1.0, 0.0, 0.0, 0.0, 1.0]
    expected = [1.0, inverse, cold, -6.0, 0.1, 5.0 * 0.01, cold * -1.0, *traits]
    np.testing.assert_allclose(row[0], expected, atol=1e-9)


def test_bands_meet_at_the_melting_of_the_polymer() -> None:
    (coldest, cold), (melting, warm) = band_masks(np.array([20.0, 49.9, 50.0, 80.0]))
    assert (coldest, melting) == (-np.inf, 50.0)
    assert cold.tolist() == [True, True, False, False]
    np.testing.assert_array_equal(warm, ~cold)


def test_the_constant_of_a_paper_is_the_median_of_the_others() -> None:
    at = np.array([25.0, 25.0, 25.0, 25.0, 70.0, 70.0])
    values = np.array([-5.0, -4.0, -3.0, -3.0, -2.0, -1.0])
    paper = np.array([0, 1, 2, 2, 0, 1])
    constant = held_out_constant(at, values, paper)
    np.testing.assert_array_equal(constant, [-4.0, -5.0, -5.0, -5.0, -1.0, -2.0])


def test_a_filler_helps_in_the_cold_alone(composites: CompositeModel) -> None:
    assert [band.by_model for band in composites.bands] == [True, True]
    film = [composite(Filler("Al2O3", 11.0))] * 2
    base, at = np.array([-5.2, -3.3]), np.array([25.0, 75.0])
    cold, warm = composites.predict(film, base, at) - base
    assert 0.2 < cold < 0.8
    assert abs(warm) < 0.25


def test_a_composite_is_no_surer_than_its_film(composites: CompositeModel) -> None:
    at = np.array([25.0, 70.0])
    base = Spread(
        np.array([0.7, 0.2]), np.tile(2.0 * np.linspace(-1, 1, len(PROBABILITIES)), (2, 1))
    )
    own = composites.spread(base, at)
    assert (np.diff(own.quantiles, axis=1) >= 0.0).all()
    low, high = own.limits(np.zeros(2))
    base_low, base_high = base.limits(np.zeros(2))
    assert (low <= base_low).all()
    assert (high >= base_high).all()


def test_where_no_model_beats_the_papers_their_median_answers() -> None:
    """σ that has nothing to do with filler or film."""
    generator = np.random.default_rng(1)
    rows = 12
    films = [composite(Filler("Al2O3", 5.0 + number)) for number in range(rows)]
    model = CompositeModel.fit(
        films * 2,
        generator.normal(-5.0, 2.0, 2 * rows),
        np.repeat([25.0, 70.0], rows),
        np.concatenate([np.full(rows, -4.5), np.full(rows, -3.5)])
        + generator.normal(0.0, 0.01, 2 * rows),
        np.tile(np.arange(rows), 2),
    )
    assert [band.by_model for band in model.bands] == [False, False]
    answers = model.predict(films[:2], np.array([-9.0, -1.0]), np.array([25.0, 25.0]))
    assert answers[0] == answers[1] == pytest.approx(-4.5, abs=0.02)
    doubt = model.doubt(films[0], 25.0, -9.0)
    assert doubt.at_best == "outside"
    assert any("as reported for films of this kind" in note for note in doubt.notes)


def test_what_is_said_of_a_composite(composites: CompositeModel) -> None:
    stated = composites.doubt(composite(Filler("Al2O3", 10.0)), 25.0, -5.0)
    unstated = composites.doubt(composite(Filler("Al2O3", None)), 25.0, -5.0)
    assert stated.notes[0] == (
        "the film without filler: 1e-05 S/cm at 25 °C; the activation energy is that of this film"
    )
    assert not any("not stated" in note for note in stated.notes)
    assert any("12 wt% is assumed" in note for note in unstated.notes)


def test_composites_are_saved_whole(composites: CompositeModel) -> None:
    again = CompositeModel.from_arrays(composites.to_arrays())
    film, base, at = [composite(Filler("Al2O3", 10.0))], np.array([-5.0]), np.array([25.0])
    assert again.predict(film, base, at) == composites.predict(film, base, at)
    assert again.doubt(film[0], 25.0, -5.0) == composites.doubt(film[0], 25.0, -5.0)
    assert [band.low_C for band in again.bands] == [-np.inf, 50.0]
