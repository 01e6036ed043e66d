"""All the pictures of one held-out table, into one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sseml.report.distances import error_by_distance
from sseml.report.families import error_by_family
from sseml.report.files import save
from sseml.report.reliability import calibration
from sseml.report.scatter import parity

PICTURES: dict[str, Callable[[pd.DataFrame, str], Figure]] = {
    "parity": parity,
    "calibration": calibration,
    "error_by_family": error_by_family,
    "error_by_distance": error_by_distance,
}
"""Name of a file, without its ending → what draws it."""


def save_held_out(held_out: pd.DataFrame, folder: str | Path, about: str = "") -> list[Path]:
    """Draw every picture of a held-out table as a PNG in `folder`, which is made if need be.

    Parameters
    ----------
    held_out
        What `sseml.evaluate.held_out` returns.
    folder
        Where to; older pictures of the same names are replaced.
    about
        What was held out, for the titles.

    Returns
    -------
    list of Path
        ``parity.png``, ``calibration.png``, ``error_by_family.png``, ``error_by_distance.png``.
    """
    figures = {name: draw(held_out, about) for name, draw in PICTURES.items()}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return [save(figure, place / f"{name}.png") for name, figure in figures.items()]
