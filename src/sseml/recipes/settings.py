"""Read a recipe's TOML: every key known, every value of its type, every path made absolute."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.polymer import POLYMER_BENCHMARK
from sseml.kinds import POLYMER
from sseml.model.polymer.fit import CURVES, CurveSettings
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings
from sseml.records import RefusedInputError

STEPS = ("table", "evaluate", "train", "promote")
KINDS = ("composition", "polymer")
RELEASED = "released"

_ENVIRONMENT = "environment"
_URI_VARIABLE = "MLFLOW_TRACKING_URI"
_SQLITE = "sqlite:///"
_MODELS = {"composition": "sseml", "polymer": "sseml-polymer"}
"""Kind → name of the registered model."""
_FOR_ALL_MODELS = ("seed", "threads")

Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True)
class TableSettings:
    """The measurements: a base (`base`, or `pulled` data to curate) and the `own` files."""

    base: str = RELEASED
    pulled: str = ""
    literature: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """The benchmarks whose figures go into the bundle's card."""

    benchmarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """The bundle's name, and how its model is fitted: an `ensemble`, or `curves` for polymers."""

    name: str = "mine"
    seed: int = 0
    threads: int = 1
    ensemble: EnsembleSettings = DEFAULT_SETTINGS
    curves: CurveSettings = CURVES

    @property
    def of_curves(self) -> CurveSettings:
        """For polymers."""
        return replace(self.curves, seed=self.seed, threads=self.threads)

    @property
    def of_ensemble(self) -> EnsembleSettings:
        """For compositions."""
        return replace(self.ensemble, seed=self.seed, threads=self.threads)


@dataclass(frozen=True, slots=True)
class PromoteSettings:
    """The MLflow store (none: nothing is registered) and the name of the registered model.

    It is ``sseml``, and ``sseml-polymer`` for polymers, where the recipe names none.
    """

    tracking_uri: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class RecipeSettings:
    """All settings of a recipe; `folder` holds everything it makes, `kind` is of its materials."""

    folder: str = "runs"
    kind: str = KINDS[0]
    steps: tuple[str, ...] = STEPS
    table: TableSettings = field(default_factory=TableSettings)
    evaluate: EvaluateSettings = field(default_factory=EvaluateSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    promote: PromoteSettings = field(default_factory=PromoteSettings)


def read_settings(path: Path, changes: Iterable[str] = ()) -> RecipeSettings:
    """Read a recipe; `changes` such as ``train.seed=1`` are TOML that takes precedence.

    Relative paths start at the folder of the file. Raises `RefusedInputError` if there is no such
    file, if it is no TOML, or if a key or a value cannot be used.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise _no_recipe(path) from None
    except ValueError as error:
        raise RefusedInputError(f"{path} is no TOML: {error}") from error
    for change in changes:
        try:
            given = _merged(given, tomllib.loads(change))
        except ValueError as error:
            raise RefusedInputError(
                f"--set {change!r} is no TOML: {error}",
                "write --set train.seed=1, and a text in quotes: --set 'train.name=\"mine\"'",
            ) from error
    settings = _replaced(RecipeSettings(), given, path.name)
    _check(settings, path.name)
    return _with_absolute_paths(settings, path.resolve().parent)


def _no_recipe(path: Path) -> RefusedInputError:
    folder = path if path.is_dir() else path.parent
    names = sorted(file.name for file in folder.glob("*.toml"))
    close = get_close_matches(path.name, names, n=1)
    question = f"did you mean {close[0]}? " if close else ""
    return RefusedInputError(
        f"there is no recipe {path}", f"{question}its folder holds {', '.join(names) or 'none'}"
    )


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for key, value in second.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(old, value)
        else:
            merged[key] = value
    return merged


def _replaced(default: Settings, given: Mapping[str, Any], where: str) -> Settings:
    """Settings with the given values, whose types are those of the defaults."""
    known = [each.name for each in fields(default)]  # type: ignore[arg-type]
    if isinstance(default, EnsembleSettings | CurveSettings):
        known = [name for name in known if name not in _FOR_ALL_MODELS]
    values = {}
    for key, value in given.items():
        if key not in known and key in _FOR_ALL_MODELS:
            raise RefusedInputError(
                f"{where}: {key!r} is set once for all models", "move it to [train]"
            )
        _require_known(key, known, "setting", where)
        values[key] = _value(getattr(default, key), value, f"{where}: {key}")
    return replace(default, **values)  # type: ignore[type-var]


def _require_known(name: str, known: Sequence[str], what: str, where: str) -> None:
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
        raise RefusedInputError(f"{where}: there is no {what} {name!r}", hint)


def _value(default: Any, value: Any, where: str) -> Any:
    if is_dataclass(default):
        if not isinstance(value, dict):
            raise RefusedInputError(f"{where} is a table of settings, not {value!r}")
        return _replaced(default, value, where)
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


def _check(settings: RecipeSettings, where: str) -> None:
    """Refuse values that have the right type and still cannot be used."""
    if not settings.steps:
        raise RefusedInputError(f"{where}: steps is empty", f"known are: {', '.join(STEPS)}")
    for name in settings.steps:
        _require_known(name, STEPS, "step", f"{where}: steps")
    _require_known(settings.kind, KINDS, "kind of material", f"{where}: kind")
    of_polymers = settings.kind == POLYMER.name
    benchmarks = (POLYMER_BENCHMARK,) if of_polymers else tuple(BENCHMARKS)
    for name in settings.evaluate.benchmarks:
        _require_known(name, benchmarks, "benchmark", f"{where}: evaluate: benchmarks")
    name = settings.train.name
    if not name or Path(name).name != name or name.startswith("."):
        raise RefusedInputError(f"{where}: train: name: {name!r} cannot be the name of a folder")
    if settings.table.pulled and settings.table.base != RELEASED:
        raise RefusedInputError(f"{where}: table: 'base' and 'pulled' exclude each other")
    names = [Path(file).name for file in settings.table.own]
    for name in names:
        if names.count(name) > 1:
            raise RefusedInputError(
                f"{where}: table: own: several files are called {name!r}",
                "rename one: rows without a series are held out by the name of their file",
            )


def _with_absolute_paths(settings: RecipeSettings, folder: Path) -> RecipeSettings:
    def absolute(path: str) -> str:
        return os.path.normpath(folder / path) if path else ""

    uri = settings.promote.tracking_uri
    if uri == _ENVIRONMENT:
        uri = os.environ.get(_URI_VARIABLE, "")
        if not uri:
            raise RefusedInputError(f"promote: tracking_uri: {_URI_VARIABLE} is not set")
    elif uri.startswith(_SQLITE):
        uri = _SQLITE + absolute(uri.removeprefix(_SQLITE))
    table = settings.table
    return replace(
        settings,
        folder=absolute(settings.folder),
        table=replace(
            table,
            base=table.base if table.base == RELEASED else absolute(table.base),
            pulled=absolute(table.pulled),
            literature=absolute(table.literature),
            own=tuple(map(absolute, table.own)),
        ),
        promote=replace(
            settings.promote,
            tracking_uri=uri,
            model=settings.promote.model or _MODELS[settings.kind],
        ),
    )
