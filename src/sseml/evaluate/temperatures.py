"""Answers away from 25 °C: activation energies, and conductivities in bands of temperature."""

from __future__ import annotations

from math import nan

import numpy as np

from sseml.evaluate.answers import Outcome, Subject
from sseml.evaluate.metrics import Figures, mean_or_nan, spearman
from sseml.model.dataset import TYPICAL_ACTIVATION_ENERGY_EV
from sseml.model.ensemble import TREES_FLOOR
from sseml.model.heating import REFERENCE_K
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.units import celsius_to_kelvin

BANDS_C = {
    "below 15 °C": (-273.0, 15.0),
    "50 to 150 °C": (50.0, 150.0),
    "150 to 400 °C": (150.0, 400.0),
    "200 to 300 °C": (200.0, 300.0),
    "300 to 500 °C": (300.0, 500.0),
    "above 500 °C": (500.0, 5000.0),
}


def energies(subject: Subject) -> Outcome:
    """Activation energy of rows whose paper was held out."""
    data, answers = subject.data, subject.by_paper.by_composition
    stated = data.activation_energy_eV[answers.rows]
    known = ~np.isnan(stated)
    truth, predicted = stated[known], answers.energy_eV[known]
    if not len(truth):
        return Outcome({"rows": 0.0, "MAE eV": nan})
    return Outcome(
        {
            "rows": float(len(truth)),
            "MAE eV": float(np.abs(truth - predicted).mean()),
            "MAE eV constant": float(np.abs(truth - np.median(truth)).mean()),
            "Spearman": spearman(truth, predicted),
        }
    )


def temperatures(subject: Subject) -> Outcome:
    """Conductivity at the temperature of each measurement whose paper was held out.

    ``… constant energy`` is the answer at 25 °C carried along 0.45 eV, ``… constant`` the median of
    the band. ``… poor`` are rows whose measurement, carried to 25 °C, lies below 1e-10 S/cm.
    """
    data, answers = subject.data, subject.by_paper.by_composition
    truth = data.log10_sigma[answers.rows]
    temperature_K = data.temperature_K[answers.rows]
    answered = answers.measured_at
    residual = answered.mean - truth
    plainly = arrhenius_log10_sigma(
        answers.at_25.mean, TYPICAL_ACTIVATION_ENERGY_EV, REFERENCE_K, temperature_K
    )
    inside = answered.holds(truth)
    poor = data.carried_log10_sigma[answers.rows] < TREES_FLOOR
    figures: Figures = {}
    for band, (low, high) in BANDS_C.items():
        zero = celsius_to_kelvin(0.0)
        here = (temperature_K >= low + zero) & (temperature_K < high + zero)
        if not here.any():
            continue
        constant = np.abs(truth[here] - np.median(truth[here]))
        figures |= {
            f"rows {band}": float(here.sum()),
            f"MAE {band}": float(np.abs(residual[here]).mean()),
            f"MAE constant energy {band}": float(np.abs(plainly - truth)[here].mean()),
            f"MAE constant {band}": float(constant.mean()),
            f"bias {band}": float(residual[here].mean()),
            f"coverage {band}": float(inside[here].mean()),
            f"rows poor {band}": float((here & poor).sum()),
            f"coverage poor {band}": mean_or_nan(inside[here & poor].astype(float)),
        }
    return Outcome(figures)
