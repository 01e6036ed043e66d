"""The rules of the sulfide, halide and hydride families."""

from __future__ import annotations

from sseml.families.chemistry import (
    CHALCOGENS,
    DIVALENT,
    HEAVY_HALOGENS,
    LARGE,
    OCTAHEDRAL,
    SMALL_OCTAHEDRAL,
    Chemistry,
    between,
    elements,
    graded,
    near,
)

_SULFIDE_T = elements("P Si Ge Sn As Sb Al Ga In B Zr W Mo")
_LGPS_M = elements("Ge Si Sn Al Ga As Sb")
_LI_P_CH = elements("Li P S Se O")
_METALS = (LARGE | SMALL_OCTAHEDRAL) - CHALCOGENS
_NOT_IN_LI_P_S = _METALS - elements("Mo Sb Ge")
_SULFIDE_FORMERS = elements("Si Ge B Ga P Al As Sb")
_NOT_IN_SULFIDE_GLASS = elements("Zn Mg Sn Zr Ti")
_HALIDE_METALS = OCTAHEDRAL | DIVALENT
_LGPS_SPACE_GROUP = 137


def argyrodite(c: Chemistry) -> float:
    """Li6TCh5X: six anions for each T; a borohydride counts as a halide."""
    borohydride = c.b if c.b and between(c.h / c.b, 3, 5) else 0.0
    tetrahedra = c.sum(_SULFIDE_T - {"B"})
    if not tetrahedra or not between(c.li / tetrahedra, 4.7, 7.6):
        return 0.0
    extra = (c.halogen + borohydride) / tetrahedra
    anions = (c.chalcogen + c.o) / tetrahedra + extra
    if not between(extra, 0.15, 2.2) and anions < 5.9:
        return 0.0
    return graded(abs(anions - 6), 0.1, 0.35)


def lgps(c: Chemistry) -> float:
    """Li10MP2S12: four anions for each T as in thio-LISICON, with about two thirds of T being P."""
    metal = c.sum(_LGPS_M)
    tetrahedra = c.p + metal
    if (
        not c.p
        or c.chalcogen < c.o
        or not near((c.chalcogen + c.o + c.halogen) / tetrahedra, 4, 0.3)
    ):
        return 0.0
    lithium, phosphorus = c.li / tetrahedra, c.p / tetrahedra
    if not metal:
        return 0.8 if between(lithium, 3.1, 3.35) and c.only(_LI_P_CH) else 0.0
    if c.halogen > 0.2 * tetrahedra or not between(lithium, 2.8, 3.8):
        return 0.0
    if near(phosphorus, 2 / 3, 0.01):
        return 1.0
    if c.material.space_group_number is None:
        return 0.7 if between(phosphorus, 0.44, 0.735) else 0.0
    is_lgps = c.material.space_group_number == _LGPS_SPACE_GROUP
    return 1.0 if is_lgps and between(phosphorus, 0.3, 0.9) else 0.0


def thio_lisicon(c: Chemistry) -> float:
    """Li3–5TS4 with T other than P alone."""
    tetrahedra = c.sum(_SULFIDE_T)
    if (
        not tetrahedra
        or c.p > 0.9 * tetrahedra
        or c.chalcogen < c.o
        or c.halogen > 0.25 * tetrahedra
    ):
        return 0.0
    anions = (c.chalcogen + c.o + c.halogen) / tetrahedra
    if not between(anions, 3.68, 4.7) or not between(c.li / tetrahedra, 2.5, 5.2):
        return 0.0
    return 1.0 if near(anions, 4, 0.05) else 0.8


def li_p_s(c: Chemistry) -> float:
    """Li2S-P2S5, whatever the ratio, with little else among the cations."""
    if not c.p or c.p < 0.75 * c.sum(_SULFIDE_T - {"B"}) or not between(c.li / c.p, 0.7, 12):
        return 0.0
    if c.sum(_NOT_IN_LI_P_S) > 0.08 * c.p:
        return 0.0
    return 1.0 if c.only(elements("Li P S")) else 0.8


