"""The phase bundle: compounds, published windows, and the stability of a material from both."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sseml._version import __version__
from sseml.classes import dataclass, field
from sseml.files import packaged, whole_folder
from sseml.model.folder import CARD, MANIFEST, reading, write_checksums
from sseml.model.remembered import Columns, remembered
from sseml.model.stamps import verify_once
from sseml.parse.formula import parse_formula
from sseml.patterns import late
from sseml.physics.formulas import written
from sseml.physics.hulls import Hulls
from sseml.physics.phases import SHIFTS_EV, PhaseTable
from sseml.physics.published_windows import PublishedWindow, read_windows
from sseml.physics.window import Window, electrochemical_windows
from sseml.records import BundleError, Composition

if TYPE_CHECKING:
    from sseml.curation.phases import PhaseDraft

PHASES = "phases.parquet"
WINDOWS = "windows.csv"
PHASE_SCHEMA_VERSION = 1
KIND = "phases"

SAME_MATERIAL = 1e-3
"""Element fractions that differ by no more are those of one material."""

_CARD_SECTIONS = "phases_card.toml"
_SYMBOL = late("[A-Z][a-z]?")
_ENERGY = "formation_energy_eV_atom"
_ANIONIC = {symbol: f"anionic_{symbol}" for symbol in SHIFTS_EV}
_LAYOUT = 1
"""Of what is remembered of the rows: to be raised when other columns are read of them."""
_ARROW_NAMES = {np.float64: "double", np.int32: "int32", np.uint8: "uint8"}


@dataclass(frozen=True, slots=True, eq=False)
class PhaseBundle:
    """The phases that can form, and the windows that were published.

    The hulls of the latest chemical systems are kept from one list to the next.
    """

    table: PhaseTable
    published: PublishedWindows
    _hulls: Hulls = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hulls", Hulls(self.table))

    @classmethod
    def load(cls, folder: Path) -> PhaseBundle:
        """Verify and read both; a `BundleError` names a file that is missing or damaged."""
        return cls(load_phases(folder), load_windows(folder))

    def stabilities(
        self, materials: Iterable[Composition], *, reactions: bool = True
    ) -> list[Stability]:
        """Stability against Li metal and beyond, in order; what is alike is calculated once.

        Amounts that are written as one formula can differ beyond its digits: they are not alike.
        """
        keys = [(material.formula, tuple(material.amounts.items())) for material in materials]
        asked = {key: (key[0], dict(key[1])) for key in keys}
        windows = electrochemical_windows(self._hulls, asked.values(), reactions=reactions)
        found = {
            key: Stability(window, self.published.measured_windows(asked[key][1]))
            for key, window in zip(asked, windows, strict=True)
        }
        return [found[key] for key in keys]


@dataclass(frozen=True, slots=True)
class Stability:
    """The calculated window of a material, and the windows measured of this very material."""

    window: Window
    measured: tuple[PublishedWindow, ...]

    @property
    def note(self) -> str:
        """How the numbers are to be read, and what was measured, on one line."""
        measured = (f"measured: {in_words(each)}" for each in self.measured)
        return "; ".join((*self.window.notes, *measured))

    def reasons(self) -> Iterator[str]:
        """What becomes of the material outside its window, and at its composition.

        Nothing where the window, or its reactions, were not calculated.
        """
        window = self.window
        if window.V_red is None or window.V_ox is None or window.oxidation is None:
            return
        if window.reduction:
            yield f"reduced below {window.V_red:.2f} V: {window.reduction}"
        else:
            yield f"stable against {window.ion} metal"
        yield f"oxidised above {window.V_ox:.2f} V: {window.oxidation}"
        if window.decomposition and window.e_above_hull_eV_atom != 0.0:
            yield f"at its composition are stable: {written(window.decomposition)}"


class PublishedWindows:
    """A table of published windows, looked up by composition; the rows were checked before."""

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
        """Windows measured of a material against the metal of `ion`, in the table's order.

        `amounts` (element → amount) are of any sum. A row is of the same material if it holds the
        same elements and no element fraction differs by more than `SAME_MATERIAL`.
        """
        candidates = self._measured.get(frozenset(amounts), ())
        asked = _fractions(amounts) if candidates else {}
        return tuple(
            row
            for row in candidates
            if row.ion == ion
            and all(
                abs(asked[symbol] - fraction) <= SAME_MATERIAL
                for symbol, fraction in self._of(row.formula).items()
            )
        )

    def _of(self, formula: str) -> Mapping[str, float]:
        """Element fractions of a row, calculated when first asked for: parsing takes its time."""
        if formula not in self._fractions:
            self._fractions[formula] = _fractions(parse_formula(formula).amounts)
        return self._fractions[formula]


def _fractions(amounts: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(amounts.values())
    return {symbol: amount / total for symbol, amount in amounts.items()}


def in_words(measured: PublishedWindow) -> str:
    """A measured window with its method and source.

    Such as ``1.2 to 2.5 V (CV with carbon, 10.1002/aenm.201501590)``; where the limits are only
    those of the experiment, ``no reaction seen up to 5 V (…)``.
    """
    match measured.V_red, measured.V_ox:
        case None, high:
            limits = f"up to {high:g} V"
        case low, None:
            limits = f"down to {low:g} V"
        case low, high:
            limits = f"{low:g} to {high:g} V"
    if measured.relation == "within" and measured.V_red is not None and measured.V_ox is not None:
        limits = f"from {limits}"
    before = {"within": "no reaction seen ", "~": "about "}.get(measured.relation, "")
    method = f"method {measured.method}" if "not stated" in measured.method else measured.method
    source = measured.doi or measured.reference or measured.read_in
    return f"{before}{limits} ({', '.join(part for part in (method, source) if part)})"


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
    with whole_folder(folder) as building:
        document = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (building / MANIFEST).write_text(document, encoding="utf-8")
        card = _card_text(manifest, corrections, published)
        (building / CARD).write_text(card, encoding="utf-8")
        _write_rows(building / PHASES, draft, symbols, licence)
        if windows is not None:
            (building / WINDOWS).write_bytes(windows.read_bytes())
        write_checksums(building)


def _card_text(
    manifest: Mapping[str, Any], corrections: str, published: Sequence[PublishedWindow]
) -> str:
    import tomllib  # noqa: PLC0415 - start-up: only when a bundle is written

    text = packaged(f"model/{_CARD_SECTIONS}").read_text(encoding="utf-8")
    section = tomllib.loads(text)
    scheme = "first_scheme" if manifest["first_scheme"] else "other"
    dropped = manifest["dropped"]
    card: str = section["card"].format(
        **{name: manifest[name] for name in ("name", "rows", "source", "licence", "credit")},
        sha256=manifest["source_sha256"],
        version=manifest["code_version"],
        symbols=" ".join(manifest["symbols"]),
        corrections=corrections,
        dropped_count=len(dropped),
        dropped=", ".join(dropped) or "none",
        shifts=section[f"shifts_{scheme}"].format(**SHIFTS_EV),
        errors=section[f"errors_{scheme}"],
    )
    if published:
        measured = sum(not window.is_calculated for window in published)
        card += section["windows"].format(file=WINDOWS, rows=len(published), measured=measured)
    return card


def _write_rows(path: Path, draft: PhaseDraft, symbols: Sequence[str], licence: str) -> None:
    import pyarrow as pa  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read or written
    from pyarrow import parquet  # noqa: PLC0415

    def lists(values: list[list[Any]], of: pa.DataType) -> pa.Array:
        return pa.array(values, pa.list_(pa.field("item", of, nullable=False)))

    place = {symbol: index for index, symbol in enumerate(symbols)}
    phases = draft.phases
    columns = {
        "formula": pa.array([phase.formula for phase in phases]),
        "element": lists(
            [[place[symbol] for symbol in each.amounts] for each in phases], pa.uint8()
        ),
        "amount": lists([list(phase.amounts.values()) for phase in phases], pa.float64()),
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
    """Verify the folder, unless it was and did not change, then read the table of phases.

    Raises
    ------
    BundleError
        If a file is missing, damaged or lacks something, or the schema version is not this code's.
    """
    checksums = verify_once(folder, needed=(PHASES,))
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
        key = f"phases-{_LAYOUT}-{checksums[PHASES]}"
        return _table(remembered(key, lambda: _columns(path)), name, symbols)


def load_windows(folder: Path) -> PublishedWindows:
    """Verify the folder likewise, then read the published windows; empty without such a file."""
    path = folder / WINDOWS
    verify_once(folder, needed=(WINDOWS,) if path.exists() else ())
    if not path.exists():
        return PublishedWindows(())
    with reading(path), path.open(encoding="utf-8-sig", newline="") as stream:
        return PublishedWindows([PublishedWindow.from_row(row) for row in csv.DictReader(stream)])


def _columns(path: Path) -> Columns:
    """What is used of the rows: formulas, and numbers without gaps."""
    from pyarrow import parquet  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read

    numbers = (_ENERGY, *_ANIONIC.values())
    wanted = ("formula", "element", "amount", *numbers)
    file = parquet.ParquetFile(path)
    for column in wanted:
        if column not in file.schema_arrow.names:
            raise KeyError(column)
    table = file.read(columns=list(wanted)).combine_chunks()
    elements, amounts = table.column("element").chunk(0), table.column("amount").chunk(0)
    return {
        "formula": table.column("formula").to_pylist(),
        "start": _values(elements.offsets, np.int32),
        "element": _values(elements.values, np.uint8),
        "amount": _values(amounts.values, np.float64),
        **{name: _values(table.column(name).chunk(0), np.float64) for name in numbers},
    }


def _table(columns: Columns, name: str, symbols: tuple[str, ...]) -> PhaseTable:
    start, element, amount = (
        columns["start"].astype(np.int64),
        columns["element"],
        columns["amount"],
    )
    if element.max() >= len(symbols):
        raise ValueError(f"elements that {MANIFEST} does not name")
    atoms = np.add.reduceat(amount, start[:-1])
    return PhaseTable(
        name=name,
        symbols=symbols,
        formulas=columns["formula"],
        start=start,
        element=element,
        fraction=amount / np.repeat(atoms, np.diff(start)),
        energy_eV_atom=columns[_ENERGY],
        atoms=atoms,
        anion_fraction={symbol: columns[each] / atoms for symbol, each in _ANIONIC.items()},
    )


def _values(array: Any, dtype: Any) -> NDArray[Any]:
    """Numbers of an Arrow array without gaps; its own conversion would import pandas (0.3 s)."""
    if array.null_count or str(array.type) != _ARROW_NAMES[dtype]:
        raise ValueError(f"numbers of type {array.type}, some missing")
    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]
