"""How ChemArr's table of polymer electrolytes is read; nothing is judged.

Rows 1, 2, 3 … are those of ``clean_train_data.csv`` in its order, which keeps papers and samples
together. `chemarr_references.csv` says which paper 28 of them are from.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from pathlib import Path

from sseml.curation.numbers import read_float
from sseml.curation.polymers.rows import RawRecipe
from sseml.curation.readers import table_rows
from sseml.curation.rows import SERIES_END
from sseml.records import Polymer, PolymerPart, RepeatUnit, SaltPart

_FILE = "clean_train_data.csv"
_REFERENCES = "chemarr_references.csv"
_COLUMNS = ("smiles", "conductivity", "mw", "salt smiles", "molality", "temperature")


def read_chemarr(folder: Path) -> list[RawRecipe]:
    """Read ChemArr: ends of a repeat unit are [Cu] and [Au], the conductivity a logarithm.

    The `source_id` names what stands for the paper, consecutive rows of one polymer, and the row:
    ``B012#345``.
    """
    raws: list[RawRecipe] = []
    before: dict[str, str] = {}
    block = run = 0
    for number, row in enumerate(table_rows(folder / _FILE, _COLUMNS), start=1):
        block += row["smiles"] != before.get("smiles")
        run += any(row[name] != before.get(name) for name in _COLUMNS if name not in _VARYING)
        before = row
        doi, reference = _references().get(number, ("", ""))
        series, material = f"B{block:03d}", _material(row)
        raws.append(
            RawRecipe(
                source="chemarr",
                source_id=f"{series}{SERIES_END}{number}",
                formula=_as_reported(row),
                material=material,
                conductivity=power_of_ten(row["conductivity"]),
                temperature_C=row["temperature"],
                run=f"{run:04d}",
                series=series,
                doi=doi,
                reference=reference,
                unusable=None if material else "no_salt_amount",
            )
        )
    return raws


_VARYING = ("conductivity", "temperature")


def power_of_ten(text: str) -> str:
    """The number that a logarithm is of, as text; what is no number stays as it is."""
    exponent = read_float(text)
    return text if exponent is None else f"{10.0**exponent:.8g}"


def marked_ends(smiles: str) -> str:
    """The repeat unit with ``[*]`` at its ends."""
    return smiles.replace("[Cu]", "[*]").replace("[Au]", "[*]")


def _as_reported(row: dict[str, str]) -> str:
    salt = f" + {row['salt smiles']}, {row['molality']} mol/kg" if row["salt smiles"] else ""
    mass = f", {row['mw']} g/mol" if row["mw"] else ""
    return f"{row['smiles']}{salt}{mass}"


def _material(row: dict[str, str]) -> Polymer | None:
    """The recipe as its columns state it; None where a salt has no amount."""
    molality = read_float(row["molality"])
    salts: tuple[SaltPart, ...] = ()
    if row["salt smiles"]:
        if molality is None:
            return None
        salts = (SaltPart(row["salt smiles"], molality),)
    unit = RepeatUnit(marked_ends(row["smiles"]))
    return Polymer(
        formula="",
        polymers=(PolymerPart(f"PSMILES:{unit.psmiles}", (unit,)),),
        salts=salts,
        molar_mass_g_mol=read_float(row["mw"]),
    )


@cache
def _references() -> dict[int, tuple[str, str]]:
    """Row → DOI and reference of its paper, where at least 60 % of its curve's points say so."""
    text = files("sseml.curation.polymers").joinpath(_REFERENCES).read_text(encoding="utf-8")
    known = {}
    for row in csv.DictReader(text.splitlines()):
        first = int(row["first_row"])
        for number in range(first, first + int(row["rows"])):
            known[number] = row["doi"], row["reference"]
    return known
