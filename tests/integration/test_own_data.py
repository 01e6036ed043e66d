"""A lab's file joins the table by the rules of published data, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sseml.curation.own import OwnResult, add_own
from sseml.curation.schema import MEASUREMENTS
from sseml.curation.split import near_duplicate_groups, paper_groups, paper_names
from sseml.model.dataset import Recipe, conductivity_set
from sseml.model.fitting import BY_PAPER, held_out_masks
from sseml.records import BundleError, RefusedInputError

LAB = """\
formula,ionic_conductivity (S/cm),temperature,activation_energy_eV,form,kind,series
Li5.4PS4.4Cl1.6,8.1e-3,25,0.28,crystal,total,ARG-07
Li5.4PS4.4Cl1.6,1.9e-2,60,0.28,crystal,total,ARG-07
LLZTO,4.2e-4,298 K,0.37,crystal,total,GAR-11
78Li2S-22P2S5,~3e-4,25,,glass,total,SUL-02
Li2.5Y0.5Hf0.5Cl6,1.3e-3,22,,crystal,total,HAL-05
Li3/8Sr7/16Ta3/4Zr1/4O3,<1e-9,25,,crystal,bulk,PER-01
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(LAB, encoding="utf-8")
    return path


def added(tmp_path: Path, *lines: str, base: pd.DataFrame, name: str = "own.csv") -> OwnResult:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return add_own(path, base)


def test_rows_follow_the_base_which_stays_as_it_is(lab: Path, measurements: pd.DataFrame) -> None:
    result = add_own(lab)
    MEASUREMENTS.validate(result.table)
    base = result.table.iloc[: len(measurements)]
    pd.testing.assert_frame_equal(
        base.drop(columns="flags"), measurements.drop(columns="flags"), check_dtype=True
    )
    changed = base["flags"] != measurements["flags"]
    assert base.loc[changed, "flags"].str.contains("conflict").all()
    own = result.table.iloc[len(measurements) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, result.added)
    assert not result.refused
    assert own["source"].tolist() == ["own"] * 6
    assert own["licence"].unique().tolist() == ["own measurement"]


def test_cells_are_read_as_predict_reads_them(lab: Path, small_table: pd.DataFrame) -> None:
    own = add_own(lab, small_table).added.set_index("formula_reported")
    assert own.loc["LLZTO", "formula"].startswith("Li6.")
    assert own.loc["LLZTO", "temperature_C"] == pytest.approx(24.85)
    glass = own.loc["78Li2S-22P2S5"]
    assert (glass["relation"], glass["form"], glass["sigma_S_cm"]) == ("~", "glass", 3e-4)
    bound = own.loc["Li3/8Sr7/16Ta3/4Zr1/4O3"]
    assert (bound["relation"], bound["sigma_S_cm"]) == ("<", 1e-9)
    assert bound["conductivity_kind"] == "bulk"
    assert own.loc["Li2.5Y0.5Hf0.5Cl6", "family"] == "Li3MX6"


@pytest.mark.parametrize(
    ("heading", "cell", "sigma_S_cm"),
    [
        ("sigma_S_cm", "1.2e-4", 1.2e-4),
        ("ionic_conductivity (S/cm)", "1.2×10^-4", 1.2e-4),
        ("sigma_mS_cm", "0.12", 1.2e-4),
        ("mS/cm", "0.12", 1.2e-4),
        ("σ / mS cm⁻¹", "0.12", 1.2e-4),
        ("Conductivity [µS/cm]", "120", 1.2e-4),
        ("σ (S/m)", "0.012", 1.2e-4),
        ("log10_sigma", "-3.9208188", 1.2e-4),
        ("log10(σ / S cm-1)", "−3.9208188", 1.2e-4),
    ],
)
def test_the_heading_says_the_unit(
    tmp_path: Path, small_table: pd.DataFrame, heading: str, cell: str, sigma_S_cm: float
) -> None:
    result = added(tmp_path, f"formula,{heading}", f"Li3ScBr6,{cell}", base=small_table)
    assert result.added["sigma_S_cm"].tolist() == pytest.approx([sigma_S_cm], rel=1e-6)


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        ("formula,conductivity", "does not say its unit"),
        ("formula,ln sigma", "does not say its unit"),
        ("formula,colour", "no column with the conductivity"),
        ("formula,electronic conductivity (S/cm)", "no column with the conductivity"),
        ("formula,sigma_S_cm,sigma_bulk_mS_cm", "several columns"),
        ("material,sigma_S_cm", "no column 'formula'"),
    ],
)
def test_a_file_that_does_not_say_what_it_holds_is_refused(
    tmp_path: Path, small_table: pd.DataFrame, heading: str, message: str
) -> None:
    cells = ",".join(["Li3ScBr6", *["1e-4"] * heading.count(",")])
    with pytest.raises(RefusedInputError, match=message):
        added(tmp_path, heading, cells, base=small_table)


