"""The rules of the families: which stoichiometry makes a garnet, an argyrodite and so on.

Each gives the confidence that a composition fits, 0 where it does not. `rules.csv` lists which are
tried for an anion class, and in which order.
"""

from __future__ import annotations

from sseml.families.chemistry import CHALCOGENS, HALOGENS, Chemistry, elements, graded, near

_RARE_EARTHS = elements("La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y")
_ALKALI = elements("Na K Rb Cs")
_LARGE = _RARE_EARTHS | _ALKALI | elements("Ca Sr Ba Ag Pb Tl")
_SMALL_OCTAHEDRAL = elements(
    "Ti Zr Hf Nb Ta Sn Sb Bi Te W Mo Al Ga In Sc Mg Cr Mn Fe Co Ni V Ge Ru Cu Zn"
)
_OCTAHEDRAL = _RARE_EARTHS | _SMALL_OCTAHEDRAL
_TETRAVALENT = elements("Ti Zr Hf Ge Sn")
_DIVALENT = elements("Mg Mn Fe Co Ni Zn Cd Cr V Cu Ca")
_TETRAHEDRAL = elements("P Si Ge V As S Al Ga W Mo Ti Cr")
_GLASS_FORMERS = elements("P Si B Ge Se Te")
_METALS = (_LARGE | _SMALL_OCTAHEDRAL) - CHALCOGENS
_HALIDE_METALS = _OCTAHEDRAL | _DIVALENT
_LISICON_T = elements("P Si Ge V As")
_SULFIDE_T = elements("P Si Ge Sn As Sb Al Ga In B Zr W Mo")
_GARNET_M = elements("Zr Hf Nb Ta Sb Bi Te W Mo Sn Ti Ru In Sc Ce")
_GLASS_ELEMENTS = _GLASS_FORMERS | HALOGENS | elements("Li Na Al Ga O S")
_NOT_IN_LISICON = (_LARGE | _SMALL_OCTAHEDRAL) - _TETRAHEDRAL - {"Zn"}
_NOT_IN_ANTIPEROVSKITE = (_LARGE - _ALKALI) | (_SMALL_OCTAHEDRAL - CHALCOGENS)
FRAMEWORK = (_LARGE - _ALKALI) | _SMALL_OCTAHEDRAL | _TETRAHEDRAL | elements("B C")
"""Cations other than alkali."""


def garnet(c: Chemistry) -> float:
    """Li3–7A3M2O12."""
    unit = (c.o + c.f) / 12
    large, small = c.sum(_LARGE | {"Mg"}) / unit, c.sum(_GARNET_M) / unit
    if c.p or not (2.4 <= large <= 3.9 and 0.9 <= small <= 2.6):
        return 0.0
    return graded(abs(large + small - 5), 0.15, 1.1) if 2.5 <= c.li / unit <= 8 else 0.0


def perovskite(c: Chemistry) -> float:
    """(Li,A)BO3, and layered relatives such as LiLaTiO4 and LiLaNb2O7."""
    b_site, large = c.sum(_SMALL_OCTAHEDRAL), c.sum(_LARGE)
    if not b_site or c.sum(_LARGE - _ALKALI) < 0.03 * b_site:
        return 0.0
    if c.sum(elements("P Si B Se")) > 0.12 * b_site:
        return 0.0
    anions, a_site = (c.o + c.f) / b_site, (large + c.li) / b_site
    if near(anions, 3, 0.25) and 0.3 <= a_site <= 1.4:
        return 1.0 if a_site <= 1.05 and near(anions, 3, 0.1) else 0.8
    layered = 3.2 <= anions <= 4.1 and 0.8 <= a_site <= 2.1 and not c.halogen
    return 0.7 if layered and c.sum(elements("Ti Nb Ta")) > 0.7 * b_site else 0.0


def nasicon(c: Chemistry) -> float:
    """LiM2(PO4)3, with up to two silicate for one phosphate."""
    tetrahedra = c.p + c.amounts.get("Si", 0.0) + c.amounts.get("As", 0.0)
    if not tetrahedra or c.p < 0.3 * tetrahedra or c.halogen > 0.4 * tetrahedra:
        return 0.0
    if not near(c.o / tetrahedra, 4, 0.3) or c.li > 1.15 * tetrahedra:
        return 0.0
    octahedra = 3 * c.sum(_OCTAHEDRAL) / tetrahedra
    if 3 * c.sum(_RARE_EARTHS) / tetrahedra > 1.2:
        return 0.0
    if 1.55 <= octahedra <= 2.45:
        return graded(abs(octahedra - 2), 0.1, 0.45)
    misprinted = 3 * c.sum(_TETRAVALENT) / tetrahedra >= 0.55 and 0.9 <= octahedra <= 3.0
    return 0.5 if misprinted and c.li < tetrahedra else 0.0


