"""Pictures of windows and interfaces: what they show, that it can be read, and that it is alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sseml import RefusedInputError
from sseml.evaluate.windows import ComparedWindow
from sseml.model.phases import load_phases
from sseml.parse.formula import parse_formula
from sseml.physics.formulas import Reaction
from sseml.physics.interface import Interface, Mixing, interface_reactions
from sseml.physics.phases import PhaseTable
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.voltage import Plateau
from sseml.physics.voltage import voltage_profile as profile_of
from sseml.physics.window import Window, electrochemical_window
from sseml.released import DEFAULT_PHASES, released_folder
from sseml.report import (
    mixing_energies,
    save,
    voltage_profile,
    window_parity,
    windows_compared,
)
from sseml.report.figures.labels import formula_text, phases_text, spread, width_inch, wrapped
from sseml.report.figures.style import GREEN, INK

LONG = "Li6.25Al0.25La2.5Ba0.25Sr0.25Zr1.25Ta0.25Nb0.25Hf0.25O11.875F0.125"
LATP = "Li1.3Al0.3Ti1.7(PO4)3"
LLTO = "Li0.33La0.56TiO3"
FORMULAS = (
    "Li6PS5Cl", "Li7La3Zr2O12", "Li3YCl6", LATP, "Li3PS4", "LiBH4", "Li3N", LLTO, "LiF", "TiO2",
)  # fmt: skip


def published(
    V_red: float | None, V_ox: float | None, method: str = "CV", relation: str = "="
) -> PublishedWindow:
    return PublishedWindow(
        formula="Li6PS5Cl", as_written="", ion="Li", V_red=V_red, V_ox=V_ox, relation=relation,
        method=method, basis="", year=2020, doi="10.1000/example", reference="", read_in="",
        benchmark="", note="", licence="facts",
    )  # fmt: skip


MEASURED = (
    published(1.25, 2.5),
    published(None, 2.8, "LSV with carbon"),
    published(0.0, 5.0, relation="within"),
    published(0.6, None, relation="~"),
)


@pytest.fixture(scope="module")
def table() -> PhaseTable:
    return load_phases(released_folder() / DEFAULT_PHASES)


def calculated(
    table: PhaseTable, formula: str, tolerance: float = 0.05
) -> tuple[tuple[Plateau, ...], Window]:
    amounts = parse_formula(formula).amounts
    window = electrochemical_window(table, formula, amounts, tolerance=tolerance)
    return profile_of(table, amounts), window


def drawn(
    table: PhaseTable,
    formula: str,
    measured: Sequence[PublishedWindow] = (),
    tolerance: float = 0.05,
) -> Figure:
    return voltage_profile(formula, *calculated(table, formula, tolerance), measured)


def interface(table: PhaseTable, first: str, second: str) -> Interface:
    return interface_reactions(table, parse_formula(first), parse_formula(second))


def compared_window(
    formula: str, published_V: tuple[float, float], V: tuple[float, float], benchmark: str = "2015"
) -> ComparedWindow:
    return ComparedWindow(benchmark, formula, *published_V, *V, ("S",), 0.05, 0.0)


def plain(text: str) -> str:
    """A text as it is read, without the signs that set amounts low."""
    return re.sub(r"\$_\{\\mathregular\{(.*?)\}\}\$", r"\1", text)


def tick_labels(axis: Axis) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True):
        if low - 1e-9 <= place <= high + 1e-9:
            yield label


def texts_of(figure: Figure) -> list[Text]:
    """Everything that can be read on a figure."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes._left_title]
        if legend := axes.get_legend():
            found += legend.get_texts()
        if axes.axison:
            found += [axes.xaxis.label, axes.yaxis.label]
            found += [label for axis in (axes.xaxis, axes.yaxis) for label in tick_labels(axis)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def words(figure: Figure) -> str:
    return "\n".join(plain(text.get_text()) for text in texts_of(figure))


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in texts_of(figure)]