@pytest.mark.parametrize(
    ("row", "reason", "suggestion"),
    [
        ("Li3ScXx6,1e-4,25,,", "'Xx' is not an element", "write element symbols"),
        ('Li3ScBr6,"1,2e-4",25,,', "'1,2e-4' is not a conductivity", "decimal point"),
        ("Li3ScBr6,1e-5 - 1e-4,25,,", "is not a conductivity", "<1e-10"),
        ("Li3ScBr6,,25,,", "is empty", "leave the row out"),
        ("Li3ScBr6,120,25,,", "120 S/cm is above", "unit in the heading"),
        ("Li3ScBr6,-1e-4,25,,", "-1e-4 is not above zero", "<1e-10"),
        ("Li3ScBr6,0,25,,", "0 is not above zero", "too low to measure"),
        ("Li3ScBr6,1e-4,298,,", "298 has no unit", "write 298 K or 298 °C"),
        ("Li3ScBr6,1e-4,warm,,", "'warm' is not a temperature", "333 K"),
        ("Li3ScBr6,1e-4,25,29,", "29 eV is impossible", "Ea_kJ/mol"),
        ("Li3ScBr6,1e-4,25,about 0.3,", "is not an activation energy", "such as 0.35"),
        ("Li3ScBr6,1e-4,25,,page 12", "'page 12' is not a DOI", "'series'"),
        ("NaCl,1e-4,25,,", "holds no lithium", "lithium conductors"),
        ("Li2S*P2S5,1e-4,25,,", "without their amounts", "75Li2S-25P2S5"),
        ("PEO + LiTFSI,1e-4,25,,", "polymer", "inorganic solid"),
        ('"Li3-xY1-xZrxCl6, x=0:0.4:0.2",1e-4,25,,', "a sweep is not", "one row for each x"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_go_on(
    tmp_path: Path, small_table: pd.DataFrame, row: str, reason: str, suggestion: str
) -> None:
    lines = ("formula,sigma_S_cm,temperature,Ea_eV,doi", "Li3ScBr6,1e-3,25,,", row)
    result = added(tmp_path, *lines, "Li3ErBr6,1e-3,25,,", base=small_table)
    assert result.added["formula"].tolist() == ["Li3ScBr6", "Li3ErBr6"]
    [refusal] = result.refused
    assert refusal.row == 2
    assert reason in refusal.reason
    assert suggestion in refusal.suggestion


def test_a_temperature_with_its_unit_is_taken_at_its_word(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    rows = ("Li3ScBr6,1e-1,298 °C", "Li3ErBr6,1e-4,298 K", "Li3YbBr6,1e-1,298")
    result = added(tmp_path, "formula,sigma_S_cm,temperature", *rows, base=small_table)
    assert result.added["temperature_C"].tolist() == [298.0, pytest.approx(24.85)]
    assert [refusal.row for refusal in result.refused] == [3]
    celsius = added(tmp_path, "formula,sigma_S_cm,T (°C)", "Li3YbBr6,1e-1,298", base=small_table)
    assert celsius.added["temperature_C"].tolist() == [298.0]


def test_a_series_that_can_only_be_in_kelvin_is_asked_back(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    rows = ("Li3ScBr6,1e-5,273,B1", "Li3ScBr6,2e-4,323,B1", "Li3ScBr6,2e-3,373,B1")
    result = added(tmp_path, "formula,sigma_S_cm,T (°C),batch", *rows, base=small_table)
    assert not len(result.added)
    assert [refusal.row for refusal in result.refused] == [1, 2, 3]
    assert "write '323 K'" in result.refused[1].suggestion


def test_adding_a_file_again_changes_nothing(lab: Path, small_table: pd.DataFrame) -> None:
    once = add_own(lab, small_table)
    twice = add_own(lab, once.table)
    pd.testing.assert_frame_equal(twice.table, once.table)
    assert [duplicate.row for duplicate in twice.duplicates] == [1, 2, 3, 4, 5, 6]
    assert not len(twice.added)
    renamed = lab.rename(lab.with_name("copy of lab.csv"))
    assert not len(add_own(renamed, once.table).added)


def test_rows_keep_their_identity_when_others_are_put_between_them(
    lab: Path, small_table: pd.DataFrame
) -> None:
    before = add_own(lab, small_table).added["measurement_id"].tolist()
    heading, first, *rest = LAB.splitlines()
    between = "Li3ScBr6,1e-4,25,,crystal,total,HAL-05"
    lab.write_text("\n".join([heading, first, between, *rest]), encoding="utf-8")
    after = add_own(lab, small_table).added["measurement_id"].tolist()
    assert [name for name in after if name in before] == before


def test_what_a_paper_has_reported_is_not_added_again(
    tmp_path: Path, measurements: pd.DataFrame
) -> None:
    known = "Li6PS5Cl,2.05e-3,25,10.1021/jacs.7b06327"
    ours = "Li6PS5Cl,2.05e-3,25,"
    result = added(tmp_path, "formula,sigma_S_cm,T,doi", known, ours, base=measurements)
    assert [(duplicate.row, duplicate.of) for duplicate in result.duplicates] == [(1, "obelix:122")]
    assert result.added["doi"].isna().tolist() == [True]


def test_two_batches_that_measure_alike_are_two_measurements(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    rows = ("Li3ScBr6,1e-4,B1", "Li3ScBr6,1e-4,B2", "Li3ScBr6,1e-4,B2")
    result = added(tmp_path, "formula,sigma_S_cm,batch", *rows, base=small_table)
    assert len(result.added) == 2
    assert [duplicate.row for duplicate in result.duplicates] == [3]


def test_a_decade_between_reports_is_flagged_on_both_and_both_stay(
    tmp_path: Path, measurements: pd.DataFrame
) -> None:
    rows = ("Li3YCl6,5e-6,25,B1", "Li3YCl6,5e-4,25,B1")
    result = added(tmp_path, "formula,sigma_S_cm,T,batch", *rows, base=measurements)
    assert {conflict.row for conflict in result.conflicts} == {1}, "one batch may differ in itself"
    assert result.added["flags"].str.contains("conflict").tolist() == [True, False]
    for conflict in result.conflicts:
        source, _, source_id = conflict.other.partition(":")
        is_other = (result.table["source"] == source) & (result.table["source_id"] == source_id)
        assert "conflict" in result.table.loc[is_other, "flags"].item()
        assert conflict.other_sigma_S_cm > 5e-5


def test_the_slope_of_a_series_is_its_activation_energy(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    T = np.array([25.0, 50.0, 75.0, 100.0])
    sigma = 300.0 / (T + 273.15) * np.exp(-0.36 / (8.617333262e-5 * (T + 273.15)))
    lines = [f"Li3ScBr6,{s:.4e},{t},B1" for s, t in zip(sigma, T, strict=True)]
    result = added(tmp_path, "formula,sigma_S_cm,T,batch", *lines, base=small_table)
    assert result.added["activation_energy_eV"].tolist() == pytest.approx([0.36] * 4, abs=1e-3)
    assert (result.added["flags"] == "activation_energy_from_series").all()


def test_columns_that_are_not_used_are_named(tmp_path: Path, small_table: pd.DataFrame) -> None:
    result = added(
        tmp_path, "formula,sigma_S_cm,temprature,operator", "Li3ScBr6,1e-4,60,AB", base=small_table
    )
    said = "\n".join(result.report.notices)
    assert "'temprature' is not used; did you mean 'temperature'?" in said
    assert "'operator' is not used" in said
    assert "no column says the temperature: 25 °C" in said
    assert "all rows of own.csv are held out together" in said


def test_a_series_is_held_out_together_and_counts_fully(
    lab: Path, measurements: pd.DataFrame
) -> None:
    heading, *rows = LAB.splitlines()
    one_series = [row.rpartition(",")[0] + ",CAMPAIGN 3" for row in rows]
    lab.write_text("\n".join([heading, *one_series]), encoding="utf-8")
    table = add_own(lab, measurements).table
    data = conductivity_set(table, Recipe())
    own = (table["source"].to_numpy()[data.rows] == "own").nonzero()[0]
    assert len(own) == 5, "of the two temperatures of one sample, the one nearest 25 °C"
    assert len(set(data.papers[own])) == 1
    for held_out in held_out_masks(data, BY_PAPER, 4, seed=0):
        assert held_out[own].all() or not held_out[own].any()
        if held_out[own].all():
            assert not BY_PAPER.training_mask(data, held_out)[own].any()
    duplicates = near_duplicate_groups(data.fractions)
    unshared = data.weights * np.sqrt(np.bincount(duplicates)[duplicates])
    source = table["source"].to_numpy()[data.rows]
    assert unshared[own] == pytest.approx(unshared[source == "obelix"].max())
    assert unshared[own].min() > unshared[source == "liverpool"].max()


def test_series_and_doi_both_hold_rows_together(tmp_path: Path, small_table: pd.DataFrame) -> None:
    rows = (
        "Li3ScBr6,1e-4,B1,10.1000/ours",
        "Li3ErBr6,2e-4,b1,",
        "Li3HoBr6,3e-4,B2,10.1000/ours",
        "Li3TmBr6,4e-4,B3,",
    )
    result = added(tmp_path, "formula,sigma_S_cm,notebook,doi", *rows, base=small_table)
    names = paper_names(result.added)
    assert names.tolist() == ["10.1000/ours|own:B1", "own:b1", "10.1000/ours|own:B2", "own:B3"]
    assert paper_groups(list(names), range(4)).tolist() == [0, 0, 0, 1]


def test_without_own_rows_papers_are_named_by_their_doi_alone(measurements: pd.DataFrame) -> None:
    names = paper_names(measurements)
    expected = [None if pd.isna(doi) else doi for doi in measurements["doi"]]
    assert names.tolist() == expected


def test_rows_without_a_series_are_held_out_with_their_file(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    first = added(tmp_path, "formula,mS/cm", "Li3ScBr6,1", "Li3ErBr6,1", base=small_table)
    both = added(tmp_path, "formula,mS/cm", "Li3HoBr6,1", base=first.table, name="later.csv")
    names = paper_names(both.table)[-3:].tolist()
    assert names == ["own:file:own.csv", "own:file:own.csv", "own:file:later.csv"]


def test_the_released_table_is_checked_before_it_is_built_upon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: Path, lab: Path
) -> None:
    import sseml.curation.released as home  # noqa: PLC0415

    package = tmp_path / "sseml"
    folder = package / "_models" / released.name
    folder.mkdir(parents=True)
    for name in ("evidence.parquet", "SHA256SUMS"):
        (folder / name).write_bytes((released / name).read_bytes())
    monkeypatch.setattr(home, "files", lambda _: package)
    assert len(add_own(lab).added) == 6
    (folder / "evidence.parquet").write_bytes((released / "evidence.parquet").read_bytes()[:-1])
    with pytest.raises(BundleError, match="damaged"):
        add_own(lab)
