"""Readers turn upstream columns into raw rows without judging them."""

from pathlib import Path

import pytest

from sseml.curation.readers import (
    read_laskowski,
    read_literature,
    read_liverpool,
    read_obelix,
    read_seeds,
)
from sseml.curation.rows import SourceFormatError
from sseml.curation.sources import SOURCES


def test_obelix_rows_carry_split_links_and_total_conductivity(datasets: Path) -> None:
    rows = {row.source_id: row for row in read_obelix(datasets / "obelix")}
    assert len(rows) == 9
    assert rows["aaa"].official_split == "train"
    assert rows["aba"].official_split == "test"
    assert rows["aaa"].links == {"icsd": "155950", "laskowski_paper": "3"}
    assert (rows["aac"].conductivity, rows["aac"].conductivity_kind) == ("7.1e-05", "total")
    assert rows["aab"].conductivity == "<1E-10"
    assert rows["aaa"].temperature_C == "25"


def test_liverpool_rows_keep_unique_ids_forms_and_the_mark_of_extrapolation(datasets: Path) -> None:
    rows = read_liverpool(datasets / "liverpool")
    assert len({row.source_id for row in rows}) == len(rows) == 14
    assert [row.source_id for row in rows if row.source_id.startswith("7")] == ["7", "7/2"]
    assert {row.form for row in rows if "LiPO3" in row.formula} == {"glass"}
    assert [row.source_id for row in rows if "extrapolated" in row.flags] == ["2000", "2001"]


def test_laskowski_rows_are_numbered_from_one(datasets: Path) -> None:
    rows = read_laskowski(datasets / "laskowski")
    assert [row.source_id for row in rows] == [str(n) for n in range(1, 11)]
    assert rows[0].activation_energy_eV == "0.58"
    assert rows[0].form == "crystal"
    assert rows[8].form is None


def test_seeds_join_the_activation_energy_of_the_same_paper(datasets: Path) -> None:
    used, computed = read_seeds(datasets / "literature")
    assert (used.conductivity, used.activation_energy_eV, used.unusable) == (
        "~0.00051",
        "0.4",
        None,
    )
    assert computed.unusable == "computed"


def test_literature_rows_name_their_paper_and_turn_symbols_into_numbers(datasets: Path) -> None:
    first, second, third, last = read_literature(datasets / "literature")
    assert [row.source_id for row in (first, last)] == ["P001#L0001", "P003#L0004"]
    assert (second.conductivity, second.conductivity_kind) == ("~0.0004", "total")
    assert (second.space_group, second.form, second.year) == ("164", "crystal", "2021")
    assert (last.conductivity, last.doi, last.series) == ("<1e-9", "", "P003")
    assert (first.unusable, third.unusable) == (None, "temperature_not_stated")
    assert {row.licence for row in (first, second, third, last)} == {"facts"}


def test_a_file_that_is_missing_or_not_text_is_named(datasets: Path) -> None:
    (datasets / "obelix" / "train.csv").unlink()
    with pytest.raises(SourceFormatError, match=r"obelix/train\.csv is missing"):
        read_obelix(datasets / "obelix")
    (datasets / "liverpool" / "LiIonDatabase.csv").write_bytes(b"\xff\xfe\x00ID")
    with pytest.raises(SourceFormatError, match=r"LiIonDatabase\.csv is not UTF-8"):
        read_liverpool(datasets / "liverpool")


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("obelix", "all.csv"),
        ("liverpool", "LiIonDatabase.csv"),
        ("laskowski", "digitized_data_for_SSEs.csv"),
        ("seeds", "seeds.csv"),
        ("literature", "measurements.csv"),
    ],
)
def test_a_missing_column_is_named(datasets: Path, source: str, file: str) -> None:
    folder = datasets / ("literature" if SOURCES[source].literature_file else source)
    (folder / file).write_text("ID,something\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceFormatError, match=r"lacks the column\(s\).*something"):
        SOURCES[source].read(folder)  # type: ignore[misc]
