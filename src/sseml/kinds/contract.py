"""What the straight way needs to know of a kind of material: one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sseml.families import FamilyMatch
from sseml.features.contract import Distance, Feature, Featurizer
from sseml.features.table import FeatureTable, feature_table
from sseml.records import Domain


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a material: the domain it lies in at best, and notes that say why."""

    at_best: Domain = "inside"
    notes: tuple[str, ...] = ()


def _none(_: Any) -> None:
    return None


def _as_it_is(material: Any, _: int | None) -> Any:
    return material


def _no_doubt(_: Any) -> Doubt:
    return Doubt()


def _no_notes(_: Any, __: float) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of material: how it is read, recognised, featurized and compared.

    Attributes
    ----------
    name
        In the column ``kind``.
    material
        Type of its materials, as `sseml.records.Material` says.
    read
        Makes a material from the text in a table of measurements; `Material.formula` is such a
        text.
    featurizers
        Its sets of features by name.
    default_sets
        Those that a model learns from unless told otherwise.
    distance
        How far apart its materials are.
    recognise
        Names the family of a material.
    answered_by
        Name of the kind whose bundle answers; empty for its own.
    has_window
        Whether an electrochemical window can be calculated from the material's elements.
    space_group
        International number that the conductivity depends on, where one is known.
    in_space_group
        Takes a material and a number, and gives the material measured in that space group.
    refusal
        Why a material is not answered, and what to write instead; None for one that is.
    doubt
        What speaks against a material.
    notes
        What is said of a material beside its answer; takes also the decades that the crystal
        system added.
    """

    name: str
    material: type
    read: Callable[[str], Any]
    featurizers: Mapping[str, Featurizer]
    default_sets: tuple[str, ...]
    distance: Distance
    recognise: Callable[[Any], FamilyMatch]
    answered_by: str = ""
    has_window: bool = False
    space_group: Callable[[Any], int | None] = _none
    in_space_group: Callable[[Any, int | None], Any] = _as_it_is
    refusal: Callable[[Any], tuple[str, str] | None] = _none
    doubt: Callable[[Any], Doubt] = _no_doubt
    notes: Callable[[Any, float], Iterable[str]] = _no_notes

    @property
    def bundle_kind(self) -> str:
        """Kind of the bundle that answers about its materials."""
        return self.answered_by or self.name

    def features(self, materials: Sequence[Any], sets: Sequence[str]) -> FeatureTable:
        """Features of its materials; see `sseml.features.table.feature_table`.

        Raises
        ------
        TypeError
            If a material is of another kind.
        """
        for material in materials:
            if not isinstance(material, self.material):
                raise TypeError(f"no {self.name}: {type(material).__name__}")
        return feature_table(materials, sets, self.featurizers)

    def feature_list(self, sets: Sequence[str]) -> tuple[Feature, ...]:
        """The columns of some of its sets, in order."""
        return self.features([], sets).features

    def read_all(self, texts: Iterable[str]) -> list[Any]:
        """The material of each text; a text that stands often is read once."""
        written = list(texts)
        read = {text: self.read(text) for text in dict.fromkeys(written)}
        return [read[text] for text in written]
