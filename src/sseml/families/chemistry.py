"""What the family rules ask of a composition: site sums, ratios and its anion class."""

from __future__ import annotations

from collections.abc import Callable

from sseml.records import Composition


def elements(symbols: str) -> frozenset[str]:
    """Make a set of element symbols."""
    return frozenset(symbols.split())


RARE_EARTHS = elements("La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y")
ALKALI = elements("Na K Rb Cs")
LARGE = RARE_EARTHS | ALKALI | elements("Ca Sr Ba Ag Pb Tl")
SMALL_OCTAHEDRAL = elements(
    "Ti Zr Hf Nb Ta Sn Sb Bi Te W Mo Al Ga In Sc Mg Cr Mn Fe Co Ni V Ge Ru Cu Zn"
)
OCTAHEDRAL = RARE_EARTHS | SMALL_OCTAHEDRAL
TETRAVALENT = elements("Ti Zr Hf Ge Sn")
DIVALENT = elements("Mg Mn Fe Co Ni Zn Cd Cr V Cu Ca")
TETRAHEDRAL = elements("P Si Ge V As S Al Ga W Mo Ti Cr")
GLASS_FORMERS = elements("P Si B Ge Se Te")
CHALCOGENS = elements("S Se Te")
HEAVY_HALOGENS = elements("Cl Br I")
HALOGENS = HEAVY_HALOGENS | {"F"}


class Chemistry:
    """Sums over a composition that the rules share.

    Attributes
    ----------
    li, h, b, n, o, f, p
        Amounts of these elements.
    chalcogen, halogen
        Amount of S, Se and Te together, and of the halogens together.
    anion_class
        Which rules are tried: oxide, oxynitride, oxyhalide, sulfide, halide, hydride, nitride,
        phosphide or none.
    """

    __slots__ = (
        "amounts", "anion_class", "b", "chalcogen", "f", "h", "halogen", "li", "material", "n",
        "o", "p",
    )  # fmt: skip

    def __init__(self, material: Composition) -> None:
        self.material = material
        self.amounts = material.amounts
        get = material.amounts.get
        self.li, self.h, self.b = get("Li", 0.0), get("H", 0.0), get("B", 0.0)
        self.n, self.o, self.f, self.p = get("N", 0.0), get("O", 0.0), get("F", 0.0), get("P", 0.0)
        self.chalcogen = self.sum(CHALCOGENS)
        self.halogen = self.sum(HALOGENS)
        self.anion_class = self._anion_class()

    def sum(self, symbols: frozenset[str]) -> float:
        """Summed amount of these elements."""
        return sum([amount for symbol, amount in self.amounts.items() if symbol in symbols])

    def only(self, symbols: frozenset[str]) -> bool:
        """Tell whether there are no elements but these."""
        return self.amounts.keys() <= symbols

    def _anion_class(self) -> str:
        if "C" in self.amounts and self.h and not self.b:
            return "none"
        if self._is_hydride():
            return "hydride"
        # With three oxygen for each sulfur it is sulfate or tellurate, or S(VI) on a T site.
        if self.o < 3 * self.chalcogen and self.chalcogen >= 0.35 * self.halogen:
            return "sulfide"
        if self.o:
            if self.halogen > 0.6 * self.o:
                return "oxyhalide"
            return "oxynitride" if self.n > 0.02 * self.o else "oxide"
        present = (("nitride", self.n), ("halide", self.halogen), ("phosphide", self.p))
        return next((name for name, amount in present if amount), "none")

    def _is_hydride(self) -> bool:
        if self.h <= 1.2 * (self.o + self.chalcogen) or self.h <= self.halogen:
            return False
        return self.b > 0.08 * self.h or not self.o


Rule = Callable[[Chemistry], float]
"""Gives the confidence that a composition fits, 0 where it does not."""


def near(value: float, target: float, tolerance: float) -> bool:
    """Tell whether a value is within a tolerance of a target."""
    return abs(value - target) <= tolerance


def between(value: float, low: float, high: float) -> bool:
    """Tell whether a value is within a range, both ends included."""
    return low <= value <= high


def graded(deviation: float, exact: float, loose: float) -> float:
    """1 within the exact tolerance, 0.8 within the loose one, else 0."""
    return 1.0 if deviation <= exact else 0.8 if deviation <= loose else 0.0
