"""The pinned files of the sources: fetched or copied, verified, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from sseml.curation.sources import SOURCES, Source

TIMEOUT_S = 60.0
_CHUNK_BYTES = 1 << 16
_GIT_DIGITS = 40


class PullError(RuntimeError):
    """A source could not be fetched as pinned: a file is missing, unreachable or altered."""


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
        Local folder laid out the same way, to copy from instead of the network. A file may have
        another name there: it is then found by its checksum.
    sources
        Names of the sources; without them all but those that are fetched only when asked for.
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
        for upstream, pinned in source.files.items():
            target = Path(destination) / source.name / Path(upstream).name
            if target.is_file() and _digest_like(pinned, target) == pinned:
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


def git_blob_of(path: Path) -> str:
    """Id under which git stores a file's bytes, as hexadecimal text."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _digest_like(pinned: str, path: Path) -> str:
    """The checksum of a file, of the kind that `pinned` is."""
    return git_blob_of(path) if len(pinned) == _GIT_DIGITS else sha256_of(path)


def _chosen(names: Iterable[str] | None) -> list[Source]:
    fetched = {name: source for name, source in SOURCES.items() if source.files}
    unasked = [name for name, source in fetched.items() if source.fetched_unasked]
    chosen = unasked if names is None else list(names)
    for name in chosen:
        if name not in fetched:
            raise PullError(f"{name!r} is not a source; there are {', '.join(fetched)}")
    return [fetched[name] for name in chosen]


def _fetch(source: Source, upstream: str, target: Path, from_dir: str | Path | None) -> None:
    from http.client import HTTPException  # noqa: PLC0415 - start-up: only to fetch

    expected = source.files[upstream]
    temporary = target.with_name(f".{target.name}.part")
    local = None
    if from_dir is not None:
        local = _local_copy(Path(from_dir) / source.name, target.name, expected)
    origin = source.url(upstream) if local is None else str(local)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with local.open("rb") if local else _opened(origin) as stream, temporary.open("wb") as out:
            shutil.copyfileobj(stream, out, _CHUNK_BYTES)
        got = _digest_like(expected, temporary)
        if got != expected:
            kind = "git blob" if len(expected) == _GIT_DIGITS else "SHA-256"
            raise PullError(
                f"{origin}: not the pinned file of {source.name}:"
                f" {kind} expected {expected}, got {got}"
            )
        temporary.replace(target)
    except (OSError, HTTPException) as error:
        raise PullError(f"{source.name}/{target.name}: cannot read {origin}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _local_copy(folder: Path, name: str, pinned: str) -> Path:
    """The file of that name; where there is none, the one that is it by its content."""
    if not (folder / name).is_file() and folder.is_dir():
        for other in sorted(folder.iterdir()):
            if other.is_file() and _digest_like(pinned, other) == pinned:
                return other
    return folder / name


def _opened(address: str) -> BinaryIO:
    import urllib.request  # noqa: PLC0415 - start-up: only to fetch

    request = urllib.request.Request(address, headers={"User-Agent": "sseml"})
    stream: BinaryIO = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    return stream
