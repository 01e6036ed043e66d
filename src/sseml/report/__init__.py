"""Figures of predictions, windows, interfaces and migration pathways, and a page about a list.

Names are loaded when they are first used: figures of held-out answers need what measured them
(extra ``train``), those of migration pathways what calculated them (``explain``), the others
matplotlib alone (``report``), the page nothing more than predicting.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sseml.report.figures.calibration import calibration, calibration_by_family
    from sseml.report.figures.curves import conductivity_curves
    from sseml.report.figures.error_by_distance import error_by_distance
    from sseml.report.figures.error_by_family import error_by_family
    from sseml.report.figures.migration_pathways import lithium_network
    from sseml.report.figures.mixing_energies import compatibility_energies, mixing_energies
    from sseml.report.figures.overview import overview
    from sseml.report.figures.parity import parity
    from sseml.report.figures.polymers import polymer_calibration, polymer_parity
    from sseml.report.figures.ranking import ranking
    from sseml.report.figures.voltage_profile import voltage_profile
    from sseml.report.figures.window_comparison import windows_compared
    from sseml.report.figures.window_parity import window_parity
    from sseml.report.files import save, save_out_of_fold, save_polymers
    from sseml.report.measured import evidence_points, measured_points
    from sseml.report.page.asked import page_about
    from sseml.report.page.contents import page_contents
    from sseml.report.page.html import write_page

_HOME = {
    "calibration": "figures.calibration",
    "calibration_by_family": "figures.calibration",
    "compatibility_energies": "figures.mixing_energies",
    "conductivity_curves": "figures.curves",
    "error_by_distance": "figures.error_by_distance",
    "error_by_family": "figures.error_by_family",
    "evidence_points": "measured",
    "lithium_network": "figures.migration_pathways",
    "measured_points": "measured",
    "mixing_energies": "figures.mixing_energies",
    "overview": "figures.overview",
    "page_about": "page.asked",
    "page_contents": "page.contents",
    "parity": "figures.parity",
    "polymer_calibration": "figures.polymers",
    "polymer_parity": "figures.polymers",
    "ranking": "figures.ranking",
    "save": "files",
    "save_out_of_fold": "files",
    "save_polymers": "files",
    "voltage_profile": "figures.voltage_profile",
    "window_parity": "figures.window_parity",
    "windows_compared": "figures.window_comparison",
    "write_page": "page.html",
}

__all__ = [
    "calibration",
    "calibration_by_family",
    "compatibility_energies",
    "conductivity_curves",
    "error_by_distance",
    "error_by_family",
    "evidence_points",
    "lithium_network",
    "measured_points",
    "mixing_energies",
    "overview",
    "page_about",
    "page_contents",
    "parity",
    "polymer_calibration",
    "polymer_parity",
    "ranking",
    "save",
    "save_out_of_fold",
    "save_polymers",
    "voltage_profile",
    "window_parity",
    "windows_compared",
    "write_page",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'sseml.report' has no attribute {name!r}")
    return getattr(import_module(f"sseml.report.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
