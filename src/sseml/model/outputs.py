"""The two outputs of a conductivity model: of any material, and of one if it is a conductor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sseml.model.blend import Blend, BlendAnswer, Mix
from sseml.model.intervals import IntervalModel, Signals

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CONDUCTOR_LOG10_SIGMA = -7.0
"""log10 of the S/cm at 25 °C above which a material counts as a conductor."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer about each row, shape (n_rows,), and the signals of its trustworthiness."""

    mean: FloatArray
    signals: Signals


@dataclass(frozen=True, slots=True)
class TwoOutputs:
    """A blend fitted to every measurement, and a mix fitted to the conductors among them.

    Attributes
    ----------
    blend
        Answers for any material.
    if_conductor
        Answers on the condition that the material is a conductor; shares the blend's view.
    conductors
        Which training rows are above `CONDUCTOR_LOG10_SIGMA`, shape (n_train,).
    """

    blend: Blend
    if_conductor: Mix
    conductors: BoolArray

    def predict(self, X: FloatArray, distance: FloatArray) -> tuple[Told, Told]:
        """Answer for any material, and on the condition that it is a conductor.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features).
        distance
            Composition distance to every training row, shape (n_rows, n_train).
        """
        view = self.blend.view(X, distance)
        if_conductor = _told(self.if_conductor.answer(view), distance[:, self.conductors])
        return (
            _told(self.blend.mix.answer(view), distance),
            replace(if_conductor, mean=np.maximum(if_conductor.mean, CONDUCTOR_LOG10_SIGMA)),
        )


def conductor_offsets(told: Told, interval: IntervalModel) -> tuple[FloatArray, FloatArray]:
    """Offsets to the limits of the second output; a conductor's lower limit is that of being one.

    Parameters
    ----------
    told
        The second output's answers.
    interval
        Its calibrated interval.
    """
    low, high = interval.offsets(told.signals)
    return np.maximum(low, CONDUCTOR_LOG10_SIGMA - told.mean), high


def predict_with_signals(blend: Blend, X: FloatArray, distance: FloatArray) -> Told:
    """Answer of a blend, and the signals its interval is made from.

    Parameters
    ----------
    blend
        The fitted model.
    X
        Features, shape (n_rows, n_features).
    distance
        Composition distance to every training row, shape (n_rows, n_train).
    """
    return _told(blend.predict(X, distance), distance)


def _told(answer: BlendAnswer, distance: FloatArray) -> Told:
    return Told(
        mean=answer.mean,
        signals=Signals(
            distance=distance.min(axis=1),
            spread=answer.spread,
            kernel_deviation=answer.kernel_deviation,
            disagreement=answer.disagreement,
        ),
    )
