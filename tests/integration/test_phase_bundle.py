"""A table of energies becomes a bundle and answers; a damaged one is refused by name."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sseml.curation.phases import read_phases
from sseml.model.folder import CARD, CHECKSUMS, MANIFEST, write_checksums
from sseml.model.phases import PHASES, load_phases, save_phases
from sseml.parse.formula import parse_formula
from sseml.physics.phases import PhaseTable
from sseml.physics.window import electrochemical_window
from sseml.records import BundleError, RefusedInputError
from sseml.released import DEFAULT_PHASES, released_folder

OWN = """\
formula,e_form_ev_per_atom,source
Li2S,-1.43,own
Li2S,-1.39,higher
Li2O2,-1.6,own
Li2SO4,-2.2,own
Li3PS4,-0.95,own
LiBr,-1.6,own
Li(CuO2)2,-1.1,own
"""

PROVENANCE = {
    "source": "calculated here",
    "licence": "CC0-1.0",
    "credit": "nobody",
    "corrections": "none",
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture
def bundle(own: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "own-1"
    save_phases(folder, read_phases(own), **PROVENANCE)
    return folder


def energy_of(table: PhaseTable, formula: str) -> float | None:
    amounts = parse_formula(formula).amounts
    system = table.system(sorted(amounts))
    return system.entry(system.composition(amounts))


def refusal_of(folder: Path) -> str:
    with pytest.raises(BundleError) as refusal:
        load_phases(folder)
    return str(refusal.value)


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / MANIFEST
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    write_checksums(folder)


def rewrite_rows(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(folder / PHASES)), folder / PHASES)
    write_checksums(folder)


# From a file of one's own to a window.


def test_a_table_of_ones_own_comes_back_as_it_was_written(own: Path, bundle: Path) -> None:
    draft, table = read_phases(own), load_phases(bundle)
    assert table.name == "own-1"
    assert list(table.formulas) == [phase.formula for phase in draft.phases]
    assert set(table.formulas) == {
        *("Li", "S", "O", "P", "Br"), *("Li2S", "Li2O2", "Li2SO4", "Li3PS4", "LiBr"),
    }  # fmt: skip
    for row, phase in enumerate(draft.phases):
        held = slice(table.start[row], table.start[row + 1])
        symbols = [table.symbols[column] for column in table.element[held]]
        amounts = dict(zip(symbols, table.fraction[held] * table.atoms[row], strict=True))
        assert amounts == pytest.approx(dict(phase.amounts))
        assert table.energy_eV_atom[row] == phase.formation_energy_eV_atom
        for symbol, anions in table.anion_fraction.items():
            assert anions[row] * table.atoms[row] == pytest.approx(phase.anionic[symbol])


def test_of_two_energies_the_lower_one_is_kept(own: Path, bundle: Path) -> None:
    assert energy_of(load_phases(bundle), "Li2S") == -1.43


def test_what_cannot_exist_is_left_out_and_listed(own: Path, bundle: Path) -> None:
    assert read_phases(own).dropped == ("Li(CuO2)2",)
    assert "Li(CuO2)2" in (bundle / CARD).read_text(encoding="utf-8")
    assert json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))["dropped"] == ["Li(CuO2)2"]


def test_the_card_says_where_the_energies_are_from(bundle: Path) -> None:
    card = (bundle / CARD).read_text(encoding="utf-8")
    for text in ("calculated here", "CC0-1.0", "nobody", "own-1"):
        assert text in card


def test_only_a_card_of_the_first_scheme_states_what_is_known_of_it(
    own: Path, bundle: Path, tmp_path: Path
) -> None:
    known = ("takes back the sulfide correction", "-4.17", "Corrections that can be asked for")
    card = (bundle / CARD).read_text(encoding="utf-8")
    assert not any(text in card for text in known)
    assert "Corrections that should not be asked for" in card
    assert "{" not in card
    save_phases(tmp_path / "first-1", read_phases(own), **PROVENANCE, first_scheme=True)
    first = (tmp_path / "first-1" / CARD).read_text(encoding="utf-8")
    assert all(text in first for text in known)
    assert "should not" not in first
    assert "{" not in first
    released = released_folder() / DEFAULT_PHASES / CARD
    assert all(text in released.read_text(encoding="utf-8") for text in known)
    assert load_phases(tmp_path / "first-1").name == "first-1"


def test_a_window_by_hand_from_a_table_of_ones_own(bundle: Path) -> None:
    # Li2S -> 2 Li + S: 3 atoms x 1.43 eV / 2 Li.
    table = load_phases(bundle)
    window = electrochemical_window(table, "Li2S", {"Li": 2.0, "S": 1.0})
    assert (window.V_red, window.V_ox) == pytest.approx((0.0, 3 * 1.43 / 2))
    shifted = electrochemical_window(table, "Li2S", {"Li": 2.0, "S": 1.0}, corrections=("S",))
    assert shifted.V_ox == pytest.approx((3 * 1.43 - 0.66346) / 2)
    unknown = electrochemical_window(table, "LiCl", {"Li": 1.0, "Cl": 1.0})
    assert unknown.V_ox is None
    assert "no compounds of Cl" in unknown.notes[0]


def test_parquet_is_read_like_csv(own: Path, tmp_path: Path) -> None:
    with own.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    numbers = [{**row, "e_form_ev_per_atom": float(row["e_form_ev_per_atom"])} for row in rows]
    pq.write_table(pa.Table.from_pylist(numbers), tmp_path / "own.parquet")
    assert read_phases(tmp_path / "own.parquet").phases == read_phases(own).phases


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Li2X,-1", "own.csv, row 2: "),
        (",-1", "own.csv, row 2: the formula is empty"),
        ("Li2O,", "own.csv, row 2: '' is no formation energy"),
        ("Li2O,nan", "own.csv, row 2: 'nan' is no formation energy"),
        ("Li2O,much", "own.csv, row 2: 'much' is no formation energy"),
        ("Li2O,-140", "own.csv, row 2: '-140' is no formation energy"),
        ("Li,-1.9", "own.csv, row 2: Li is an element and has -1.9 eV/atom"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_reason(
    tmp_path: Path, row: str, said: str
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"formula,e_form_ev_per_atom\nLi2S,-1.4\n{row}\n", encoding="utf-8")
    with pytest.raises(RefusedInputError) as refusal:
        read_phases(path)
    assert refusal.value.reason.startswith(said)
    assert refusal.value.suggestion


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"formula,energy\nLi2O,-1\n", "has no column 'e_form_ev_per_atom'"),
        (b"", "has no column 'formula'"),
        (b"formula,e_form_ev_per_atom\n", "holds no compound that can exist"),
        (b"formula,e_form_ev_per_atom\nLi(CuO2)2,-1\n", "holds no compound that can exist"),
        (b"formula,e_form_ev_per_atom\nLi2O\xe9,-1\n", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_of_energies_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedInputError, match=said):
        read_phases(path)


def test_a_bundle_is_never_overwritten(own: Path, bundle: Path) -> None:
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    with pytest.raises(BundleError, match="exists"):
        save_phases(bundle, read_phases(own), **PROVENANCE)
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before
    assert [path.name for path in bundle.parent.iterdir()] == [bundle.name]


# What is damaged.


@pytest.mark.parametrize("place", [0.0, 0.37, 0.999])
@pytest.mark.parametrize("name", [MANIFEST, CARD, PHASES])
def test_one_flipped_bit_is_refused_and_the_file_named(
    bundle: Path, name: str, place: float
) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (bundle / name).write_bytes(content)
    assert f"{name} is damaged" in refusal_of(bundle)


@pytest.mark.parametrize("name", [MANIFEST, CARD, PHASES])
def test_a_missing_or_unlisted_file_is_named(bundle: Path, name: str) -> None:
    sums = bundle / CHECKSUMS
    kept = [line for line in sums.read_text(encoding="utf-8").splitlines() if name not in line]
    complete = sums.read_text(encoding="utf-8")
    sums.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert f"does not list {name}" in refusal_of(bundle)
    sums.write_text(complete, encoding="utf-8")
    (bundle / name).unlink()
    assert f"{name}, which {CHECKSUMS} lists, is missing" in refusal_of(bundle)


def test_no_folder_and_no_bundle_are_said_to_be_none(tmp_path: Path) -> None:
    assert "is no folder" in refusal_of(tmp_path / "nowhere")
    assert "is not a model bundle" in refusal_of(tmp_path)


@pytest.mark.parametrize(
    "column", ["formula", "element", "amount", "formation_energy_eV_atom", "anionic_S"]
)
def test_a_missing_column_is_named(bundle: Path, column: str) -> None:
    rewrite_rows(bundle, lambda rows: rows.drop_columns([column]))
    message = refusal_of(bundle)
    assert PHASES in message
    assert repr(column) in message


def test_missing_energies_are_refused(bundle: Path) -> None:
    def lose_one(rows: pa.Table) -> pa.Table:
        energies = [None, *rows["formation_energy_eV_atom"].to_pylist()[1:]]
        place = rows.column_names.index("formation_energy_eV_atom")
        return rows.set_column(place, "formation_energy_eV_atom", pa.array(energies, pa.float64()))

    rewrite_rows(bundle, lose_one)
    assert PHASES in refusal_of(bundle)


def test_a_file_that_is_no_parquet_is_named(bundle: Path) -> None:
    (bundle / PHASES).write_bytes(b"PAR1 but no more")
    write_checksums(bundle)
    assert PHASES in refusal_of(bundle)


def test_elements_beyond_those_of_the_manifest_are_refused(bundle: Path) -> None:
    rewrite_manifest(bundle, lambda document: document["symbols"].pop())
    assert PHASES in refusal_of(bundle)


def test_another_kind_and_another_schema_version_are_refused(bundle: Path) -> None:
    rewrite_manifest(bundle, lambda document: document.update(schema_version=2))
    assert "schema version 2, is not of kind 'phases', schema version 1" in refusal_of(bundle)
    rewrite_manifest(bundle, lambda document: document.update(schema_version=1, kind="glass"))
    assert "a bundle of kind 'glass'" in refusal_of(bundle)


def test_a_conductivity_bundle_is_no_phase_table(released: Path) -> None:
    assert f"does not list {PHASES}" in refusal_of(released)


@pytest.mark.parametrize("key", ["kind", "schema_version", "symbols", "name"])
def test_what_the_manifest_lacks_is_named(bundle: Path, key: str) -> None:
    rewrite_manifest(bundle, lambda document: document.pop(key))
    message = refusal_of(bundle)
    assert MANIFEST in message
    assert repr(key) in message


# The released table.


def test_the_released_table_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    folder = released_folder() / DEFAULT_PHASES
    table = load_phases(folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    card = (folder / CARD).read_text(encoding="utf-8")
    assert len(table) == manifest["rows"] > 40_000
    assert "CC-BY-4.0" in card
    assert "10.1063/1.4812323" in card
    assert all(formula in card for formula in manifest["dropped"])
    assert np.isfinite(table.energy_eV_atom).all()
    assert not set(manifest["dropped"]) & set(table.formulas)
    moved = tmp_path / "anywhere"
    shutil.copytree(folder, moved)
    assert load_phases(moved).name == DEFAULT_PHASES
