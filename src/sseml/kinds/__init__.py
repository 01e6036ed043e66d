"""The kinds of material, in one table: a new kind is one package and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sseml.kinds.composition import COMPOSITION, CRYSTAL
from sseml.kinds.contract import Doubt, Kind
from sseml.kinds.polymer import COMPOSITE, POLYMER
from sseml.records import (
    BundleError,
    Composition,
    Material,
    Polymer,
    UnsupportedMaterialError,
)

__all__ = [
    "COMPOSITION", "KINDS", "POLYMER", "Doubt", "Kind", "composition_of", "kind_named", "kind_of",
]  # fmt: skip

KINDS: tuple[Kind, ...] = (COMPOSITION, CRYSTAL, POLYMER, COMPOSITE)


def kind_of(material: Material, by_type: Mapping[type, Kind]) -> Kind:
    """The kind that a material is of, by the nearest type among its own and its ancestors.

    Raises
    ------
    TypeError
        If it is of none.
    """
    for ancestor in type(material).__mro__:
        if ancestor in by_type:
            return by_type[ancestor]
    raise TypeError(f"{type(material).__name__} is no kind of material")


def composition_of(material: Material) -> Composition:
    """The material itself, where it is known by its elements.

    Raises
    ------
    UnsupportedMaterialError
        If it is of a kind without a composition.
    """
    if isinstance(material, Composition):
        return material
    what = "the polymer electrolyte " if isinstance(material, Polymer) else ""
    raise UnsupportedMaterialError(
        f"{what}{material.formula} has no composition to calculate with",
        "write the formula of an inorganic solid",
    )


def kind_named(name: str, kinds: Iterable[Kind] = KINDS) -> Kind:
    """The kind of a name that a bundle's manifest carries.

    Raises
    ------
    BundleError
        If there is none.
    """
    by_name = {kind.name: kind for kind in kinds}
    if name not in by_name:
        raise BundleError(f"no kind of material {name!r} is known (kinds: {', '.join(by_name)})")
    return by_name[name]
