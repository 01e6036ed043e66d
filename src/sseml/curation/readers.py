"""How each upstream file is read: columns become `RawMeasurement`s, and nothing is judged."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from sseml.curation.rows import SERIES_END, RawMeasurement, SourceFormatError
from sseml.parse.space_groups import space_group_number
from sseml.patterns import late
from sseml.records import FORMS, ConductivityKind, Form

_ROOM_TEMPERATURE_C = "25"
_LIVERPOOL_FORMS: Mapping[str, Form] = {"Glass": "glass", "Glass-Ceramic": "glass-ceramic"}
_FIRST_COMPUTED_LIVERPOOL_ID = 2000
_FORMS: Mapping[str, Form] = {form: form for form in FORMS}
_KINDS: Mapping[str, ConductivityKind] = {"total": "total", "bulk": "bulk"}
_QUOTING = frozenset({"review", "citing paper", "transcription"})
_YEAR = late(r"\b(?:19|20)\d\d\b")


def read_obelix(folder: Path) -> list[RawMeasurement]:
    """Read OBELiX: ``all.csv``, with the official split of ``train.csv`` and ``test.csv``."""
    split = {
        row["ID"]: name
        for name in ("train", "test")
        for row in table_rows(folder / f"{name}.csv", ("ID",))
    }
    columns = ("ID", "Reduced Composition", "Ionic conductivity (S cm-1)", "DOI", "Space group #")
    return [_obelix_row(row, split) for row in table_rows(folder / "all.csv", columns)]


def _obelix_row(row: Mapping[str, str], split: Mapping[str, str]) -> RawMeasurement:
    total, bulk = row.get("IC (Total)", ""), row.get("IC (Bulk)", "")
    kind: ConductivityKind | None = "total" if total else "bulk" if bulk else None
    pointers = {
        "icsd": row.get("ICSD ID", ""),
        "laskowski_paper": row.get("Laskowski ID", ""),
        "liverpool_row": row.get("Liion ID", ""),
    }
    return RawMeasurement(
        source="obelix",
        source_id=row["ID"],
        formula=row["Reduced Composition"],
        conductivity=total or row["Ionic conductivity (S cm-1)"] or bulk,
        conductivity_kind=kind,
        temperature_C=_ROOM_TEMPERATURE_C,
        space_group=row["Space group #"],
        lattice=tuple(row.get(k, "") for k in ("a", "b", "c", "alpha", "beta", "gamma")),
        cell_content=row.get("True Composition", ""),
        formula_units=row.get("Z", ""),
        form="crystal",
        doi=row["DOI"],
        official_split=split.get(row["ID"]),
        links={name: _whole(pointer) for name, pointer in pointers.items() if pointer},
    )


def read_liverpool(folder: Path) -> list[RawMeasurement]:
    """Read the Liverpool Ionics table, ``LiIonDatabase.csv``.

    Rows numbered 2000 and above are the compilers' straight-line extrapolations of log σ against
    °C down to 25 °C (they can be recomputed from the other rows): flagged, since nobody measured
    them.
    """
    columns = ("ID", "composition", "source", "temperature", "target", "family")
    seen: Counter[str] = Counter()
    raws = []
    for index, row in enumerate(table_rows(folder / "LiIonDatabase.csv", columns)):
        number, cited = row["ID"], row["source"]
        seen[number] += 1
        computed = number.isdecimal() and int(number) >= _FIRST_COMPUTED_LIVERPOOL_ID
        raws.append(
            RawMeasurement(
                source="liverpool",
                source_id=number if seen[number] == 1 else f"{number}/{seen[number]}",
                formula=row["composition"],
                conductivity=row["target"],
                temperature_C=row["temperature"],
                form=_LIVERPOOL_FORMS.get(row["family"]),
                doi=cited,
                reference="" if cited.startswith("10.") else cited,
                flags=("extrapolated",) if computed else (),
                links={"index": str(index)},
            )
        )
    return raws


def read_laskowski(folder: Path) -> list[RawMeasurement]:
    """Read the digitised table of Laskowski et al.; it names no paper per row."""
    columns = ("Structure", "σ(RT)(S cm-1)", "Ea (eV)", "space group", "ICSD Entry")
    return [
        RawMeasurement(
            source="laskowski",
            source_id=str(number),
            formula=row["Structure"],
            conductivity=row["σ(RT)(S cm-1)"],
            temperature_C=_ROOM_TEMPERATURE_C,
            activation_energy_eV=row["Ea (eV)"],
            space_group=row["space group"],
            form="crystal" if row["space group"] else None,
            links={"icsd": _whole(row["ICSD Entry"])} if row["ICSD Entry"] else {},
        )
        for number, row in enumerate(table_rows(folder / "digitized_data_for_SSEs.csv", columns), 1)
    ]


def read_seeds(folder: Path) -> list[RawMeasurement]:
    """Read conductivities from our own table of facts, ``seeds.csv``.

    The activation energy given for the same formula and paper goes into the conductivity's row.
    """
    columns = ("seed_id", "formula", "property", "value", "doi", "reference", "usable_for_training")
    rows = list(table_rows(folder / "seeds.csv", columns))
    energies = {
        (row["formula"], row["reference"]): row["value"]
        for row in rows
        if row["property"] == "activation_energy" and row["relation"] == "=" and row["formula"]
    }
    return [
        RawMeasurement(
            source="seeds",
            source_id=row["seed_id"],
            formula=row["formula"],
            conductivity=f"{row['relation'].strip('=')}{row['value']}",
            temperature_C=row["temperature_C"],
            activation_energy_eV=energies.get((row["formula"], row["reference"]), ""),
            conductivity_kind=_KINDS.get(row["conductivity_kind"]),
            licence=row["licence"],
            doi=row["doi"],
            year=_only_year(row["reference"]),
            unusable=unusable_reason(row),
            reference=row["reference"],
        )
        for row in rows
        if row["property"] == "ionic_conductivity"
    ]


def read_literature(folder: Path) -> list[RawMeasurement]:
    """Read our own table of measurements found in papers, ``measurements.csv``.

    The `source_id` names the paper too (``P017#L0123``): not every paper's DOI is known.
    """
    columns = ("literature_id", "paper", "formula", "sigma_S_cm", "temperature_C", "doi", "year")
    return [
        RawMeasurement(
            source="literature",
            source_id=f"{row['paper']}{SERIES_END}{row['literature_id']}",
            formula=row["formula"],
            conductivity=f"{row['relation'].strip('=')}{row['sigma_S_cm']}",
            temperature_C=row["temperature_C"],
            activation_energy_eV=row["activation_energy_eV"],
            conductivity_kind=_KINDS.get(row["conductivity_kind"]),
            space_group=str(space_group_number(row["space_group"])) if row["space_group"] else "",
            form=_FORMS.get(row["form"]),
            licence=row["licence"],
            doi=row["doi"],
            year=row["year"],
            unusable=unusable_reason(row),
            series=row["paper"],
            reference=row["reference"] or ("" if row["doi"] else row["url"]),
            read_at=row["url"],
            is_quoted=row["read_in"] in _QUOTING,
        )
        for row in table_rows(folder / "measurements.csv", columns)
    ]


def table_rows(
    path: Path, columns: tuple[str, ...], *, any_encoding: bool = False
) -> Iterator[dict[str, str]]:
    """The rows of a CSV file that must have `columns`, cells stripped.

    With `any_encoding` bytes that are no UTF-8 are replaced, where only plain cells are needed.

    Raises
    ------
    SourceFormatError
        If the file is missing, is not UTF-8 or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace" if any_encoding else "strict")
    except FileNotFoundError:
        raise SourceFormatError(f"{path.parent.name}/{path.name} is missing") from None
    except UnicodeDecodeError as error:
        raise SourceFormatError(f"{path.parent.name}/{path.name} is not UTF-8: {error}") from error
    table = csv.DictReader(io.StringIO(text, newline=""))
    present = table.fieldnames or ()
    missing = [name for name in columns if name not in present]
    if missing:
        raise SourceFormatError(
            f"{path.name} lacks the column(s) {', '.join(missing)}; it has {', '.join(present)}"
        )
    for row in table:
        yield {name: (value or "").strip() for name, value in row.items() if name is not None}


def unusable_reason(row: Mapping[str, str]) -> str | None:
    """Why one of our own rows is not to be trained from; None where it is."""
    return None if row["usable_for_training"] == "yes" else row["reason"]


def _only_year(reference: str) -> str:
    years = set(_YEAR.findall(reference))
    return years.pop() if len(years) == 1 else ""


def _whole(text: str) -> str:
    return text.removesuffix(".0")
