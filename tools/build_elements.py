"""Rebuild the element tables in `src/sseml/physics/data` from pymatgen and matminer.

Run with both installed (`pip install pymatgen matminer`): `python tools/build_elements.py`.
Everything written is a published fact; the sources and licences stand in `SOURCES.md` beside it.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import warnings
from collections.abc import Iterable
from pathlib import Path

from matminer.featurizers.composition import ElementProperty
from pymatgen.core import Element

DATA = Path(__file__).parents[1] / "src" / "sseml" / "physics" / "data"

ROMAN = {"II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
ROMAN |= {"XI": 11, "XII": 12, "XIV": 14}
COORDINATIONS = (4, 6, 8)

CHARGE_PER_ANGSTROM = 0.10
"""Å by which a cation shrinks per unit of charge, where only one charge is tabulated."""
SMALLEST_CATION_A = 0.05

FIXED_CATIONS = {
    1: "Li Na K Rb Cs Fr Ag",
    2: "Be Mg Ca Sr Ba Ra Zn Cd",
    3: "Al Sc Y La Nd Pm Gd Dy Ho Er Tm Lu Ac Am Cm Bk Cf Es Fm Md No Lr",
    4: "Hf Th Rf",
}
VARIABLE_CATIONS = {
    # symbol: (tier, lowest, preferred, highest); the tier says who changes its charge first.
    "Fe": (1, 2, 3, 3), "Mn": (1, 2, 2, 4), "Co": (1, 2, 3, 4), "Ni": (1, 2, 2, 4),
    "Cu": (1, 1, 2, 3), "Cr": (1, 2, 3, 6), "V": (1, 2, 5, 5), "Mo": (1, 3, 6, 6),
    "W": (1, 4, 6, 6), "Re": (1, 3, 7, 7), "Ru": (1, 2, 4, 8), "Os": (1, 2, 4, 8),
    "Rh": (1, 1, 3, 4), "Ir": (1, 1, 4, 6), "Pd": (1, 2, 2, 4), "Pt": (1, 2, 4, 4),
    "Au": (1, 1, 3, 3), "Tc": (1, 4, 7, 7), "Hg": (1, 1, 2, 2), "Tl": (1, 1, 1, 3),
    "Pb": (1, 2, 2, 4), "Sn": (1, 2, 4, 4), "Sb": (1, 3, 5, 5), "Bi": (1, 3, 3, 5),
    "As": (1, 3, 5, 5), "Te": (1, 4, 6, 6), "Se": (1, 4, 6, 6), "Ce": (1, 3, 3, 4),
    "Pr": (1, 3, 3, 4), "Tb": (1, 3, 3, 4), "Sm": (1, 2, 3, 3), "Eu": (1, 2, 3, 3),
    "Yb": (1, 2, 3, 3), "U": (1, 3, 6, 6), "Np": (1, 3, 5, 7), "Pu": (1, 3, 4, 6),
    "Pa": (1, 4, 5, 5), "Xe": (1, 0, 6, 8), "Po": (1, 2, 4, 6),
    "H": (2, -1, 1, 1),
    "Ti": (3, 2, 4, 4), "Zr": (3, 2, 4, 4), "Nb": (3, 3, 5, 5), "Ta": (3, 4, 5, 5),
    "Ge": (3, 2, 4, 4), "Si": (3, 2, 4, 4), "Ga": (3, 1, 3, 3), "In": (3, 1, 3, 3),
    "B": (3, 0, 3, 3), "C": (3, -4, 4, 4), "N": (3, 3, 5, 5), "P": (3, 3, 5, 5),
    "S": (3, 4, 6, 6), "Cl": (3, 1, 7, 7), "Br": (3, 1, 5, 7), "I": (3, 1, 5, 7),
    "At": (3, 1, 1, 7),
}  # fmt: skip

ANIONS = {
    # symbol: (charge, radius in Å, Pauling polarizability in Å³, source of the radius)
    "F": (-1, 1.33, 1.04, "S76"), "O": (-2, 1.40, 3.88, "S76"),
    "Cl": (-1, 1.81, 3.66, "S76"), "N": (-3, 1.46, None, "S76"),
    "Br": (-1, 1.96, 4.77, "S76"), "I": (-1, 2.20, 7.10, "S76"),
    "S": (-2, 1.84, 10.2, "S76"), "Se": (-2, 1.98, 10.5, "S76"),
    "H": (-1, 1.40, None, "est"), "C": (-4, 2.60, None, "P60"),
    "P": (-3, 2.12, None, "P60"), "As": (-3, 2.22, None, "P60"),
    "Te": (-2, 2.21, 14.0, "S76"), "Sb": (-3, 2.45, None, "P60"),
    "Bi": (-3, 2.50, None, "est"), "Si": (-4, 2.71, None, "P60"),
    "Ge": (-4, 2.72, None, "P60"), "B": (-3, 2.45, None, "est"),
    "At": (-1, 2.30, None, "est"),
}  # fmt: skip
"""Ordered from the most to the least electronegative (Pauling), with C after H: see SOURCES.md."""

POLARIZABILITY_PER_CUBE = {-1: 0.6, -3: 2.3, -4: 2.3}
"""Estimate of a free anion's polarizability over r³, by charge, where Pauling gives none."""

EXTRA_RADII = {("H", 1): {4: 0.05}, ("Xe", 8): {4: 0.40, 6: 0.48}}


def symbols() -> list[str]:
    """Element symbols, Z = 1 to 118."""
    return [Element.from_Z(z).symbol for z in range(1, 119)]