def lisicon(c: Chemistry) -> float:
    """Li3–4TO4 with T = P, Si, Ge, V, As; Zn may stand for two Li beside Si and Ge."""
    tetrahedra, zinc = c.sum(_TETRAHEDRAL), c.amounts.get("Zn", 0.0)
    if not tetrahedra or c.halogen > 0.1 * c.o or not near(c.o / tetrahedra, 4, 0.2):
        return 0.0
    if c.sum(_LISICON_T) < 0.5 * tetrahedra or c.sum(_NOT_IN_LISICON) > 0.1 * tetrahedra:
        return 0.0
    if c.p >= 0.1 * tetrahedra and zinc >= 0.2 * tetrahedra:
        return 0.0
    lithium = (c.li + (2 * zinc if c.p < 0.1 * tetrahedra else 0)) / tetrahedra
    if not 2.6 <= lithium <= 4.6:
        return 0.0
    return 1.0 if near(c.o / tetrahedra, 4, 0.03) else 0.8


def lithium_zirconate_niobate(c: Chemistry) -> float:
    """Li29Zr9Nb3O40 and what is made of it by small substitutions."""
    zirconium, niobium = c.amounts.get("Zr", 0.0), c.sum(elements("Nb Ta"))
    if not niobium or zirconium <= niobium or c.p or c.sum(_LARGE - {"Y"}):
        return 0.0
    return graded(abs(c.li / (zirconium + niobium) - 29 / 12), 0.1, 0.9)


def pyrochlore(c: Chemistry) -> float:
    """A2B2O6F."""
    b_site = c.sum(elements("Nb Ta Zr W Ti Sb"))
    if not b_site or not near(2 * c.o / b_site, 6, 0.3):
        return 0.0
    if not 0.5 <= 2 * c.f / b_site <= 1.2:
        return 0.0
    return 1.0 if c.sum(_LARGE) > 0.2 * b_site else 0.8


def olivine(c: Chemistry) -> float:
    """LiMPO4."""
    if not c.p or not near(c.o / c.p, 4, 0.1) or not near(c.li / c.p, 1, 0.25) or c.halogen:
        return 0.0
    return 0.9 if near(c.sum(_DIVALENT | {"In"}) / c.p, 1, 0.15) else 0.0


def tavorite(c: Chemistry) -> float:
    """LiM(TO4)F."""
    groups = c.p + c.amounts.get("S", 0.0)
    if not groups or not near(c.o / groups, 4, 0.1) or not near(c.f / groups, 1, 0.2):
        return 0.0
    return 0.9 if near(c.sum(_SMALL_OCTAHEDRAL) / groups, 1, 0.15) else 0.0


def oxide_glass(c: Chemistry) -> float:
    """Two or more glass formers, or whatever oxide is said to be a glass."""
    if c.material.form == "glass":
        return 0.9
    formers = [c.amounts.get(symbol, 0.0) for symbol in _GLASS_FORMERS]
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
    if not 0.3 <= c.o / anions <= 0.56:
        return 0.0
    return graded(abs((alkali + c.h) / anions - 1.5), 0.06, 0.2)


def lipon(c: Chemistry) -> float:
    """Li, P, O and N alone."""
    if not c.p or not c.only(elements("Li P O N")):
        return 0.0
    return 1.0 if 1.5 <= c.li / c.p <= 4 else 0.8


def argyrodite(c: Chemistry) -> float:
    """Li6TCh5X: six anions for each T; a borohydride counts as a halide."""
    borohydride = c.b if c.b and 3 <= c.h / c.b <= 5 else 0.0
    tetrahedra = c.sum(_SULFIDE_T - {"B"})
    if not tetrahedra or not 4.7 <= c.li / tetrahedra <= 7.6:
        return 0.0
    extra = (c.halogen + borohydride) / tetrahedra
    anions = (c.chalcogen + c.o) / tetrahedra + extra
    if not 0.15 <= extra <= 2.2 and anions < 5.9:
        return 0.0
    return graded(abs(anions - 6), 0.1, 0.35)


def lgps(c: Chemistry) -> float:
    """Li10MP2S12: four anions for each T as in thio-LISICON, with about two thirds of T being P."""
    metal = c.sum(elements("Ge Si Sn Al Ga As Sb"))
    tetrahedra = c.p + metal
    is_sulfide = c.p and c.chalcogen >= c.o
    if not is_sulfide or not near((c.chalcogen + c.o + c.halogen) / tetrahedra, 4, 0.3):
        return 0.0
    lithium, phosphorus = c.li / tetrahedra, c.p / tetrahedra
    if not metal:
        return 0.8 if 3.1 <= lithium <= 3.35 and c.only(elements("Li P S Se O")) else 0.0
    if c.halogen > 0.2 * tetrahedra or not 2.8 <= lithium <= 3.8:
        return 0.0
    if near(phosphorus, 2 / 3, 0.01):
        return 1.0
    if c.material.space_group_number is None:
        return 0.7 if 0.44 <= phosphorus <= 0.735 else 0.0
    is_lgps = c.material.space_group_number == 137  # P4_2/nmc
    return 1.0 if is_lgps and 0.3 <= phosphorus <= 0.9 else 0.0


