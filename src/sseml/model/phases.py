"""The phase table as a bundle of its own, with the windows published of its materials."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml._version import __version__
from sseml.curation.phases import PhaseDraft
from sseml.files import whole_folder
from sseml.model.folder import CARD, MANIFEST, reading, verify_checksums, write_checksums
from sseml.parse.formula import parse_formula
from sseml.physics.phases import SHIFTS_EV, PhaseTable
from sseml.physics.published_windows import PublishedWindow, read_windows
from sseml.records import BundleError

WINDOWS = "windows.csv"

SAME_MATERIAL = 1e-3
"""Element fractions that differ by no more are those of one material."""

_SYMBOL = re.compile("[A-Z][a-z]?")


class PublishedWindows:
    """A table of published windows, looked up by composition.

    Parameters
    ----------
    rows
        Checked before, as a bundle's are.

    Attributes
    ----------
    rows
        As given.
    """

    def __init__(self, rows: Sequence[PublishedWindow]) -> None:
        self.rows = tuple(rows)
        self._measured: dict[frozenset[str], list[PublishedWindow]] = {}
        for row in self.rows:
            if not row.is_calculated:
                elements = frozenset(_SYMBOL.findall(row.formula))
                self._measured.setdefault(elements, []).append(row)
        self._fractions: dict[str, Mapping[str, float]] = {}

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.rows)

    def measured_windows(
        self, amounts: Mapping[str, float], ion: str = "Li"
    ) -> tuple[PublishedWindow, ...]:
        """Windows measured of a material; calculated ones are left out.

        Parameters
        ----------
        amounts
            Element → amount, of any sum.
        ion
            Against whose metal.

        Returns
        -------
        tuple of PublishedWindow
            Those of the same elements with no element fraction off by more than `SAME_MATERIAL`,
            in the table's order.
        """
        candidates = self._measured.get(frozenset(amounts), ())
        asked = _fractions(amounts) if candidates else {}
        return tuple(
            row for row in candidates if row.ion == ion and _is_same(asked, self._of(row.formula))
        )

    def _of(self, formula: str) -> Mapping[str, float]:
        """Element fractions of a row, worked out when first asked for: parsing takes its time."""
        if formula not in self._fractions:
            self._fractions[formula] = _fractions(parse_formula(formula).amounts)
        return self._fractions[formula]


def load_windows(folder: Path) -> PublishedWindows:
    """Read the published windows of a phase bundle, after verifying it.

    Parameters
    ----------
    folder
        What `sseml.model.phases.save_phases` wrote; without windows the result is empty.

    Raises
    ------
    BundleError
        If a file is missing or damaged.
    """
    path = folder / WINDOWS
    verify_checksums(folder, needed=(WINDOWS,) if path.exists() else ())
    if not path.exists():
        return PublishedWindows(())
    with reading(path), path.open(encoding="utf-8-sig", newline="") as stream:
        return PublishedWindows([PublishedWindow.from_row(row) for row in csv.DictReader(stream)])


def _fractions(amounts: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(amounts.values())
    return {symbol: amount / total for symbol, amount in amounts.items()}


def _is_same(asked: Mapping[str, float], known: Mapping[str, float]) -> bool:
    return all(abs(asked[symbol] - known[symbol]) <= SAME_MATERIAL for symbol in known)


PHASES = "phases.parquet"
PHASE_SCHEMA_VERSION = 1
KIND = "phases"
_ENERGY = "formation_energy_eV_atom"
_ARROW_NAMES = {np.float64: "double", np.int32: "int32", np.uint8: "uint8"}

_CARD = """\
# {name}

{rows} compounds and elements with their formation energies: what a solid electrolyte can decompose
into. `sseml window` and `sseml compat` calculate from them; no network and no key are needed.

| | |
|---|---|
| source | {source} |
| licence | {licence} |
| credit | {credit} |
| file read | SHA-256 `{sha256}` |
| energies | from the elements, eV/atom, at 0 K, without vibrations; {corrections} |
| elements | {symbols} |
| made by | sseml {version} |

## What was left out
{dropped_count} oxides and fluorides that hold more O and F than their cations can carry at their
highest charges (peroxides, superoxides and ozonides of hydrogen, alkali and alkaline-earth metals
stay): {dropped}

