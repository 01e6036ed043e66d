"""Which measurements are learned from, what each says at 25 °C, and how much it counts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from sseml.model.dataset import Recipe, conductivity_set, energy_set
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


def targets(*rows: dict[str, object]) -> dict[int, float]:
    """Row of the table → what is learned from it."""
    data = conductivity_set(table(*rows), RECIPE)
    return dict(zip(data.rows.tolist(), data.target.tolist(), strict=True))


def at_25(sigma: float, temperature_C: float, energy_eV: float) -> float:
    """log10 σ(25 °C) by σT = A exp(-E / kT), written out anew."""
    T, room = temperature_C + 273.15, 298.15
    prefactor = sigma * T * math.exp(energy_eV / (BOLTZMANN_EV_K * T))
    return math.log10(prefactor / room * math.exp(-energy_eV / (BOLTZMANN_EV_K * room)))


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
def test_labels_are_clipped_at_1e_10(relation: str) -> None:
    assert targets({"sigma_S_cm": 1e-15, "relation": relation}) == {0: -10.0}
    assert targets({"sigma_S_cm": 1e-9, "temperature_C": 200.0, "activation_energy_eV": 1.2}) == {
        0: -10.0
    }


def test_a_composite_is_left_out() -> None:
    rows = ({}, {"formula": "Li3YCl6", "flags": "composite"}, {"flags": "composite;conflict"})
    assert targets(*rows) == {0: -4.0}
    data = energy_set(table(*({**row, "activation_energy_eV": 0.3} for row in rows)), RECIPE)
    assert data.rows.tolist() == [0]


def test_of_a_temperature_series_the_point_nearest_25_is_learned() -> None:
    series = [
        {"temperature_C": T, "sigma_S_cm": s} for T, s in ((40, 5e-4), (24, 1e-4), (80, 1e-3))
    ]
    assert list(targets(*series)) == [1]


def test_each_paper_has_its_own_say() -> None:
    assert list(targets({"doi": "10.1000/a"}, {"doi": "10.1000/b"})) == [0, 1]


def test_a_material_measured_only_elsewhere_enters_once_at_half_weight() -> None:
    data = conductivity_set(
        table(
            {"formula": "Li3YCl6"},
            {"temperature_C": 200.0, "doi": "10.1000/b"},
            {"temperature_C": 100.0, "doi": "10.1000/c"},
            {"formula": "Li4SiO4", "temperature_C": 300.0},
        ),
        RECIPE,
    )
    assert data.rows.tolist() == [0, 2], "not the one at 300 °C, which is too far to carry"
    assert data.weights[0] / data.weights[1] == pytest.approx(2.0)


def test_what_was_measured_near_25_needs_no_extrapolation() -> None:
    assert list(targets({"temperature_C": 20.0}, {"temperature_C": 60.0, "doi": "10.1000/b"})) == [
        0
    ]


def test_outside_measurements_count_less_and_duplicates_share() -> None:
    data = conductivity_set(
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


def test_one_energy_for_each_paper_and_composition() -> None:
    data = energy_set(
        table(
            {"activation_energy_eV": 0.30},
            {"activation_energy_eV": 0.30, "temperature_C": 60.0},
            {"activation_energy_eV": 0.35, "doi": "10.1000/b"},
            {"activation_energy_eV": 0.40, "formula": "Li3YCl6"},
            {"doi": "10.1000/c"},
            {"activation_energy_eV": 0.45, "doi": None},
            {"activation_energy_eV": 0.47, "doi": None},
        ),
        RECIPE,
    )
    assert data.rows.tolist() == [0, 2, 3, 5, 6]
    np.testing.assert_allclose(data.target, [0.30, 0.35, 0.40, 0.45, 0.47])


def test_impossible_energies_are_left_out() -> None:
    rows = [
        {"activation_energy_eV": energy, "doi": f"10.1000/{energy}"}
        for energy in (0.0, 0.04, 0.3, 1.7)
    ]
    assert energy_set(table(*rows), RECIPE).target.tolist() == [0.3]


def test_rows_of_one_paper_or_of_nearly_one_composition_are_grouped() -> None:
    data = conductivity_set(
        table(
            {"doi": "10.1000/a|10.1000/b"},
            {"doi": "10.1000/B", "formula": "Li3YCl6"},
            {"doi": None, "formula": "Li4SiO4"},
            {"doi": None, "formula": "Li4.01SiO4"},
        ),
        RECIPE,
    )
    first, second, third, fourth = data.papers
    assert first == second
    assert third == fourth != first
    assert data.clusters[2] == data.clusters[3] != data.clusters[0]


def test_a_part_is_the_same_rows_with_their_own_distances() -> None:
    data = conductivity_set(table({}, {"formula": "Li3YCl6"}, {"formula": "Li4SiO4"}), RECIPE)
    part = data.take(np.array([True, False, True]))
    assert part.rows.tolist() == [0, 2]
    np.testing.assert_array_equal(part.distance, data.distance[[0, 2]][:, [0, 2]])
    np.testing.assert_array_equal(part.X, data.X[[0, 2]])


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(RefusedInputError, match="no usable measurement"):
        conductivity_set(table({"temperature_C": 900.0}), RECIPE)
    with pytest.raises(RefusedInputError, match="no usable measurement"):
        energy_set(table({}), RECIPE)


def test_each_row_carries_the_crystal_system_of_its_space_group() -> None:
    data = conductivity_set(
        table({"space_group_number": 142}, {}, {"space_group_number": 230}), RECIPE
    )
    assert dict(zip(data.rows.tolist(), data.systems.tolist(), strict=True)) == {0: 3, 1: -1, 2: 6}


def test_two_spellings_of_one_paper_are_one_measurement() -> None:
    cold = {"formula": "Li10GeP2S12", "temperature_C": 25.0}
    warm = {"formula": "Li3.33Ge0.33P0.67S4", "temperature_C": 35.0}
    assert set(targets(cold, warm)) == {0}, "of one paper the temperature nearest 25 °C counts"
    hot = warm | {"temperature_C": 200.0, "doi": "10.1000/b"}
    assert set(targets(cold, hot)) == {0}, "it is measured at room temperature, as another spelling"
    doped = hot | {"formula": "Li10Ge0.99Sn0.01P2S12"}
    assert set(targets(cold, doped)) == {0, 1}


def test_an_energy_that_does_not_belong_to_its_conductivity_is_not_learned() -> None:
    sound = {"activation_energy_eV": 0.3}
    odd = {"doi": "10.1000/b", "activation_energy_eV": 0.1, "flags": "improbable_prefactor"}
    assert energy_set(table(sound, odd), RECIPE).rows.tolist() == [0]
    assert set(targets(sound, odd)) == {0, 1}
