"""The element symbols and their molar masses, in the order formulas are written."""

from __future__ import annotations

MOLAR_MASS_G_MOL: dict[str, float] = {
    "Li": 6.941, "Fr": 223, "Cs": 132.9054519, "Rb": 85.4678, "K": 39.0983, "Na": 22.98976928,
    "Ra": 226, "Ba": 137.327, "Sr": 87.62, "Ca": 40.078, "Mg": 24.305, "Be": 9.012182,
    "Ac": 227, "Th": 232.03806, "Pa": 231.03588, "U": 238.02891, "Np": 237, "Pu": 244,
    "Am": 243, "Cm": 247, "Bk": 247, "Cf": 251, "Es": 252, "Fm": 257,
    "Md": 258, "No": 259, "Lr": 262,
    "La": 138.90547, "Ce": 140.116, "Pr": 140.90765, "Nd": 144.242, "Pm": 145,
    "Sm": 150.36, "Eu": 151.964, "Gd": 157.25, "Tb": 158.92535, "Dy": 162.5,
    "Ho": 164.93032, "Er": 167.259, "Tm": 168.93421, "Yb": 173.04, "Lu": 174.967,
    "Y": 88.90585, "Sc": 44.955912,
    "Rf": 267, "Hf": 178.49, "Zr": 91.224, "Ti": 47.867,
    "Db": 268, "Ta": 180.94788, "Nb": 92.90638, "V": 50.9415,
    "Sg": 269, "W": 183.84, "Mo": 95.94, "Cr": 51.9961,
    "Bh": 270, "Re": 186.207, "Tc": 98, "Mn": 54.938045,
    "Hs": 270, "Os": 190.23, "Ru": 101.07, "Fe": 55.845,
    "Mt": 278, "Ir": 192.217, "Rh": 102.9055, "Co": 58.933195,
    "Ds": 281, "Pt": 195.084, "Pd": 106.42, "Ni": 58.6934,
    "Rg": 282, "Au": 196.966569, "Ag": 107.8682, "Cu": 63.546,
    "Cn": 285, "Hg": 200.59, "Cd": 112.411, "Zn": 65.409,
    "Nh": 286, "Tl": 204.3833, "In": 114.818, "Ga": 69.723, "Al": 26.9815386, "B": 10.811,
    "Fl": 289, "Pb": 207.2, "Sn": 118.71, "Ge": 72.64, "Si": 28.0855, "C": 12.0107,
    "Mc": 290, "Bi": 208.9804, "Sb": 121.76, "As": 74.9216, "P": 30.973762, "N": 14.0067,
    "H": 1.00794,
    "Lv": 293, "Po": 210, "Te": 127.6, "Se": 78.96, "S": 32.065, "O": 15.9994,
    "Ts": 294, "At": 210, "I": 126.90447, "Br": 79.904, "Cl": 35.453, "F": 18.9984032,
    "Og": 294, "Rn": 220, "Xe": 131.293, "Kr": 83.798, "Ar": 39.948, "Ne": 20.1797, "He": 4.002602,
}  # fmt: skip
"""Symbol → molar mass (IUPAC standard atomic weights, abridged; mass number for unstable elements).

The order is the one formulas are written in here: lithium first, then the element sequence of the
IUPAC Red Book (2005, table VI), from electropositive to electronegative.
"""

HYDROGEN_ISOTOPES = {"D": "H", "T": "H"}
"""Deuterium and tritium count as hydrogen."""
