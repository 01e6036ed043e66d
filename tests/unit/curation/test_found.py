"""What was found of rows that name no paper: filled in where it fits, refused where it does not."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sseml.curation.clean import curate
from sseml.curation.duplicates import merge_duplicates
from sseml.curation.found import COLUMNS, TABLE_FILE, Finding, read_findings, with_findings
from sseml.curation.interpret import interpret
from sseml.curation.rows import Draft, RawMeasurement, SourceFormatError

GLASS = {"source_id": "9", "formula": "0.7Li2S-0.3P2S5", "conductivity": "3.77E-05"}
FACTS = {
    "source": "laskowski", "field": "doi", "value": "10.1039/C7TA06067J", "strength": "value",
    "evidence": "reference 296", "url": "https://example.org", "licence": "facts",
}  # fmt: skip


def write(folder: Path, *rows: dict[str, str]) -> None:
    lines = [",".join({**FACTS, **GLASS, **row}[name] for name in COLUMNS) for row in rows]
    folder.mkdir(exist_ok=True)
    (folder / TABLE_FILE).write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")


def test_a_row_takes_what_its_source_lacks_and_says_so(datasets: Path) -> None:
    write(
        datasets / "literature",
        {},
        {"field": "form", "value": "glass"},
        {"field": "space_group", "value": "R-3c", "source_id": "3",
         "formula": "Li0.6[Li0.2Sn0.8S2]", "conductivity": "1.2E−4"},
    )  # fmt: skip
    result = curate(datasets)
    table = result.table[result.table["source"] == "laskowski"].set_index("source_id")
    glass, layered = table.loc["9"], table.loc["3"]
    assert (glass["doi"], glass["year"], glass["form"]) == (("10.1039/c7ta06067j",), 2017, "glass")
    assert {"paper_found", "structure_found"} <= set(glass["flags"])
    assert layered["space_group_number"] == 12, "what the source states stays"
    assert "structure_found" not in layered["flags"]
    assert pd.isna(table.loc["8", "year"]), "another row of the source"
    noticed = result.report.sources["laskowski"].noticed
    assert (noticed["paper_found"], noticed["structure_found"]) == (1, 1)
    assert result.report.to_dict()["refused_findings"] == [
        {
            "source": "laskowski", "source_id": "3", "formula": "Li0.6[Li0.2Sn0.8S2]",
            "field": "space_group", "reason": "not_needed",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"source_id": "99"}, "row_is_gone"),
        ({"formula": "0.7Li2S-0.3P2S3"}, "row_has_changed"),
        ({"conductivity": "3.77E-04"}, "row_has_changed"),
    ],
)
def test_a_change_upstream_is_noticed(datasets: Path, row: dict[str, str], reason: str) -> None:
    write(datasets / "literature", row)
    result = curate(datasets)
    assert [each.reason for each in result.report.refused_findings] == [reason]
    assert f"1 {reason}" in result.report.to_text()
    assert not any("paper_found" in flags for flags in result.table["flags"])


def test_a_source_that_is_not_there_lacks_no_row(datasets: Path) -> None:
    (datasets / "laskowski" / "digitized_data_for_SSEs.csv").unlink()
    (datasets / "laskowski").rmdir()
    write(datasets / "literature", {})
    assert curate(datasets).report.refused_findings == ()


def test_without_a_table_nothing_is_found(
    datasets: Path, raw: Callable[..., RawMeasurement]
) -> None:
    assert read_findings(datasets / "literature") == []
    rows = [raw(), raw(source_id="2")]
    assert with_findings(rows, []) == (rows, [])


def merged(
    raw: Callable[..., RawMeasurement], other: RawMeasurement, doi: str
) -> list[tuple[str, tuple[str, ...], set[str]]]:
    """What is kept of `other` and of a compiled row of which `doi` was found."""
    compiled = raw(source="laskowski", source_id="5", activation_energy_eV="0.4")
    finding = Finding("laskowski", "5", "Li3PS4", "1e-4", "doi", doi)
    filled, refused = with_findings([other, compiled], [finding])
    assert refused == []
    drafts = [draft for draft in map(interpret, filled) if isinstance(draft, Draft)]
    return [(row.label, row.dois, row.flags) for row in merge_duplicates(drafts)[0]]


def test_a_found_paper_tells_one_measurement_from_two(raw: Callable[..., RawMeasurement]) -> None:
    other = raw(doi="10.1000/a")
    assert merged(raw, other, "10.1000/a") == [("liverpool:1", ("10.1000/a",), set())]
    assert merged(raw, other, "10.1000/b") == [
        ("liverpool:1", ("10.1000/a",), set()),
        ("laskowski:5", ("10.1000/b",), {"paper_found"}),
    ]


def test_the_row_that_takes_a_found_paper_over_says_so(raw: Callable[..., RawMeasurement]) -> None:
    other = raw(source="seeds", activation_energy_eV="0.4")
    assert merged(raw, other, "10.1000/a") == [("seeds:1", ("10.1000/a",), {"paper_found"})]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"field": "family"}], "'family' is none of doi"),
        ([{"strength": "likely"}], "strength 'likely' is none of value"),
        ([{"value": "Solid State Ionics 1"}], "no DOI"),
        ([{"field": "year", "value": "20"}], "no year"),
        ([{"field": "form", "value": "glassy"}], "form 'glassy' is none of"),
        ([{"field": "space_group", "value": "P999"}], "P999"),
        ([{}, {"value": "10.1000/b"}], r"line 3 \(laskowski:9:doi\): it is there twice"),
    ],
)
def test_an_unsound_table_is_refused(
    tmp_path: Path, rows: list[dict[str, str]], message: str
) -> None:
    write(tmp_path / "literature", *rows)
    with pytest.raises(SourceFormatError, match=message):
        read_findings(tmp_path / "literature")
