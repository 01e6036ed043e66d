"""Electrochemical window and stability of a material against the phases it can decompose into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sseml.classes import dataclass
from sseml.elements import MOLAR_MASS_G_MOL
from sseml.physics.formulas import Reaction
from sseml.physics.hulls import Hulls
from sseml.physics.oxidation import positive_hydrogen
from sseml.physics.phases import POSITIVE_HYDROGEN, PhaseTable, cautions
from sseml.physics.sides import COLLAPSED_V, Settings, Sides, rewritten, sides_of
from sseml.records import RefusedInputError

IONS = ("Li", "Na", "K")

ION_TOLERANCE = 0.05
"""Share by which the amount of the ion may be off in the formula of a real, doped material."""

ION_TRACE = 0.01
"""Share of the ion that a plateau exchanges at least to set a limit."""

_NOTHING = 1e-9
_LEAST_ION = 5e-9
"""Of the ion in element fraction, below which there is too little to tell what it is part of."""

_NOBLE_GASES = frozenset(("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
_TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Window:
    """Limits between which a material neither takes up nor gives off its ion.

    Attributes
    ----------
    ion
        ``Li``, ``Na`` or ``K``; potentials are against this metal.
    V_red, V_ox
        Reduction and oxidation limit in V, equal where the window has collapsed; None where there
        is no answer, and `notes` says why.
    reduction, oxidation
        What happens at the limits, per atom of the ion taken up or given off. None for `reduction`
        where the material coexists with the metal; both None where they were not asked for.
    decomposition
        Formula → amount per formula unit: what is stable at the composition.
    hull_energy_eV_atom
        Formation energy of those phases.
    e_above_hull_eV_atom
        Of the table's own entry for the formula; None if it has none.
    formula
        What the reactions and the decomposition are of: the formula asked, unless `ion_change`.
    ion_change
        Share by which the amount of the ion was changed to find a window; 0 for the formula itself.
    notes
        What one has to know to read the numbers.
    """

    ion: str
    V_red: float | None = None
    V_ox: float | None = None
    reduction: Reaction | None = None
    oxidation: Reaction | None = None
    decomposition: Mapping[str, float] | None = None
    hull_energy_eV_atom: float | None = None
    e_above_hull_eV_atom: float | None = None
    formula: str = ""
    ion_change: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def collapsed(self) -> bool:
        """Whether there are limits, but nothing between them."""
        return (
            self.V_red is not None
            and self.V_ox is not None
            and self.V_ox - self.V_red < COLLAPSED_V
        )


def electrochemical_window(
    table: PhaseTable,
    formula: str,
    amounts: Mapping[str, float],
    *,
    ion: str = "Li",
    tolerance: float = ION_TOLERANCE,
    trace: float = ION_TRACE,
    corrections: Sequence[str] = (),
) -> Window:
    """Limits of one material; see `electrochemical_windows`."""
    asked = [(formula, amounts)]
    return electrochemical_windows(
        table, asked, ion=ion, tolerance=tolerance, trace=trace, corrections=corrections
    )[0]


def electrochemical_windows(
    table: PhaseTable | Hulls,
    materials: Iterable[tuple[str, Mapping[str, float]]],
    *,
    ion: str = "Li",
    tolerance: float = ION_TOLERANCE,
    trace: float = ION_TRACE,
    corrections: Sequence[str] = (),
    reactions: bool = True,
) -> list[Window]:
    """Limits of many materials, in order.

    Parameters
    ----------
    table
        The phases that can form; or their hulls, which are kept for the next question.
    materials
        Formula and its element amounts in mol per formula unit.
    ion
        The mobile ion.
    tolerance
        If a composition within this share of the ion's amount has a window more than twice as wide
        as the one written, which lies beside it by rounding or doping, the widest one is given, and
        `Window.ion_change` says where it was found. Both ends of the range belong to it.
    trace
        A plateau that exchanges less than this share of the ion sets no limit, as long as less has
        been exchanged in all by its end; what was passed over stands in the notes. With 0 the
        limits are the one-sided derivatives.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.
    reactions
        Work out the reactions at the limits too, which takes a quarter of the time.

    Raises
    ------
    RefusedInputError
        If the ion is none of `IONS`, the tolerance or the trace is not in [0, 1), or a correction
        is not known.

    Notes
    -----
    With the energy of the material set to the hull, its limits are the one-sided derivatives of the
    hull's energy by the amount of the ion: where the next atom taken up or given off changes the
    phases; plateaus of next to nothing, left by rounding or by a trace of a dopant, aside. The
    definition is that of doi 10.1021/acsami.5b07517 and 10.1021/acs.chemmater.5b04082.
    """
    _check_settings(ion, tolerance, trace)
    settings = Settings(ion, tolerance, trace)
    hulls = table if isinstance(table, Hulls) else Hulls(table)
    asked = list(materials)
    found: dict[int, Window] = {}
    alike: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for place, (_, amounts) in enumerate(asked):
        if reason := _unanswerable(hulls.table, amounts, ion):
            found[place] = Window(ion, notes=(reason,))
        else:
            alike[frozenset(amounts)].append(place)
    for elements, places in alike.items():
        hull = hulls.of(sorted(elements), corrections)
        written = sides_of(hull, (asked[place] for place in places), settings)
        for place, each in zip(places, written, strict=True):
            found[place] = _answer(each, corrections, reactions)
    return [found[place] for place in range(len(asked))]


def _check_settings(ion: str, tolerance: float, trace: float) -> None:
    if ion not in IONS:
        raise RefusedInputError(f"{ion!r} is no ion of a window here", f"ask {', '.join(IONS)}")
    for name, share, example in (("tolerance", tolerance, 5), ("trace", trace, 1)):
        if not 0.0 <= share < 1.0:
            hint = f"write {example / 100} for {example} %"
            raise RefusedInputError(f"a {name} of {share} is no share", hint)


def _unanswerable(table: PhaseTable, amounts: Mapping[str, float], ion: str) -> str | None:
    """Why there is no number."""
    if not amounts.get(ion):
        other = next((symbol for symbol in IONS if amounts.get(symbol)), None)
        hint = (
            f"; its window against {other}/{other}+ can be had with the ion {other}"
            if other
            else ""
        )
        return f"no window: no {ion} in the formula{hint}"
    if gases := [symbol for symbol in amounts if symbol in _NOBLE_GASES]:
        return f"no window: {', '.join(gases)} is a noble gas, which forms no solid of this kind"
    if unknown := table.unknown(amounts):
        return f"no window: no compounds of {', '.join(unknown)} in the table of phases"
    if len(amounts) == 1:
        return f"no window: {ion} is the metal itself"
    if amounts[ion] < _LEAST_ION * sum(amounts.values()):
        return f"no window: next to no {ion} in the formula"
    return None


def _answer(written: Sides, corrections: Sequence[str], reactions: bool) -> Window:
    chosen, change = written.widest()
    above_eV_atom = written.above_hull()
    decomposition = chosen.decomposition()
    notes = (
        "calculated, thermodynamic: measured windows are mostly wider, often by 0.5 V and more",
        _note_on_the_entry(above_eV_atom),
        *_notes_on_the_composition(written, chosen, change, decomposition),
        *chosen.passed_over(),
        *_notes_on_the_table(chosen, corrections),
    )
    return Window(
        ion=chosen.ion,
        V_red=chosen.V_red,
        V_ox=chosen.V_ox,
        reduction=chosen.reduction() if reactions else None,
        oxidation=chosen.oxidation() if reactions else None,
        decomposition=decomposition,
        hull_energy_eV_atom=chosen.hull_energy_eV_atom,
        e_above_hull_eV_atom=above_eV_atom,
        formula=chosen.formula,
        ion_change=change,
        notes=notes,
    )


def _note_on_the_entry(above_eV_atom: float | None) -> str:
    if above_eV_atom is None:
        return "no entry of its own: energy set to the hull, the best case"
    if above_eV_atom == 0.0:
        return "on the hull"
    return f"{above_eV_atom:.3f} eV/atom above the hull: energy set to the hull, the best case"


def _notes_on_the_composition(
    written: Sides, chosen: Sides, change: float, decomposition: Mapping[str, float]
) -> Iterator[str]:
    if change:
        shown = f"{written.width_V:.2f}"
        width = "none" if float(shown) == 0.0 else f"{shown} V wide"
        yield f"{width} as written; this is that of {_found(written, chosen, change)}"
    elif chosen.width_V < COLLAPSED_V:
        yield "collapsed: the composition lies between phases that react at one potential"
    if elements := [name for name in decomposition if _is_element(name)]:
        yield f"decomposes into an element: {', '.join(elements)}"


def _found(written: Sides, chosen: Sides, change: float) -> str:
    """Formula and change of the ion; where its digits do not show one, that it was rounded."""
    if chosen.formula == rewritten(written.amounts, chosen.ion):
        return "the formula before rounding (less than 0.05 %)"
    percent = 100.0 * change
    shown = f"{percent:+.1f}" if abs(percent) >= _TENTH else f"{percent:+.1g}"
    return f"{chosen.formula} ({chosen.ion} {shown} %)"


def _notes_on_the_table(chosen: Sides, corrections: Sequence[str]) -> Iterator[str]:
    if positive_hydrogen(chosen.amounts) > _NOTHING:
        yield POSITIVE_HYDROGEN + ": V_red too low by up to 0.5 V"
    yield from cautions(chosen.phases, corrections)


def _is_element(formula: str) -> bool:
    return formula.removesuffix("2") in MOLAR_MASS_G_MOL
