"""Which solid electrolytes to make next: conductivity and evidence from a formula list.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from sseml._version import __version__

if TYPE_CHECKING:
    from sseml.prediction import Predictions, predict
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

_HOME = {"Predictions": "sseml.prediction", "predict": "sseml.prediction"}


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name not in __all__:
        raise AttributeError(f"module 'sseml' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "sseml.records")), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
