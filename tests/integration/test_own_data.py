"""A lab's file joins the table by the rules of published data, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.curation.headings import find_columns
from sseml.curation.own import add_own
from sseml.curation.own_report import OwnResult
from sseml.curation.schema import MEASUREMENTS, has_flag
from sseml.model.dataset import Recipe, training_set
from sseml.model.fitting import BY_PAPER
from sseml.model.split import near_duplicate_groups, paper_groups, paper_names
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
    assert has_flag(base[changed], "conflict").all()
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
        ("formula,ln sigma", "natural logarithm"),
        ("formula,colour", "no column with the conductivity"),
        ("formula,electronic conductivity (S/cm)", "no column with the conductivity"),
        ("formula,sigma_S_cm,sigma_bulk_mS_cm", "several columns"),
        ("sample,sigma_S_cm", "no column 'formula'"),
    ],
)
def test_a_file_that_does_not_say_what_it_holds_is_refused(
    tmp_path: Path, small_table: pd.DataFrame, heading: str, message: str
) -> None:
    cells = ",".join(["Li3ScBr6", *["1e-4"] * heading.count(",")])
    with pytest.raises(RefusedInputError, match=message):
        added(tmp_path, heading, cells, base=small_table)


@pytest.mark.parametrize(
    ("heading", "reason", "suggestion"),
    [
        ("σ (10^-4 S/cm)", "holds a number", "in S/cm themselves"),
        ("σ / 10⁻⁴ S cm⁻¹", "holds a number", "in S/cm themselves"),
        ("sigma x 1e4 (S/cm)", "holds a number", "in S/cm themselves"),
        ("conductivity ×10³ S/cm", "holds a number", "in S/cm themselves"),
        ("1000 sigma_S_cm", "holds a number", "in S/cm themselves"),
        ("log2 sigma", "a logarithm of a kind", "write it to base 10"),
        ("-log(σ / S cm-1)", "has its sign turned", "name it log10_sigma"),
        ("−log10 σ", "has its sign turned", "name it log10_sigma"),
        ("neg_log10_sigma_S_cm", "has its sign turned", "name it log10_sigma"),
        ("σT / S cm-1 K", "times a temperature", "divide the values by the temperature"),
        ("log(σT / S K cm-1)", "times a temperature", "divide the values by the temperature"),
        ("sigmaT (S K/cm)", "times a temperature", "divide the values by the temperature"),
        ("lnσ (S/cm)", "is a natural logarithm", "divide the values by 2.302585"),
        ("ln(σT / S K cm-1)", "is a natural logarithm", "divide the values by 2.302585"),
        ("conductivity at 60 °C (S/cm)", "holds a temperature", "in a column 'temperature'"),
        ("sigma_60C_S_cm", "holds a temperature", "in a column 'temperature'"),
        ("σ 333 K / mS cm-1", "holds a temperature", "in a column 'temperature'"),
        ("conductivity (log10 S/cm)", "a logarithm of a kind", "write it to base 10"),
        ("sigma_gb_S_cm", "more than a conductivity", "leave it out"),
        ("sigma m S/cm", "more than a conductivity", "sigma_mS_cm"),
        ("log -σ (S/cm)", "more than a conductivity", "log10_sigma"),
    ],
)
def test_a_heading_that_says_more_than_name_and_unit_refuses_the_file(
    tmp_path: Path, small_table: pd.DataFrame, heading: str, reason: str, suggestion: str
) -> None:
    with pytest.raises(RefusedInputError) as refused:
        added(tmp_path, f"formula,{heading}", "Li3ScBr6,3.2", base=small_table)
    assert f"the column {heading!r} of own.csv" in refused.value.reason
    assert reason in refused.value.reason
    assert suggestion in refused.value.suggestion


UNITS = {
    "S/cm": 1.0, "S cm-1": 1.0, "S cm⁻¹": 1.0, "S·cm^-1": 1.0, "S_cm": 1.0, "S/m": 1e-2,
    "mS/cm": 1e-3, "mS cm−1": 1e-3, "mS_cm": 1e-3, "uS/cm": 1e-6, "µS cm-1": 1e-6, "nS/cm": 1e-9,
}  # fmt: skip


@given(
    log=st.sampled_from(["", "log", "log10", "log₁₀", "lg", "Log "]),
    name=st.sampled_from(
        ["σ", "sigma", "conductivity", "Ionic Conductivity", "ionic_conductivity", "σ_total",
         "total sigma", "Li+ conductivity", "Li-ion conductivity", "sigma_bulk", "conductivity, σ"]
    ),
    unit=st.sampled_from(sorted(UNITS)),
    form=st.sampled_from(["{0} ({1})", "{0} [{1}]", "{0} / {1}", "{0}, {1}", "{0}_{1}",
                          "{0} in {1}", "({0} / ({1}))"]),
)  # fmt: skip
def test_a_heading_that_is_understood_scales_as_its_unit_says(
    log: str, name: str, unit: str, form: str
) -> None:
    parted = f"{log} {name}".strip()
    heading = form.format(parted, unit)
    scale = find_columns([heading], "own.csv").conductivity
    quantity = scale.read({heading: "-2" if log else "0.01"})
    assert quantity is not None
    assert quantity.value == pytest.approx(0.01 * UNITS[unit])


@given(
    junk=st.sampled_from(["T", "K", "·K", "10^-3", "10⁻³", "x10", "×10", "%", "neg", "ln", "60C"]),
    unit=st.sampled_from(sorted(UNITS)),
    form=st.sampled_from(["σ {1} / {0}", "σ {0} {1}", "{1} sigma ({0})", "log(σ {1} / {0})"]),
)
def test_no_heading_with_a_remainder_is_understood(junk: str, unit: str, form: str) -> None:
    with pytest.raises(RefusedInputError):
        find_columns([form.format(unit, junk)], "own.csv")


def test_a_heading_of_room_temperature_holds_where_no_column_says_another(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    own = added(tmp_path, "formula,sigma_RT_S_cm", "Li3ScBr6,1e-4", base=small_table).added
    assert own["temperature_C"].tolist() == [25.0]
    with pytest.raises(RefusedInputError, match="says room temperature, while 'T_meas'"):
        added(tmp_path, "formula,sigma_RT_S_cm,T_meas", "Li3ScBr6,1e-4,60", base=small_table)


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
        ("Li3ScBr6 T=298,1e-4,,,", "298 has no unit", "write 298 K or 298 °C"),
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


def test_bare_values_of_a_column_that_looks_like_kelvin_are_all_asked_back(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    rows = ("Li3ScBr6,1e-5,233", "Li3ErBr6,1e-4,253", "Li3YbBr6,1e-3,298", "Li3HoBr6,1e-3,298 K",
            "Li3TmBr6 T=60,1e-3,233", "Li3LuBr6,1e-3,")  # fmt: skip
    result = added(tmp_path, "formula,sigma_S_cm,T", *rows, base=small_table)
    assert [refusal.row for refusal in result.refused] == [1, 2, 3]
    assert "233 has no unit, and its column looks like kelvin" in result.refused[0].reason
    assert "write 233 K or 233 °C, or name the column" in result.refused[0].suggestion
    assert result.added["temperature_C"].tolist() == [pytest.approx(24.85), 60.0, 25.0]


@pytest.mark.parametrize(
    ("heading", "cell", "temperature_C"),
    [
        ("T [degC]", "60", 60.0),
        ("T (ºC)", "60", 60.0),
        ("temp. K", "333.15", 60.0),
        ("Temperature (kelvin)", "233.15", -40.0),
        ("measured temperature / °C", "300", 300.0),
        ("T_meas (K)", "673.15", 400.0),
        ("T / K", "673.15", 400.0),
        ("temperature", "673.15 K", 400.0),
        ("T_meas", "60", 60.0),
        ("measuring temperature", "333.15 K", 60.0),
    ],
)
def test_the_temperature_is_known_by_other_headings(
    tmp_path: Path, small_table: pd.DataFrame, heading: str, cell: str, temperature_C: float
) -> None:
    lines = (f"formula,sigma_S_cm,{heading}", f"Li3ScBr6,1e-4,{cell}")
    result = added(tmp_path, *lines, base=small_table)
    assert result.added["temperature_C"].tolist() == pytest.approx([temperature_C])
    assert not any("temperature" in notice for notice in result.report.notices)


def test_a_bare_kelvin_is_asked_back_under_other_headings_too(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    rows = ("Li3ScBr6,1e-5,233", "Li3ErBr6,1e-4,298")
    result = added(tmp_path, "formula,sigma_S_cm,T_meas", *rows, base=small_table)
    assert [refusal.row for refusal in result.refused] == [1, 2]


@pytest.mark.parametrize(
    "heading",
    ["1000/T", "1000/T (1/K)", "T (°F)", "temprature", "T_upper", "inverse temperature (K-1)",
     "condition (°C)", "T_meas [K],T_set [K]"],
)  # fmt: skip
def test_a_column_that_may_be_the_temperature_never_becomes_room_temperature(
    tmp_path: Path, small_table: pd.DataFrame, heading: str
) -> None:
    cells = ",".join(["Li3ScBr6,1e-4", *["60"] * (1 + heading.count(","))])
    with pytest.raises(RefusedInputError) as refused:
        added(tmp_path, f"formula,sigma_S_cm,{heading}", cells, base=small_table)
    assert repr(heading.partition(",")[0]) in refused.value.reason
    assert "'temperature (°C)' or 'temperature (K)'" in refused.value.suggestion


def test_the_temperature_of_something_else_is_left_out_and_named(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    heading = "formula,sigma_S_cm,sintering temperature (°C),density at 25 °C"
    result = added(tmp_path, heading, "Li3ScBr6,1e-4,550,3.1", base=small_table)
    assert result.added["temperature_C"].tolist() == [25.0]
    said = "\n".join(result.report.notices)
    assert "'sintering temperature (°C)' is not used" in said
    assert "no column says the temperature: 25 °C" in said


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
    assert result.added["doi"].tolist() == [()]


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
    compiled = measurements[measurements["source"] != "literature"]  # reports of 5e-4 alone
    result = added(tmp_path, "formula,sigma_S_cm,T,batch", *rows, base=compiled)
    assert {conflict.row for conflict in result.conflicts} == {1}, "one batch may differ in itself"
    assert has_flag(result.added, "conflict").tolist() == [True, False]
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
    assert set(result.added["flags"]) == {("activation_energy_from_series",)}


def test_columns_that_are_not_used_are_named(tmp_path: Path, small_table: pd.DataFrame) -> None:
    result = added(
        tmp_path, "formula,sigma_S_cm,notebok,operator", "Li3ScBr6,1e-4,60,AB", base=small_table
    )
    said = "\n".join(result.report.notices)
    assert "'notebok' is not used; did you mean 'notebook'?" in said
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
    data = training_set(table, Recipe())
    own = (table["source"].to_numpy()[data.rows] == "own").nonzero()[0]
    assert len(own) == 6
    assert data.at_25[own].sum() == 5, "of the two temperatures of one sample, the nearest to 25 °C"
    assert len(set(data.papers[own])) == 1
    for trained, held_out in BY_PAPER.folds(data, 4, seed=0):
        assert held_out[own].all() or not held_out[own].any()
        if held_out[own].all():
            assert not trained[own].any()
    duplicates = near_duplicate_groups(data.positions, data.kind.distance)
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


def test_without_own_rows_papers_are_named_by_their_doi_or_as_their_table_cites_them(
    measurements: pd.DataFrame,
) -> None:
    """Without a DOI the literature table numbers a paper, and the seeds cite it."""
    names = paper_names(measurements)

    def expected(row: pd.Series) -> str | None:
        if row["doi"]:
            return "|".join(row["doi"])
        if row["source"] == "literature":
            return f"literature:{row['source_id'][:4]}"
        cited = row["source"] == "seeds" and not pd.isna(row["reference"])
        return f"seeds:{row['reference']}" if cited else None

    assert names.tolist() == [expected(row) for _, row in measurements.iterrows()]


def test_rows_without_a_series_are_held_out_with_their_file(
    tmp_path: Path, small_table: pd.DataFrame
) -> None:
    first = added(tmp_path, "formula,mS/cm", "Li3ScBr6,1", "Li3ErBr6,1", base=small_table)
    both = added(tmp_path, "formula,mS/cm", "Li3HoBr6,1", base=first.table, name="later.csv")
    assert both.table["reference"].iloc[-1] == "own measurement, series file:later.csv"
    names = paper_names(both.table)[-3:].tolist()
    assert names == ["own:file:own.csv", "own:file:own.csv", "own:file:later.csv"]


def test_the_released_table_is_checked_before_it_is_built_upon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, released: Path, lab: Path
) -> None:
    import sseml.released as home  # noqa: PLC0415

    package = tmp_path / "sseml"
    folder = package / "_models" / released.name
    folder.mkdir(parents=True)
    for name in ("evidence.parquet", "SHA256SUMS"):
        (folder / name).write_bytes((released / name).read_bytes())
    monkeypatch.setattr(home, "__file__", str(package / "released.py"))
    assert len(add_own(lab).added) == 6
    (folder / "evidence.parquet").write_bytes((released / "evidence.parquet").read_bytes()[:-1])
    with pytest.raises(BundleError, match="damaged"):
        add_own(lab)
