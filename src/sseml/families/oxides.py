"""The rules of the oxide families: which stoichiometry makes a garnet, a NASICON and so on."""

from __future__ import annotations

from sseml.families.chemistry import (
    ALKALI,
    CHALCOGENS,
    DIVALENT,
    GLASS_FORMERS,
    HALOGENS,
    LARGE,
    OCTAHEDRAL,
    RARE_EARTHS,
    SMALL_OCTAHEDRAL,
    TETRAHEDRAL,
    TETRAVALENT,
    Chemistry,
    Rule,
    between,
    elements,
    graded,
    near,
)

_GARNET_A = LARGE | {"Mg"}
_GARNET_M = elements("Zr Hf Nb Ta Sb Bi Te W Mo Sn Ti Ru In Sc Ce")
_LAYER_FORMERS = elements("Ti Nb Ta")
_PYROCHLORE_B = elements("Nb Ta Zr W Ti Sb")
_LISICON_T = elements("P Si Ge V As")
_GLASS_ELEMENTS = GLASS_FORMERS | HALOGENS | elements("Li Na Al Ga O S")
_NOT_IN_LISICON = (LARGE | SMALL_OCTAHEDRAL) - TETRAHEDRAL - {"Zn"}
_NOT_IN_ANTIPEROVSKITE = (LARGE - ALKALI) | (SMALL_OCTAHEDRAL - CHALCOGENS)
_FRAMEWORK = (LARGE - ALKALI) | SMALL_OCTAHEDRAL | TETRAHEDRAL | elements("B C")


def garnet(c: Chemistry) -> float:
    """Li3–7A3M2O12."""
    unit = (c.o + c.f) / 12
    large, small = c.sum(_GARNET_A) / unit, c.sum(_GARNET_M) / unit
    if c.p or not (between(large, 2.4, 3.9) and between(small, 0.9, 2.6)):
        return 0.0
    return graded(abs(large + small - 5), 0.15, 1.1) if between(c.li / unit, 2.5, 8) else 0.0


def perovskite(c: Chemistry) -> float:
    """(Li,A)BO3, and layered relatives such as LiLaTiO4 and LiLaNb2O7."""
    b_site, large = c.sum(SMALL_OCTAHEDRAL), c.sum(LARGE)
    if not b_site or c.sum(LARGE - ALKALI) < 0.03 * b_site:
        return 0.0
    if c.sum(elements("P Si B Se")) > 0.12 * b_site:
        return 0.0
    anions, a_site = (c.o + c.f) / b_site, (large + c.li) / b_site
    if near(anions, 3, 0.25) and between(a_site, 0.3, 1.4):
        return 1.0 if a_site <= 1.05 and near(anions, 3, 0.1) else 0.8
    layered = between(anions, 3.2, 4.1) and between(a_site, 0.8, 2.1) and not c.halogen
    return 0.7 if layered and c.sum(_LAYER_FORMERS) > 0.7 * b_site else 0.0


def nasicon(c: Chemistry) -> float:
    """LiM2(PO4)3, with up to two silicate for one phosphate."""
    tetrahedra = c.p + c.amounts.get("Si", 0.0) + c.amounts.get("As", 0.0)
    if not tetrahedra or c.p < 0.3 * tetrahedra or c.halogen > 0.4 * tetrahedra:
        return 0.0
    if not near(c.o / tetrahedra, 4, 0.3) or c.li > 1.15 * tetrahedra:
        return 0.0
    octahedra = 3 * c.sum(OCTAHEDRAL) / tetrahedra
    if 3 * c.sum(RARE_EARTHS) / tetrahedra > 1.2:
        return 0.0
    if between(octahedra, 1.55, 2.45):
        return graded(abs(octahedra - 2), 0.1, 0.45)
    misprinted = 3 * c.sum(TETRAVALENT) / tetrahedra >= 0.55 and between(octahedra, 0.9, 3.0)
    return 0.5 if misprinted and c.li < tetrahedra else 0.0


