"""Stability of materials: calculated windows, and the measured ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sseml.model.phases import PublishedWindows, load_phases, load_windows
from sseml.physics.phases import PhaseTable
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.reactions import written
from sseml.physics.window import Window, electrochemical_windows
from sseml.records import Composition


@dataclass(frozen=True, slots=True)
class Stability:
    """What is known of the stability of a material.

    Attributes
    ----------
    window
        As calculated.
    measured
        Windows measured of this very material.
    """

    window: Window
    measured: tuple[PublishedWindow, ...]

    @property
    def note(self) -> str:
        """How the numbers are to be read, and what was measured, on one line."""
        measured = (f"measured: {in_words(each)}" for each in self.measured)
        return "; ".join((*self.window.notes, *measured))

    def reasons(self) -> Iterator[str]:
        """What becomes of the material outside its window, and at its composition.

        Nothing where the window, or its reactions, were not worked out.
        """
        window = self.window
        if window.V_red is None or window.V_ox is None or window.oxidation is None:
            return
        if window.reduction:
            yield f"reduced below {window.V_red:.2f} V: {window.reduction}"
        else:
            yield f"stable against {window.ion} metal"
        yield f"oxidised above {window.V_ox:.2f} V: {window.oxidation}"
        if window.decomposition and window.e_above_hull_eV_atom != 0.0:
            yield f"at its composition are stable: {written(window.decomposition)}"


@dataclass(frozen=True, slots=True, eq=False)
class PhaseBundle:
    """What lies in the folder of a phase bundle.

    Attributes
    ----------
    table
        The phases that can form.
    published
        Windows that were published, calculated and measured.
    """

    table: PhaseTable
    published: PublishedWindows

    @classmethod
    def load(cls, folder: Path) -> PhaseBundle:
        """Verify and read both.

        Raises
        ------
        BundleError
            If a file is missing, damaged or lacks something.
        """
        return cls(load_phases(folder), load_windows(folder))

    def stabilities(
        self, materials: Iterable[Composition], *, reactions: bool = True
    ) -> list[Stability]:
        """Stability against Li metal and beyond, in order; what is alike is calculated once.

        Amounts that are written as one formula can differ beyond its digits: they are not alike.
        """
        keys = [(material.formula, tuple(material.amounts.items())) for material in materials]
        asked = {key: (key[0], dict(key[1])) for key in keys}
        windows = electrochemical_windows(self.table, asked.values(), reactions=reactions)
        found = {
            key: Stability(window, self.published.measured_windows(asked[key][1]))
            for key, window in zip(asked, windows, strict=True)
        }
        return [found[key] for key in keys]


def in_words(measured: PublishedWindow) -> str:
    """A measured window with its method and source.

    Such as ``1.2 to 2.5 V (CV with carbon, 10.1002/aenm.201501590)``; where the limits are only
    those of the experiment, ``no reaction seen up to 5 V (…)``.
    """
    match measured.V_red, measured.V_ox:
        case None, high:
            limits = f"up to {high:g} V"
        case low, None:
            limits = f"down to {low:g} V"
        case low, high:
            limits = f"{low:g} to {high:g} V"
    if measured.relation == "within" and measured.V_red is not None and measured.V_ox is not None:
        limits = f"from {limits}"
    before = {"within": "no reaction seen ", "~": "about "}.get(measured.relation, "")
    method = f"method {measured.method}" if "not stated" in measured.method else measured.method
    source = measured.doi or measured.reference or measured.read_in
    return f"{before}{limits} ({', '.join(part for part in (method, source) if part)})"
