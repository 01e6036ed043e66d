"""What every element does in an ion conductor: lithium, framework cation of some size, or anion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.features.contract import Feature
from sseml.physics.charges import balance
from sseml.physics.elements import HIGHEST_CHARGE, LOWEST_CHARGE, elements, packaged_rows
from sseml.physics.slots import Slots, pack, row_sum
from sseml.records import Composition

STRONG_FORMERS = "Be B C N Si P S Cl Br I V As Se Cr"
"""Elements that take four (or three) anions before anything else does, at high charge."""
OXIDE_FORMERS = "Al Ga Ge Zn"
SULFIDE_FORMERS = "Al Ga Ge Zn Sn Sb In Cd"
HALIDE_FORMERS = "Al Ga Zn"
POLYANION_FORMERS = "Mo W"
"""Formers only in stoichiometries of a polyanion salt, octahedral in garnets and perovskites."""
POLYANION_LIMIT = 4.5
"""Most anions per possible former in a polyanion salt."""
SHARED_ANIONS = 2.0
"""Anions a weak former needs at least, sharing its corners."""
LOWEST_FORMER_CHARGE = {"V": 4.5, "Cr": 4.5, "As": 4.5, "Mo": 5.5, "W": 5.5, "Sb": 4.5, "Se": 3.5}
ANIONS_PER_FORMER = 4.0
TINY = 1e-9
"""Amounts and charges below this are rounding."""
LARGE_CATION_A = (1.05, 1.12)
"""Shannon radius (coordination 8) from which a cation is large: among O, N, F; among S, Cl, …"""
LARGEST_RATIO = 12.0
"""Where ratios end, and what a ratio to nothing is."""


def ratio(numerator: FloatArray, denominator: FloatArray, cap: float = LARGEST_RATIO) -> FloatArray:
    """Ratio that is always finite: at most `cap`, `cap` for x/0, and 0 for 0/0."""
    small = denominator * cap <= numerator
    safe = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=~small & (denominator > 0)
    )
    return np.where(small & (numerator > 0), cap, safe)


def shares(amounts: FloatArray) -> FloatArray:
    """Amounts of each formula divided by their sum; 0 where all are 0. (n, k)."""
    whole = row_sum(amounts)[:, np.newaxis]
    out: FloatArray = np.divide(amounts, whole, out=np.zeros_like(amounts), where=whole > 0)
    return out


def entropy(amounts: FloatArray) -> FloatArray:
    """Mixing entropy of a sublattice per site in units of kB, −Σ c ln c: (n, k) → (n,)."""
    share = shares(amounts)
    return np.abs(row_sum(share * np.log(np.where(share > 0, share, 1.0))))


def spread(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Weighted standard deviation; 0 where all weights are 0: (n, k) → (n,)."""
    share = shares(weights)
    mean = row_sum(share * values)[:, np.newaxis]
    return np.sqrt(row_sum(share * (values - mean) ** 2))


def aliovalence(amounts: FloatArray, charge: FloatArray) -> FloatArray:
    """Mean distance of a sublattice's charges from its most common one: (n, k) → (n,)."""
    usual = np.take_along_axis(charge, amounts.argmax(axis=1)[:, None], axis=1)
    return ratio(row_sum(amounts * np.abs(charge - usual)), row_sum(amounts))


@cache
def members(text: str) -> BoolArray:
    """Which atomic numbers are among the symbols."""
    table = elements()
    mask = np.zeros(len(table.symbols), dtype=np.bool_)
    mask[[table.number[symbol] for symbol in text.split()]] = True
    return mask


