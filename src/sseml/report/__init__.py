"""Pictures of answers, windows, interfaces and Li networks, as matplotlib figures.

Names are loaded when they are first used: the pictures of held-out answers need what measured them
(extra ``train``), those of Li networks what calculated them (``explain``), the others matplotlib
alone (``report``).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sseml.report.candidates import ranking
    from sseml.report.errors import error_by_distance, error_by_family
    from sseml.report.files import save, save_held_out
    from sseml.report.mixing import mixing_energies
    from sseml.report.pathways import lithium_network
    from sseml.report.published import window_parity
    from sseml.report.reliability import calibration
    from sseml.report.scatter import parity
    from sseml.report.voltage import voltage_profile
    from sseml.report.windows import windows_compared

_HOME = {
    "calibration": "reliability",
    "error_by_distance": "errors",
    "error_by_family": "errors",
    "lithium_network": "pathways",
    "mixing_energies": "mixing",
    "parity": "scatter",
    "ranking": "candidates",
    "save": "files",
    "save_held_out": "files",
    "voltage_profile": "voltage",
    "window_parity": "published",
    "windows_compared": "windows",
}

__all__ = [
    "calibration",
    "error_by_distance",
    "error_by_family",
    "lithium_network",
    "mixing_energies",
    "parity",
    "ranking",
    "save",
    "save_held_out",
    "voltage_profile",
    "window_parity",
    "windows_compared",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'sseml.report' has no attribute {name!r}")
    return getattr(import_module(f"sseml.report.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
