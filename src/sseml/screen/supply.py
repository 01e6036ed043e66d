"""What the elements of a formula cost, and how few countries they come from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from sseml.classes import dataclass
from sseml.elements import MOLAR_MASS_G_MOL
from sseml.files import packaged


@dataclass(frozen=True, slots=True)
class Supply:
    """Price of an element in USD per kg and concentration of its production; None if not known."""

    price_USD_kg: float | None
    hhi_production: float | None


def cost_USD_kg(amounts: Mapping[str, float]) -> float | None:  # noqa: N802 - its unit
    """Price of the pure elements in 1 kg of a formula, in USD: Σ wᵢ pᵢ over mass fractions wᵢ.

    Parameters
    ----------
    amounts
        Element → amount in mol.

    Returns
    -------
    float or None
        None where an element has no price. Prices are of pure elements, most of 2013: they tell
        expensive elements from cheap ones, not what a precursor costs.
    """
    prices = {element: _supply(element).price_USD_kg for element in amounts}
    return _mean_by_mass(amounts, prices)


def cost_USD_mol(amounts: Mapping[str, float]) -> float | None:  # noqa: N802 - its unit
    """Price of the pure elements in 1 mol of a formula as it is written, in USD: Σ nᵢ Mᵢ pᵢ.

    Parameters
    ----------
    amounts
        Element → amount in mol.

    Returns
    -------
    float or None
        None where an element has no price; prices are those of `cost_USD_kg`.
    """
    cost = cost_USD_kg(amounts)
    return None if cost is None else cost * _mass_g(amounts) / 1000.0


def hhi_production(amounts: Mapping[str, float]) -> float | None:
    """Herfindahl–Hirschman index of production, the mean by mass: Σ wᵢ HHIᵢ.

    From 0, mined everywhere, to 10,000, by one country alone; above 2,500 production counts as
    concentrated. As in doi 10.1021/cm400893e.

    Parameters
    ----------
    amounts
        Element → amount in mol.

    Returns
    -------
    float or None
        None where an element has no index.
    """
    indices = {element: _supply(element).hhi_production for element in amounts}
    return _mean_by_mass(amounts, indices)


def _mass_g(amounts: Mapping[str, float]) -> float:
    return sum(amount * MOLAR_MASS_G_MOL[element] for element, amount in amounts.items())


def _mean_by_mass(
    amounts: Mapping[str, float], of_element: Mapping[str, float | None]
) -> float | None:
    total = weighed = 0.0
    for element, amount in amounts.items():
        value = of_element[element]
        if value is None:
            return None
        mass = amount * MOLAR_MASS_G_MOL[element]
        total += mass
        weighed += mass * value
    return weighed / total if total else None


def _supply(element: str) -> Supply:
    return _table().get(element, Supply(None, None))


@cache
def _table() -> Mapping[str, Supply]:
    text = packaged("screen/data/supply.csv").read_text(encoding="utf-8")
    return {
        row["element"]: Supply(_number(row["price_USD_kg"]), _number(row["hhi_production"]))
        for row in csv.DictReader(text.splitlines())
    }


def _number(text: str) -> float | None:
    return float(text) if text else None
