"""Which measurements are learned from, what each says at 25 °C, and how much it counts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.records import RefusedInputError

BOLTZMANN_EV_K = 8.617333262e-5
RECIPE = Recipe(feature_sets=("fractions",))
ROW = {
    "formula": "Li3PS4",
    "sigma_S_cm": 1e-4,
    "relation": "=",
    "temperature_C": 25.0,
    "activation_energy_eV": math.nan,
    "flags": "",
    "doi": "10.1000/a",
    "source": "obelix",
    "source_id": "1",
    "family": "Li-P-S",
    "space_group_number": None,
}


def table(*rows: dict[str, object]) -> pd.DataFrame:
    own = [{**ROW, "source_id": str(number)} | row for number, row in enumerate(rows)]
    return pd.DataFrame(own).astype({"doi": "string", "formula": "string", "flags": "string"})


def learned(*rows: dict[str, object]) -> TrainingSet:
    return training_set(table(*rows), RECIPE)


def targets(*rows: dict[str, object]) -> dict[int, float]:
    """Row of the table → what it says at 25 °C, for those that say it."""
    data = learned(*rows)
    says = data.at_25
    assert np.isnan(data.target[~says]).all()
    return dict(zip(data.rows[says].tolist(), data.target[says].tolist(), strict=True))


def energies(*rows: dict[str, object]) -> dict[int, float]:
    """Row of the table → activation energy, for those that it is learned from."""
    data = learned(*rows)
    says = ~np.isnan(data.activation_energy_eV)
    return dict(zip(data.rows[says].tolist(), data.activation_energy_eV[says], strict=True))


def at_25(sigma: float, temperature_C: float, energy_eV: float) -> float:
    """log10 σ(25 °C) by σT = A exp(-E / kT), written out anew."""
    T, room = temperature_C + 273.15, 298.15
    prefactor = sigma * T * math.exp(energy_eV / (BOLTZMANN_EV_K * T))
    return math.log10(prefactor / room * math.exp(-energy_eV / (BOLTZMANN_EV_K * room)))


# ---- at any temperature


def test_every_measurement_is_learned_from_as_it_was_measured() -> None:
    data = learned(
        {"temperature_C": 25.0},
        {"temperature_C": 80.0, "sigma_S_cm": 1e-3},
        {"temperature_C": 500.0, "sigma_S_cm": 0.2, "doi": "10.1000/b"},
        {"sigma_S_cm": 1e-14, "relation": "<", "formula": "Li4SiO4"},
    )
    assert data.rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(data.log10_sigma, [-4.0, -3.0, math.log10(0.2), -14.0])
    np.testing.assert_allclose(data.temperature_K, [298.15, 353.15, 773.15, 298.15])
    assert data.is_bound.tolist() == [False, False, False, True]


def test_a_composite_is_left_out() -> None:
    rows = ({}, {"formula": "Li3YCl6", "flags": "composite"}, {"flags": "composite;conflict"})
    data = learned(*({**row, "activation_energy_eV": 0.3} for row in rows))
    assert data.rows.tolist() == [0]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(RefusedInputError, match="no measurement that can be learned from"):
        learned({"flags": "composite"})


def test_each_paper_s_energy_is_learned_with_its_rows() -> None:
    found = energies(
        {"activation_energy_eV": 0.30},
        {"activation_energy_eV": 0.30, "temperature_C": 60.0},
        {"doi": "10.1000/c"},
        {"activation_energy_eV": 0.40, "formula": "Li3YCl6"},
    )
    assert found == {0: 0.30, 1: 0.30, 3: 0.40}


def test_impossible_energies_are_left_out_and_their_conductivities_are_not() -> None:
    rows = [
        {"activation_energy_eV": energy, "doi": f"10.1000/{energy}"}
        for energy in (0.0, 0.04, 0.3, 1.7)
    ]
    assert energies(*rows) == {2: 0.3}
    assert len(targets(*rows)) == 4


def test_an_energy_that_does_not_belong_to_its_conductivity_is_not_learned() -> None:
    sound = {"activation_energy_eV": 0.3}
    odd = {"doi": "10.1000/b", "activation_energy_eV": 0.1, "flags": "improbable_prefactor"}
    assert energies(sound, odd) == {0: 0.3}
    assert set(targets(sound, odd)) == {0, 1}


# ---- at 25 °C


def test_what_was_measured_at_25_is_learned_as_it_is() -> None:
    assert targets({"sigma_S_cm": 3e-4}) == {0: pytest.approx(math.log10(3e-4))}


@pytest.mark.parametrize(("temperature_C", "energy_eV"), [(35.0, 0.3), (150.0, 0.6), (250.0, 0.8)])
def test_carried_to_25_along_its_own_activation_energy(
    temperature_C: float, energy_eV: float
) -> None:
    row = {"temperature_C": temperature_C, "activation_energy_eV": energy_eV}
    assert targets(row) == {0: pytest.approx(at_25(1e-4, temperature_C, energy_eV), abs=1e-6)}


def test_carried_along_a_typical_energy_where_none_is_given() -> None:
    assert targets({"temperature_C": 38.0}) == {0: pytest.approx(at_25(1e-4, 38.0, 0.45), abs=1e-6)}


@pytest.mark.parametrize("relation", ["=", "<"])
def test_at_25_nothing_counts_as_lower_than_1e_10(relation: str) -> None:
    assert targets({"sigma_S_cm": 1e-15, "relation": relation}) == {0: -10.0}
    assert targets({"sigma_S_cm": 1e-9, "temperature_C": 200.0, "activation_energy_eV": 1.2}) == {
        0: -10.0
    }


def test_of_a_temperature_series_the_point_nearest_25_says_what_sigma_is_there() -> None:
    series = [
        {"temperature_C": T, "sigma_S_cm": s} for T, s in ((40, 5e-4), (24, 1e-4), (80, 1e-3))
    ]
    assert list(targets(*series)) == [1]
    assert len(learned(*series)) == 3


def test_each_paper_has_its_own_say() -> None:
    assert list(targets({"doi": "10.1000/a"}, {"doi": "10.1000/b"})) == [0, 1]


def test_a_material_measured_only_elsewhere_speaks_once_and_counts_half() -> None:
    data = learned(
        {"formula": "Li3YCl6"},
        {"temperature_C": 200.0, "doi": "10.1000/b"},
        {"temperature_C": 100.0, "doi": "10.1000/c"},
        {"formula": "Li4SiO4", "temperature_C": 300.0},
    )
    assert data.trust.tolist() == [1.0, 0.0, 0.5, 0.0], "300 °C is too far to carry to 25 °C"
    assert data.at_25.tolist() == [True, False, True, False]


def test_what_was_measured_near_25_needs_no_extrapolation() -> None:
    assert list(targets({"temperature_C": 20.0}, {"temperature_C": 60.0, "doi": "10.1000/b"})) == [
        0
    ]


def test_two_spellings_of_one_paper_are_one_measurement() -> None:
    cold = {"formula": "Li10GeP2S12", "temperature_C": 25.0}
    warm = {"formula": "Li3.33Ge0.33P0.67S4", "temperature_C": 35.0}
    assert set(targets(cold, warm)) == {0}, "of one paper the temperature nearest 25 °C counts"
    hot = warm | {"temperature_C": 200.0, "doi": "10.1000/b"}
    assert set(targets(cold, hot)) == {0}, "it is measured at room temperature, as another spelling"
    doped = hot | {"formula": "Li10Ge0.99Sn0.01P2S12"}
    assert set(targets(cold, doped)) == {0, 1}


def test_conductors_are_told_by_sigma_carried_to_25() -> None:
    data = learned(
        {"sigma_S_cm": 1e-6},
        {"sigma_S_cm": 1e-8, "formula": "Li3YCl6"},
        {"sigma_S_cm": 1e-4, "temperature_C": 400.0, "activation_energy_eV": 0.2, "doi": "x"},
        {"sigma_S_cm": 1e-4, "temperature_C": 400.0, "activation_energy_eV": 0.9, "doi": "y"},
        {"sigma_S_cm": 1e-4, "temperature_C": 400.0, "doi": "z"},
    )
    assert data.conducts.tolist() == [True, False, True, False, at_25(1e-4, 400.0, 0.45) > -7.0]


# ---- weights, groups


def test_outside_measurements_count_less_and_duplicates_share() -> None:
    data = training_set(
        table(
            {"formula": "Li3YCl6"},
            {"formula": "Li4SiO4", "source": "liverpool"},
            *({"doi": f"10.1000/{number}"} for number in range(4)),
        ),
        Recipe(feature_sets=("fractions",), outside_weight=0.6, duplicate_power=0.5),
    )
    assert data.weights[1] / data.weights[0] == pytest.approx(0.6)
    assert data.weights[2] / data.weights[0] == pytest.approx(0.5), "four alike: 4 ** -0.5 each"
    assert data.weights.mean() == pytest.approx(1.0)


def test_rows_of_one_paper_or_of_nearly_one_composition_are_grouped() -> None:
    data = learned(
        {"doi": "10.1000/a|10.1000/b"},
        {"doi": "10.1000/B", "formula": "Li3YCl6"},
        {"doi": None, "formula": "Li4SiO4"},
        {"doi": None, "formula": "Li4.01SiO4"},
    )
    first, second, third, fourth = data.papers
    assert first == second
    assert third == fourth != first
    assert data.clusters[2] == data.clusters[3] != data.clusters[0]


def test_a_part_is_the_same_rows_with_their_own_distances() -> None:
    data = learned({}, {"formula": "Li3YCl6"}, {"formula": "Li4SiO4"})
    part = data.take(np.array([True, False, True]))
    assert part.rows.tolist() == [0, 2]
    np.testing.assert_array_equal(part.distance, data.distance[[0, 2]][:, [0, 2]])
    np.testing.assert_array_equal(part.X, data.X[[0, 2]])


def test_each_row_carries_the_crystal_system_of_its_space_group() -> None:
    data = learned({"space_group_number": 142}, {}, {"space_group_number": 230})
    assert data.systems.tolist() == [3, -1, 6]


def test_a_glass_has_no_crystal_system_whatever_its_row_says() -> None:
    crystal, glass = (
        {"space_group_number": 62, "form": form, "doi": form} for form in ("crystal", "glass")
    )
    assert learned(crystal, glass).systems.tolist() == [2, -1]
