"""Which rules are tried for which anion class, in which order."""

from __future__ import annotations

from sseml.families import nonoxides, oxides
from sseml.families.chemistry import Chemistry, Rule


def _always(confidence: float) -> Rule:
    """Make the last resort of a class."""

    def rule(_: Chemistry) -> float:
        return confidence

    return rule


_BORATE = ("borate", oxides.holding("B", 0.5), "boron is the main cation beside lithium")
_PHOSPHATE = ("phosphate", oxides.holding("P", 0.3), "phosphorus beside oxygen")
_GARNET = ("garnet", oxides.garnet, "three large and two octahedral cations for twelve oxygen")
_NASICON = ("NASICON", oxides.nasicon, "two octahedral cations for three PO4")
_TAVORITE = ("tavorite", oxides.tavorite, "one F and one metal for each TO4")
_ARGYRODITE = ("argyrodite", nonoxides.argyrodite, "six anions for each tetrahedral cation")

RULES: dict[str, list[tuple[str, Rule, str]]] = {
    "oxide": [
        _GARNET,
        _NASICON,
        ("pyrochlore", oxides.pyrochlore, "A2B2O6F"),
        ("perovskite", oxides.perovskite, "ABO3 with a large A cation"),
        ("Li-Zr-Nb oxide", oxides.lithium_zirconate_niobate, "lithium-rich, with Zr and Nb alone"),
        ("argyrodite", oxides.oxide_argyrodite, "six anions for each tetrahedral cation"),
        ("LISICON", oxides.lisicon, "about three to four Li for each TO4"),
        _TAVORITE,
        ("olivine", oxides.olivine, "one Li and one divalent metal for each PO4"),
        ("oxide glass", oxides.oxide_glass, "two or more glass formers, or said to be a glass"),
        _BORATE,
        _PHOSPHATE,
        ("molybdate", oxides.holding("Mo W", 0.4), "molybdenum or tungsten beside oxygen"),
        ("sulfate", oxides.holding("S", 0.4), "sulfur with at least three oxygen"),
        ("silicate", oxides.holding("Si Ge", 0.4), "silicon or germanium beside oxygen"),
        ("antimonate", oxides.holding("Sb Bi Te", 0.6), "antimony, bismuth or tellurium"),
        (
            "titanate",
            oxides.holding("Ti Zr Hf Sn Nb Ta", 0.5),
            "Ti, Zr, Hf, Sn, Nb or Ta, and no family of their own",
        ),
        ("other oxide", _always(0.3), "an oxide that fits no listed family"),
    ],
    "oxynitride": [
        _NASICON,
        ("LiPON", oxides.lipon, "Li, P, O and N alone"),
        _GARNET,
        ("other oxynitride", _always(0.5), "oxygen and nitrogen"),
    ],
    "oxyhalide": [
        ("antiperovskite", oxides.antiperovskite, "three Li or H for one O and one halogen"),
        _TAVORITE,
        _BORATE,
        _PHOSPHATE,
        ("oxyhalide", nonoxides.oxyhalide, "a metal with halogen and oxygen"),
        ("other halide", _always(0.3), "a halide that fits no listed family"),
    ],
    "sulfide": [
        ("Li-P-S", nonoxides.said_to_be_li_p_s_glass, "Li2S-P2S5, said to be a glass"),
        ("sulfide glass", nonoxides.said_to_be_sulfide_glass, "a sulfide said to be a glass"),
        _ARGYRODITE,
        ("LGPS", nonoxides.lgps, "four anions for each T, about two thirds of T being P"),
        ("thio-LISICON", nonoxides.thio_lisicon, "four anions for each tetrahedral cation"),
        ("Li-P-S", nonoxides.li_p_s, "phosphorus is the main cation beside lithium"),
        ("sulfide glass", nonoxides.sulfide_glass, "Si, Ge, B or Ga beside sulfur"),
        ("other sulfide", _always(0.3), "a sulfide that fits no listed family"),
    ],
    "halide": [
        ("fluoride", nonoxides.fluoride, "fluorine is the main anion"),
        ("lithium halide", nonoxides.lithium_halide, "lithium and halogen alone"),
        ("Li2MX6", nonoxides.li2mx6, "six halogen for each tetravalent metal"),
        ("Li3MX6", nonoxides.li3mx6, "about six halogen for each metal"),
        ("halide spinel", nonoxides.halide_spinel, "four halogen and two Li for each M(II)"),
        ("LiMX4", nonoxides.limx4, "four halogen and one Li for each trivalent metal"),
        ("other halide", _always(0.3), "a halide that fits no listed family"),
    ],
    "hydride": [
        _ARGYRODITE,
        ("hydroborate", nonoxides.hydroborate, "at most two H for each B"),
        ("borohydride", nonoxides.borohydride, "four H for each B"),
        ("amide", nonoxides.amide, "N with H, without B"),
        ("hydride", _always(0.5), "hydrogen is the main anion"),
    ],
    "nitride": [("nitride", nonoxides.nitride, "nitrogen is the anion, also beside halogen")],
    "phosphide": [("phosphide", _always(1.0), "phosphorus is the only anion")],
    "none": [("other", _always(0.1), "there is no anion of a listed family")],
}
"""Anion class → (family, rule, reason) in the order tried; the last of each class always fits."""
