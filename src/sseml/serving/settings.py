"""Settings of a server: the models, the limits of a request, and the tokens of clients."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sseml.records import BundleError, RefusedInputError

DEFAULT_PORT = 5001
TOKEN_VARIABLE = "SSEML_SERVE_TOKEN"

_REGISTERED = "models:/"
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may take; `waiting` is how many are taken in at a time for each worker."""

    body_bytes: int = 4_000_000
    rows: int = 10_000
    timeout_s: float = 60.0
    waiting: int = 64


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model answers about a kind; `digest` is the SHA-256 that names a bundle's content."""

    name: str
    digest: str
    schema_version: int
    kind: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The bundle in `folder`; a client needs one of the tokens, or none if there are none.

    `others` are the released bundles that answer about the other kinds of material.
    """

    folder: Path
    model: ModelIdentity
    others: tuple[ModelIdentity, ...] = ()
    tokens: tuple[str, ...] = field(default=(), repr=False)


def find_bundle(model: str | None, into: Path) -> Path:
    """Return the folder of a bundle, by its path or such as ``models:/sseml@champion``.

    A registered one is fetched into a folder: what is served stays the same if the alias moves on.
    """
    if model is None:
        from sseml.released import DEFAULT_BUNDLE, released_folder  # noqa: PLC0415

        return released_folder() / DEFAULT_BUNDLE
    if not model.startswith(_REGISTERED):
        return Path(model).resolve()  # a link may lead elsewhere when a worker is replaced
    from sseml.tracking.registry import resolve  # noqa: PLC0415 - MLflow, only for the registry

    return resolve(model, into=Path(tempfile.mkdtemp(prefix="model-", dir=into)))


def identify(folder: Path) -> ModelIdentity:
    """Verify and load a bundle, as the workers will, and say which one it is."""
    from sseml.model.loading import load_bundle  # noqa: PLC0415
    from sseml.model.mlmodel import MLMODEL  # noqa: PLC0415

    load_bundle(folder)
    if not (folder / MLMODEL).is_file():
        raise BundleError(
            f"{folder}: {MLMODEL} is missing, so that MLflow cannot serve it; train the bundle "
            "again with this version of sseml"
        )
    return _identity(folder)


def identify_others(kind: str) -> tuple[ModelIdentity, ...]:
    """Verify the released bundles of the kinds but this one: workers read them when asked.

    Raises
    ------
    BundleError
        If one is missing or damaged.
    """
    from sseml.released import RELEASED_BUNDLES, released_folder  # noqa: PLC0415

    return tuple(
        _identity(released_folder() / name)
        for other, name in RELEASED_BUNDLES.items()
        if other != kind
    )


def _identity(folder: Path) -> ModelIdentity:
    """Which bundle a folder holds; every checksum is verified."""
    from sseml.model.folder import MANIFEST, bundle_digest, reading  # noqa: PLC0415

    digest = bundle_digest(folder)
    with reading(folder / MANIFEST) as path:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = int(manifest["schema_version"])
        return ModelIdentity(str(manifest["name"]), digest, version, str(manifest["kind"]))


def read_tokens(file: Path | None, variable: str | None) -> tuple[str, ...]:
    """Read the tokens of a file, one a line, or else the one of the environment variable."""
    if file is None:
        where, text = f"the environment variable {TOKEN_VARIABLE}", variable or ""
        if variable is None:
            return ()
    else:
        where = f"the token file {str(file)!r}"
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedInputError(f"{where} cannot be read: {error}") from None
    tokens = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not tokens:
        raise RefusedInputError(f"{where} holds no token", "make one: openssl rand -hex 32")
    if any(len(token) < _SHORTEST_TOKEN or not _is_plain(token) for token in tokens):
        raise RefusedInputError(
            f"{where} holds a token that is shorter than {_SHORTEST_TOKEN} characters, or holds "
            "others than visible ASCII",
            "make one: openssl rand -hex 32",
        )
    return tokens


def _is_plain(token: str) -> bool:
    return all("!" <= character <= "~" for character in token)
