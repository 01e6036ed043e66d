"""How the tables of polymer electrolytes are read: ends, amounts by hand, papers, unusable rows."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sseml.curation.polymers import chemarr
from sseml.curation.polymers.chemarr import read_chemarr
from sseml.curation.polymers.chemixhub import read_chemixhub
from sseml.curation.polymers.literature import read_composites
from sseml.curation.rows import SourceFormatError

LITFSI = "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F.[Li+]"
CHEMARR_HEADER = "smiles,conductivity,mw,salt smiles,molality,temperature"
COMPOUNDS = f"""\
compound_id,smiles,salt,polymer,monomeric_unit
1,COC,0,1,[Cu]OCC[Au]
2,{LITFSI},1,0,
3,N#CCCC#N,0,0,
4,CCS(=O)(=O)[O-],0,1,[Cu]CC(S(=O)([O-])=O)[Au]
"""
CHEMIXHUB_HEADER = (
    'cmp1_mn_or_mw,cmp2_mn_or_mw,value,"Temperature, K",cmp_ids,cmp_mole_fractions,cmp_mws'
)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write small files of one source."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_chemarr_states_repeat_units_salts_and_logarithms(folder: Callable[..., Path]) -> None:
    rows = f"[Cu]OCC[Au],-4.5,600000,{LITFSI},1.2,60\n[Cu]OCC[Au],-5.5,,,,25\n"
    first, second = read_chemarr(folder({"clean_train_data.csv": f"{CHEMARR_HEADER}\n{rows}"}))
    assert first.material is not None
    assert second.material is not None
    assert first.material.polymers[0].units[0].psmiles == "[*]OCC[*]"
    assert (first.material.salts[0].name, first.material.salts[0].molality_mol_kg) == (LITFSI, 1.2)
    assert first.material.molar_mass_g_mol == 600000
    assert float(first.conductivity) == pytest.approx(10**-4.5)
    assert (second.material.salts, second.material.molar_mass_g_mol) == ((), None)
    assert (first.source_id, second.source_id) == ("B001#1", "B001#2")
    assert first.run != second.run


def test_rows_of_one_recipe_apart_in_the_file_are_of_different_runs(
    folder: Callable[..., Path],
) -> None:
    peo, other = f"[Cu]OCC[Au],-4.5,,{LITFSI},1.2,60", f"[Cu]CC(C#N)[Au],-5,,{LITFSI},1.2,60"
    text = "\n".join([CHEMARR_HEADER, peo, peo, other, peo]) + "\n"
    raws = read_chemarr(folder({"clean_train_data.csv": text}))
    assert [raw.run for raw in raws] == ["0001", "0001", "0002", "0003"]
    assert [raw.series for raw in raws] == ["B001", "B001", "B002", "B003"]


def test_the_papers_of_chemarr_are_stated_for_stretches_of_rows_that_agree_with_them() -> None:
    path = Path(chemarr.__file__).with_name("chemarr_references.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    last = 0
    for row in rows:
        first, count = int(row["first_row"]), int(row["rows"])
        assert first > last, "stretches do not overlap"
        last = first + count - 1
        assert int(row["matched"]) >= 0.6 * count
        assert bool(row["doi"]) is not bool(row["reference"])
        assert not row["doi"] or row["doi"].startswith("10.")
        assert (row["source"], row["licence"]) == ("10.1021/jacs.9b11442", "MIT")
    assert last <= 10114


def test_a_paper_is_known_by_the_number_of_its_row(folder: Callable[..., Path]) -> None:
    rows = "".join(f"[Cu]OCC[Au],-4.5,,{LITFSI},1.2,{row}\n" for row in range(1, 16))
    raws = read_chemarr(folder({"clean_train_data.csv": f"{CHEMARR_HEADER}\n{rows}"}))
    assert {raw.doi for raw in raws} == {"10.1016/j.electacta.2013.01.119"}


def test_a_gel_is_weighed_by_hand(folder: Callable[..., Path]) -> None:
    row = '600000,80.09,-3.5,333.15,"[1.0, 3.0, 2.0]","[0.6, 0.3, 0.1]","[44.0, 80.0, 287.0]"'
    text = f"{CHEMIXHUB_HEADER}\n{row}\n"
    [raw] = read_chemixhub(
        folder({"processed_PolymerElectrolyteData.csv": text, "compounds.csv": COMPOUNDS})
    )
    assert raw.material is not None
    [salt], [liquid] = raw.material.salts, raw.material.liquids
    assert salt.molality_mol_kg == pytest.approx(0.1 / (0.6 * 44.0) * 1000.0)
    assert liquid.weight_percent == pytest.approx(100.0 * 24.0 / (26.4 + 24.0 + 28.7))
    assert raw.material.molar_mass_g_mol == 600000
    assert float(raw.temperature_C) == pytest.approx(60.0)


def test_an_anionic_repeat_unit_of_a_blend_is_weighed_with_its_lithium(
    folder: Callable[..., Path],
) -> None:
    row = '600000,,-5.2,403.15,"[1.0, 4.0]","[0.8, 0.2]","[44.0, 107.0]"'
    text = f"{CHEMIXHUB_HEADER}\n{row}\n"
    [raw] = read_chemixhub(
        folder({"processed_PolymerElectrolyteData.csv": text, "compounds.csv": COMPOUNDS})
    )
    assert raw.material is not None
    ionic = 0.2 * (107.0 + 6.94)
    assert raw.material.polymers[1].weight_share == pytest.approx(ionic / (ionic + 0.8 * 44.0))
    assert raw.unusable is None


@pytest.mark.parametrize(
    ("ids", "shares", "masses", "reason"),
    [
        ("[1.0, 3.0, 2.0]", "[0.6, 0.4]", "[44.0, 80.0, 287.0]", "uneven_lists"),
        ("[1.0, 3.0]", "[0.6, nan]", "[44.0, 80.0]", "missing_amount"),
        ("[3.0, 2.0]", "[0.9, 0.1]", "[80.0, 287.0]", "liquid_electrolyte"),
        ("[1.0, 2.0]", "[0.9, 0.1]", "[44.0, 287.0]", "dry_polymer_as_in_chemarr"),
    ],
)
def test_what_is_no_gel_or_blend_with_amounts_is_handed_on_with_its_reason(
    folder: Callable[..., Path], ids: str, shares: str, masses: str, reason: str
) -> None:
    text = f'{CHEMIXHUB_HEADER}\n,,-5.2,303.15,"{ids}","{shares}","{masses}"\n'
    [raw] = read_chemixhub(
        folder({"processed_PolymerElectrolyteData.csv": text, "compounds.csv": COMPOUNDS})
    )
    assert (raw.unusable, raw.material) == (reason, None)


COMPOSITES = """\
composite_id,paper,recipe,recipe_as_written,sigma_S_cm,relation,temperature_C,temperature_note,\
sigma_without_filler_S_cm,filler_size_nm,year,doi,reference,url,place,read_in,checked,\
usable_for_training,reason,conflict,note,licence
A0001,A001,"PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO",PEO18LiTFSI-10LLZTO,0.00011,~,25,\
room temperature,1.1e-06,400,2017,10.1000/a,,https://example.org,abstract,paper,yes,yes,,,,facts
A0002,A002,PEO + LiTFSI + 10 wt% LLZTO,PEO/LLZTO,0.00012,=,,,,,2018,,,https://example.org/2,\
abstract,paper,,no,no temperature,,,facts
"""


def test_our_own_table_states_the_film_without_filler_and_why_a_row_is_not_used(
    folder: Callable[..., Path],
) -> None:
    first, second = read_composites(folder({"composites.csv": COMPOSITES}))
    assert first.source_id == "A001#A0001"
    assert (first.conductivity, first.temperature_C) == ("~0.00011", "25")
    assert (first.sigma_without_filler_S_cm, first.filler_size_nm) == ("1.1e-06", "400")
    assert first.unusable is None
    assert second.unusable == "no temperature"
    assert second.reference == "https://example.org/2", "where no DOI is known"


def test_a_table_without_its_columns_is_refused(folder: Callable[..., Path]) -> None:
    with pytest.raises(SourceFormatError, match=r"clean_train_data\.csv lacks .* molality"):
        read_chemarr(folder({"clean_train_data.csv": "smiles,conductivity,mw,salt smiles\n"}))
