"""A bundle as a folder: its checksums, its digest, and refusals that name the file at fault."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from sseml.records import BundleError

MANIFEST = "bundle.json"
CARD = "card.md"
CHECKSUMS = "SHA256SUMS"


@contextmanager
def reading(path: Path) -> Iterator[Path]:
    """Refuse a file whose content is not what a bundle needs, saying which and why."""
    try:
        yield path
    except KeyError as error:
        raise BundleError(
            f"{path.parent}: {path.name} lacks {error.args[0]!r}; train or fetch the bundle again"
        ) from error
    except (ValueError, TypeError, EOFError, BadZipFile) as error:
        raise BundleError(
            f"{path.parent}: {path.name} is no part of a bundle ({error}); "
            "train or fetch the bundle again"
        ) from error


def write_checksums(folder: Path) -> None:
    """Write `SHA256SUMS`, in the format of ``sha256sum``, over every other file of the folder."""
    lines = [
        f"{_sha256(path)}  {path.name}"
        for path in sorted(folder.iterdir())
        if path.name != CHECKSUMS
    ]
    (folder / CHECKSUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def verify_checksums(folder: Path, needed: Sequence[str] = ()) -> None:
    """Compare every file named in `SHA256SUMS` with its checksum.

    Parameters
    ----------
    folder
        A bundle of any kind.
    needed
        Files that have to be listed, beside manifest and card.

    Raises
    ------
    BundleError
        If the folder is no bundle, a needed file is not listed, is missing or differs.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = "is not a model bundle" if folder.is_dir() else "is no folder"
        raise BundleError(f"{folder} {what}: its {CHECKSUMS} cannot be read") from error
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in (MANIFEST, CARD, *needed):
        if name not in expected:
            raise BundleError(f"{folder}: {CHECKSUMS} does not list {name}")
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(
                f"{folder}: {name}, which {CHECKSUMS} lists, is missing; fetch the bundle again"
            )
        if _sha256(path) != digest:
            raise BundleError(
                f"{folder}: {name} is damaged (its SHA-256 is not the one in {CHECKSUMS}); "
                "fetch the bundle again"
            )


def bundle_digest(folder: Path) -> str:
    """SHA-256 of `SHA256SUMS`: the same for two bundles of the same bytes, and for no others.

    Raises
    ------
    BundleError
        If the folder is no bundle, or a file of it is not what its checksum says.
    """
    verify_checksums(folder)
    return _sha256(folder / CHECKSUMS)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