def thio_lisicon(c: Chemistry) -> float:
    """Li3–5TS4 with T other than P alone."""
    tetrahedra = c.sum(_SULFIDE_T)
    if not tetrahedra or c.p > 0.9 * tetrahedra:
        return 0.0
    if c.chalcogen < c.o or c.halogen > 0.25 * tetrahedra:
        return 0.0
    anions = (c.chalcogen + c.o + c.halogen) / tetrahedra
    if not 3.68 <= anions <= 4.7 or not 2.5 <= c.li / tetrahedra <= 5.2:
        return 0.0
    return 1.0 if near(anions, 4, 0.05) else 0.8


def li_p_s(c: Chemistry) -> float:
    """Li2S-P2S5, whatever the ratio, with little else among the cations."""
    if not c.p or c.p < 0.75 * c.sum(_SULFIDE_T - {"B"}) or not 0.7 <= c.li / c.p <= 12:
        return 0.0
    if c.sum(_METALS - elements("Mo Sb Ge")) > 0.08 * c.p:
        return 0.0
    return 1.0 if c.only(elements("Li P S")) else 0.8


def sulfide_glass(c: Chemistry) -> float:
    """Li2S with the sulfides of Si, Ge, B or Ga."""
    formers = c.sum(elements("Si Ge B Ga P Al As Sb"))
    if not c.li or not formers or c.sum(_METALS) > 1.05 * formers:
        return 0.0
    if c.sum(elements("Zn Mg Sn Zr Ti")) > 0.1 * formers:
        return 0.0
    return 0.8 if c.sum(elements("Si Ge B Ga P")) >= 0.3 * formers else 0.0


def li_p_s_glass(c: Chemistry) -> float:
    """Li2S-P2S5 that is said to be a glass."""
    return 0.9 if c.material.form == "glass" and li_p_s(c) else 0.0


def other_sulfide_glass(c: Chemistry) -> float:
    """Whatever other sulfide is said to be a glass."""
    return 0.9 if c.material.form == "glass" else 0.0


def li3mx6(c: Chemistry) -> float:
    """Li3MX6 of trivalent metals, with vacancies where Zr or Hf stand for some of them."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(elements("Zr Hf")) > 0.75 * metals:
        return 0.0
    if not 5 <= c.halogen / metals <= 7.9 or not 2 <= c.li / metals <= 4.9:
        return 0.0
    return graded(abs(c.halogen / metals - 6), 0.1, 1.9)


def li2mx6(c: Chemistry) -> float:
    """Li2MX6 of tetravalent metals."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(elements("Zr Hf Ti Sn")) < 0.6 * metals:
        return 0.0
    alkali = (c.li + c.amounts.get("Na", 0.0)) / metals
    return graded(abs(c.halogen / metals - 6), 0.1, 0.6) if 1.2 <= alkali <= 3.2 else 0.0


def halide_spinel(c: Chemistry) -> float:
    """Li2MX4 of divalent metals."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(_DIVALENT) < 0.5 * metals or not near(c.halogen / metals, 4, 0.8):
        return 0.0
    return graded(abs(c.li / metals - 2), 0.1, 0.8)


def limx4(c: Chemistry) -> float:
    """LiMX4 of Al and Ga."""
    trivalent = c.sum(elements("Al Ga In"))
    if not trivalent or c.li > 1.6 * trivalent:
        return 0.0
    return graded(abs(c.halogen / trivalent - 4), 0.05, 0.5)


def fluoride(c: Chemistry) -> float:
    """Fluorine is most of the halogen; LiMF4 fits exactly."""
    if c.f <= 0.5 * c.halogen:
        return 0.0
    metals = c.sum(_HALIDE_METALS)
    is_limf4 = metals and near(c.halogen / metals, 4, 0.1) and near(c.li / metals, 1, 0.1)
    return 1.0 if is_limf4 else 0.8


def lithium_halide(c: Chemistry) -> float:
    """LiCl, LiBr, LiI and their mixtures."""
    return 1.0 if c.only(elements("Li Cl Br I")) else 0.0


def oxyhalide(c: Chemistry) -> float:
    """A metal with halogen and oxygen."""
    return 0.8 if c.sum(_HALIDE_METALS) > 0.1 * c.halogen else 0.0


def borohydride(c: Chemistry) -> float:
    """Four H for each B."""
    if not c.b or c.h < 3 * c.b:
        return 0.0
    return 1.0 if c.only(elements("Li B H")) else 0.8


def hydroborate(c: Chemistry) -> float:
    """About one H for each B."""
    return 1.0 if c.b and 0.6 <= c.h / c.b <= 2 else 0.0


def amide(c: Chemistry) -> float:
    """N with H."""
    return 1.0 if c.n and c.h <= 3 * c.n else 0.0


def nitride(c: Chemistry) -> float:
    """Nitrogen as the anion."""
    return 1.0 if c.only(elements("Li N")) else 0.8
