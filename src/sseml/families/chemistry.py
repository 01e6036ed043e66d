"""What the rules of the families ask of a composition: sums, ratios and its anion class."""

from __future__ import annotations

from functools import cache

from sseml.records import Composition


@cache
def elements(symbols: str) -> frozenset[str]:
    """Make a set of element symbols."""
    return frozenset(symbols.split())


CHALCOGENS = elements("S Se Te")
HALOGENS = elements("F Cl Br I")


class Chemistry:
    """Amounts of single elements, of S, Se and Te together and of the halogens together."""

    def __init__(self, material: Composition) -> None:
        self.material = material
        self.amounts = material.amounts
        get = material.amounts.get
        self.li, self.h, self.b = get("Li", 0.0), get("H", 0.0), get("B", 0.0)
        self.n, self.o, self.f, self.p = get("N", 0.0), get("O", 0.0), get("F", 0.0), get("P", 0.0)
        self._sums: dict[frozenset[str], float] = {}
        self.chalcogen = self.sum(CHALCOGENS)
        self.halogen = self.sum(HALOGENS)
        self.anion_class = self._anion_class()

    def sum(self, symbols: frozenset[str]) -> float:
        """Summed amount of these elements."""
        if symbols not in self._sums:
            own = [amount for symbol, amount in self.amounts.items() if symbol in symbols]
            self._sums[symbols] = sum(own)
        return self._sums[symbols]

    def only(self, symbols: frozenset[str]) -> bool:
        """Whether there are no elements but these."""
        return self.amounts.keys() <= symbols

    def _anion_class(self) -> str:
        """The anion class, by which `rules.csv` says which rules are tried."""
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


def near(value: float, target: float, tolerance: float) -> bool:
    """Whether a value is within a tolerance of a target."""
    return abs(value - target) <= tolerance


def graded(deviation: float, exact: float, loose: float) -> float:
    """1 within the exact tolerance, 0.8 within the loose one, else 0."""
    return 1.0 if deviation <= exact else 0.8 if deviation <= loose else 0.0
