"""Bounds of the conductivity of a mixture of two solids: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sseml.physics.elements import packaged_rows


@dataclass(frozen=True, slots=True)
class FillerDensity:
    """X-ray density of an inorganic filler, from the cell that a paper reports."""

    density_g_cm3: float
    doi: str


@cache
def filler_densities() -> dict[str, FillerDensity]:
    """Listed name of a filler → its density, calculated from cell and composition in OBELiX."""
    return {
        name: FillerDensity(float(density), doi)
        for name, density, doi in packaged_rows("physics/data/filler_densities.csv")
    }


def volume_share(mass_share: float, density_g_cm3: float, other_density_g_cm3: float) -> float:
    """Share of the volume of the first of two phases, from its share of the mass (0 to 1)."""
    own = mass_share / density_g_cm3
    return own / (own + (1.0 - mass_share) / other_density_g_cm3)


def hashin_shtrikman_S_cm(  # noqa: N802 - its unit
    matrix_S_cm: float, filler_S_cm: float, filler_volume_share: float
) -> tuple[float, float]:
    """Lower and upper bound of the conductivity of an isotropic mixture of two phases.

    Parameters
    ----------
    matrix_S_cm, filler_S_cm
        Conductivities of the phases in S/cm.
    filler_volume_share
        Share of the volume that is filler, 0 to 1.

    Returns
    -------
    low_S_cm, high_S_cm
        The bounds, between the conductivities of the phases.

    Notes
    -----
    Hashin and Shtrikman, doi 10.1063/1.1728579: with phases 1 (the poorer) and 2,
    low = σ1 + φ2 / (1 / (σ2 − σ1) + φ1 / (3 σ1)), high = σ2 + φ1 / (1 / (σ1 − σ2) + φ2 / (3 σ2)).
    """
    if matrix_S_cm == filler_S_cm:
        return matrix_S_cm, matrix_S_cm
    filler_is_better = filler_S_cm > matrix_S_cm
    poor, good = sorted((matrix_S_cm, filler_S_cm))
    good_share = filler_volume_share if filler_is_better else 1.0 - filler_volume_share
    poor_share = 1.0 - good_share
    low = poor + good_share / (1.0 / (good - poor) + poor_share / (3.0 * poor))
    high = good + poor_share / (1.0 / (poor - good) + good_share / (3.0 * good))
    return low, high