{shifts}
## What it cannot say
- Only what was computed: a compound that is not in the table competes with nothing.
- No temperature, no entropy, no disorder, no kinetics: a window calculated from it is the
  thermodynamic one. Measured windows are mostly wider, often by 0.5 V and more.
{errors}"""

_SHIFTS_OF_THE_FIRST_SCHEME = """\
## Corrections that can be asked for
In eV for each anion of the element; the oxidised element of a sulfate or bromate is no anion. It is
decided from the formula alone, so a disulfide such as FeS2 is shifted too.

- S {S:+.5f}: takes back the sulfide correction of the Materials Project's first scheme. Sulfides
  are oxidised up to 0.15 V earlier, as in the windows published in 2015.
- Br {Br:+.3f}: the correction of the scheme of 2021, which the first one lacks. Bromides are
  oxidised 0.5 V later.
- I {I:+.3f}: the same for iodides, 0.4 V later.
"""

_SHIFTS_OF_OTHERS = """\
## Corrections that should not be asked for
`--corrections` adds {S:+.5f} eV for each anion of S, {Br:+.3f} of Br and {I:+.3f} of I. That is
meant for energies with the Materials Project's first scheme of corrections; these were not said to
be of it.
"""

_ERRORS_OF_THE_FIRST_SCHEME = """\
- The first scheme binds H2O, H2S and CO2 too strongly, by about 1.2 eV a molecule (table: -4.17,
  -1.42 and -5.35 eV; measured: -2.96, -0.21 and -4.08). In reactions that turn one into another it
  cancels.
- Sulfates, nitrates, chlorates and perchlorates, S-S bonds and positive hydrogen are too stable as
  well; `sseml window` and `sseml compat` name them wherever they come out.
"""

_ERRORS_OF_OTHERS = """\
- What is said to be too stable "in the table" by `sseml window` and `sseml compat` is known of the
  Materials Project's first scheme, and so is the 0.46 eV that `sseml compat` adds for each positive
  hydrogen where water takes part.
"""

_CARD_WINDOWS = """
## Published windows
`{file}`: {rows} electrochemical windows from the literature, {measured} of them measured, each with
its source and method: to compare with, and to show beside what is calculated. They are facts, to
which nobody holds a copyright; they enter no calculation.
"""


def save_phases(
    folder: Path,
    draft: PhaseDraft,
    *,
    source: str,
    licence: str,
    credit: str,
    corrections: str,
    windows: Path | None = None,
    first_scheme: bool = False,
) -> None:
    """Write a phase bundle to a folder that does not exist yet; whole or not at all.

    Parameters
    ----------
    folder
        Its name becomes the bundle's.
    draft
        The rows.
    source, licence, credit, corrections
        What the card says of where the energies are from.
    windows
        A table of published windows to go with them, as `published_windows.read_windows`
        reads it.
    first_scheme
        The energies carry the first scheme of corrections of the Materials Project: the card says
        what is known of it.

    Raises
    ------
    BundleError
        If the folder exists.
    RefusedInputError
        If a row of the windows is wrong.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists; name a folder that does not")
    published = () if windows is None else read_windows(windows)
    symbols = sorted({symbol for phase in draft.phases for symbol in phase.amounts})
    manifest = {
        "schema_version": PHASE_SCHEMA_VERSION,
        "name": folder.name,
        "kind": KIND,
        "target": _ENERGY,
        "code_version": __version__,
        "symbols": symbols,
        "rows": len(draft.phases),
        "source": source,
        "licence": licence,
        "credit": credit,
        "source_sha256": draft.sha256,
        "dropped": list(draft.dropped),
        "first_scheme": first_scheme,
        "shifts_eV": dict(SHIFTS_EV),
        "published_windows": len(published),
    }
    card = _CARD.format(
        **{key: value for key, value in manifest.items() if key not in ("symbols", "dropped")},
        shifts=(_SHIFTS_OF_THE_FIRST_SCHEME if first_scheme else _SHIFTS_OF_OTHERS).format(
            **SHIFTS_EV
        ),
        errors=_ERRORS_OF_THE_FIRST_SCHEME if first_scheme else _ERRORS_OF_OTHERS,
        sha256=draft.sha256,
        version=__version__,
        symbols=" ".join(symbols),
        corrections=corrections,
        dropped_count=len(draft.dropped),
        dropped=", ".join(draft.dropped) or "none",
    )
    if published:
        measured = sum(not window.is_calculated for window in published)
        card += _CARD_WINDOWS.format(file=WINDOWS, rows=len(published), measured=measured)
    with whole_folder(folder) as building:
        document = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (building / MANIFEST).write_text(document, encoding="utf-8")
        (building / CARD).write_text(card, encoding="utf-8")
        _write_rows(building / PHASES, draft, symbols, licence)
        if windows is not None:
            (building / WINDOWS).write_bytes(windows.read_bytes())
        write_checksums(building)


