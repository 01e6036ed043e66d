"""Windows of the released phase table beside published ones, and measured ones by composition."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from sseml.cli import main
from sseml.evaluate import Report, compared, evaluate
from sseml.evaluate.run import goals
from sseml.evaluate.windows import STATED, ComparedWindow, agreement, collapses
from sseml.model.phases import WINDOWS, PublishedWindows, load_phases, load_windows
from sseml.parse.formula import parse_formula
from sseml.physics.phases import PhaseTable
from sseml.physics.published_windows import COLUMNS, PublishedWindow, read_windows
from sseml.records import BundleError
from sseml.released import DEFAULT_PHASES, released_folder

LITERATURE = Path(__file__).parents[2] / "data" / "literature"
FOLDER = released_folder() / DEFAULT_PHASES


class Released(NamedTuple):
    """What the released phase bundle holds."""

    phases: PhaseTable
    windows: PublishedWindows


@pytest.fixture(scope="module")
def bundle() -> Released:
    return Released(load_phases(FOLDER), load_windows(FOLDER))


@pytest.fixture(scope="module")
def report(measurements: pd.DataFrame) -> Report:
    return evaluate(["windows"], measurements)


def test_the_figures_keep_their_floors(report: Report) -> None:
    floors = {
        figure: float(goal.floor.removeprefix("≤ "))
        for (benchmark, figure), goal in goals().items()
        if benchmark == "windows" and goal.floor
    }
    assert len(floors) == 7
    for figure, floor in floors.items():
        assert report.figures["windows"][figure] <= floor, figure


def test_the_floors_are_those_that_were_set() -> None:
    floors = {figure: goal.floor for (name, figure), goal in goals().items() if name == "windows"}
    assert {figure: floor for figure, floor in floors.items() if floor} == {
        "V_red MAE 2015": "≤ 0.02", "V_ox MAE 2015": "≤ 0.08",
        "V_red MAE 2020": "≤ 0.02", "V_ox MAE 2020": "≤ 0.05",
        "V_red MAE 2021": "≤ 0.03", "V_ox MAE 2021": "≤ 0.20",
        "collapsed share": "≤ 0.07",
    }  # fmt: skip


def test_every_published_row_and_formula_is_counted(
    report: Report, measurements: pd.DataFrame
) -> None:
    figures = report.figures["windows"]
    assert [figures[f"rows {name}"] for name in ("2015", "2020", "2021")] == [19.0, 12.0, 12.0]
    obelix = measurements.loc[measurements["source"] == "obelix", "formula"]
    assert figures["formulas"] == obelix.nunique() >= 500
    assert figures["formulas without an answer"] == 0.0


def test_the_option_is_what_brings_sulfides_to_the_windows_of_2015(report: Report) -> None:
    figures = report.figures["windows"]
    assert figures["V_ox MAE 2015"] < 0.3 * figures["V_ox MAE 2015 as it stands"]
    assert figures["V_ox MAE 2020"] < 0.3 * figures["V_ox MAE 2020 S taken back"]
    assert figures["V_red MAE 2015"] == figures["V_red MAE 2015 as it stands"]


def test_a_row_says_what_was_published_what_is_calculated_and_how(bundle: Released) -> None:
    """Li6PS5Cl: 1.71 to 2.01 V in Zhu, He, Mo 2015; 1.721 to 2.009 V from the table."""
    [row] = compared(
        bundle.phases,
        (
            window
            for window in bundle.windows.rows
            if (window.formula, window.benchmark) == ("Li6PS5Cl", "2015")
        ),
    )
    assert (row.published_V_red, row.published_V_ox) == (1.71, 2.01)
    assert (row.V_red, row.V_ox) == pytest.approx((1.721, 2.009), abs=1e-3)
    assert row.differences == pytest.approx((0.011, -0.001), abs=1e-3)
    assert (row.corrections, row.settings) == (("S",), "S taken back, ±5 %")


def test_every_set_is_compared_both_ways(report: Report) -> None:
    stated = [row for row in report.compared if row.corrections == STATED[row.benchmark]]
    assert len(stated) == 43
    assert len(report.compared) == 86
    both = {(row.benchmark, row.formula, row.corrections) for row in report.compared}
    assert len(both) == 86


def _row(bundle: Released, phases: PhaseTable, benchmark: str, formula: str) -> ComparedWindow:
    [asked] = [
        row for row in bundle.windows.rows if (row.benchmark, row.formula) == (benchmark, formula)
    ]
    return compared(phases, [asked])[0]


def _raised(phases: PhaseTable, by_eV_atom: dict[int, float]) -> PhaseTable:
    energy = phases.energy_eV_atom.copy()
    for row, amount in by_eV_atom.items():
        energy[row] += amount
    return replace(phases, energy_eV_atom=energy)


@pytest.mark.parametrize(
    ("formula", "off_V", "left_V"),
    [
        ("Li1.5Al0.5Ti1.5(PO4)3", 0.35, 0.01),
        ("Li0.33La0.56TiO3", 0.35, 0.01),
        ("Li1.5Al0.5Ge1.5(PO4)3", 0.30, 0.06),
        ("Li7La3Zr2O12", 0.23, 0.03),
        ("Li3OCl", 0.12, 0.03),
    ],
)
def test_the_oxides_of_2021_differ_by_the_correction_of_oxygen(
    bundle: Released, formula: str, off_V: float, left_V: float
) -> None:
    """As docs/figures.md says: 0.702 eV per O, 0.443 in Li2O2, taken back from every oxide."""
    phases = bundle.phases
    oxygen = phases.symbols.index("O")
    uncorrected = {}
    for row, name in enumerate(phases.formulas):
        entries = slice(phases.start[row], phases.start[row + 1])
        fraction = float(phases.fraction[entries][phases.element[entries] == oxygen].sum())
        if 0.0 < fraction < 1.0:
            uncorrected[row] = fraction * (0.443 if name == "Li2O2" else 0.702)
    here = _row(bundle, phases, "2021", formula)
    there = _row(bundle, _raised(phases, uncorrected), "2021", formula)
    assert here.differences[1] == pytest.approx(off_V, abs=0.005)
    assert there.differences[1] == pytest.approx(0.0, abs=left_V)


def test_lithium_niobate_differs_by_one_phase(bundle: Released) -> None:
    """As docs/figures.md says: 3.76 V with Nb2O5 in the table, the published 3.88 V without."""
    here = _row(bundle, bundle.phases, "2015", "LiNbO3")
    without = {list(bundle.phases.formulas).index("Nb2O5"): 1.0}
    there = _row(bundle, _raised(bundle.phases, without), "2015", "LiNbO3")
    assert (here.V_ox, there.V_ox) == pytest.approx((3.76, 3.88), abs=0.005)


def test_measured_windows_enter_no_figure(bundle: Released) -> None:
    measured = [row for row in bundle.windows.rows if not row.is_calculated]
    assert measured
    assert compared(bundle.phases, measured) == []


def test_a_mean_over_a_row_without_an_answer_cannot_be_had() -> None:
    answered = ComparedWindow("2015", "Li2S", 0.0, 2.01, 0.0, 2.11, ("S",), 0.05, 0.0)
    unanswered = replace(answered, formula="LiPu2", V_red=None, V_ox=None)
    assert agreement([answered])["V_ox MAE 2015"] == pytest.approx(0.1)
    assert isnan(agreement([answered, unanswered])["V_ox MAE 2015"])


def test_a_formula_without_an_answer_is_counted_and_has_no_share(bundle: Released) -> None:
    figures = collapses(bundle.phases, ["Li2S", "Li2S", "LiPuO2", "Li0.27La0.57TiO3"])
    assert figures["formulas"] == 3.0
    assert figures["formulas without an answer"] == 1.0
    assert figures["collapsed share"] == 0.5


def test_the_report_survives_json(report: Report) -> None:
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    [first] = [
        row for row in document["windows"] if row["formula"] == "LiNbO3" and row["corrections"]
    ]
    assert first["V_ox_difference"] == pytest.approx(first["V_ox"] - 3.88)
    again = Report.from_dict(document)
    assert again.compared == report.compared
    assert again.to_text() == report.to_text()


def test_the_text_of_windows_alone_shows_every_material(report: Report) -> None:
    lines = report.to_text().splitlines()
    assert (
        len([line for line in lines if line.startswith(("| 2015 |", "| 2020 |", "| 2021"))]) == 43
    )
    assert (
        "| 2015 | Li0.33La0.56TiO3 | 1.75 – 3.71 | 1.75 – 3.71 | +0.00 / +0.00 "
        "| S taken back, ±5 % | -3.0 % |" in lines
    )
    together = replace(report, figures={"energies": {}} | report.figures).to_text()
    assert "| 2015 | " not in together


def test_the_released_bundle_carries_our_table_as_it_is() -> None:
    assert (FOLDER / WINDOWS).read_bytes() == (LITERATURE / WINDOWS).read_bytes()
    assert WINDOWS in (FOLDER / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("formula", "oxidation"),
    [("Li3PS4", [2.6]), ("75Li2S-25P2S5", [2.6]), ("Li6PS5Br", [2.5]), ("Li10GeP2S12", [5.0, 2.5])],
)
def test_measured_windows_are_found_by_composition(
    bundle: Released, formula: str, oxidation: list[float]
) -> None:
    found = bundle.windows.measured_windows(parse_formula(formula).amounts)
    assert set(oxidation) <= {window.V_ox for window in found}
    assert not any(window.is_calculated for window in found)


@pytest.mark.parametrize("formula", ["Li3.1PS4", "Li4GeS4", "Li2S", "Na3PS4", "Li2.99Na0.01PS4"])
def test_what_nobody_measured_has_no_measured_window(bundle: Released, formula: str) -> None:
    """Li4GeS4 and Li2S have published windows, but only calculated ones."""
    assert bundle.windows.measured_windows(parse_formula(formula).amounts) == ()


def test_the_same_composition_is_meant_within_a_thousandth(bundle: Released) -> None:
    """Li3.005PS4: its Li fraction is 0.3754, of Li3PS4 0.375. Li3.1PS4: 0.3827."""
    near = bundle.windows.measured_windows({"Li": 3.005, "P": 1.0, "S": 4.0})
    assert {window.formula for window in near} == {"Li3PS4"}


def test_windows_against_another_metal_are_not_mixed_in(bundle: Released) -> None:
    sodium = replace(bundle.windows.rows[0], formula="Na3Li3P2S8", ion="Na", method="CV")
    both = PublishedWindows((sodium, replace(sodium, ion="Li")))
    amounts = parse_formula(sodium.formula).amounts
    assert [window.ion for window in both.measured_windows(amounts)] == ["Li"]
    assert [window.ion for window in both.measured_windows(amounts, ion="Na")] == ["Na"]


def _phases(folder: Path, *more: str | Path) -> int:
    energies = folder / "energies.csv"
    energies.write_text("formula,e_form_ev_per_atom\nLi2S,-1.5\nLi3P,-0.9\n", encoding="utf-8")
    return main(["data", "phases", str(energies), "-o", str(folder / "mine"), *map(str, more)])


def _table(path: Path, **cells: str) -> Path:
    row = dict.fromkeys(COLUMNS, "") | {
        "formula": "Li2S", "ion": "Li", "V_ox": "2.1", "relation": "~", "method": "LSV",
        "doi": "10.1000/one", "licence": "facts",
    } | cells  # fmt: skip
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerow(row)
    return path


def test_a_bundle_of_ones_own_carries_ones_own_windows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = _table(tmp_path / "measured.csv")
    assert _phases(tmp_path, "--windows", own) == 0
    assert "5 compounds and elements" in capsys.readouterr().out
    [window] = load_windows(tmp_path / "mine").measured_windows({"Li": 2.0, "S": 1.0})
    assert window == read_windows(own)[0]
    assert isinstance(window, PublishedWindow)
    assert len(load_phases(tmp_path / "mine")) == 5


def test_a_bundle_without_windows_answers_with_none(tmp_path: Path) -> None:
    assert _phases(tmp_path) == 0
    assert not (tmp_path / "mine" / WINDOWS).exists()
    assert len(load_windows(tmp_path / "mine")) == 0


def test_a_wrong_row_leaves_no_bundle_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = _table(tmp_path / "measured.csv", method="magic")
    assert _phases(tmp_path, "--windows", wrong) == 2
    assert "measured.csv, row 1 (Li2S): method 'magic' is not known" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_windows_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "copy")
    text = (copy / WINDOWS).read_text(encoding="utf-8")
    (copy / WINDOWS).write_text(text.replace("2.6", "4.6"), encoding="utf-8")
    with pytest.raises(BundleError, match=r"windows\.csv is damaged"):
        load_windows(copy)


def test_windows_that_no_checksum_covers_are_refused(tmp_path: Path) -> None:
    assert _phases(tmp_path) == 0
    shutil.copy(LITERATURE / WINDOWS, tmp_path / "mine" / WINDOWS)
    with pytest.raises(BundleError, match=r"does not list windows\.csv"):
        load_windows(tmp_path / "mine")
