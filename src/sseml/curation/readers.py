"""How each upstream file is read: columns become `RawMeasurement`s, and nothing is judged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from sseml.curation.papers import LITERATURE, SERIES_END
from sseml.curation.rows import RawMeasurement, SourceFormatError
from sseml.parse.space_groups import space_group_number
from sseml.records import FORMS, ConductivityKind, Form

ROOM_TEMPERATURE = "25"

_LIVERPOOL_FORMS: Mapping[str, Form] = MappingProxyType(
    {"Glass": "glass", "Glass-Ceramic": "glass-ceramic"}
)
_FIRST_COMPUTED_LIVERPOOL_ID = 2000
_FORMS: Mapping[str, Form] = MappingProxyType({form: form for form in FORMS})
_QUOTING = frozenset({"review", "citing paper", "transcription"})
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_KINDS: Mapping[str, ConductivityKind] = MappingProxyType({"total": "total", "bulk": "bulk"})


def read_obelix(path: Path) -> list[RawMeasurement]:
    """Read OBELiX from its folder: all.csv, with the official split of train.csv and test.csv.

    Parameters
    ----------
    path
        Folder with ``all.csv``, ``train.csv`` and ``test.csv``.
    """
    split = {
        row["ID"]: name
        for name in ("train", "test")
        for row in _rows(path / f"{name}.csv", ("ID",))
    }
    columns = ("ID", "Reduced Composition", "Ionic conductivity (S cm-1)", "DOI", "Space group #")
    return [_obelix_row(row, split) for row in _rows(path / "all.csv", columns)]


def _obelix_row(row: Mapping[str, str], split: Mapping[str, str]) -> RawMeasurement:
    total, bulk = row.get("IC (Total)", ""), row.get("IC (Bulk)", "")
    reported = row["Ionic conductivity (S cm-1)"]
    kind: ConductivityKind | None = "total" if total else "bulk" if bulk else None
    return RawMeasurement(
        source="obelix",
        source_id=row["ID"],
        formula=row["Reduced Composition"],
        conductivity=total or reported or bulk,
        conductivity_kind=kind,
        temperature_C=ROOM_TEMPERATURE,
        licence="CC-BY-4.0",
        space_group=row["Space group #"],
        lattice=tuple(row.get(k, "") for k in ("a", "b", "c", "alpha", "beta", "gamma")),
        cell_content=row.get("True Composition", ""),
        formula_units=row.get("Z", ""),
        form="crystal",
        doi=row["DOI"],
        official_split=split.get(row["ID"]),
        links={
            name: _whole(row.get(column, ""))
            for name, column in (
                ("icsd", "ICSD ID"),
                ("laskowski_paper", "Laskowski ID"),
                ("liverpool_row", "Liion ID"),
            )
            if row.get(column, "")
        },
    )


def read_liverpool(path: Path) -> list[RawMeasurement]:
    """Read the Liverpool Ionics table, ``LiIonDatabase.csv``, from its folder.

    Rows numbered 2000 and above are the compilers' straight-line extrapolations of log σ against
    °C down to 25 °C (they can be recomputed from the other rows): flagged, since nobody measured
    them.
    """
    columns = ("ID", "composition", "source", "temperature", "target", "family")
    seen: dict[str, int] = {}
    raws = []
    for index, row in enumerate(_rows(path / "LiIonDatabase.csv", columns)):
        number = row["ID"]
        seen[number] = seen.get(number, 0) + 1
        computed = number.isdecimal() and int(number) >= _FIRST_COMPUTED_LIVERPOOL_ID
        raws.append(
            RawMeasurement(
                source="liverpool",
                source_id=number if seen[number] == 1 else f"{number}/{seen[number]}",
                formula=row["composition"],
                conductivity=row["target"],
                temperature_C=row["temperature"],
                licence="no licence stated",
                form=_LIVERPOOL_FORMS.get(row["family"]),
                doi=row["source"],
                reference="" if row["source"].startswith("10.") else row["source"],
                flags=("extrapolated",) if computed else (),
                links={"index": str(index)},
            )
        )
    return raws


def read_laskowski(path: Path) -> list[RawMeasurement]:
    """Read the digitised table of Laskowski et al. from its folder; it names no paper per row."""
    columns = ("Structure", "σ(RT)(S cm-1)", "Ea (eV)", "space group", "ICSD Entry")
    return [
        RawMeasurement(
            source="laskowski",
            source_id=str(number),
            formula=row["Structure"],
            conductivity=row["σ(RT)(S cm-1)"],
            temperature_C=ROOM_TEMPERATURE,
            activation_energy_eV=row["Ea (eV)"],
            space_group=row["space group"],
            form="crystal" if row["space group"] else None,
            licence="no licence stated",
            links={"icsd": _whole(row["ICSD Entry"])} if row["ICSD Entry"] else {},
        )
        for number, row in enumerate(_rows(path / "digitized_data_for_SSEs.csv", columns), 1)
    ]


def read_seeds(path: Path) -> list[RawMeasurement]:
    """Read conductivities from our own table of facts, ``seeds.csv``, in its folder.

    The activation energy given for the same formula and paper rides on the conductivity's row.
    """
    columns = ("seed_id", "formula", "property", "value", "doi", "reference", "usable_for_training")
    rows = list(_rows(path / OUR_TABLES["seeds"], columns))
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
            year=_year(row["reference"]),
            unusable=None if row["usable_for_training"] == "yes" else row["reason"],
            reference=row["reference"],
        )
        for row in rows
        if row["property"] == "ionic_conductivity"
    ]


def read_literature(path: Path) -> list[RawMeasurement]:
    """Read our own table of measurements found in papers, ``measurements.csv``, in its folder.

    The `source_id` names the paper too (``P017#L0123``): not every paper's DOI is known.
    """
    columns = ("literature_id", "paper", "formula", "sigma_S_cm", "temperature_C", "doi", "year")
    return [
        RawMeasurement(
            source=LITERATURE,
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
            unusable=None if row["usable_for_training"] == "yes" else row["reason"],
            series=row["paper"],
            reference=row["reference"] or ("" if row["doi"] else row["url"]),
            read_at=row["url"],
            is_quoted=row["read_in"] in _QUOTING,
        )
        for row in _rows(path / OUR_TABLES[LITERATURE], columns)
    ]


OUR_TABLES: Mapping[str, str] = MappingProxyType(
    {"seeds": "seeds.csv", LITERATURE: "measurements.csv"}
)
"""Sources that lie together in one folder of ours, and the file of each."""

READERS: Mapping[str, Callable[[Path], list[RawMeasurement]]] = MappingProxyType(
    {
        "obelix": read_obelix,
        "liverpool": read_liverpool,
        "laskowski": read_laskowski,
        "seeds": read_seeds,
        LITERATURE: read_literature,
    }
)
"""Reader of each source's folder, in the order in which a source wins over the later ones."""


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceFormatError(f"{path.parent.name}/{path.name} is missing") from None
    except UnicodeDecodeError as error:
        raise SourceFormatError(f"{path.parent.name}/{path.name} is not UTF-8: {error}") from error
    with io.StringIO(text, newline="") as handle:
        table = csv.DictReader(handle)
        missing = [name for name in columns if name not in (table.fieldnames or ())]
        if missing:
            raise SourceFormatError(
                f"{path.name} lacks the column(s) {', '.join(missing)};"
                f" it has {', '.join(table.fieldnames or ())}"
            )
        for row in table:
            yield {name: (value or "").strip() for name, value in row.items() if name is not None}


def _year(reference: str) -> str:
    years = set(_YEAR.findall(reference))
    return years.pop() if len(years) == 1 else ""


def _whole(text: str) -> str:
    return text.removesuffix(".0")
