"""Reaction energy of a material with its partners, along the ratio in which they mix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter

from sseml.physics.compatibility import Compatibility, compatibility
from sseml.physics.interface import Interface, interface_reactions
from sseml.physics.phases import PhaseTable
from sseml.records import Composition, RefusedInputError
from sseml.render.compat import shown_energy
from sseml.report.figures import style
from sseml.report.figures.labels import SMALL, Note, Notes, formula_text, terms, to_read

_WIDTH, _HEIGHT = 8.5, 3.6
"""Of the figure, and of the axes, in inches."""

_LEFT, _TOP, _BOTTOM = 0.86, 0.5, 0.64
_COLOURS = (
    style.BLUE, style.VERMILLION, style.GREEN, style.ORANGE, style.PURPLE, style.SKY, style.WINE,
    style.GREY,
)  # fmt: skip
_MARKERS = (
    ("o", "●", "○"),
    ("s", "■", "□"),
    ("^", "▲", "△"),
    ("D", "◆", "◇"),
    ("v", "▼", "▽"),
    ("*", "★", "☆"),
    ("<", "◀", "◁"),
    (">", "▶", "▷"),
)
"""On the lines, and the same as letters, filled and open."""

_OPEN = (0, (4, 1.5))
_FLATTEST_EV = 0.02
"""Depth of the axes at least, in eV/atom."""

_SMALLEST_EV = 0.0005
"""That is not 0 when rounded to three digits."""

_LONGEST_NAME, _LONGEST_LABEL = 46, 26


class _Look:
    """Colour by the partner, filled for its first state and open for the others.

    The ninth partner has the colour of the first one again, with another marker.
    """

    def __init__(self, label: str, before: list[str]) -> None:
        names = list(dict.fromkeys(other.partition(" ")[0] for other in [*before, label]))
        name = label.partition(" ")[0]
        again, place = divmod(names.index(name), len(_COLOURS))
        self.colour = _COLOURS[place]
        self.marker, filled, hollow = _MARKERS[(place + again) % len(_MARKERS)]
        self.is_open = any(other.partition(" ")[0] == name for other in before)
        self.letter = hollow if self.is_open else filled


def mixing_energies(interfaces: Mapping[str, Interface], notes: Sequence[str] = ()) -> Figure:
    """Draw the reaction energy of one material with several partners.

    Parameters
    ----------
    interfaces
        Label of the partner, such as ``NMC811 charged`` → what
        `sseml.physics.interface.interface_reactions` returns, the material first. States of one
        partner, whose labels begin with the same word, share a colour.
    notes
        What one has to know to read the numbers, such as `Compatibility.notes`; each begins a line.

    Raises
    ------
    RefusedInputError
        If there is no partner, or they are not of one material.
    """
    materials = {interface.first for interface in interfaces.values()}
    if len(materials) != 1:
        raise RefusedInputError(
            f"reactions of {len(materials)} materials do not fit into one picture",
            "draw those of one material with at least one partner",
        )
    labels = list(interfaces)
    looks = {label: _Look(label, labels[:place]) for place, label in enumerate(labels)}
    name = formula_text(materials.pop(), _LONGEST_NAME)
    with style.drawing():
        below = [_note(label, interfaces[label], looks[label]) for label in labels]
        below += to_read(notes)
        lines = Notes(below, _WIDTH)
        bottom = lines.height + _BOTTOM
        figure = Figure(figsize=(_WIDTH, bottom + _HEIGHT + _TOP))
        axes = style.axes_at(figure, _LEFT, bottom, _WIDTH - 2 * style.MARGIN_INCH - _LEFT, _HEIGHT)
        axes.axhline(0.0, color=style.GREY, lw=0.8, zorder=1)
        for label, interface in interfaces.items():
            _draw(axes, interface, looks[label])
        _label(axes, name, interfaces)
        style.write_title(figure, f"{name}: reaction energy with what it touches")
        lines.write(figure)
        return figure


def _draw(axes: Axes, interface: Interface, look: _Look) -> None:
    """The line with its kinks, the most exothermic one larger."""
    shares = [kink.share for kink in interface.kinks]
    energies = [kink.energy_eV_atom for kink in interface.kinks]
    axes.plot(
        shares, energies, color=look.colour, lw=1.5, ls=_OPEN if look.is_open else "-",
        marker=".", ms=5.0, mec=look.colour, mfc=look.colour, zorder=2, clip_on=False,
    )  # fmt: skip
    if interface.worst is not None:
        axes.plot(
            interface.worst.share, interface.worst.energy_eV_atom, ls="none", ms=8.0,
            marker=look.marker, mec=look.colour, mfc="white" if look.is_open else look.colour,
            mew=1.4, zorder=3,
        )  # fmt: skip


def _label(axes: Axes, name: str, interfaces: Mapping[str, Interface]) -> None:
    energies = [kink.energy_eV_atom for each in interfaces.values() for kink in each.kinks]
    depth = max(_FLATTEST_EV, -min(energies))
    axes.set(xlim=(0.0, 1.0), ylim=(-1.08 * depth, 0.04 * depth))
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.set_xlabel(f"share of the atoms that {name} brings")
    axes.set_ylabel("reaction energy (eV/atom)")


def _note(label: str, interface: Interface, look: _Look) -> Note:
    """The most exothermic reaction."""
    shown = label.replace("$", r"\$")
    if label == interface.second:
        shown = formula_text(label, _LONGEST_LABEL)
    elif len(label) > _LONGEST_LABEL:
        shown = shown[: _LONGEST_LABEL - 1] + "…"
    worst = interface.worst
    if worst is None:
        equation = ["none: the two coexist"]
    else:
        energy = worst.energy_eV_atom
        digits = f"{energy:.3f}" if abs(energy) >= _SMALLEST_EV else f"{energy:.1g}"
        equation = [f"{digits} eV/atom:".replace("-", "−", 1), *terms(str(worst.reaction))]
    return Note(shown, equation, SMALL, look.letter, look.colour)


def compatibility_energies(
    table: PhaseTable,
    material: Composition,
    found: Sequence[Compatibility],
    corrections: Sequence[str] = (),
) -> Figure:
    """Draw the reaction energies of one material with the partners it was held against.

    Parameters
    ----------
    table
        The phases that can form.
    material
        What was held against them.
    found
        What `sseml.physics.compatibility.compatibility` returned for each partner with these
        corrections; gases, which have no mixing ratio, are left out.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`; the energies without them stand in a note.

    Raises
    ------
    RefusedInputError
        If there are only gases.
    """
    interfaces = {
        each.partner.label: interface_reactions(
            table, material, each.partner.material, corrections=corrections
        )
        for each in found
        if each.partner.material
    }
    if not interfaces:
        raise RefusedInputError(
            "nothing to draw: gases have no mixing ratio, and the table lacks elements of the "
            "others; name an electrode with --with"
        )
    drawn = {each.partner.label: each for each in found if each.partner.material}
    notes = _cautions(drawn)
    if corrections:
        uncorrected = _uncorrected(table, material, drawn)
        notes.insert(0, f"corrected for {', '.join(corrections)}; {uncorrected}")
    return mixing_energies(interfaces, notes)


def _cautions(drawn: Mapping[str, Compatibility]) -> list[str]:
    """Every note once, with the partners it is about if it is not about all."""
    partners: defaultdict[str, list[str]] = defaultdict(list)
    for label, found in drawn.items():
        for note in found.notes:
            partners[note].append(label)
    return [
        note if len(labels) == len(drawn) else f"{', '.join(labels)}: {note}"
        for note, labels in partners.items()
    ]


def _uncorrected(
    table: PhaseTable, material: Composition, drawn: Mapping[str, Compatibility]
) -> str:
    """The energies without any correction, where they differ."""
    changed = []
    for label, found in drawn.items():
        energy = shown_energy(compatibility(table, material, found.partner).worst)
        if energy != shown_energy(found.worst):
            changed.append(f"{label} {energy.strip()}")
    if not changed:
        return "the energies are those of the table as it stands"
    others = "" if len(changed) == len(drawn) else ", the others alike"
    return f"eV/atom as the table stands: {', '.join(changed)}{others}"
