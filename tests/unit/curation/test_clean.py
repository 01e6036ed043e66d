"""The whole way from files to the tidy table: nothing lost, same bytes, read back as written."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from sseml.curation.clean import NoSourceError, curate
from sseml.curation.schema import COLUMNS, LISTS, flag_meanings, with_lists, without_lists
from sseml.curation.sources import UnknownSourceError
from sseml.curation.table import (
    NotMeasurementsError,
    load_measurements,
    measurements_at,
    write_parquet,
)


def row(table: pd.DataFrame, source: str, source_id: str) -> pd.Series:
    found = table[(table["source"] == source) & (table["source_id"] == source_id)]
    assert len(found) == 1, f"{source}:{source_id}"
    return found.iloc[0]


def test_every_row_read_is_kept_merged_or_dropped(datasets: Path) -> None:
    result = curate(datasets)
    assert {n: c.read for n, c in result.report.sources.items()} == {
        "obelix": 9,
        "liverpool": 14,
        "laskowski": 10,
        "seeds": 2,
        "literature": 4,
    }
    for name, count in result.report.sources.items():
        assert count.read == count.kept + count.merged.total() + count.dropped.total(), name
        assert count.kept == int((result.table["source"] == name).sum())
    assert len(result.report.dropped_rows) == sum(
        count.dropped.total() for count in result.report.sources.values()
    )


def test_the_rules_show_in_the_table(datasets: Path) -> None:
    table = curate(datasets).table
    assert tuple(table.columns) == COLUMNS
    bismuth = row(table, "obelix", "aaa")
    assert bismuth["also_in"] == ("laskowski:1",)
    assert bismuth["activation_energy_eV"] == 0.58
    assert bismuth["flags"] == ("revised",)
    assert bismuth["doi"] == ("10.1002/zaac.200500231",)
    assert bismuth["volume_per_atom_A3"] == pytest.approx(9.5686, abs=1e-4)
    assert row(table, "obelix", "aab")["relation"] == "<"
    assert row(table, "obelix", "aac")["sigma_S_cm"] == 7.1e-5
    assert row(table, "obelix", "aad")["flags"] == ("lattice_dropped",)
    assert pd.isna(row(table, "obelix", "aad")["a_A"])
    assert row(table, "obelix", "aae")["a_A"] == 7.413
    assert row(table, "obelix", "aba")["also_in"] == ("liverpool:1",)
    assert row(table, "obelix", "aba")["official_split"] == "test"
    assert row(table, "liverpool", "3")["temperature_C"] == pytest.approx(26.85)
    assert row(table, "liverpool", "10")["doi"] == ()
    assert "corrected_formula" in row(table, "liverpool", "11")["flags"]
    assert row(table, "laskowski", "3")["sigma_S_cm"] == 1.2e-4
    assert row(table, "laskowski", "4")["relation"] == "<"
    assert row(table, "laskowski", "4")["sigma_S_cm"] == pytest.approx(1e-10)
    assert row(table, "laskowski", "7")["flags"] == ("composite",)
    assert row(table, "laskowski", "8")["flags"] == ("charge_imbalance",)
    assert row(table, "seeds", "S1")["relation"] == "~"


def test_what_our_literature_table_adds_comes_last_in_trust(datasets: Path) -> None:
    table = curate(datasets).table
    sulfide = row(table, "obelix", "aaf")
    assert sulfide["also_in"] == ("laskowski:2", "literature:P001#L0001")
    added = table[table["source"] == "literature"].set_index("source_id")
    assert added.index.tolist() == ["P002#L0002", "P003#L0004"]
    chloride, phosphide = added.loc["P002#L0002"], added.loc["P003#L0004"]
    assert (chloride["relation"], chloride["space_group_number"]) == ("~", 164)
    assert (phosphide["relation"], phosphide["sigma_S_cm"]) == ("<", 1e-9)
    assert phosphide["doi"] == ()


def test_years_are_the_papers_or_what_their_dois_carry(datasets: Path) -> None:
    table = curate(datasets).table
    assert row(table, "literature", "P003#L0004")["year"] == 2016, "as the table says"
    assert row(table, "obelix", "aaa")["year"] == 2005, "as the DOI carries it"
    assert row(table, "obelix", "aaf")["year"] == 2007, "the earlier of its two papers"
    assert pd.isna(row(table, "laskowski", "3")["year"])


def test_a_table_without_years_takes_them_from_its_dois(datasets: Path, tmp_path: Path) -> None:
    table = curate(datasets).table
    table.drop(columns="year").to_parquet(tmp_path / "earlier.parquet", index=False)
    read = load_measurements(tmp_path / "earlier.parquet")
    assert read.columns.tolist() == table.columns.tolist()
    years = read.set_index("measurement_id")["year"]
    assert years[row(table, "obelix", "aaa")["measurement_id"]] == 2005
    assert pd.isna(years[row(table, "literature", "P003#L0004")["measurement_id"]])


def test_an_extrapolated_value_goes_unless_the_official_split_holds_it(datasets: Path) -> None:
    result = curate(datasets)
    assert row(result.table, "obelix", "abb")["flags"] == ("extrapolated",)
    assert row(result.table, "obelix", "abb")["also_in"] == ("liverpool:2000",)
    assert result.report.sources["liverpool"].dropped == {"extrapolated": 1}
    assert "2001" not in set(result.table.loc[result.table["source"] == "liverpool", "source_id"])


def test_dropped_rows_name_their_rule(datasets: Path) -> None:
    dropped = {
        (r.raw.source, r.raw.source_id): r.reason for r in curate(datasets).report.dropped_rows
    }
    assert dropped == {
        ("laskowski", "5"): "no_amounts",
        ("laskowski", "10"): "polymer",
        ("seeds", "S3"): "computed",
        ("liverpool", "2001"): "extrapolated",
        ("literature", "P002#L0003"): "temperature_not_stated",
    }


def test_the_series_of_one_paper_gives_its_activation_energy(datasets: Path) -> None:
    table = curate(datasets).table
    series = table[table["formula_reported"].str.startswith("Li6BaLa2Ta2O12")]
    assert set(series["flags"]) == {("activation_energy_from_series",)}
    assert series["activation_energy_eV"].iloc[0] == pytest.approx(0.44, abs=0.03)


def test_two_runs_write_the_same_bytes(datasets: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        curate(datasets, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == ["curation.json", "measurements.csv", "measurements.parquet"]
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


@pytest.mark.parametrize("file", ["", "measurements.parquet", "measurements.csv"])
def test_the_table_is_read_back_as_written(datasets: Path, tmp_path: Path, file: str) -> None:
    table = curate(datasets, tmp_path / "out").table
    pd.testing.assert_frame_equal(load_measurements(tmp_path / "out" / file), table)


def test_lists_are_lists_in_parquet_and_joined_in_csv(datasets: Path, tmp_path: Path) -> None:
    table = curate(datasets, tmp_path).table
    stored = parquet.read_table(tmp_path / "measurements.parquet")
    written = pd.read_csv(tmp_path / "measurements.csv", dtype=str, keep_default_na=False)
    for name, sign in LISTS.items():
        assert stored.schema.field(name).type == pa.list_(pa.string())
        assert stored[name].to_pylist() == [list(cell) for cell in table[name]]
        assert written[name].tolist() == [sign.join(cell) for cell in table[name]]
        assert any(len(cell) == 0 for cell in table[name])
    assert any(len(cell) > 1 for cell in table["doi"])


def test_the_texts_of_an_earlier_release_become_lists(datasets: Path, tmp_path: Path) -> None:
    table = curate(datasets).table
    without_lists(table).to_parquet(tmp_path / "earlier.parquet", index=False)
    pd.testing.assert_frame_equal(load_measurements(tmp_path / "earlier.parquet"), table)
    pd.testing.assert_frame_equal(with_lists(without_lists(table)), table)


def test_a_row_of_an_unlisted_source_is_refused(datasets: Path, tmp_path: Path) -> None:
    table = curate(datasets).table
    table.loc[3, "source"] = "hearsay"
    write_parquet(table, tmp_path / "odd.parquet")
    with pytest.raises(NotMeasurementsError, match=r"odd\.parquet, row 4: 'hearsay' is not"):
        load_measurements(tmp_path / "odd.parquet")
    with pytest.raises(UnknownSourceError, match="row 4: 'hearsay'"):
        measurements_at(table)


def test_the_report_speaks_text_and_json(datasets: Path, tmp_path: Path) -> None:
    report = curate(datasets, tmp_path).report
    assert "laskowski: 10 rows read" in report.to_text()
    assert "dropped: 1 no_amounts" in report.to_text()
    assert "noticed: 3 kelvin_as_celsius" in report.to_text()
    written = json.loads((tmp_path / "curation.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(report.to_dict()))


def test_identities_follow_content_not_order(datasets: Path) -> None:
    before = curate(datasets).table
    path = datasets / "laskowski" / "digitized_data_for_SSEs.csv"
    path.write_text(path.read_text(encoding="utf-8") + "Li3P,1E-4,,,\n", encoding="utf-8")
    after = curate(datasets).table
    assert set(before["measurement_id"]) < set(after["measurement_id"])
    assert after["measurement_id"].is_unique


def test_a_source_that_is_not_there_is_simply_absent(datasets: Path, tmp_path: Path) -> None:
    for path in sorted((datasets / "liverpool").iterdir()):
        path.unlink()
    (datasets / "liverpool").rmdir()
    assert "liverpool" not in set(curate(datasets).table["source"])
    with pytest.raises(NoSourceError, match="sseml data pull"):
        curate(tmp_path / "nowhere")


def test_a_file_that_is_no_table_of_measurements_is_refused(datasets: Path, tmp_path: Path) -> None:
    table = curate(datasets).table
    table.drop(columns="doi").to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(NotMeasurementsError, match=r"lacks the column\(s\) doi"):
        load_measurements(tmp_path / "short.csv")
    wrong = table.assign(sigma_S_cm=-1.0)
    wrong.to_parquet(tmp_path / "wrong.parquet", index=False)
    with pytest.raises(NotMeasurementsError, match="sigma_S_cm"):
        load_measurements(tmp_path / "wrong.parquet")


def test_every_flag_in_use_is_explained(datasets: Path) -> None:
    assert set(curate(datasets).report.flags) <= flag_meanings().keys()
    assert all(flag_meanings().values())
