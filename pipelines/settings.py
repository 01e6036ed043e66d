"""A recipe's TOML becomes settings: every key known, every value of its type, paths resolved."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.model.regressors import CONDUCTIVITY, ENERGY, BlendSettings
from sseml.records import RefusedInputError

RELEASED = "released"
ENVIRONMENT = "environment"
_URI_VARIABLE = "MLFLOW_TRACKING_URI"
_SQLITE = "sqlite:///"
_ANYWHERE = ("seed", "threads")
"""Chosen once, under [train], for both models."""

Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What is learned from.

    Attributes
    ----------
    base
        ``released``, or the path of a curated table or its folder.
    pulled
        Folder that `sseml data pull` has filled; curated to be the base.
    literature
        Folder of our own table of facts beside it; ``literature`` in `pulled` if empty.
    own
        Files of a lab's own measurements, as `sseml data add` takes them.
    """

    base: str = RELEASED
    pulled: str = ""
    literature: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """Which benchmarks are measured; their figures go into the bundle's card."""

    benchmarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """The bundle's name, and how it is fitted; see `sseml.model.regressors.BlendSettings`."""

    name: str = "mine"
    seed: int = 0
    threads: int = 1
    conductivity: BlendSettings = CONDUCTIVITY
    energy: BlendSettings = ENERGY

    @property
    def blends(self) -> tuple[BlendSettings, BlendSettings]:
        """For the conductivity and for the activation energy."""
        first, second = (
            replace(each, seed=self.seed, threads=self.threads)
            for each in (self.conductivity, self.energy)
        )
        return first, second


@dataclass(frozen=True, slots=True)
class PromoteSettings:
    """Where the registry is, and the model's name in it; nothing is registered without a URI.

    ``environment`` stands for what MLFLOW_TRACKING_URI says: an address with a password stays out
    of the file.
    """

    tracking_uri: str = ""
    model: str = "sseml"


@dataclass(frozen=True, slots=True)
class RecipeSettings:
    """All of a recipe; `folder` holds whatever it makes."""

    folder: str = "runs"
    table: TableSettings = field(default_factory=TableSettings)
    evaluate: EvaluateSettings = field(default_factory=EvaluateSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    promote: PromoteSettings = field(default_factory=PromoteSettings)


def read_settings(path: Path, changes: Sequence[str] = ()) -> RecipeSettings:
    """Read a TOML; relative paths in it start at its own folder.

    Parameters
    ----------
    path
        The file.
    changes
        Such as ``train.seed=1``: TOML that takes precedence.

    Raises
    ------
    RefusedInputError
        If it is no TOML, holds a key that is not known, or a value of another type.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RefusedInputError(f"there is no file {path}", "name one with --config") from None
    except ValueError as error:
        raise RefusedInputError(f"{path} is no TOML: {error}") from error
    for change in changes:
        try:
            given = _merged(given, tomllib.loads(change))
        except ValueError as error:
            raise RefusedInputError(
                f"--set {change.partition('=')[0]}=… is no TOML: {error}",
                "write --set 'train.seed=1'",
            ) from error
    settings = _checked(_overlaid(RecipeSettings(), given, path.name))
    return _resolved(settings, path.resolve().parent)


def _overlaid(default: Settings, given: Mapping[str, Any], where: str) -> Settings:
    """Settings with what is given in place of the defaults, whose types it must have."""
    known = [each.name for each in fields(default)]  # type: ignore[arg-type]
    if isinstance(default, BlendSettings):
        known = [name for name in known if name not in _ANYWHERE]
    values = {}
    for key, value in given.items():
        if key not in known:
            raise _unknown(key, known, where)
        values[key] = _value(getattr(default, key), value, f"{where}: {key}")
    return replace(default, **values)  # type: ignore[type-var]


def _unknown(key: str, known: Sequence[str], where: str) -> RefusedInputError:
    if key in _ANYWHERE:
        return RefusedInputError(f"{where}: {key!r} is chosen once, under [train]", "move it there")
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
    return RefusedInputError(f"{where}: there is no setting {key!r}", hint)


def _value(default: Any, value: Any, where: str) -> Any:
    if is_dataclass(default):
        if not isinstance(value, dict):
            raise RefusedInputError(f"{where} is a table of settings, not {value!r}")
        return _overlaid(default, value, where)
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise RefusedInputError(f"{where} is a list of texts, not {value!r}", 'write ["…", "…"]')
    wanted = type(default)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        kind = {str: "a text", int: "a whole number", float: "a number"}[wanted]
        raise RefusedInputError(f"{where} is {kind}, not {value!r}")
    return value


def _checked(settings: RecipeSettings) -> RecipeSettings:
    for name in settings.evaluate.benchmarks:
        if name not in BENCHMARKS:
            raise _unknown(name, list(BENCHMARKS), "evaluate: benchmarks")
    name = settings.train.name
    if not name or Path(name).name != name or name.startswith("."):
        raise RefusedInputError(f"train: name: {name!r} cannot be the name of a folder")
    if settings.table.pulled and settings.table.base != RELEASED:
        raise RefusedInputError("table: 'base' and 'pulled' are both given", "leave one out")
    names = [Path(file).name for file in settings.table.own]
    for name in names:
        if names.count(name) > 1:
            raise RefusedInputError(
                f"table: own: several files are called {name!r}",
                "rename one: rows without a series are held out by the name of their file",
            )
    return settings


def _resolved(settings: RecipeSettings, folder: Path) -> RecipeSettings:
    def place(path: str) -> str:
        return os.path.normpath(folder / path) if path else ""

    table, promote = settings.table, settings.promote
    uri = promote.tracking_uri
    if uri == ENVIRONMENT:
        uri = os.environ.get(_URI_VARIABLE, "")
        if not uri:
            raise RefusedInputError(f"promote: tracking_uri: {_URI_VARIABLE} is not set")
    elif uri.startswith(_SQLITE):
        uri = _SQLITE + place(uri.removeprefix(_SQLITE))
    return replace(
        settings,
        folder=place(settings.folder),
        table=replace(
            table,
            base=table.base if table.base == RELEASED else place(table.base),
            pulled=place(table.pulled),
            literature=place(table.literature),
            own=tuple(map(place, table.own)),
        ),
        promote=replace(promote, tracking_uri=uri),
    )


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for key, value in second.items():
        old = merged.get(key, {})
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged(old, value) if both else value
    return merged
