"""The papers of ChemArr's rows, from a fuller table of its header; the rows are made up."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sseml.curation.polymers.chemarr_full import FULL_FILE, with_papers
from sseml.curation.polymers.rows import RawRecipe
from sseml.records import Polymer, PolymerPart, RepeatUnit

HEADER = (
    "Notes", "Compound Notebook Name", "Data Recorded By", "Seshadri Group", "Oyaizu Group", "DOI",
    "Solvent 1 (S1)", "S1 SMILES", "S1 SMILES 1", "S1 Mol %", "S1 Weight %", "S1 Mn or Mw",
    "Solvent 2 (S2)", "S2 SMILES", "S2 Mol %", "Solvent 3 (S3)", "S3 SMILES", "Solvent 4 (S4)",
    "S4 SMILES", "Salt 1", "Salt1 SMILES", "Salt1 Molality (mol salt/kg polymer)",
    "Inorganic Material 1 (IM1)", "IM1 Weight %", "Tg (oC)", "Temperature (oC)",
    "Conductivity (S/cm)", "log Conductivity (S/cm)",
)  # fmt: skip
"""Those of the real header that stand for its groups of columns, in its order."""

UNIT = RepeatUnit("[*]OCC[*]")
VALUES = [(80.123456, -4.012345), (60.0, -4.543211), (40.5, -5.211111), (20.0, -6.078712)]


def raw(temperature_C: float, log_sigma: float, run: str = "0001", doi: str = "") -> RawRecipe:
    return RawRecipe(
        source="chemarr",
        source_id=f"B001#{temperature_C}",
        formula="PEO",
        material=Polymer("", (PolymerPart("PSMILES:[*]OCC[*]", (UNIT,)),)),
        conductivity=f"{10.0**log_sigma:.8g}",
        temperature_C=str(temperature_C),
        run=run,
        doi=doi,
    )


RAWS = [raw(*value) for value in VALUES]


def full_table(folder: Path, dois: Sequence[str], cells: Mapping[str, str] | None = None) -> Path:
    """Write the fuller table: a row for each of `VALUES`, of that DOI."""
    with (folder / FULL_FILE).open("w", encoding="cp1252", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER, restval="")
        writer.writeheader()
        for doi, (temperature_C, log_sigma) in zip(dois, VALUES, strict=True):
            row = {
                "Notes": "20 °C read off",
                "DOI": doi,
                "S1 SMILES": "[Cu]OCC[Au]",
                "Temperature (oC)": f"{temperature_C + 1e-4}",
                "log Conductivity (S/cm)": f"{log_sigma}",
            }
            writer.writerow(row | dict(cells or {}))
    return folder


def test_a_sample_takes_the_paper_that_its_rows_name(tmp_path: Path) -> None:
    folder = full_table(
        tmp_path, ["doi.org/10.1016/J.ssi.1", "https://doi.org/10.1016/j.ssi.1"] * 2
    )
    assert [row.doi for row in with_papers(RAWS, folder)] == ["10.1016/j.ssi.1"] * 4


def test_a_doi_that_was_filled_down_with_a_running_number_counts_for_nothing(
    tmp_path: Path,
) -> None:
    folder = full_table(tmp_path, [f"10.1021/cm01069{number}n" for number in range(4)])
    assert [row.doi for row in with_papers(RAWS, folder)] == [""] * 4


@pytest.mark.parametrize(("named", "expected"), [(3, "10.1000/a"), (2, "")])
def test_most_rows_of_a_sample_must_name_the_paper(
    tmp_path: Path, named: int, expected: str
) -> None:
    dois = ["10.1000/a"] * named + ["Thesis, Uppsala 2018"] * (4 - named)
    assert {row.doi for row in with_papers(RAWS, full_table(tmp_path, dois))} == {expected}


def test_a_row_that_has_its_paper_keeps_it(tmp_path: Path) -> None:
    folder = full_table(tmp_path, ["10.1000/a"] * 4)
    mine = [replace(row, doi="10.1000/b") for row in RAWS]
    thesis = [replace(row, reference="https://example.org/thesis") for row in RAWS]
    assert {row.doi for row in with_papers(mine, folder)} == {"10.1000/b"}
    assert {row.doi for row in with_papers(thesis, folder)} == {""}


@pytest.mark.parametrize(
    "cells",
    [
        {"S1 SMILES": "[Cu]CC(C#N)[Au]"},
        {"Temperature (oC)": "99"},
        {"log Conductivity (S/cm)": "-9"},
        {"log Conductivity (S/cm)": ""},
    ],
)
def test_another_polymer_temperature_or_value_is_another_row(
    tmp_path: Path, cells: Mapping[str, str]
) -> None:
    folder = full_table(tmp_path, ["10.1000/a"] * 4, cells)
    assert {row.doi for row in with_papers(RAWS, folder)} == {""}


def test_a_blend_is_found_by_a_later_component_too(tmp_path: Path) -> None:
    cells = {"S1 SMILES": "[Cu]CC(C#N)[Au]", "S2 SMILES": "[Cu]OCC[Au]"}
    folder = full_table(tmp_path, ["10.1000/a"] * 4, cells)
    assert {row.doi for row in with_papers(RAWS, folder)} == {"10.1000/a"}
