"""The sources of measurements: one record each, in the order in which they are believed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, Literal

from sseml.curation.readers import (
    read_laskowski,
    read_literature,
    read_liverpool,
    read_obelix,
    read_seeds,
)
from sseml.curation.rows import SERIES_END, RawMeasurement
from sseml.records import RefusedInputError

OWN: Final = "own"
"""Source of a lab's own measurements."""

TIMEOUT_S = 60.0
_CHUNK_BYTES = 1 << 16


class PullError(RuntimeError):
    """A source could not be fetched as pinned: a file is missing, unreachable or altered."""


class UnknownSourceError(RefusedInputError):
    """A measurement names a source that is not listed, so nothing says how far to trust it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that the package knows of one source of measurements.

    A new source is a reader in `sseml.curation.readers` and a record in `SOURCES`.

    Attributes
    ----------
    licence
        Licence of its rows, where they state none themselves.
    read
        Reader of its folder; None for measurements that `curate` does not read.
    literature_file
        File in the folder of our own tables; empty for a source that has a folder of its own.
    repository, commit, files
        GitHub repository ``owner/name``, pinned commit, and upstream path → SHA-256 of each file.
        No files: nothing is fetched.
    counts_fully
        Whether a row weighs 1 in training; others weigh `Recipe.outside_weight`.
    keeps_every_row
        Whether its rows are never merged with each other, as an official split needs every one.
    is_compilation
        Whether it names no paper: its rows give way to those of a source that does.
    may_state_kelvin
        Whether it states a temperature a row, where kelvin may stand for °C.
    reference
        What says where a row without citation is from; filled with ``series`` and ``row``.
    paper_without_doi
        What stands for the paper of a row without a DOI.
    joins_series
        Whether rows of one series are held out together even where a DOI is known.
    """

    name: str
    title: str
    licence: str
    read: Callable[[Path], list[RawMeasurement]] | None = None
    literature_file: str = ""
    repository: str = ""
    commit: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    redistribution: bool = True
    citation_doi: str = ""
    counts_fully: bool = False
    keeps_every_row: bool = False
    is_compilation: bool = False
    may_state_kelvin: bool = False
    reference: str = ""
    paper_without_doi: Literal["", "series", "reference"] = ""
    joins_series: bool = False

    def url(self, path: str) -> str:
        """Address of an upstream file at the pinned commit."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{path}"

    @property
    def notice(self) -> str:
        """Name, licence and citation in one line, to show before use."""
        passing_on = "" if self.redistribution else "; do not pass the files on"
        return f"{self.name}: {self.licence}{passing_on}; cite doi {self.citation_doi}"

    def stated_reference(self, source_id: str) -> str | None:
        """What says where a row is from if it cites nothing; None where nothing is known."""
        series, _, row = source_id.rpartition(SERIES_END)
        return self.reference.format(series=series, row=row) or None


_OBELIX = "NRC-Mila/OBELiX"
_OBELIX_COMMIT = "4eaac889809dd489e3bae468c45d5c0e02b9147a"

_RECORDS = (
    Source(
        name=OWN,
        title="a lab's own measurements",
        licence="own measurement",
        counts_fully=True,
        reference="own measurement, series {series}",
        paper_without_doi="series",
        joins_series=True,
    ),
    Source(
        name="obelix",
        title="OBELiX: 599 Li electrolytes, room-temperature conductivity, lattice, split",
        licence="CC-BY-4.0",
        read=read_obelix,
        repository=_OBELIX,
        commit=_OBELIX_COMMIT,
        files={
            "data/downloads/all.csv": (
                "54f6265ef84d16a919d08c6815f14b0fd7465fa00090bee2511c16c042e57f3c"
            ),
            "data/downloads/train.csv": (
                "01d87779862807e24bc45bb2c759852f892390b99f9340f13906c54805aa8776"
            ),
            "data/downloads/test.csv": (
                "b2c266eb74e22f403743d52959bea7c43b1531a850994870a70dd909200e5297"
            ),
        },
        citation_doi="10.1039/D5DD00441A",
        counts_fully=True,
        keeps_every_row=True,
    ),
    Source(
        name="liverpool",
        title="Liverpool Ionics: 820 Li conductivities with temperature and family",
        licence="no licence stated",
        read=read_liverpool,
        repository=_OBELIX,
        commit=_OBELIX_COMMIT,
        files={
            "data/misc/LiIonDatabase.csv": (
                "d24ed972b88c3aba14194b6f9347fb3c8e8f9249b82fec22d961e709c1c06e5d"
            ),
        },
        redistribution=False,
        citation_doi="10.1038/s41524-022-00951-z",
        may_state_kelvin=True,
    ),
    Source(
        name="laskowski",
        title="Laskowski et al.: 1346 digitised conductivities, activation energies, ICSD",
        licence="no licence stated",
        read=read_laskowski,
        repository="FALL-ML/materials-discovery",
        commit="c6fcc59aa6395a9358865a809095531975e916ce",
        files={
            "data/digitized_data_for_SSEs.csv": (
                "509735b9515300d3e116df1092045f069e67d05cf0c9ca44d1ff60a7194c071a"
            ),
        },
        redistribution=False,
        citation_doi="10.1039/D2EE03499A",
        is_compilation=True,
        reference="compiled by Laskowski et al. (10.1039/D2EE03499A), row {row}; names no paper",
    ),
    Source(
        name="seeds",
        title="our own table of values quoted in reviews",
        licence="facts",
        read=read_seeds,
        literature_file="seeds.csv",
        paper_without_doi="reference",
    ),
    Source(
        name="literature",
        title="our own table of measurements read in papers",
        licence="facts",
        read=read_literature,
        literature_file="measurements.csv",
        reference="our literature table, {series}, row {row}",
        paper_without_doi="series",
    ),
)

SOURCES: Mapping[str, Source] = MappingProxyType({record.name: record for record in _RECORDS})
"""Name → record. Of several reports of one measurement, that of the earlier source is believed."""


def trust_rank(name: str) -> int:
    """Place of a source in `SOURCES`: the report of the lowest rank is believed."""
    source_record(name)
    return list(SOURCES).index(name)


def source_record(name: str, row: int | None = None) -> Source:
    """The record of a source; `row` is where its name was read, for the message.

    Raises
    ------
    UnknownSourceError
        If `name` is not listed.
    """
    if name not in SOURCES:
        where = "" if row is None else f"row {row}: "
        raise UnknownSourceError(
            f"{where}{name!r} is not a source of measurements; known are {', '.join(SOURCES)}",
            "write one of these, or list the new source in sseml.curation.sources",
        )
    return SOURCES[name]


def require_known_sources(names: Iterable[str]) -> None:
    """Raise `UnknownSourceError` for the first row, counted from 1, of a source not listed."""
    for row, name in enumerate(names, start=1):
        source_record(name, row)


def pull(
    destination: str | Path,
    from_dir: str | Path | None = None,
    sources: Iterable[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Put the pinned files of each source under `destination`, verified.

    Parameters
    ----------
    destination
        Folder that receives one sub-folder per source.
    from_dir
        Local folder laid out the same way, to copy from instead of the network.
    sources
        Names of the sources; all that can be fetched by default.
    progress
        Called with a line of text per licence and per file.

    Returns
    -------
    list of Path
        The files, in order. A file already there with the right checksum is left alone.

    Raises
    ------
    PullError
        If a source is unknown, a file cannot be read or reached, or its checksum is not the pinned
        one. Nothing half-written stays behind.
    """
    say = progress or (lambda _line: None)
    paths = []
    for source in _chosen(sources):
        say(source.notice)
        for upstream, sha256 in source.files.items():
            target = Path(destination) / source.name / Path(upstream).name
            if target.is_file() and sha256_of(target) == sha256:
                say(f"  {target} (already there)")
            else:
                _fetch(source, upstream, target, from_dir)
                say(f"  {target}")
            paths.append(target)
    return paths


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _chosen(names: Iterable[str] | None) -> list[Source]:
    fetched = {name: source for name, source in SOURCES.items() if source.files}
    chosen = list(fetched if names is None else names)
    for name in chosen:
        if name not in fetched:
            raise PullError(f"{name!r} is not a source; there are {', '.join(fetched)}")
    return [fetched[name] for name in chosen]


def _fetch(source: Source, upstream: str, target: Path, from_dir: str | Path | None) -> None:
    from http.client import HTTPException  # noqa: PLC0415 - start-up: only to fetch

    temporary = target.with_name(f".{target.name}.part")
    local = None if from_dir is None else Path(from_dir) / source.name / target.name
    origin = source.url(upstream) if local is None else str(local)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with local.open("rb") if local else _opened(origin) as stream, temporary.open("wb") as out:
            shutil.copyfileobj(stream, out, _CHUNK_BYTES)
        expected, got = source.files[upstream], sha256_of(temporary)
        if got != expected:
            raise PullError(
                f"{origin}: not the pinned file of {source.name}:"
                f" SHA-256 expected {expected}, got {got}"
            )
        temporary.replace(target)
    except (OSError, HTTPException) as error:
        raise PullError(f"{source.name}/{target.name}: cannot read {origin}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _opened(address: str) -> BinaryIO:
    import urllib.request  # noqa: PLC0415 - start-up: only to fetch

    request = urllib.request.Request(address, headers={"User-Agent": "sseml"})
    stream: BinaryIO = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    return stream
