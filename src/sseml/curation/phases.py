"""A table of computed formation energies becomes the rows of a phase bundle, or is left out."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sseml.parse.formula import parse_formula
from sseml.physics.oxidation import anionic_amount, is_credible
from sseml.physics.phases import SHIFTS_EV
from sseml.records import RefusedInputError

_FORMULA = "formula"
_ENERGY = "e_form_ev_per_atom"
_SOURCE = "source"
_LOWEST_EV, _HIGHEST_EV = -10.0, 5.0
_ELEMENT_EV = 1e-3


class Phase(NamedTuple):
    """A compound, or an element in its reference state.

    `amounts` are per formula unit, `anionic` those of an element of `SHIFTS_EV` that are anions.
    """

    formula: str
    amounts: Mapping[str, float]
    formation_energy_eV_atom: float
    anionic: Mapping[str, float]
    source: str


class PhaseDraft(NamedTuple):
    """The rows kept, elements included, sorted by formula; the formulas left out; SHA-256 read."""

    phases: tuple[Phase, ...]
    dropped: tuple[str, ...]
    sha256: str


def read_phases(path: Path) -> PhaseDraft:
    """Read formation energies and leave out what cannot exist; the file is refused if unsound.

    CSV or Parquet with the columns ``formula`` and ``e_form_ev_per_atom`` (eV/atom), and ``source``
    if there is one. Elements need no row: their energy is 0.
    """
    kept: dict[str, Phase] = {}
    dropped = []
    for number, row in enumerate(_read(path), start=1):
        phase = _phase(row, f"{path.name}, row {number}")
        if not is_credible(phase.amounts):
            dropped.append(phase.formula)
            continue
        known = kept.get(phase.formula)
        if known is None or phase.formation_energy_eV_atom < known.formation_energy_eV_atom:
            kept[phase.formula] = phase
    if not kept:
        raise RefusedInputError(
            f"{path} holds no compound that can exist", "give at least one row with its energy"
        )
    symbols = sorted({symbol for phase in kept.values() for symbol in phase.amounts})
    elements = {
        symbol: Phase(symbol, {symbol: 1.0}, 0.0, dict.fromkeys(SHIFTS_EV, 0.0), "reference state")
        for symbol in symbols
    }
    both = {**kept, **elements}
    return PhaseDraft(
        phases=tuple(both[formula] for formula in sorted(both)),
        dropped=tuple(dropped),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _phase(row: Mapping[str, object], where: str) -> Phase:
    formula = str(row[_FORMULA])
    try:
        amounts = parse_formula(formula).amounts
    except RefusedInputError as refusal:
        raise RefusedInputError(f"{where}: {refusal.reason}", refusal.suggestion) from None
    try:
        energy = float(str(row[_ENERGY]))
    except ValueError:
        energy = float("nan")
    if not _LOWEST_EV < energy < _HIGHEST_EV:
        raise RefusedInputError(
            f"{where}: {row[_ENERGY]!r} is no formation energy", "write eV/atom, such as -1.56"
        )
    if len(amounts) == 1 and energy < -_ELEMENT_EV:
        raise RefusedInputError(
            f"{where}: {formula} is an element and has {energy} eV/atom, but elements are the zero",
            "write formation energies from the elements, not total energies",
        )
    anionic = {symbol: anionic_amount(amounts, symbol) for symbol in SHIFTS_EV}
    return Phase(formula, amounts, energy, anionic, str(row.get(_SOURCE) or ""))


def _read(path: Path) -> list[Mapping[str, object]]:
    try:
        names, rows = _table(path)
    except (ValueError, csv.Error) as error:
        raise RefusedInputError(
            f"{path} cannot be read: {error}", "save it as CSV in UTF-8, or as Parquet"
        ) from error
    for needed in (_FORMULA, _ENERGY):
        if needed not in names:
            raise RefusedInputError(
                f"{path} has no column {needed!r}; it has {', '.join(names) or 'none'}",
                f"name the columns {_FORMULA} and {_ENERGY}",
            )
    return rows


def _table(path: Path) -> tuple[Sequence[str], list[Mapping[str, object]]]:
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet  # noqa: PLC0415 - start-up: 0.1 s

        table = parquet.read_table(path)
        return table.column_names, table.to_pylist()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        return reader.fieldnames or (), list(reader)
