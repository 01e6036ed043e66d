"""The whole way from tables of polymer electrolytes to the tidy one: each trap, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sseml.curation.both import curate_all
from sseml.curation.clean import NoSourceError
from sseml.curation.papers import paper_name
from sseml.curation.polymers import chemarr, clean
from sseml.curation.polymers.clean import PolymerCuration, curate_polymers
from sseml.curation.polymers.schema import POLYMER_COLUMNS
from sseml.curation.polymers.table import CSV_FILE, load_polymers
from sseml.curation.schema import flag_meanings
from sseml.curation.table import NotMeasurementsError
from sseml.kinds import COMPOSITION
from sseml.model.evidence_file import read_evidence
from sseml.records import RefusedInputError

pytest.importorskip("rdkit")

PEO = "[Cu]OCC[Au]"
LITFSI = "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F.[Li+]"
LITFSI_AGAIN = "O=S([N-]S(=O)(C(F)(F)F)=O)(C(F)(F)F)=O.[Li+]"
HEADER = "smiles,conductivity,mw,salt smiles,molality,temperature"
POINTS = [(80.0, -4.0123), (60.0, -4.5432), (40.0, -5.2111), (20.0, -6.0787)]
OTHERS = [(80.0, -7.01), (60.0, -7.55), (40.0, -8.24), (20.0, -9.05)]


def curve(
    points: Iterable[tuple[float, float]],
    smiles: str = PEO,
    salt: str = LITFSI,
    molality: str = "1.2",
    mw: str = "600000",
) -> list[str]:
    return [f"{smiles},{value},{mw},{salt},{molality},{T}" for T, value in points]


Curated = Callable[..., PolymerCuration]


@pytest.fixture
def curated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Curated:
    """Curate rows of ChemArr's format; no row is one of the real file, whose papers are known."""
    monkeypatch.setattr(chemarr, "_references", dict)

    def run(*curves: list[str], out: Path | None = None) -> PolymerCuration:
        folder = tmp_path / "data" / "chemarr"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [row for each in curves for row in each]
        (folder / "clean_train_data.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        result = curate_polymers(tmp_path / "data", out)
        assert result is not None
        for count in result.report.sources.values():
            assert count.read == count.kept + count.merged.total() + count.dropped.total()
        return result

    return run


def test_a_curve_becomes_rows_under_listed_names(curated: Curated) -> None:
    table = curated(curve(POINTS)).table
    assert tuple(table.columns) == POLYMER_COLUMNS
    assert table["formula"].unique().tolist() == ["PEO + LiTFSI, EO:Li=18.9166, Mw=600000"]
    assert table["sigma_S_cm"].tolist() == pytest.approx([10**value for _, value in POINTS])
    assert table["molality_mol_kg"].tolist() == pytest.approx([1.2] * 4, rel=1e-5)
    assert set(table["salt"]) == {"LiTFSI"}
    assert table["series"].nunique() == 1
    assert set(table["licence"]) == {"MIT"}
    assert table["reference"].str.contains("names no paper").all()


@pytest.mark.parametrize(
    ("smiles", "salt"),
    [
        ("[Cu]CCO[Au]", LITFSI),  # another cut
        ("[Cu]OCCOCC[Au]", LITFSI),  # two repeats
        ("*OCC*", LITFSI),  # ends as RDKit marks them
        (PEO, LITFSI_AGAIN),
    ],
)
def test_spellings_of_one_polymer_and_of_one_salt_are_one(
    curated: Curated, smiles: str, salt: str
) -> None:
    table = curated(curve(POINTS), curve(OTHERS, smiles, salt)).table
    assert table["formula"].nunique() == table["polymer"].nunique() == 1
    assert table["series"].nunique() == 2, "rows that stand apart are of two samples"


def test_a_polymer_that_is_not_listed_goes_by_its_canonical_repeat_unit(curated: Curated) -> None:
    bisulfite = "[Cu]OS(=O)OCCCC[Au]"
    [formula] = (
        curated(curve(POINTS, bisulfite, salt="F[Sb-](F)(F)(F)(F)F.[Li+]"))
        .table["formula"]
        .unique()
    )
    assert formula.startswith("PSMILES:")
    assert "[Cu]" not in formula
    assert formula.endswith("+ LiSbF6, m=1.2, Mw=600000")


def test_an_anionic_repeat_unit_brings_its_lithium_and_a_neutral_one_without_salt_is_dropped(
    curated: Curated,
) -> None:
    anionic = "[Cu]CC(S(=O)([O-])=O)[Au]"
    rows = curve(POINTS, anionic, "", "", "") + curve(OTHERS, PEO, "", "", "")
    result = curated(rows)
    assert result.table["formula"].str.contains(r"\[Li\+\]|^Li").all()
    assert result.table["salt"].isna().all()
    assert result.report.sources["chemarr"].dropped == {"no_lithium": 4}


def test_one_recipe_measured_twice_five_decades_apart_is_two_curves_that_conflict(
    curated: Curated,
) -> None:
    other = curve(POINTS, "[Cu]CC(C#N)[Au]")
    low = [(T, value - 5.0) for T, value in POINTS]
    table = curated(curve(POINTS), other, curve(low)).table
    peo = table[table["formula"].str.startswith("PEO")]
    assert peo["series"].nunique() == 2
    assert all("conflict" in flags for flags in peo["flags"])
    assert not any(table.loc[table["formula"].str.startswith("PAN"), "flags"])


def test_two_samples_behind_one_another_are_two_curves(curated: Curated) -> None:
    low = [(T, value - 0.5) for T, value in POINTS]
    table = curated(curve([*POINTS, *low])).table
    assert table.groupby("series", sort=False).size().tolist() == [4, 4]


def test_rows_are_parted_between_papers_by_the_blocks_they_stand_in(curated: Curated) -> None:
    table = curated(
        curve(POINTS), curve(OTHERS, molality="2"), curve(OTHERS[:2], "[Cu]CC(C#N)[Au]")
    ).table
    names = [
        paper_name(*cells)
        for cells in zip(
            table["doi"], table["source"], table["source_id"], table["reference"], strict=True
        )
    ]
    assert names == ["chemarr:B001"] * 8 + ["chemarr:B002"] * 2


def test_1000_over_temperature_is_mended_and_flagged(curated: Curated) -> None:
    reciprocal = [(1000.0 / (T + 273.15), value) for T, value in POINTS]
    table = curated(curve(reciprocal)).table
    assert table["temperature_C"].tolist() == pytest.approx([80, 60, 40, 20])
    assert set(table["flags"]) == {("reciprocal_temperature",)}


def test_absurd_temperatures_are_dropped(curated: Curated) -> None:
    result = curated(curve([*POINTS, (353.15, -4.0)]), curve([(-250.0, -4.0)], molality="2"))
    assert result.report.sources["chemarr"].dropped == {"impossible_temperature": 2}
    assert result.table["temperature_C"].tolist() == [80, 60, 40, 20]


def test_a_row_over_a_decade_off_its_curve_is_dropped_with_what_it_said(curated: Curated) -> None:
    result = curated(curve([(8.0, -4.0123), *POINTS[1:], (50.0, -4.88), (30.0, -5.6)]))
    assert result.report.sources["chemarr"].dropped == {"off_its_curve": 1}
    [row] = result.report.dropped_rows
    assert row.detail == "9.72e-05 at 8"
    assert 8.0 not in set(result.table["temperature_C"])


def test_a_curve_that_falls_on_heating_stays_flagged(curated: Curated) -> None:
    falling = [(T, -8.0 - value) for T, value in POINTS]
    table = curated(curve(falling)).table
    assert set(table["flags"]) == {("falls_on_heating",)}


def test_a_salt_with_a_little_polymer_and_an_impossible_chain_are_flagged(
    curated: Curated,
) -> None:
    table = curated(curve(POINTS, molality="204"), curve(OTHERS, mw="110943600")).table
    salt, chain = table.iloc[0], table.iloc[-1]
    assert salt["flags"] == ("mostly_salt",)
    assert chain["flags"] == ("molar_mass_dropped",)
    assert np.isnan(chain["molar_mass_g_mol"])
    assert "Mw" not in chain["formula"]


def test_a_row_written_twice_is_kept_once(curated: Curated) -> None:
    result = curated(curve(POINTS), curve(POINTS[:2]))
    assert result.report.sources["chemarr"].merged == {"same_row": 2}
    assert result.table["also_in"].tolist() == [
        ("chemarr:B001#5",), ("chemarr:B001#6",), (), ()
    ]  # fmt: skip


def test_a_paper_that_stands_twice_under_two_recipes_is_kept_once(curated: Curated) -> None:
    nearly = [(T + 0.4, value + 2e-5) for T, value in POINTS]
    result = curated(curve(POINTS), curve(nearly, "[Cu]OCCCCOCC[Au]", molality="1.3"))
    assert result.report.sources["chemarr"].merged == {"same_curve": 4}
    assert result.table["formula"].unique().tolist() == ["PEO + LiTFSI, EO:Li=18.9166, Mw=600000"]
    assert result.table["also_in"].iloc[0] == ("chemarr:B002#5",)


def test_two_curves_that_share_a_value_or_two_are_two(curated: Curated) -> None:
    crossing = [*POINTS[:2], (40.0, -5.4), (20.0, -6.4)]
    result = curated(curve(POINTS), curve(crossing, molality="1.3"))
    assert result.report.sources["chemarr"].merged == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{PEO},,600000,{LITFSI},1.2,60", "no_conductivity"),
        (f"{PEO},3,600000,{LITFSI},1.2,60", "impossible_conductivity"),
        (f"{PEO},-4,600000,{LITFSI},1.2,", "no_temperature"),
        (f"{PEO},-4,600000,{LITFSI},,60", "no_salt_amount"),
        (f"{PEO},-4,600000,O=S(=O)([O-])C(F)(F)F.[Na+],1.2,60", "unreadable_recipe"),
        (f"[Cu]OCC,-4,600000,{LITFSI},1.2,60", "unreadable_recipe"),
    ],
)
def test_a_row_that_says_too_little_is_dropped_with_its_reason(
    curated: Curated, row: str, reason: str
) -> None:
    result = curated(curve(POINTS), [row])
    assert result.report.sources["chemarr"].dropped == {reason: 1}
    assert len(result.table) == 4