def _write_rows(path: Path, draft: PhaseDraft, symbols: Sequence[str], licence: str) -> None:
    import pyarrow as pa  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read or written
    from pyarrow import parquet  # noqa: PLC0415

    place = {symbol: index for index, symbol in enumerate(symbols)}
    phases = draft.phases
    columns = {
        "formula": pa.array([phase.formula for phase in phases]),
        "element": pa.array(
            [[place[symbol] for symbol in phase.amounts] for phase in phases],
            pa.list_(pa.field("item", pa.uint8(), nullable=False)),
        ),
        "amount": pa.array(
            [list(phase.amounts.values()) for phase in phases],
            pa.list_(pa.field("item", pa.float64(), nullable=False)),
        ),
        _ENERGY: pa.array([phase.formation_energy_eV_atom for phase in phases]),
        **{
            f"anionic_{symbol}": pa.array([float(phase.anionic[symbol]) for phase in phases])
            for symbol in SHIFTS_EV
        },
        "source": pa.array([phase.source for phase in phases]),
        "licence": pa.array([licence] * len(phases)),
    }
    parquet.write_table(pa.table(columns), path, compression="zstd")


def load_phases(folder: Path) -> PhaseTable:
    """Verify every checksum, then read the table.

    Raises
    ------
    BundleError
        If a file is missing, damaged or lacks something, or the schema version is not this code's.
    """
    verify_checksums(folder, needed=(PHASES,))
    with reading(folder / MANIFEST) as path:
        manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kind, version = manifest["kind"], manifest["schema_version"]
        name, symbols = str(manifest["name"]), tuple(manifest["symbols"])
    if (kind, version) != (KIND, PHASE_SCHEMA_VERSION):
        raise BundleError(
            f"{folder}: a bundle of kind {kind!r}, schema version {version}, is not of kind "
            f"{KIND!r}, schema version {PHASE_SCHEMA_VERSION}, which is read here"
        )
    with reading(folder / PHASES) as path:
        return _read_rows(path, name, symbols)


def _read_rows(path: Path, name: str, symbols: tuple[str, ...]) -> PhaseTable:
    from pyarrow import parquet  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read

    anionic = {symbol: f"anionic_{symbol}" for symbol in SHIFTS_EV}
    wanted = ("formula", "element", "amount", _ENERGY, *anionic.values())
    file = parquet.ParquetFile(path)
    for column in wanted:
        if column not in file.schema_arrow.names:
            raise KeyError(column)
    table = file.read(columns=list(wanted)).combine_chunks()

    elements, amounts = table.column("element").chunk(0), table.column("amount").chunk(0)
    start = _values(elements.offsets, np.int32).astype(np.int64)
    amount = _values(amounts.values, np.float64)
    element = _values(elements.values, np.uint8).astype(np.int64)
    if element.max() >= len(symbols):
        raise ValueError(f"elements that {MANIFEST} does not name")
    atoms = np.add.reduceat(amount, start[:-1])
    number = {
        column: _values(table.column(column).chunk(0), np.float64)
        for column in (_ENERGY, *anionic.values())
    }
    return PhaseTable(
        name=name,
        symbols=symbols,
        formulas=table.column("formula").to_pylist(),
        start=start,
        element=element,
        fraction=amount / np.repeat(atoms, np.diff(start)),
        energy_eV_atom=number[_ENERGY],
        atoms=atoms,
        anion_fraction={symbol: number[column] / atoms for symbol, column in anionic.items()},
    )


def _values(array: Any, dtype: Any) -> NDArray[Any]:
    """Numbers of an Arrow array without gaps; its own conversion would import pandas (0.3 s)."""
    if array.null_count or str(array.type) != _ARROW_NAMES[dtype]:
        raise ValueError(f"numbers of type {array.type}, some missing")
    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]
