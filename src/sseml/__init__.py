"""Which solid electrolytes to make next: conductivity, window and evidence from a formula list."""

from sseml._version import __version__
from sseml.predict import Predictions, predict
from sseml.records import (
    BundleError,
    Composition,
    Neighbour,
    Prediction,
    Refusal,
    RefusedInputError,
)

__all__ = [
    "BundleError",
    "Composition",
    "Neighbour",
    "Prediction",
    "Predictions",
    "Refusal",
    "RefusedInputError",
    "__version__",
    "predict",
]
