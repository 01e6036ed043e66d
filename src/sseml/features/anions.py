"""Descriptors of the anion sublattice: which anions, how mixed, how large, how soft."""

from __future__ import annotations

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.speciation import Descriptor, Speciation, describe, ratio, shares
from sseml.physics.elements import elements
from sseml.physics.slots import row_sum

DEFINITION = "definition"
SHANNON = "doi 10.1107/S0567739476001551"
PAULING_POLARIZABILITY = "doi 10.1098/rspa.1927.0035"
PAULING = "ISBN 978-0-8014-0333-0"

KINDS = (
    ("oxygen", "O"),
    ("sulfur", "S"),
    ("selenium_tellurium", "Se Te"),
    ("fluorine", "F"),
    ("chlorine", "Cl"),
    ("bromine", "Br"),
    ("iodine", "I"),
    ("nitrogen", "N"),
    ("hydride", "H"),
    ("other", "C P As Sb Bi Si Ge B At"),
)


def entropy(amounts: FloatArray) -> FloatArray:
    """Mixing entropy of a sublattice per site, in units of kB: −Σ c ln c. Shape (n,).

    Parameters
    ----------
    amounts
        Amounts of the species on the sublattice, shape (n, k); rows need not be normalised.
    """
    share = shares(amounts)
    return np.abs(row_sum(share * np.log(np.where(share > 0, share, 1.0))))


def spread(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Weighted standard deviation; 0 where all weights are 0. Shape (n,)."""
    share = shares(weights)
    mean = row_sum(share * values)[:, np.newaxis]
    return np.sqrt(row_sum(share * (values - mean) ** 2))


def _share(text: str, kind: str) -> Descriptor:
    return describe(
        f"anion_{kind}",
        "1",
        f"share of {text.replace(' ', ', ')} among the anions (as BH4 and the like: H)"
        if kind == "hydride"
        else f"share of {text.replace(' ', ', ')} among the anions",
        DEFINITION,
        lambda s: s.anion_share(text),
    )


def _electronegativity(s: Speciation) -> FloatArray:
    return s.anion_mean(s.of(elements().electronegativity))


def _cation_electronegativity(s: Speciation) -> FloatArray:
    return row_sum(s.cation_weight * s.of(elements().electronegativity))


ANIONS: tuple[Descriptor, ...] = (
    *(_share(text, kind) for kind, text in KINDS),
    describe(
        "anion_halide",
        "1",
        "share of F, Cl, Br, I among the anions",
        DEFINITION,
        lambda s: s.anion_share("F Cl Br I"),
    ),
    describe(
        "halide_among_halide_chalcogenide",
        "1",
        "halides / (halides + O, S, Se, Te)",
        DEFINITION,
        lambda s: ratio(s.anion_share("F Cl Br I"), s.anion_share("F Cl Br I O S Se Te")),
    ),
    describe(
        "anion_entropy",
        "kB/site",
        "mixing entropy of the anions",
        DEFINITION,
        lambda s: entropy(s.anions),
    ),
    describe(
        "anion_charge",
        "e",
        "mean magnitude of the anion charge",
        DEFINITION,
        lambda s: s.anion_mean(-s.of(elements().anion_charge)),
    ),
    describe("anion_radius", "Å", "mean anion radius", SHANNON, lambda s: s.mean_anion_radius),
    describe(
        "anion_radius_spread",
        "Å",
        "standard deviation of the anion radii",
        SHANNON,
        lambda s: spread(s.anions, s.anion_radius),
    ),
    describe(
        "anion_polarizability",
        "Å³",
        "mean polarizability of the free anions (soft lattices conduct)",
        PAULING_POLARIZABILITY,
        lambda s: s.anion_mean(s.of(elements().anion_polarizability)),
    ),
    describe(
        "anion_electronegativity",
        "1",
        "mean Pauling electronegativity of the anions",
        PAULING,
        _electronegativity,
    ),
    describe(
        "anion_minus_framework_electronegativity",
        "1",
        "mean electronegativity of the anions less that of the framework cations (of Li without)",
        PAULING,
        lambda s: _electronegativity(s) - _cation_electronegativity(s),
    ),
)