def test_the_table_is_read_back_as_it_was_written(curated: Curated, tmp_path: Path) -> None:
    table = curated(curve(POINTS), curve(POINTS[:2]), out=tmp_path / "out").table
    pd.testing.assert_frame_equal(load_polymers(tmp_path / "out"), table)
    pd.testing.assert_frame_equal(load_polymers(tmp_path / "out" / CSV_FILE), table)
    report = json.loads((tmp_path / "out" / "polymers.json").read_text(encoding="utf-8"))
    assert report["sources"]["chemarr"]["merged"] == {"same_row": 2}


def test_the_same_files_make_the_same_bytes(curated: Curated, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        curated(curve(POINTS), curve(OTHERS, molality="2"), out=tmp_path / folder)
    first, second = (tmp_path / folder / "polymers.parquet" for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_no_table_of_polymer_electrolytes_is_refused(
    curated: Curated, tmp_path: Path
) -> None:
    table = curated(curve(POINTS), out=tmp_path / "out").table
    with pytest.raises(NotMeasurementsError, match="there is no file"):
        load_polymers(tmp_path / "nowhere")
    table.drop(columns="series").to_parquet(tmp_path / "short.parquet")
    with pytest.raises(NotMeasurementsError, match=r"lacks the column\(s\) series"):
        load_polymers(tmp_path / "short.parquet")
    table.assign(source="hearsay").to_parquet(tmp_path / "odd.parquet")
    with pytest.raises(NotMeasurementsError, match="'hearsay' is not a source"):
        load_polymers(tmp_path / "odd.parquet")
    table.assign(temperature_C=400.0).to_parquet(tmp_path / "hot.parquet")
    with pytest.raises(NotMeasurementsError, match="temperature_C"):
        load_polymers(tmp_path / "hot.parquet")


def test_both_tables_are_made_of_what_is_there(
    curated: Curated, datasets: Path, tmp_path: Path
) -> None:
    alone = curate_all(datasets, tmp_path / "alone")
    assert alone.polymers is None
    before = (tmp_path / "alone" / "measurements.parquet").read_bytes()
    curated(curve(POINTS))
    (tmp_path / "data" / "chemarr").rename(datasets / "chemarr")
    both = curate_all(datasets, tmp_path / "both")
    assert (tmp_path / "both" / "measurements.parquet").read_bytes() == before
    assert len(load_polymers(tmp_path / "both")) == 4
    assert "polymer electrolytes\nchemarr: 4 rows read, 4 kept" in both.to_text()
    assert both.to_dict()["polymers"]["sources"]["chemarr"]["kept"] == 4  # type: ignore[index]
    with pytest.raises(NoSourceError):
        curate_all(tmp_path / "data", tmp_path / "none")


def test_without_rdkit_the_inorganic_table_is_made_all_the_same(
    curated: Curated, datasets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curated(curve(POINTS))
    (tmp_path / "data" / "chemarr").rename(datasets / "chemarr")

    def missing() -> None:
        raise RefusedInputError("RDKit is not installed", "pip install 'sseml[polymer]'")

    monkeypatch.setattr(clean, "chemistry_toolkit", missing)
    both = curate_all(datasets, tmp_path / "out")
    assert both.polymers_refused is not None
    assert (tmp_path / "out" / "measurements.parquet").is_file()
    assert not (tmp_path / "out" / "polymers.parquet").exists()


def test_every_flag_is_explained(curated: Curated) -> None:
    report = curated(curve(POINTS, molality="204"), curve([(T, -8 - y) for T, y in POINTS])).report
    assert report.flags.keys() <= flag_meanings().keys()
    assert {"off_its_curve", "reciprocal_temperature"} <= flag_meanings().keys()


def test_the_fuller_table_names_papers_where_it_was_pulled(
    curated: Curated, tmp_path: Path
) -> None:
    assert not any(curated(curve(POINTS)).table["doi"])
    full = tmp_path / "data" / "chemarr_full" / "PolymerElectrolyteData.csv"
    full.parent.mkdir()
    header = "DOI,S1 SMILES,S2 SMILES,S3 SMILES,S4 SMILES,Temperature (oC),log Conductivity (S/cm)"
    rows = [f"doi.org/10.1016/j.ssi.2003.11.045,{PEO},,,,{T},{value}" for T, value in POINTS]
    full.write_text("\n".join([header, *rows]) + "\n")
    table = curated(curve(POINTS)).table
    assert set(table["doi"]) == {("10.1016/j.ssi.2003.11.045",)}
    assert set(table["year"]) == {2003}


def test_the_table_is_evidence_as_it_stands(curated: Curated, tmp_path: Path) -> None:
    table = curated(curve(POINTS), curve(OTHERS, molality="2"), out=tmp_path).table
    places = np.zeros((len(table), 1))
    evidence = read_evidence(tmp_path / "polymers.parquet", COMPOSITION, positions=places)
    assert list(evidence.formulas) == table["formula"].tolist()
    assert evidence.sigma_S_cm.tolist() == table["sigma_S_cm"].tolist()
    assert set(evidence.conductivity_kinds) == set(evidence.space_groups) == {None}
    assert set(evidence.papers) == {"chemarr:B001"}
    assert all("names no paper" in (each or "") for each in evidence.references)
