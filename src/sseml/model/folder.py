"""A bundle as a folder: checksums, digest, and errors that name the damaged file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from sseml.files import packaged
from sseml.model.mlmodel import MLFLOW_FILES, require_own_loader
from sseml.records import BundleError

MANIFEST = "bundle.json"
CARD = "card.md"
CHECKSUMS = "SHA256SUMS"
RELEASED = "released.csv"
"""Name and digest of every bundle ever released, oldest first; tools/release.py adds to it."""


@contextmanager
def reading(path: Path) -> Iterator[Path]:
    """Raise a `BundleError` that names the file whose content is not what a bundle needs."""
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
        if path.name != CHECKSUMS and path.is_file()
    ]
    (folder / CHECKSUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def verify_checksums(folder: Path, needed: Sequence[str] = ()) -> None:
    """Compare every file named in `SHA256SUMS` with its checksum.

    A `BundleError` names a file that is not listed, is missing or differs, and an `MLmodel` that
    would run other code. Manifest, card, the files `needed` and MLflow's have to be listed.
    """
    expected = listed(folder)
    require_listed(folder, expected, needed)
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
    require_own_loader(folder)


def require_listed(folder: Path, expected: Mapping[str, str], needed: Sequence[str] = ()) -> None:
    """Raise a `BundleError` if the checksums `expected` lack a file that has to have one."""
    of_mlflow = (name for name in MLFLOW_FILES if (folder / name).exists())
    for name in (MANIFEST, CARD, *needed, *of_mlflow):
        if name not in expected:
            raise BundleError(f"{folder}: {CHECKSUMS} does not list {name}")


def unlisted(folder: Path) -> list[str]:
    """Files and folders of a bundle that have no checksum; a folder ends in a slash."""
    expected = {CHECKSUMS, *listed(folder)}
    return [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted(folder.iterdir())
        if path.name not in expected
    ]


def bundle_digest(folder: Path) -> str:
    """Verify a bundle, then give the SHA-256 of `SHA256SUMS`: equal for bundles of equal bytes."""
    verify_checksums(folder)
    return _sha256(folder / CHECKSUMS)


def released_as(digest: str) -> str | None:
    """Name of the released bundle that has this digest, or None."""
    text = packaged(f"model/{RELEASED}").read_text(encoding="utf-8")
    known = {row["digest"]: row["name"] for row in csv.DictReader(text.splitlines())}
    return known.get(digest)


def listed(folder: Path) -> dict[str, str]:
    """File → checksum, from `SHA256SUMS`."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = "is not a model bundle" if folder.is_dir() else "is no folder"
        raise BundleError(f"{folder} {what}: its {CHECKSUMS} cannot be read") from error
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _sha256(path: Path) -> str:
    import hashlib  # noqa: PLC0415 - start-up: 3 ms, not where what was verified is stamped

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