def sulfide_glass(c: Chemistry) -> float:
    """Li2S with the sulfides of Si, Ge, B or Ga."""
    formers = c.sum(_SULFIDE_FORMERS)
    if not c.li or not formers or c.sum(_METALS) > 1.05 * formers:
        return 0.0
    if c.sum(_NOT_IN_SULFIDE_GLASS) > 0.1 * formers:
        return 0.0
    return 0.8 if c.sum(elements("Si Ge B Ga P")) >= 0.3 * formers else 0.0


def said_to_be_sulfide_glass(c: Chemistry) -> float:
    """Tell whether a sulfide that is not mainly Li-P-S is said to be a glass."""
    return 0.9 if c.material.form == "glass" and not li_p_s(c) else 0.0


def said_to_be_li_p_s_glass(c: Chemistry) -> float:
    """Tell whether a Li-P-S composition is said to be a glass."""
    return 0.9 if c.material.form == "glass" and li_p_s(c) else 0.0


def li3mx6(c: Chemistry) -> float:
    """Li3MX6 of trivalent metals, with vacancies where Zr or Hf stand for some of them."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(elements("Zr Hf")) > 0.75 * metals:
        return 0.0
    if not between(c.halogen / metals, 5, 7.9) or not between(c.li / metals, 2, 4.9):
        return 0.0
    return graded(abs(c.halogen / metals - 6), 0.1, 1.9)


def li2mx6(c: Chemistry) -> float:
    """Li2MX6 of tetravalent metals."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(elements("Zr Hf Ti Sn")) < 0.6 * metals:
        return 0.0
    alkali = (c.li + c.amounts.get("Na", 0.0)) / metals
    return graded(abs(c.halogen / metals - 6), 0.1, 0.6) if between(alkali, 1.2, 3.2) else 0.0


def halide_spinel(c: Chemistry) -> float:
    """Li2MX4 of divalent metals."""
    metals = c.sum(_HALIDE_METALS)
    if not metals or c.sum(DIVALENT) < 0.5 * metals or not near(c.halogen / metals, 4, 0.8):
        return 0.0
    return graded(abs(c.li / metals - 2), 0.1, 0.8)


def limx4(c: Chemistry) -> float:
    """LiMX4 of Al and Ga."""
    trivalent = c.sum(elements("Al Ga In"))
    if not trivalent or c.li > 1.6 * trivalent:
        return 0.0
    return graded(abs(c.halogen / trivalent - 4), 0.05, 0.5)


def fluoride(c: Chemistry) -> float:
    """Tell whether fluorine is most of the halogen; LiMF4 fits exactly."""
    if c.f <= 0.5 * c.halogen:
        return 0.0
    metals = c.sum(_HALIDE_METALS)
    return (
        1.0 if metals and near(c.halogen / metals, 4, 0.1) and near(c.li / metals, 1, 0.1) else 0.8
    )


def lithium_halide(c: Chemistry) -> float:
    """LiCl, LiBr, LiI and their mixtures."""
    return 1.0 if c.only(HEAVY_HALOGENS | {"Li"}) else 0.0


def oxyhalide(c: Chemistry) -> float:
    """Tell whether there is a metal with halogen and oxygen."""
    return 0.8 if c.sum(_HALIDE_METALS) > 0.1 * c.halogen else 0.0


def borohydride(c: Chemistry) -> float:
    """Four H for each B."""
    if not c.b or c.h < 3 * c.b:
        return 0.0
    return 1.0 if c.only(elements("Li B H")) else 0.8


def hydroborate(c: Chemistry) -> float:
    """About one H for each B."""
    return 1.0 if c.b and between(c.h / c.b, 0.6, 2) else 0.0


def amide(c: Chemistry) -> float:
    """N with H."""
    return 1.0 if c.n and c.h <= 3 * c.n else 0.0


def nitride(c: Chemistry) -> float:
    """Nitrogen as the anion."""
    return 1.0 if c.only(elements("Li N")) else 0.8
