"""Bundles of any kind, read from their folder; the released ones when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sseml.kinds import KINDS, Kind
from sseml.model.answer import Model
from sseml.model.bundle import Bundle
from sseml.model.folder import MANIFEST, reading
from sseml.records import BundleError
from sseml.released import RELEASED_BUNDLES, released_folder

CURVES = "curves"
"""What the manifest of a polymer bundle says under ``form``; one of compositions says nothing."""


def load_bundle(folder: Path, kinds: Iterable[Kind] = KINDS) -> Model:
    """Verify and read a bundle of any form.

    Raises
    ------
    BundleError
        If it is missing, damaged, or of a form or schema version that this code does not read.
    """
    form = _form(folder)
    if form is None:
        return Bundle.load(folder, kinds)
    if form == CURVES:
        from sseml.model.polymer.bundle import PolymerBundle  # noqa: PLC0415 - only for polymers

        return PolymerBundle.load(folder, kinds)
    raise BundleError(f"{folder}: bundles of the form {form!r} are not read by this version")


def _form(folder: Path) -> str | None:
    path = folder / MANIFEST
    if not path.is_file():
        return None  # whoever reads it says what is missing
    with reading(path):
        form = json.loads(path.read_text(encoding="utf-8")).get("form")
        return None if form is None else str(form)


class Bundles(Mapping[str, Model]):
    """Kind of material → the bundle that answers about it; a released one is read on first use.

    Parameters
    ----------
    given
        Bundles that stand in the place of the released one of their kind.
    """

    def __init__(self, given: Iterable[Model] = ()) -> None:
        self._read = {bundle.kind.name: bundle for bundle in given}

    def __getitem__(self, kind: str) -> Model:
        """The bundle of a kind."""
        if kind not in self._read:
            self._read[kind] = load_bundle(released_folder() / RELEASED_BUNDLES[kind])
        return self._read[kind]

    def __contains__(self, kind: object) -> bool:
        """Whether a kind has a bundle; none is read for it."""
        return kind in RELEASED_BUNDLES or kind in self._read

    def of_compositions(self) -> Bundle:
        """The bundle that answers about compositions."""
        bundle = self["composition"]
        if not isinstance(bundle, Bundle):
            raise TypeError(f"{bundle.name} is no bundle of compositions")
        return bundle

    def __iter__(self) -> Iterator[str]:
        """Go through the kinds."""
        return iter(dict.fromkeys((*RELEASED_BUNDLES, *self._read)))

    def __len__(self) -> int:
        """Number of kinds that have a bundle."""
        return len({*RELEASED_BUNDLES, *self._read})