def cation_ranges() -> dict[str, tuple[int, int, int, int]]:
    """Every element's tier (0 = fixed) and lowest, preferred and highest charge as a cation."""
    fixed = {s: (0, q, q, q) for q, text in FIXED_CATIONS.items() for s in text.split()}
    return {s: VARIABLE_CATIONS.get(s, fixed.get(s, (0, 0, 0, 0))) for s in symbols()}


def shannon(symbol: str) -> dict[tuple[int, int], float]:
    """(charge, coordination) → effective ionic radius in Å, high spin where there are two."""
    radii: dict[tuple[int, int], float] = {}
    for charge, by_coordination in (Element(symbol).data.get("Shannon radii") or {}).items():
        for roman, by_spin in by_coordination.items():
            if charge and roman in ROMAN:
                entry = by_spin.get("High Spin") or by_spin.get("") or next(iter(by_spin.values()))
                radii[int(charge), ROMAN[roman]] = entry["ionic_radius"]
    for (owner, charge), extra in EXTRA_RADII.items():
        if owner == symbol:
            radii |= {(charge, coordination): r for coordination, r in extra.items()}
    return radii


def mean_offsets() -> dict[tuple[int, int], float]:
    """Mean change of a cation's radius from one coordination number to another, in Å."""
    changes: dict[tuple[int, int], list[float]] = {}
    for symbol in symbols():
        table = shannon(symbol)
        for (q, a), (p, b) in itertools.product(table, table):
            if q == p > 0:
                changes.setdefault((a, b), []).append(table[q, b] - table[q, a])
    return {pair: sum(values) / len(values) for pair, values in changes.items()}


def radius(
    table: dict[tuple[int, int], float],
    charge: int,
    coordination: int,
    offsets: dict[tuple[int, int], float],
) -> tuple[float, str]:
    """Tabulated radius, or the nearest tabulated one shifted; with how it was found."""
    if (charge, coordination) in table:
        return table[charge, coordination], "tabulated"

    def closeness(key: tuple[int, int]) -> tuple[int, int, int]:
        return (abs(key[0] - charge), abs(key[1] - coordination), key[1])

    cations = [key for key in table if key[0] > 0]
    if not cations:
        return math.nan, "unknown"
    near_charge, near_coordination = min(cations, key=closeness)
    value = table[near_charge, near_coordination]
    value += offsets.get((near_coordination, coordination), 0.0)
    value -= CHARGE_PER_ANGSTROM * (charge - near_charge)
    return max(value, SMALLEST_CATION_A), "shifted"


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write one CSV with Unix line ends."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(list(header))
        writer.writerows(rows)


def number(value: float | None, digits: int = 6) -> str:
    """Shortest text of a number; empty where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def write_elements(folder: Path) -> None:
    """One row an element: mass, electronegativity, ionisation, group, valence and charges."""
    ranges = cation_ranges()
    ranks = {symbol: rank for rank, symbol in enumerate(ANIONS)}
    valence = magpie().data_source.all_elemental_props["NValence"]
    rows = []
    for z, symbol in enumerate(symbols(), start=1):
        element = Element(symbol)
        anion_charge, size, polarizability, _ = ANIONS.get(symbol, (0, 0.0, None, ""))
        if anion_charge and polarizability is None:
            polarizability = POLARIZABILITY_PER_CUBE[anion_charge] * size**3
        ionisation = element.ionization_energies
        rows.append(
            [
                z, symbol, number(float(element.atomic_mass), 8), element.group, element.row,
                number(element.X), number(ionisation[0] if ionisation else None),
                number(valence[symbol]) if z <= 103 else "", *ranges[symbol], anion_charge,
                ranks.get(symbol, ""), number(polarizability, 3),
            ]
        )  # fmt: skip
    header = (
        "z symbol mass_u group period electronegativity ionisation_eV valence_electrons "
        "charge_tier charge_low charge_preferred charge_high anion_charge anion_rank "
        "anion_polarizability_A3"
    )
    write(folder / "elements.csv", header.split(), rows)


def write_radii(folder: Path) -> None:
    """One row an element and charge: radii for coordination 4, 6 and 8."""
    offsets = mean_offsets()
    rows: list[list[object]] = []
    for symbol, (_, low, _, high) in cation_ranges().items():
        table = shannon(symbol)
        for charge in range(max(low, 1), high + 1):
            found = [radius(table, charge, cn, offsets) for cn in COORDINATIONS]
            if any(how == "unknown" for _, how in found):
                continue
            radii, hows = zip(*found, strict=True)
            how = "tabulated" if set(hows) == {"tabulated"} else "shifted"
            rows.append(
                [symbol, charge, *(number(max(r, SMALLEST_CATION_A), 4) for r in radii), how]
            )
        if symbol in ANIONS:
            charge, size, _, source = ANIONS[symbol]
            rows.append([symbol, charge, size, size, size, source])
    write(folder / "radii.csv", ["symbol", "charge", "r4_A", "r6_A", "r8_A", "how"], rows)


def magpie() -> ElementProperty:
    """The preset of matminer, with its default imputation of missing values."""
    return ElementProperty.from_preset("magpie")


def write_magpie(folder: Path) -> None:
    """The 22 Magpie properties, imputed as matminer does, with all their digits."""
    preset = magpie()
    table = preset.data_source.all_elemental_props
    rows = [[s, *(repr(float(table[p][s])) for p in preset.features)] for s in symbols()]
    write(folder / "magpie.csv", ["symbol", *preset.features], rows)


def main() -> None:
    """Write the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    write_elements(folder)
    write_radii(folder)
    write_magpie(folder)


if __name__ == "__main__":
    main()
