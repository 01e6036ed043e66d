"""Redraw pictures of `docs/pictures`, small enough to be kept.

Run as `python tools/draw_pictures.py`: σ(T) of five inorganic solids with the measured values of
the released bundle, or of `--bundle FOLDER`. With `--held-out FILE`, the `held_out.csv` that
`sseml evaluate papers --plots` writes, the coverage by family is drawn too.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from sseml.report import calibration_by_family, conductivity_curves, evidence_points
from sseml.report.figures.style import drawing

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, COLOURS, BYTES = 1280, 48, 150_000
MATERIALS = ("Li6PS5Cl", "Li7La3Zr2O12 space_group=Ia-3d", "Li3YCl6", "Li3PO4", "LiBH4")


def save_small(figure: Figure, path: Path) -> None:
    """Write a figure of few colours."""
    drawn = io.BytesIO()
    with drawing():
        figure.savefig(drawn, format="png")
    image = Image.open(drawn).convert("RGB")
    size = (WIDTH, round(image.height * WIDTH / image.width))
    scaled = image.resize(size, Image.Resampling.LANCZOS)
    # Maximum coverage keeps rare colours, such as those of marks.
    scaled.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(path, "PNG", optimize=True)
    if path.stat().st_size > BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {BYTES}")


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="in the place of the released one")
    parser.add_argument("--held-out", type=Path, metavar="FILE", help="answers held out by paper")
    asked = parser.parse_args()
    points = evidence_points(MATERIALS, asked.bundle)
    curves = conductivity_curves(MATERIALS, points, bundle=asked.bundle, about="five solids")
    save_small(curves, FOLDER / "inorganic_curves.png")
    if asked.held_out:
        held_out = pd.read_csv(asked.held_out)
        families = calibration_by_family(held_out, "papers held out")
        save_small(families, FOLDER / "calibration_by_family.png")


if __name__ == "__main__":
    main()