def assert_readable(figure: Figure) -> None:
    """No text lies over another, and none is cut off by the edge."""
    found = boxes(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in found:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"{text!r} is cut off"
    for (text, box), (other, other_box) in combinations(found, 2):
        shared_width = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
        shared_height = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
        assert not (shared_width > 1.0 and shared_height > 1.5), f"{text!r} lies over {other!r}"


def assert_named_clear_of_curve(figure: Figure) -> None:
    axes = figure.axes[0]
    [label] = axes.texts
    figure.draw_without_rendering()
    for line in axes.lines:
        drawn_path = line.get_transform().transform_path(line.get_path())
        assert not drawn_path.intersects_bbox(label.get_window_extent(), filled=False)


def curve_of(axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    [line] = [line for line in axes.lines if len(line.get_xdata()) > 2 and line.get_color() == INK]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def bands_of(axes: Axes) -> list[tuple[float, float]]:
    """Lower and upper ends of what is shaded right across."""
    return [
        (float(patch.get_y()), float(patch.get_y() + patch.get_height()))
        for patch in axes.patches
        if patch.get_transform() != axes.transData
        and np.isclose(patch.get_width(), 1.0)
        and patch.get_x() == 0.0
    ]


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_text_of_a_profile_can_be_read(table: PhaseTable, formula: str) -> None:
    assert_readable(drawn(table, formula))


@pytest.mark.parametrize("formula", ["Li6PS5Cl", "Li3N", LATP])
def test_measured_windows_leave_every_text_readable(table: PhaseTable, formula: str) -> None:
    assert_readable(drawn(table, formula, MEASURED))
    assert_readable(drawn(table, formula, MEASURED * 2))


@pytest.mark.parametrize(
    ("formula", "tolerance"),
    [("Li6PS5Cl", 0.05), ("Li3N", 0.05), ("Li10GeP2S12", 0.05), (LATP, 0.05), (LLTO, 0.0)],
)
def test_the_name_of_the_window_keeps_clear_of_the_curve(
    table: PhaseTable, formula: str, tolerance: float
) -> None:
    assert_named_clear_of_curve(drawn(table, formula, MEASURED * 2, tolerance))


def test_a_window_narrower_than_its_name_is_named_above_it() -> None:
    plateaus = (
        Plateau(2.1, 0.0, 1.0, {"A": 1.0}, {"LiA": 1.0}),
        Plateau(2.0, 1.0, 2.0, {"LiA": 1.0}, {"Li2A": 1.0}),
        Plateau(0.0, 2.0, 20.0, {"Li2A": 1.0}, {"Li": 18.0, "Li2A": 1.0}),
    )
    figure = voltage_profile("LiF", plateaus, Window("Li", 2.0, 2.1))
    assert_readable(figure)
    assert_named_clear_of_curve(figure)
    [label] = figure.axes[0].texts
    assert label.get_text() == "window 2.00–2.10 V"
    assert label.get_position()[1] > 2.1


@pytest.mark.parametrize("formula", ["Li6PS5Cl", LATP, "Li3N"])
def test_the_curve_is_the_voltage_profile_counted_from_the_material(
    table: PhaseTable, formula: str
) -> None:
    plateaus, window = calculated(table, formula)
    held = parse_formula(formula).amounts["Li"]
    axes = voltage_profile(formula, plateaus, window).axes[0]
    ions, volts = curve_of(axes)
    assert volts[1:] == pytest.approx([step.potential_V for step in plateaus for _ in (0, 1)])
    assert ions[1::2] == pytest.approx([step.ions_low - held for step in plateaus])
    assert ions[2:-1:2] == pytest.approx([step.ions_high - held for step in plateaus[:-1]])
    left, right = axes.get_xlim()
    assert left < ions.min()
    assert plateaus[-1].ions_low - held < right < ions[-1]
    assert axes.get_ylim()[1] >= max(5.5, plateaus[0].potential_V)


@pytest.mark.parametrize("formula", ["Li6PS5Cl", LATP, "Li3N", "LiF"])
def test_the_window_is_shaded_where_it_lies_and_says_its_limits(
    table: PhaseTable, formula: str
) -> None:
    _, window = calculated(table, formula)
    figure = drawn(table, formula)
    [band] = bands_of(figure.axes[0])
    assert band == pytest.approx((window.V_red, window.V_ox))
    [mark] = [line for line in figure.axes[0].lines if line.get_color() == GREEN]
    assert list(mark.get_ydata()) == [window.V_red, window.V_ox]
    assert list(mark.get_xdata()) == [0.0, 0.0]
    shown = words(figure)
    assert f"window {window.V_red:.2f}–{window.V_ox:.2f} V" in shown
    assert f"reduction, {window.V_red:.2f} V" in shown
    assert f"oxidation, {window.V_ox:.2f} V" in shown


def test_the_reactions_and_the_notes_stand_under_the_curve(table: PhaseTable) -> None:
    shown = words(drawn(table, "Li6PS5Cl"))
    assert "0.2 Li6PS5Cl + Li → Li2S + 0.2 LiCl + 0.2 P" in shown
    assert "0.571 Li6PS5Cl → 0.571 Li3PS4 + 0.571 LiCl + 0.143 LiS4 + Li" in shown
    assert "calculated, thermodynamic: measured windows are mostly wider" in shown
    assert "none: it coexists with Li metal" in words(drawn(table, "Li3N"))


@pytest.mark.parametrize("formula", ["Li6PS5Cl", LATP])
def test_the_phases_of_every_region_stand_beside_it_in_order(
    table: PhaseTable, formula: str
) -> None:
    plateaus, window = calculated(table, formula)
    beside = voltage_profile(formula, plateaus, window).axes[-1]
    rows = [text for text in beside.texts if text.get_text() != "phases at equilibrium"]
    expected = [" + ".join(step.phases_low) for step in plateaus]
    assert [plain(text.get_text()) for text in rows] == expected[::-1]
    heights = [text.get_position()[1] for text in rows]
    assert heights == sorted(heights)
    levels = [step.potential_V for step in plateaus[::-1]]
    blocks = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in beside.patches]
    assert [low for low, _ in blocks] == pytest.approx(levels)
    assert [high for _, high in blocks[:-1]] == pytest.approx(levels[1:])
    bold = [text for text in rows if text.get_fontweight() == "bold"]
    assert [plain(text.get_text()) for text in bold] == [" + ".join(window.decomposition or {})]


def test_many_regions_make_the_picture_higher_and_keep_the_new_phases(table: PhaseTable) -> None:
    few, many = drawn(table, "Li3N"), drawn(table, LONG)
    assert many.get_figheight() > few.get_figheight() + 2.0
    rows = [plain(text.get_text()) for text in many.axes[-1].texts][:-1]
    plateaus, _ = calculated(table, LONG)
    assert len(rows) == len(plateaus) > 30
    falling = list(pairwise(plateaus[-6:]))
    for row, (nearer, step) in zip(rows, reversed(falling), strict=False):
        new = set(step.phases_low) - set(nearer.phases_low)
        assert new <= set(row.split(" + ")[:-1]), row
    assert_readable(many)


def test_a_collapsed_window_is_a_line_and_says_so(table: PhaseTable) -> None:
    _, window = calculated(table, LLTO, tolerance=0.0)
    figure = drawn(table, LLTO, tolerance=0.0)
    assert_readable(figure)
    assert bands_of(figure.axes[0]) == []
    assert f"collapsed at {window.V_ox:.2f} V" in words(figure)
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [tuple(mark.get_ydata()) for mark in marks] == [(window.V_ox,)]


def test_a_window_of_a_changed_composition_is_marked_where_it_was_found(table: PhaseTable) -> None:
    _, window = calculated(table, LLTO)
    figure = drawn(table, LLTO)
    [mark] = [line for line in figure.axes[0].lines if line.get_color() == GREEN]
    assert mark.get_xdata()[0] == pytest.approx(0.33 * window.ion_change)
    assert window.ion_change < 0
    assert "(Li −3" in words(figure)


def test_without_a_window_the_profile_stands_alone(table: PhaseTable) -> None:
    figure = drawn(table, "TiO2")
    shown = words(figure)
    assert "no window" in shown
    assert "no Li in the formula" in shown
    assert "reduction," not in shown
    assert bands_of(figure.axes[0]) == []


def test_another_ion_names_the_axes() -> None:
    plateaus = (
        Plateau(2.0, 0.0, 3.0, {"PS4": 1.0}, {"Na3PS4": 1.0}),
        Plateau(0.0, 3.0, 40.0, {"Na3PS4": 1.0}, {"Na": 37.0, "Na3PS4": 1.0}),
    )
    window = Window("Na", 0.0, 2.0, oxidation=Reaction({"Na3PS4": 1.0}, {"PS4": 1.0, "Na": 3.0}))
    shown = words(voltage_profile("Na3PS4", plateaus, window))
    assert "Na uptake per formula unit" in shown
    assert "potential against Na/Na⁺ (V)" in shown
    assert "none: it coexists with Na metal" in shown


def test_nothing_to_draw_is_refused_with_the_reason() -> None:
    window = Window("Li", notes=("no window: no compounds of Po in the table of phases",))
    with pytest.raises(RefusedInputError, match="no compounds of Po"):
        voltage_profile("Li2Po", (), window)
    with pytest.raises(RefusedInputError, match="no window to draw"):
        windows_compared((), ())
    with pytest.raises(ValueError, match="shorter"):
        windows_compared(("Li3N", "LiF"), (Window("Li"),))


def test_measured_windows_are_outlines_beside_the_calculated_one(table: PhaseTable) -> None:
    bare, figure = drawn(table, "Li6PS5Cl"), drawn(table, "Li6PS5Cl", MEASURED)
    _, bars, _ = figure.axes
    shown = words(figure)
    assert bars.title.get_text() == "measured"
    assert "window 1.72–2.14 V" in shown
    assert bands_of(bars) == bands_of(figure.axes[0]) == bands_of(bare.axes[0])
    outlines = [line for line in bars.lines if len(line.get_xdata()) == 5]
    spans = [(min(line.get_ydata()), max(line.get_ydata())) for line in outlines]
    assert spans == [(1.25, 2.5), (0.0, 5.0)]
    assert outlines[0].get_linestyle() == "-"
    assert outlines[1].get_linestyle() == "--"
    strokes = {line.get_ydata()[0] for line in bars.lines if len(line.get_xdata()) == 2}
    assert {2.8, 0.6} <= strokes
    for text in (
        "1.25–2.5 V · CV · doi 10.1000/example",
        "oxidation 2.8 V · LSV with carbon",
        "no reaction seen at 0–5 V",
        "reduction about 0.6 V",
    ):
        assert text in shown
    assert "measured 1" not in words(bare)


def test_what_others_calculated_is_not_drawn_as_measured(table: PhaseTable) -> None:
    figure = drawn(table, "Li6PS5Cl", [published(1.71, 2.01, "calculated")])
    assert len(figure.axes) == 2
    assert "measured 1" not in words(figure)
    assert "2.01" not in words(figure)


def test_a_measured_window_without_doi_names_where_it_was_read(table: PhaseTable) -> None:
    quoted = replace(
        published(0.0, 3.6, "not stated"), doi="", reference="Han 2016", read_in="10.1000/quotes"
    )
    assert (
        "0–3.6 V · method not stated · Han 2016 · read in 10.1000/quotes"
        in words(drawn(table, "Li6PS5Cl", [quoted]))
    )  # fmt: skip


def test_measured_limits_are_written_as_given(table: PhaseTable) -> None:
    measured = (
        published(None, 0.445),
        published(None, 5.0, relation="within"),
        published(0.05, None, relation="within"),
    )
    shown = words(drawn(table, "Li6PS5Cl", measured))
    assert "oxidation 0.445 V · CV" in shown
    assert "no reaction seen up to 5 V · CV" in shown
    assert "no reaction seen down to 0.05 V · CV" in shown


def test_an_address_longer_than_a_line_is_broken(table: PhaseTable) -> None:
    address = "https://example.org/" + "a-long-name/" * 12 + "w" * 90 + "2.md"
    quoted = replace(published(0.0, 3.6), doi="", reference="Han 2016", read_in=address)
    figure = drawn(table, "Li6PS5Cl", [quoted])
    assert_readable(figure)
    assert address in words(figure).replace("\n", "")


def test_a_broken_word_keeps_its_amounts_whole() -> None:
    word = formula_text("Li10GeP2S12" * 20)
    lines = wrapped([word], 1.5, 8.5)
    assert "".join(lines) == word
    assert len(lines) > 5
    assert all(width_inch(line, 8.5) <= 1.5 for line in lines)
    assert all(line.count("$") % 2 == 0 for line in lines)


def test_measured_windows_beyond_the_sixth_are_counted(table: PhaseTable) -> None:
    figure = drawn(table, "Li6PS5Cl", MEASURED * 2)
    assert "measured 6" in words(figure)
    assert "measured 7" not in words(figure)
    assert "2 more, not drawn" in words(figure)


def test_a_measured_limit_above_the_axis_raises_it(table: PhaseTable) -> None:
    figure = drawn(table, "Li6PS5Cl", [published(0.0, 7.0)])
    assert {axes.get_ylim() for axes in figure.axes} == {figure.axes[0].get_ylim()}
    assert figure.axes[0].get_ylim()[1] == pytest.approx(7.3)


def test_windows_stand_beside_each_other_in_the_order_given(table: PhaseTable) -> None:
    formulas = ["Li3YCl6", "Li6PS5Cl", "TiO2", "Li3N", LONG]
    windows = [calculated(table, formula)[1] for formula in formulas]
    measured = [(), MEASURED, (), (), ()]
    figure = windows_compared(formulas, windows, measured)
    assert_readable(figure)
    [axes] = figure.axes
    names = [plain(label.get_text()) for label in axes.get_yticklabels()]
    assert names[:4] == formulas[:4]
    assert names[4].endswith("…")
    assert np.all(np.diff(axes.get_yticks()) > 0)
    assert axes.yaxis_inverted()
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    answered = [window for window in windows if window.V_red is not None]
    assert bars == [pytest.approx((window.V_red, window.V_ox)) for window in answered]
    shown = words(figure)
    for text in ("0.66", "4.26", "1.72", "2.14", "0.00", "0.48", "no window", "[4]", "measured"):
        assert text in shown
    assert "[1]\nLi6PS5Cl: 1.25–2.5 V · CV · doi 10.1000/example" in shown
    assert "TiO2: no window: no Li in the formula" in shown
    outline = next(line for line in axes.lines if len(line.get_xdata()) == 5)
    assert axes.get_yticks()[1] < min(outline.get_ydata()) < axes.get_yticks()[2]


def test_notes_of_some_windows_name_their_materials(table: PhaseTable) -> None:
    formulas = ["Li6PS5Cl", "Li3N", "LiF"]
    windows = [
        replace(calculated(table, formula)[1], notes=("calculated", *own))
        for formula, own in zip(
            formulas, [("too stable in the table: LiS4",), ("on the hull",), ("on the hull",)],
            strict=True,
        )
    ]  # fmt: skip
    figure = windows_compared(formulas, windows)
    assert_readable(figure)
    shown = words(figure).splitlines()
    assert "calculated" in shown
    assert "Li6PS5Cl: too stable in the table: LiS4" in shown
    assert "Li3N, LiF: on the hull" in shown


def test_collapsed_windows_are_diamonds_among_the_bars(table: PhaseTable) -> None:
    windows = [calculated(table, formula, tolerance=0.0)[1] for formula in ("Li3PS4", LLTO)]
    figure = windows_compared(["Li3PS4", LLTO], windows)
    assert_readable(figure)
    assert "1.75, collapsed" in words(figure)
    assert "measured" not in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert len(figure.axes[0].patches) == 1


def test_parity_says_how_far_off_each_set_is_and_names_the_farthest() -> None:
    rows = [
        compared_window("Li2S", (0.0, 2.0), (0.0, 2.02)),
        compared_window("Li3PO4", (0.7, 4.2), (0.7, 4.16)),
        compared_window("LiPON", (0.68, 2.6), (0.68, 3.1), "2021"),
        compared_window("Li3N", (0.1, 0.4), (0.4, 0.45), "2021"),
        replace(compared_window("LiF", (0.0, 6.4), (0.0, 6.4), "2021"), V_ox=None),
    ]
    figure = window_parity(rows)
    assert_readable(figure)
    shown = words(figure)
    assert "mean absolute difference Vred 0.000 V (2), Vox 0.030 V (2)" in shown
    assert "mean absolute difference Vred 0.100 V (3), Vox 0.275 V (2)" in shown
    assert "2015: S taken back, ±5 %" in shown
    assert "a\nLi3N (2021): Vred 0.10 V published, 0.40 V calculated" in shown
    assert "b\nLiPON (2021): Vox 2.60 V published, 3.10 V calculated" in shown
    assert [text.get_text() for text in figure.axes[1].texts] == ["b"]
    for axes, count in zip(figure.axes, (5, 4), strict=True):
        points = np.vstack([group.get_offsets() for group in axes.collections[1:]])
        assert len(points) == count
        assert axes.get_xlim() == axes.get_ylim()


def test_parity_of_nothing_is_refused() -> None:
    empty = replace(compared_window("LiF", (0, 6), (0, 6)), V_red=None, V_ox=None)
    for rows in ([], [empty]):
        with pytest.raises(RefusedInputError, match="no limit that is both"):
            window_parity(rows)


def test_one_limit_alone_makes_a_parity_too() -> None:
    row = replace(compared_window("LiF", (0, 6), (0, 6.3)), V_red=None)
    figure = window_parity([row, row])
    assert_readable(figure)
    assert "0.300 V (2)" in words(figure)


def test_mixing_lines_bend_where_the_products_change(table: PhaseTable) -> None:
    partners = {
        "Li metal": interface(table, "Li6PS5Cl", "Li"),
        "LCO discharged": interface(table, "Li6PS5Cl", "LiCoO2"),
        "LCO charged": interface(table, "Li6PS5Cl", "Li0.5CoO2"),
        "LiMn2O4": interface(table, "Li6PS5Cl", "LiMn2O4"),
        "S discharged": interface(table, "Li6PS5Cl", "Li2S"),
    }
    figure = mixing_energies(partners, ["0 K, no kinetics"])
    assert_readable(figure)
    [axes] = figure.axes
    lines = [line for line in axes.lines if line.get_marker() == "."]
    for line, expected in zip(lines, partners.values(), strict=True):
        assert list(line.get_xdata()) == [kink.share for kink in expected.kinks]
        assert list(line.get_ydata()) == [kink.energy_eV_atom for kink in expected.kinks]
    worst = [each.worst for each in partners.values() if each.worst]
    marks = [line for line in axes.lines if line.get_marker() not in (".", "None", "")]
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [
        (each.share, each.energy_eV_atom) for each in worst
    ]
    assert lines[1].get_color() == lines[2].get_color() != lines[3].get_color()
    assert lines[1].get_linestyle() != lines[2].get_linestyle()
    shown = words(figure)
    assert f"−{-worst[0].energy_eV_atom:.3f} eV/atom: Li6PS5Cl + 8 Li → 5 Li2S" in shown
    assert "S discharged\nnone: the two coexist" in shown
    assert "0 K, no kinetics" in shown
    low, high = axes.get_ylim()
    assert low < min(each.energy_eV_atom for each in worst)
    assert high > 0.0


def test_the_ninth_partner_looks_unlike_the_first() -> None:
    kinks = tuple(Mixing(share, -share * (1 - share), 0.0, Reaction({}, {})) for share in (0, 0.5))
    figure = mixing_energies({f"of{n}": Interface("LiF", "X", kinks) for n in range(14)})
    marks = [line for line in figure.axes[0].lines if line.get_marker() not in (".", "None", "")]
    assert len({(mark.get_color(), mark.get_marker()) for mark in marks}) == 14
    letters = [text for text in figure.texts if text.get_text() in "●■▲◆▼★◀▶"]
    assert len({(text.get_color(), text.get_text()) for text in letters}) == 14


def test_notes_stand_below_every_picture_and_names_are_no_formulas(table: PhaseTable) -> None:
    plateaus, window = calculated(table, "Li3N")
    notes = ("corrected for S; as the table stands: Li6PS5Cl 1.72 to 2.14 V", "NMC811: Li2SO4")
    figures = (
        voltage_profile("Li3N", plateaus, window, notes=notes),
        windows_compared(["Li3N"], [window], notes=notes),
        mixing_energies({"Li": interface(table, "Li3N", "Li")}, notes),
    )
    for figure in figures:
        assert_readable(figure)
        assert set(notes) <= set(words(figure).splitlines())
        assert any("NMC811: Li$" in text.get_text() for text in figure.texts)


def test_materials_that_coexist_with_everything_are_drawn_flat() -> None:
    kinks = tuple(Mixing(share, 0.0, 0.0, Reaction({}, {})) for share in (0.0, 1.0))
    figure = mixing_energies(
        {f"partner{n} of mine": Interface("LiF", "X", kinks) for n in range(9)}
    )
    assert_readable(figure)
    assert words(figure).count("none: the two coexist") == 9


def test_interfaces_of_no_or_several_materials_are_refused() -> None:
    kinks = (Mixing(0.0, 0.0, 0.0, Reaction({}, {})),)
    two = {"Li": Interface("LiF", "Li", kinks), "S": Interface("Li3N", "S", kinks)}
    for interfaces in ({}, two):
        with pytest.raises(RefusedInputError, match=f"reactions of {len(interfaces)} materials"):
            mixing_energies(interfaces)


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_window_gives_the_same_file(
    table: PhaseTable, ending: str, tmp_path: Path
) -> None:
    def file(name: str) -> bytes:
        return save(drawn(table, "Li3N", MEASURED), tmp_path / f"{name}{ending}").read_bytes()

    before = dict(mpl.rcParams)
    first = file("first")
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red", "savefig.dpi": 10}):
        second = file("second")
    assert first == second
    assert len(first) > 8_000
    assert dict(mpl.rcParams) == before


def test_the_other_pictures_are_alike_each_time_too(table: PhaseTable, tmp_path: Path) -> None:
    window = calculated(table, "Li3N")[1]
    with_lithium = interface(table, "Li6PS5Cl", "Li")
    pictures = {
        "windows": lambda: windows_compared(["Li3N"], [window], [MEASURED]),
        "parity": lambda: window_parity([compared_window("LiF", (0, 6), (0, 6.3))]),
        "mixing": lambda: mixing_energies({"Li": with_lithium}),
    }
    for name, draw in pictures.items():
        first, second = (save(draw(), tmp_path / f"{name}{n}.png") for n in (1, 2))
        assert first.read_bytes() == second.read_bytes(), name


@given(
    wanted=st.lists(st.floats(0.0, 10.0), min_size=1, max_size=12).map(sorted),
    apart=st.floats(0.01, 1.0),
)
def test_labels_are_spread_no_further_than_needed(wanted: list[float], apart: float) -> None:
    places = spread(wanted, apart, -1.0, 12.0)
    gaps = np.diff(places)
    assert np.all(gaps >= apart - 1e-9)
    room = (len(wanted) - 1) * apart
    assert places[0] >= -1.0 - 1e-9
    assert places[-1] <= max(12.0, room - 1.0) + 1e-9
    if np.all(np.diff(wanted) >= apart):
        assert places == pytest.approx(wanted)


def test_formulas_are_set_low_rounded_and_shortened_at_an_element() -> None:
    assert formula_text("Li1.30000001Al0.3") == (
        r"Li$_{\mathregular{1.3}}$Al$_{\mathregular{0.3}}$"
    )
    assert plain(formula_text("0.571 Li6PS5Cl")) == "0.571 Li6PS5Cl"
    assert plain(formula_text(LONG, 30)) == "Li6.25Al0.25La2.5Ba0.25…"
    assert formula_text("$Li$") == r"\$Li\$"


def test_phases_are_shortened_to_the_room_and_the_rest_is_counted() -> None:
    names = ["Li2O", "La2O3", "La2Zr2O7", "Li6Zr2O7"]
    everything = phases_text(names, 9.0, 8.5)
    assert plain(everything) == "Li2O + La2O3 + La2Zr2O7 + Li6Zr2O7"
    short = phases_text(names, 2.0, 8.5, first={"Li6Zr2O7"})
    assert "Li6Zr2O7" in plain(short)
    assert plain(short).endswith(" more")
    assert width_inch(short, 8.5) <= 2.0
    assert width_inch(phases_text([LONG, "Li2O"], 1.5, 8.5), 8.5) <= 1.5
    assert phases_text([LONG], 0.05, 8.5) == "…"


@pytest.mark.parametrize(
    ("windows", "keys"),
    [
        ([Window("Li", V_red=1.0, V_ox=2.0)], ["calculated"]),
        ([Window("Li", V_red=1.0, V_ox=1.0)], ["calculated, collapsed"]),
        (
            [Window("Li", V_red=1.0, V_ox=2.0), Window("Li", V_red=1.0, V_ox=1.0)],
            ["calculated", "calculated, collapsed"],
        ),
    ],
)
def test_the_legend_of_windows_shows_only_what_is_drawn(
    windows: list[Window], keys: list[str]
) -> None:
    figure = windows_compared(["Li3PS4"] * len(windows), windows)
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == keys
