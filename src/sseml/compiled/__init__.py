"""Bundles whose longest sums are compiled, for long lists where Numba is installed (extra `fast`).

The answers are those of the plain way, but for digits that no column shows.
"""

from __future__ import annotations

from importlib.util import find_spec

from sseml.model.answer import Model
from sseml.model.bundle import Bundle
from sseml.model.loading import Bundles


def is_installed() -> bool:
    """Whether Numba is there; it is not imported."""
    return find_spec("numba") is not None


def compiled(bundle: Model) -> Model:
    """The bundle with compiled sums; one of another kind than compositions as it is.

    Raises
    ------
    ModuleNotFoundError
        If Numba is not installed.
    """
    if not isinstance(bundle, Bundle) or bundle.kind.name != "composition":
        return bundle
    from sseml.compiled.parts import with_compiled_parts  # noqa: PLC0415 - Numba takes a second

    return with_compiled_parts(bundle)


class CompiledBundles(Bundles):
    """Other bundles, each compiled on first use; what either reads serves both."""

    def __init__(self, plain: Bundles) -> None:
        super().__init__()
        self._read = plain._read
        self._compiled: dict[str, Model] = {}

    def __getitem__(self, kind: str) -> Model:
        """The compiled bundle of a kind."""
        if kind not in self._compiled:
            self._compiled[kind] = compiled(super().__getitem__(kind))
        return self._compiled[kind]