def lisicon(c: Chemistry) -> float:
    """Li3–4TO4 with T = P, Si, Ge, V, As; Zn may stand for two Li beside Si and Ge."""
    tetrahedra, zinc = c.sum(TETRAHEDRAL), c.amounts.get("Zn", 0.0)
    if not tetrahedra or c.halogen > 0.1 * c.o or not near(c.o / tetrahedra, 4, 0.2):
        return 0.0
    if c.sum(_LISICON_T) < 0.5 * tetrahedra or c.sum(_NOT_IN_LISICON) > 0.1 * tetrahedra:
        return 0.0
    if c.p >= 0.1 * tetrahedra and zinc >= 0.2 * tetrahedra:
        return 0.0
    lithium = (c.li + (2 * zinc if c.p < 0.1 * tetrahedra else 0)) / tetrahedra
    if not between(lithium, 2.6, 4.6):
        return 0.0
    return 1.0 if near(c.o / tetrahedra, 4, 0.03) else 0.8


def lithium_zirconate_niobate(c: Chemistry) -> float:
    """Li29Zr9Nb3O40 and what is made of it by small substitutions."""
    zirconium, niobium = c.amounts.get("Zr", 0.0), c.sum(elements("Nb Ta"))
    if not niobium or zirconium <= niobium or c.p or c.sum(LARGE - {"Y"}):
        return 0.0
    return graded(abs(c.li / (zirconium + niobium) - 29 / 12), 0.1, 0.9)


def pyrochlore(c: Chemistry) -> float:
    """A2B2O6F."""
    b_site = c.sum(_PYROCHLORE_B)
    if not b_site or not near(2 * c.o / b_site, 6, 0.3):
        return 0.0
    if not between(2 * c.f / b_site, 0.5, 1.2):
        return 0.0
    return 1.0 if c.sum(LARGE) > 0.2 * b_site else 0.8


def olivine(c: Chemistry) -> float:
    """LiMPO4."""
    if not c.p or not near(c.o / c.p, 4, 0.1) or not near(c.li / c.p, 1, 0.25) or c.halogen:
        return 0.0
    return 0.9 if near(c.sum(DIVALENT | {"In"}) / c.p, 1, 0.15) else 0.0


def tavorite(c: Chemistry) -> float:
    """LiM(TO4)F."""
    groups = c.p + c.amounts.get("S", 0.0)
    if not groups or not near(c.o / groups, 4, 0.1) or not near(c.f / groups, 1, 0.2):
        return 0.0
    return 0.9 if near(c.sum(SMALL_OCTAHEDRAL) / groups, 1, 0.15) else 0.0


def oxide_glass(c: Chemistry) -> float:
    """Two or more glass formers, or whatever oxide is said to be a glass."""
    if c.material.form == "glass":
        return 0.9
    formers = [c.amounts.get(symbol, 0.0) for symbol in GLASS_FORMERS]
    if not c.only(_GLASS_ELEMENTS):
        return 0.0
    return 0.7 if sum(amount > 0.1 * sum(formers) for amount in formers) >= 2 else 0.0


def oxide_argyrodite(c: Chemistry) -> float:
    """Li6PO5Cl and Li6SiO4Cl2."""
    tetrahedra = c.sum(elements("P Si Ge"))
    if not tetrahedra or c.halogen < 0.5 * tetrahedra or not near(c.li / tetrahedra, 6, 0.6):
        return 0.0
    return graded(abs((c.o + c.halogen) / tetrahedra - 6), 0.1, 0.3)


def antiperovskite(c: Chemistry) -> float:
    """Li3OX and Li2(OH)X."""
    alkali = c.li + c.amounts.get("Na", 0.0) + c.amounts.get("K", 0.0)
    anions = c.o + c.halogen + c.chalcogen
    if alkali < 1.6 * c.o or c.sum(_NOT_IN_ANTIPEROVSKITE) > 0.03 * alkali:
        return 0.0
    if not between(c.o / anions, 0.3, 0.56):
        return 0.0
    return graded(abs((alkali + c.h) / anions - 1.5), 0.06, 0.2)


def lipon(c: Chemistry) -> float:
    """Li, P, O and N alone."""
    if not c.p or not c.only(elements("Li P O N")):
        return 0.0
    return 1.0 if between(c.li / c.p, 1.5, 4) else 0.8


def holding(symbols: str, share: float) -> Rule:
    """Make a rule: these elements are at least this share of the cations other than alkali."""
    wanted = elements(symbols)

    def rule(c: Chemistry) -> float:
        cations = c.sum(_FRAMEWORK)
        return 0.8 if cations and c.sum(wanted) >= share * cations else 0.0

    return rule
