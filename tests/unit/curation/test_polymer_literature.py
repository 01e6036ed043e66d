"""Our own tables of composites and polymers on their way into the tidy table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sseml.curation.papers import paper_name
from sseml.curation.polymers.clean import PolymerCuration, curate_polymers

pytest.importorskip("rdkit")

COLUMNS = (
    "composite_id,paper,recipe,recipe_as_written,sigma_S_cm,relation,temperature_C,"
    "temperature_note,sigma_without_filler_S_cm,filler_size_nm,year,doi,reference,url,place,"
    "read_in,checked,usable_for_training,reason,conflict,note,licence"
)
FILM = "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO"


def row(
    number: int,
    recipe: str = FILM,
    paper: str = "A001",
    sigma: str = "1e-4",
    relation: str = "=",
    T: str = "25",
    partner: str = "",
    size: str = "",
    doi: str = "10.1000/a",
    reference: str = "",
    usable: str = "yes",
    reason: str = "",
) -> str:
    cells = (
        f"A{number:04d}", paper, f'"{recipe}"', "x", sigma, relation, T, "", partner, size, "2019",
        doi, reference, "https://example.org", "table", "paper", "", usable, reason, "", "",
        "facts",
    )  # fmt: skip
    return ",".join(cells)


def curated(folder: Path, *rows: str, file: str = "composites") -> PolymerCuration:
    text = "\n".join([COLUMNS, *rows]) + "\n"
    (folder / f"{file}.csv").write_text(text, encoding="utf-8")
    result = curate_polymers(folder / "nowhere", literature=folder)
    assert result is not None
    return result


def test_a_film_with_its_filler_and_the_film_without(tmp_path: Path) -> None:
    [film] = curated(tmp_path, row(1, relation="~", partner="1.1e-6", size="400")).table.to_dict(
        "records"
    )
    assert film["formula"] == FILM
    assert (film["filler"], film["filler_percent"], film["filler_size_nm"]) == ("LLZTO", 10, 400)
    assert (film["sigma_S_cm"], film["relation"]) == (1e-4, "~")
    assert film["sigma_without_filler_S_cm"] == 1.1e-6
    assert film["family"] == "active-filler composite"
    assert (film["doi"], film["year"]) == (("10.1000/a",), 2019)
    assert film["series"] == f"composites:A001: {FILM}"
    assert film["flags"] == ()


@pytest.mark.parametrize(
    "recipe", ["PEO + LiTFSI + 10 wt% LLZTO", "PEO/PAN + LiTFSI, m=1 + 10 wt% LLZTO"]
)
def test_an_amount_that_no_source_states_is_flagged(tmp_path: Path, recipe: str) -> None:
    [film] = curated(tmp_path, row(1, recipe)).table.to_dict("records")
    assert film["flags"] == ("assumed_amount",)
    assert np.isnan(film["molality_mol_kg"])


def test_a_loading_that_is_not_stated_is_missing(tmp_path: Path) -> None:
    [film] = curated(tmp_path, row(1, "PEO + LiTFSI, EO:Li=18 + LLZTO")).table.to_dict("records")
    assert film["filler"] == "LLZTO"
    assert np.isnan(film["filler_percent"])


def test_rows_that_are_not_to_be_learned_from_are_counted_with_their_reason(
    tmp_path: Path,
) -> None:
    result = curated(
        tmp_path, row(1), row(2, usable="no", reason="off a plot"), row(3, "PEO + 10 wt% LLZTOO")
    )
    assert len(result.table) == 1
    assert result.report.sources["composites"].dropped == {
        "off a plot": 1,
        "unreadable_recipe": 1,
    }
    assert any("LLZTOO" in each.detail for each in result.report.dropped_rows)


def test_two_papers_that_report_one_value_are_two_rows(tmp_path: Path) -> None:
    table = curated(
        tmp_path,
        row(1),
        row(2, paper="A002", doi="10.1000/b"),
        row(3, paper="A003", doi="", reference="A. N. Other 2020"),
        row(4, paper="A004", doi="", reference="S. O. Meone 2021"),
        row(5),
    ).table
    names = [
        paper_name(film.doi, film.source, film.source_id, film.reference)
        for film in table.itertuples()
    ]
    assert names == ["10.1000/a", "10.1000/b", "composites:A003", "composites:A004"]
    assert table["also_in"].tolist()[0] == ("composites:A001#A0005",)


def test_temperatures_of_one_film_are_one_curve(tmp_path: Path) -> None:
    rows = [row(1), row(2, sigma="3e-4", T="45"), row(3, sigma="8e-4", T="60")]
    other = row(4, paper="A002", doi="10.1000/b", sigma="9e-4", T="60")
    assert curated(tmp_path, *rows, other).table["series"].nunique() == 2


def test_an_own_repeat_unit_is_known_by_its_listed_name(tmp_path: Path) -> None:
    recipe = "PSMILES:[*]OCCOCC[*] + LiTFSI, m=1.2 + 10 wt% LLZTO nanowires"
    [film] = curated(tmp_path, row(1, recipe)).table.to_dict("records")
    assert film["formula"] == "PEO + LiTFSI, EO:Li=18.9166 + 10 wt% LLZTO wire"


def test_polymers_have_a_table_of_their_own(tmp_path: Path) -> None:
    table = curated(tmp_path, row(1, "PEO + LiTFSI, EO:Li=18"), file="polymers").table
    assert table["source"].tolist() == ["polymers"]
    assert table["filler"].isna().all()
