"""Pictures of held-out answers and of predictions, as matplotlib figures.

Names are loaded when they are first used: `ranking` needs matplotlib alone (extra ``report``), the
pictures of held-out answers also what measured them (extra ``train``).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sseml.report.candidates import ranking
    from sseml.report.distances import error_by_distance
    from sseml.report.families import error_by_family
    from sseml.report.files import save
    from sseml.report.reliability import calibration
    from sseml.report.scatter import parity
    from sseml.report.sheets import save_held_out

_HOME = {
    "calibration": "reliability",
    "error_by_distance": "distances",
    "error_by_family": "families",
    "parity": "scatter",
    "ranking": "candidates",
    "save": "files",
    "save_held_out": "sheets",
}

__all__ = [
    "calibration",
    "error_by_distance",
    "error_by_family",
    "parity",
    "ranking",
    "save",
    "save_held_out",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'sseml.report' has no attribute {name!r}")
    return getattr(import_module(f"sseml.report.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
