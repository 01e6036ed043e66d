"""Figures go to files, whole or not at all, and the same figure gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sseml.files import whole_file
from sseml.records import RefusedInputError
from sseml.report.figures.style import drawing

if TYPE_CHECKING:
    import pandas as pd

_METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
"""Endings that can be written, and what would make two files of one figure differ."""

PEO_LITFSI = tuple(f"PEO + LiTFSI, EO:Li={ratio}" for ratio in (8, 12, 20, 30))
"""The recipes that most papers measured, at four concentrations."""


def require_picture(path: str | Path) -> Path:
    """The path, if it ends like a picture and a file can be written there; else it is refused."""
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in _METADATA:
        raise RefusedInputError(
            f"{target.name!r} does not end like a picture", f"end it in {', '.join(_METADATA)}"
        )
    if not target.parent.is_dir():
        raise RefusedInputError(f"there is no folder {target.parent}", "make it first")
    if target.is_dir():
        raise RefusedInputError(f"{target} is a folder", "name a file in it")
    return target


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, SVG or PDF, by the ending of the path; an older file is replaced.

    Raises
    ------
    RefusedInputError
        If the ending is none of a picture, there is no such folder, or the path is one.
    """
    target = require_picture(path)
    ending = target.suffix.lower()
    with whole_file(target, binary=True) as stream, drawing():
        figure.savefig(stream, format=ending[1:], metadata=_METADATA[ending])
    return target


def save_out_of_fold(held_out: pd.DataFrame, folder: str | Path, about: str = "") -> list[Path]:
    """Draw every picture of a held-out table as a PNG in `folder`, which is made if need be.

    Parameters
    ----------
    held_out
        What `sseml.evaluate.out_of_fold` returns.
    folder
        Where to; older pictures of the same names are replaced.
    about
        What was held out, for the titles.

    Returns
    -------
    list of Path
        ``parity.png``, ``calibration.png``, ``calibration_by_family.png``, ``error_by_family.png``,
        ``error_by_distance.png``.
    """
    # These need what training needs; the other pictures do without.
    from sseml.report.figures.calibration import (  # noqa: PLC0415
        calibration,
        calibration_by_family,
    )
    from sseml.report.figures.error_by_distance import error_by_distance  # noqa: PLC0415
    from sseml.report.figures.error_by_family import error_by_family  # noqa: PLC0415
    from sseml.report.figures.parity import parity  # noqa: PLC0415

    draws = (parity, calibration, calibration_by_family, error_by_family, error_by_distance)
    figures = {draw.__name__: draw(held_out, about) for draw in draws}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return [save(figure, place / f"{name}.png") for name, figure in figures.items()]


def save_polymers(held_out: pd.DataFrame, folder: str | Path) -> list[Path]:
    """Draw every picture of the benchmark ``polymer`` as a PNG in `folder`, made if need be.

    The curves are those of the released bundle, which has learned from the measured points.

    Parameters
    ----------
    held_out
        What `Report.out_of_fold` holds of it.
    folder
        Where to; older pictures of the same names are replaced.

    Returns
    -------
    list of Path
        ``parity.png``, ``calibration.png``, ``curves.png``.
    """
    from sseml.curation.polymers.table import load_polymers  # noqa: PLC0415
    from sseml.released import POLYMER_BUNDLE, released_evidence  # noqa: PLC0415
    from sseml.report.figures.curves import conductivity_curves  # noqa: PLC0415
    from sseml.report.figures.polymers import (  # noqa: PLC0415
        polymer_calibration,
        polymer_parity,
    )
    from sseml.report.measured import measured_points  # noqa: PLC0415

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    points = measured_points(PEO_LITFSI, load_polymers(released_evidence(POLYMER_BUNDLE)))
    figures = {
        "parity": polymer_parity(held_out, "polymers held out"),
        "calibration": polymer_calibration(held_out, "polymers held out"),
        "curves": conductivity_curves(PEO_LITFSI, points, about="PEO and LiTFSI"),
    }
    return [save(figure, place / f"{name}.png") for name, figure in figures.items()]
