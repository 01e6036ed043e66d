"""The upstream datasets, pinned: where each file is, its checksum, its licence; how to get it."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

TIMEOUT_S = 60.0
CHUNK_BYTES = 1 << 16

Progress = Callable[[str], None]


class PullError(RuntimeError):
    """A dataset could not be fetched as pinned: a file is missing, unreachable or altered."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One upstream file.

    Attributes
    ----------
    name
        File name within the source's folder.
    upstream_path
        Path in the upstream repository.
    sha256
        Checksum of its bytes at the pinned commit.
    """

    name: str
    upstream_path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """One upstream dataset at one commit.

    Attributes
    ----------
    name
        Name of the source, which is also its folder.
    title
        What it is, in a line.
    repository, commit
        GitHub repository ``owner/name`` and the pinned commit.
    licence
        The licence stated upstream, or that none is.
    redistribution
        Whether its files may be passed on.
    citation_doi
        Paper to cite.
    files
        Its files.
    """

    name: str
    title: str
    repository: str
    commit: str
    licence: str
    redistribution: bool
    citation_doi: str
    files: tuple[SourceFile, ...]

    def url(self, file: SourceFile) -> str:
        """Address of a file at the pinned commit."""
        return (
            f"https://raw.githubusercontent.com/{self.repository}/{self.commit}"
            f"/{file.upstream_path}"
        )

    @property
    def notice(self) -> str:
        """Name, licence and citation in one line, to show before use."""
        passing_on = "" if self.redistribution else "; do not pass the files on"
        return f"{self.name}: {self.licence}{passing_on}; cite doi {self.citation_doi}"


_OBELIX_COMMIT = "4eaac889809dd489e3bae468c45d5c0e02b9147a"

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (
            Source(
                name="obelix",
                title="OBELiX: 599 Li electrolytes, room-temperature conductivity, lattice, split",
                repository="NRC-Mila/OBELiX",
                commit=_OBELIX_COMMIT,
                licence="CC-BY-4.0",
                redistribution=True,
                citation_doi="10.1039/D5DD00441A",
                files=(
                    SourceFile(
                        "all.csv",
                        "data/downloads/all.csv",
                        "54f6265ef84d16a919d08c6815f14b0fd7465fa00090bee2511c16c042e57f3c",
                    ),
                    SourceFile(
                        "train.csv",
                        "data/downloads/train.csv",
                        "01d87779862807e24bc45bb2c759852f892390b99f9340f13906c54805aa8776",
                    ),
                    SourceFile(
                        "test.csv",
                        "data/downloads/test.csv",
                        "b2c266eb74e22f403743d52959bea7c43b1531a850994870a70dd909200e5297",
                    ),
                ),
            ),
            Source(
                name="liverpool",
                title="Liverpool Ionics: 820 Li conductivities with temperature and family",
                repository="NRC-Mila/OBELiX",
                commit=_OBELIX_COMMIT,
                licence="no licence stated",
                redistribution=False,
                citation_doi="10.1038/s41524-022-00951-z",
                files=(
                    SourceFile(
                        "LiIonDatabase.csv",
                        "data/misc/LiIonDatabase.csv",
                        "d24ed972b88c3aba14194b6f9347fb3c8e8f9249b82fec22d961e709c1c06e5d",
                    ),
                ),
            ),
            Source(
                name="laskowski",
                title="Laskowski et al.: 1346 digitised conductivities, activation energies, ICSD",
                repository="FALL-ML/materials-discovery",
                commit="c6fcc59aa6395a9358865a809095531975e916ce",
                licence="no licence stated",
                redistribution=False,
                citation_doi="10.1039/D2EE03499A",
                files=(
                    SourceFile(
                        "digitized_data_for_SSEs.csv",
                        "data/digitized_data_for_SSEs.csv",
                        "509735b9515300d3e116df1092045f069e67d05cf0c9ca44d1ff60a7194c071a",
                    ),
                ),
            ),
        )
    }
)
"""Name → upstream dataset."""


def pull(
    destination: str | Path,
    from_dir: str | Path | None = None,
    sources: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Put the pinned files of each source under `destination`, verified.

    Parameters
    ----------
    destination
        Folder that receives one sub-folder per source.
    from_dir
        Local folder laid out the same way, to copy from instead of the network.
    sources
        Names of the sources; all of them by default.
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
    say = progress or _silent
    paths = []
    for source in _chosen(sources):
        say(source.notice)
        for file in source.files:
            target = Path(destination) / source.name / file.name
            if not (target.is_file() and sha256_of(target) == file.sha256):
                _fetch(source, file, target, from_dir)
                say(f"  {target}")
            else:
                say(f"  {target} (already there)")
            paths.append(target)
    return paths


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _silent(_line: str) -> None:
    """Show nothing."""


def _chosen(names: Iterable[str] | None) -> list[Source]:
    if names is None:
        return list(SOURCES.values())
    chosen = []
    for name in names:
        if name not in SOURCES:
            raise PullError(f"{name!r} is not a source; there are {', '.join(SOURCES)}")
        chosen.append(SOURCES[name])
    return chosen


def _fetch(source: Source, file: SourceFile, target: Path, from_dir: str | Path | None) -> None:
    temporary = target.with_name(f".{target.name}.part")
    origin = source.url(file) if from_dir is None else str(Path(from_dir) / source.name / file.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _opened(origin, remote=from_dir is None) as stream, temporary.open("wb") as out:
            shutil.copyfileobj(stream, out, CHUNK_BYTES)
        got = sha256_of(temporary)
        if got != file.sha256:
            raise PullError(
                f"{origin}: not the pinned file of {source.name}:"
                f" SHA-256 expected {file.sha256}, got {got}"
            )
        temporary.replace(target)
    except (OSError, HTTPException) as error:
        raise PullError(f"{source.name}/{file.name}: cannot read {origin}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _opened(origin: str, *, remote: bool) -> BinaryIO:
    if not remote:
        return Path(origin).open("rb")
    request = urllib.request.Request(origin, headers={"User-Agent": "sseml"})
    stream: BinaryIO = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    return stream