class Speciation:
    """Roles, charges and radii of n formulas, each quantity computed once when first asked for.

    Arrays of shape (n, k) run over the slots of each formula; amounts are per atom of formula.
    Every cation but lithium and (protonic) hydrogen belongs to the framework, other mobile ions
    included.
    """

    def __init__(self, slots: Slots) -> None:
        self.number = slots.number
        self.fraction = slots.fraction
        balanced = balance(slots)
        self.charge = balanced.charge
        self.is_anion = balanced.is_anion
        self.residue = balanced.residue
        self.reluctant_shift = balanced.reluctant_shift

    def of(self, values: FloatArray) -> FloatArray:
        """An element property, per slot. (n, k)."""
        return values.take(self.number)

    def content(self, text: str) -> FloatArray:
        """Atomic fraction of the elements named, whatever they do. Shape (n,)."""
        return row_sum(self.fraction * members(text)[self.number])

    @cached_property
    def is_lithium(self) -> BoolArray:
        """Slots of lithium."""
        return np.equal(self.number, elements().number["Li"])

    @cached_property
    def is_hydrogen(self) -> BoolArray:
        """Slots of hydrogen."""
        return np.equal(self.number, elements().number["H"])

    @cached_property
    def anions(self) -> FloatArray:
        """Amount that is anion in each slot; hydrogen counts by its hydridic part. (n, k)."""
        hydridic = np.clip((1.0 - self.charge) / 2.0, 0.0, 1.0) * self.is_hydrogen
        return self.fraction * np.where(self.is_anion, 1.0, hydridic)

    @cached_property
    def protons(self) -> FloatArray:
        """Amount of protonic hydrogen. (n,)."""
        return row_sum((self.fraction - self.anions) * self.is_hydrogen)

    @cached_property
    def framework(self) -> FloatArray:
        """Amount that is framework cation in each slot. (n, k)."""
        cation = ~(self.is_anion | self.is_lithium | self.is_hydrogen) & (self.number > 0)
        return self.fraction * cation

    @cached_property
    def lithium(self) -> FloatArray:
        """Amount of lithium. (n,)."""
        return row_sum(self.fraction * self.is_lithium)

    @cached_property
    def anion_total(self) -> FloatArray:
        """Amount of all anions. (n,)."""
        return row_sum(self.anions)

    @cached_property
    def framework_total(self) -> FloatArray:
        """Amount of all framework cations. (n,)."""
        return row_sum(self.framework)

    @cached_property
    def _soft(self) -> BoolArray:
        """Formulas whose anions are mostly larger than O, N and F. (n,)."""
        return self.anion_share("O N F H") < 0.5

    def anion_share(self, text: str) -> FloatArray:
        """Share of the anions that are of these elements; 0 without anions. (n,)."""
        chosen = row_sum(self.anions * members(text)[self.number])
        return ratio(chosen, self.anion_total)

    def anion_mean(self, values: FloatArray) -> FloatArray:
        """Mean of a per-slot quantity over the anions; 0 without anions. (n,)."""
        added = row_sum(self.anions * values)
        return np.divide(
            added, self.anion_total, out=np.zeros_like(added), where=self.anion_total > 0
        )

    @cached_property
    def radii(self) -> FloatArray:
        """Radius in Å for coordination 4, 6 and 8, linear between whole charges. (3, n, k)."""
        table = elements().radius
        position = np.clip(self.charge, LOWEST_CHARGE, HIGHEST_CHARGE - TINY) - LOWEST_CHARGE
        below = position.astype(np.int64)
        part = position - below
        radii: FloatArray = table[:, self.number, below]
        radii += part * (table[:, self.number, below + 1] - radii)
        return radii

    @cached_property
    def anion_radius(self) -> FloatArray:
        """Radius of each slot as an anion in Å; meaningful where `anions` is not 0. (n, k)."""
        table = elements()
        charge = table.anion_charge.astype(np.int64) - LOWEST_CHARGE
        radius = table.radius[1][np.arange(charge.size), charge]
        return self.of(radius)

    @cached_property
    def mean_anion_radius(self) -> FloatArray:
        """Mean anion radius in Å; 0 without anions. (n,)."""
        return self.anion_mean(self.anion_radius)

    @cached_property
    def _weak_formers(self) -> BoolArray:
        """Slots of elements that can be formers among these anions, if enough are left. (n, k)."""
        halide = self.anion_share("F Cl Br I") > 0.5
        fluoride = self.anion_share("F") > 0.5
        among_oxides = members(OXIDE_FORMERS)[self.number]
        among_sulfides = members(SULFIDE_FORMERS)[self.number]
        among_halides = members(HALIDE_FORMERS)[self.number] & ~fluoride[:, None]
        soft = np.where(halide[:, None], among_halides, among_sulfides)
        return np.where(halide[:, None] | self._soft[:, None], soft, among_oxides)

    @cached_property
    def _highly_charged(self) -> BoolArray:
        """Slots whose charge is high enough for a former (V⁵⁺ is one, V³⁺ is not). (n, k)."""
        lowest = np.zeros(len(elements().symbols))
        for symbol, charge in LOWEST_FORMER_CHARGE.items():
            lowest[elements().number[symbol]] = charge
        return np.greater_equal(self.charge, lowest[self.number] - TINY)

    @cached_property
    def tetrahedral(self) -> FloatArray:
        """Amount in each slot that sits among four anions: the formers of the network. (n, k).

        Strong formers (P⁵⁺, Si⁴⁺, B³⁺ …) take four anions each. Weaker ones (Al, Ge, Ga …) are
        formers only as far as anions are left, at two each, and octahedral beyond: Ge in
        Li₁₀GeP₂S₁₂ and in Li₂GeO₃ is a former, Ge in LiGe₂(PO₄)₃ is not. Mo⁶⁺ and W⁶⁺ are formers
        in stoichiometries of salts (Li₂MoO₄) only.
        """
        candidates = self.framework * self._highly_charged
        strong = candidates * members(STRONG_FORMERS)[self.number]
        weak = candidates * self._weak_formers
        salt = candidates * members(POLYANION_FORMERS)[self.number]
        is_salt = self.anion_total <= POLYANION_LIMIT * row_sum(strong + weak + salt)
        strong = strong + salt * is_salt[:, None]
        left = self.anion_total - ANIONS_PER_FORMER * row_sum(strong)
        wanted = SHARED_ANIONS * row_sum(weak)
        part = np.clip(np.divide(left, wanted, out=np.zeros_like(left), where=wanted > 0), 0.0, 1.0)
        part[part < TINY] = 0.0
        part[part > 1.0 - TINY] = 1.0
        tetrahedral: FloatArray = strong + weak * part[:, None]
        return tetrahedral

    @cached_property
    def large(self) -> FloatArray:
        """Amount in each slot of large framework cations (La, Ca, Ba, Na, K …). (n, k)."""
        cutoff = np.where(self._soft, LARGE_CATION_A[1], LARGE_CATION_A[0])
        big = self.radii[2] >= cutoff[:, None]
        rest = self.framework - self.tetrahedral
        return np.where((rest > TINY) & big, rest, 0.0)

    @cached_property
    def octahedral(self) -> FloatArray:
        """Amount in each slot of the other framework cations (Ti, Zr, Y, Mg, Fe …). (n, k)."""
        rest = self.framework - self.tetrahedral - self.large
        return np.where(rest > TINY, rest, 0.0)

    @cached_property
    def radius(self) -> FloatArray:
        """Cation radius in Å at the coordination its role implies (4, 6, 8). (n, k)."""
        whole = np.where(self.framework > 0, self.framework, 1.0)
        in_roles: FloatArray = (
            self.tetrahedral * self.radii[0]
            + self.octahedral * self.radii[1]
            + self.large * self.radii[2]
        )
        return in_roles / whole

    @cached_property
    def cation_weight(self) -> FloatArray:
        """Shares of the framework cations, or of lithium where there are none. (n, k)."""
        amount = np.where(
            (self.framework_total > 0)[:, None], self.framework, self.fraction * self.is_lithium
        )
        return shares(amount)

    @cached_property
    def cation_radius(self) -> FloatArray:
        """As `radius`, with lithium's at coordination 6. (n, k)."""
        return np.where(self.is_lithium, self.radii[1], self.radius)


def speciate(materials: Sequence[Composition]) -> Speciation:
    """Roles, charges and radii of materials."""
    return Speciation(pack(materials))


Function = Callable[[Speciation], FloatArray]
"""The values of one feature of n formulas, shape (n,)."""


@cache
def listed() -> Mapping[str, Feature]:
    """Feature name → feature, as ``descriptors.csv`` lists them."""
    features = (Feature(*row) for row in packaged_rows("features/descriptors.csv"))
    return {feature.name: feature for feature in features}


class Descriptors:
    """A featurizer of functions of a speciation; every value is finite."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions

    @property
    def features(self) -> tuple[Feature, ...]:
        """One feature a function."""
        return tuple(listed()[name] for name in self._functions)

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Values of shape (n_materials, len(features))."""
        return self.of(speciate(materials))

    def of(self, speciation: Speciation) -> FloatArray:
        """Values for n formulas whose roles are known, shape (n, len(features))."""
        out = np.empty((len(speciation.number), len(self._functions)))
        for column, function in enumerate(self._functions.values()):
            out[:, column] = function(speciation)
        return out
