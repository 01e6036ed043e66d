"""σ(T) of inorganic solids: axes of 1000/T, measured points, bounds and known transitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

import sseml
from sseml.arrays import FloatArray
from sseml.kinds import COMPOSITION, Kind
from sseml.model.answer import BundleAnswer, Conductivity
from sseml.model.evidence import Evidence
from sseml.model.offsets import Shift
from sseml.records import MeasuredValue, RefusedInputError
from sseml.report import conductivity_curves, evidence_points

DISTANCE = COMPOSITION.distance
ROWS = (
    ("Li7La3Zr2O12", 5e-4, "=", 25.0, 230),
    ("Li7La3Zr2O12", 2e-2, "=", 200.0, 206),
    ("Li14La6Zr4O24", 3e-4, "~", 24.0, 230),
    ("Li7La3Zr2O12", 2e-6, "=", 25.0, 142),
    ("Li7La3Zr2O12", 1e-4, "=", 25.0, None),
    ("Li6.9La3Zr1.9Ta0.1O12", 6e-4, "=", 25.0, 230),
    ("Li3PO4", 1e-10, "<", 25.0, None),
)
"""Formula, σ in S/cm, relation, temperature in °C, space group number."""


class Straight:
    """A model of one line: from σ at 25 °C a decade for each 0.5 of 1000/T, ±1 decade."""

    name = "straight"
    kind: Kind = COMPOSITION
    manifest: Mapping[str, Any] = {"temperature_range_C": (-100.0, 1000.0)}

    def __init__(self, at_25_S_cm: float = 1e-4) -> None:
        self.at_25_S_cm = at_25_S_cm
        formulas, sigma, relations, temperature_C, groups = zip(*ROWS, strict=True)
        nothing = [None] * len(ROWS)
        self.evidence = Evidence(
            formulas=formulas,
            distance=DISTANCE,
            positions=DISTANCE.positions(COMPOSITION.read_all(formulas)),
            sigma_S_cm=np.array(sigma),
            temperature_C=np.array(temperature_C),
            relations=relations,
            conductivity_kinds=nothing,
            dois=nothing,
            sources=["obelix"] * len(ROWS),
            space_groups=groups,
            references=nothing,
            papers=nothing,
        )

    def predict(
        self,
        materials: Sequence[Any],
        temperature_C: FloatArray,
        shift: Shift | None = None,
        threshold_S_cm: float = 1e-4,
    ) -> BundleAnswer:
        log10 = np.log10(line(temperature_C, self.at_25_S_cm))
        sigma = Conductivity(log10, log10 - 1.0, log10 + 1.0)
        distance = DISTANCE.between(DISTANCE.positions(materials), self.evidence.positions)
        half = np.full(len(log10), 0.5)
        return BundleAnswer(
            sigma=sigma,
            if_conductor=sigma,
            p_conductor=half,
            p_superionic=half,
            activation_energy_eV=half,
            by_crystal_system=np.zeros(len(log10)),
            nearest_distance=distance.min(axis=1),
            parts_known=np.full(len(log10), True),
            distance=distance,
        )


def line(temperature_C: FloatArray, at_25_S_cm: float = 1e-4) -> FloatArray:
    inverse = 1000.0 / (np.asarray(temperature_C) + 273.15)
    sigma: FloatArray = at_25_S_cm * 10.0 ** ((1000.0 / 298.15 - inverse) / 0.5)
    return sigma


@pytest.fixture
def model() -> Straight:
    return Straight()


def words(drawn: Any) -> list[str]:
    found = [text for text in drawn.findobj(mpl.text.Text) if text.get_visible()]
    return "\n".join(text.get_text() for text in found).splitlines()


def marks(axes: Axes, marker: str) -> list[tuple[float, float]]:
    """Where a mark is drawn, from hot to cold."""
    found = [line for line in axes.lines if line.get_marker() == marker]
    return sorted(
        (float(x), float(y))
        for line in found
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )


def predicted(axes: Axes) -> Line2D:
    [drawn] = [line for line in axes.lines if line.get_linewidth() > 1.5]
    return drawn


def test_solids_are_answered_against_the_inverse_temperature(model: Straight) -> None:
    figure = conductivity_curves(["Li6PS5Cl"], temperatures_C=[100.0, 0.0, 50.0], bundle=model)
    [axes] = figure.axes
    at = np.array([0.0, 50.0, 100.0])
    np.testing.assert_allclose(predicted(axes).get_xdata(), 1000.0 / (at + 273.15))
    np.testing.assert_allclose(np.asarray(predicted(axes).get_ydata()), line(at))
    answers = sseml.predict(["Li6PS5Cl"], 50.0, bundle=model, window=False)
    assert predicted(axes).get_ydata()[1] == pytest.approx(answers[0].sigma_S_cm)
    limits = [drawn.get_ydata() for drawn in axes.lines if drawn.get_linestyle() == "--"]
    np.testing.assert_allclose(limits[0], line(at) / 10.0)
    np.testing.assert_allclose(limits[1], line(at) * 10.0)
    assert {"1000/T (1/K)", "σ (S/cm)"} <= set(words(figure))
    assert "known transition" not in words(figure)


def test_degrees_stand_above_where_they_are(model: Straight) -> None:
    [axes] = conductivity_curves(["Li6PS5Cl"], bundle=model).axes
    [above] = axes.child_axes
    labels = [label.get_text() for label in above.get_xticklabels()]
    assert {"25 °C", "100", "−50", "800"} <= set(labels)
    for place, label in zip(above.get_xticks(), labels, strict=True):
        temperature_C = float(label.removesuffix(" °C").replace("−", "-"))
        assert place == pytest.approx(1000.0 / (temperature_C + 273.15))
    drawn = predicted(axes).get_xdata()
    assert (min(drawn), max(drawn)) == pytest.approx((1000.0 / 1073.15, 1000.0 / 223.15))


def test_points_are_of_the_very_composition_and_crystal_system(model: Straight) -> None:
    cubic, named_by_none = "Li7La3Zr2O12 space_group=Ia-3d", "LLZO"
    points = evidence_points([cubic, named_by_none, "Li3YCl6"], model)
    assert [(each.temperature_C, each.sigma_S_cm) for each in points[cubic]] == [
        (24.0, 3e-4), (25.0, 5e-4), (200.0, 2e-2),
    ]  # fmt: skip
    assert len(points[named_by_none]) == 5
    assert points["Li3YCl6"] == ()


def test_points_are_drawn_at_their_temperature_and_counted(model: Straight) -> None:
    measured = {"Li6PS5Cl": [(25.0, 2e-4), (25.0, 2e-3), (900.0, 1.0)]}
    figure = conductivity_curves(["Li6PS5Cl"], measured, bundle=model)
    assert marks(figure.axes[0], "o") == [
        pytest.approx(point)
        for point in ((1000.0 / 1173.15, 1.0), (1000.0 / 298.15, 2e-4), (1000.0 / 298.15, 2e-3))
    ]
    assert "1 of 2 measured inside" in words(figure)  # there is no interval at 900 °C


def test_bounds_are_triangles_and_not_counted(model: Straight) -> None:
    text = "Li3PO4"
    higher = MeasuredValue(1e-12, ">", 50.0, None)
    points = {text: [*evidence_points([text], model)[text], higher]}
    figure = conductivity_curves([text], points, bundle=model)
    assert marks(figure.axes[0], "v") == [pytest.approx((1000.0 / 298.15, 1e-10))]
    assert marks(figure.axes[0], "^") == [pytest.approx((1000.0 / 323.15, 1e-12))]
    assert not [word for word in words(figure) if "measured inside" in word]
    assert {"measured to be lower", "measured to be higher"} <= set(words(figure))
    assert "measured" not in words(figure)


def test_a_curve_jumps_at_its_transition_and_says_so() -> None:
    """1e-3 S/cm at 120 °C, beyond the transition at 115 °C: doi 10.1063/1.2817934."""
    figure = conductivity_curves(["LiBH4", "Li6PS5Cl"], bundle=Straight(1e-8))
    with_transition, without = figure.axes
    assert "115 °C: orthorhombic → hexagonal" in words(with_transition)
    assert not [word for word in words(without) if "→" in word]
    assert marks(with_transition, "D") == [pytest.approx((1000.0 / 393.15, 1e-3))]
    place = 1000.0 / 388.15
    vertical = [drawn.get_xdata() for drawn in with_transition.lines if len(drawn.get_xdata()) == 2]
    assert [x[0] for x in vertical if x[0] == x[1]] == [pytest.approx(place)]
    x, y = (np.asarray(data)[::-1] for data in predicted(with_transition).get_data())
    assert (np.diff(x) > 0.0).all()
    below, above = y[x > place][0], y[x < place][-1]
    assert below == pytest.approx(line(np.array([115.0]), 1e-8)[0], rel=0.01)
    assert above == pytest.approx(8.28e-4, rel=0.01)  # along 0.53 eV of σT
    assert x[x > place][0] - x[x < place][-1] < 1e-3
    assert {"known transition", "measured beyond it (listed)"} <= set(words(figure))


def test_a_transition_beyond_the_curve_is_not_marked(model: Straight) -> None:
    figure = conductivity_curves(["LiBH4"], temperatures_C=[-20.0, 100.0], bundle=model)
    assert "known transition" not in words(figure)
    assert len(predicted(figure.axes[0]).get_xdata()) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Li3-xY1-xZrxCl6, x=0.2:0.8:0.2", "several materials"),
        ("Li6PS5Xx", "Xx"),
    ],
)
def test_points_of_no_one_material_are_refused(model: Straight, text: str, told: str) -> None:
    with pytest.raises(RefusedInputError, match=told):
        evidence_points([text], model)
