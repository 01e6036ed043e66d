"""What training and predicting need to know of a kind of material, in one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sseml.classes import dataclass
from sseml.families import FamilyMatch
from sseml.features.contract import Distance, Feature, Featurizer
from sseml.features.table import FeatureTable, feature_table
from sseml.records import DOMAINS, Domain, RefusedInputError


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a material: the domain it lies in at best, and notes that say why."""

    at_best: Domain = "inside"
    notes: tuple[str, ...] = ()

    def joined(self, other: Doubt) -> Doubt:
        """What two say against a material: the worse domain, and all notes."""
        at_best = max(self.at_best, other.at_best, key=DOMAINS.index)
        return Doubt(at_best, (*self.notes, *other.notes))


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

    The first seven entries are needed; the others have defaults for a kind that has neither a
    window nor a space group and refuses nothing.
    """

    name: str
    """As in the column ``kind``."""
    material: type
    """Type of its materials, a `sseml.records.Material`."""
    read: Callable[[str], Any]
    """Makes a material from its text in a table of measurements, such as `Material.formula`."""
    featurizers: Mapping[str, Featurizer]
    """Its sets of features by name."""
    default_sets: tuple[str, ...]
    """Sets of features that a model learns from by default."""
    distance: Distance
    recognise: Callable[[Any], FamilyMatch]
    """Names the family of a material."""
    answered_by: str = ""
    """Name of the kind whose bundle answers; empty for its own."""
    has_window: bool = False
    """Whether an electrochemical window can be calculated from the material's elements."""
    space_group: Callable[[Any], int | None] = _none
    """International number that the conductivity depends on, where one is known."""
    in_space_group: Callable[[Any, int | None], Any] = _as_it_is
    """The material measured in the space group of that number."""
    refusal: Callable[[Any], RefusedInputError | None] = _none
    """Why a material is not answered, and what to write instead; None for one that is."""
    doubt: Callable[[Any], Doubt] = _no_doubt
    """What speaks against a material."""
    notes: Callable[[Any, float], Iterable[str]] = _no_notes
    """Notes on a material; takes also the decades that the crystal system added."""

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
        """The material of each text; equal texts are read once."""
        written = list(texts)
        read = {text: self.read(text) for text in dict.fromkeys(written)}
        return [read[text] for text in written]
