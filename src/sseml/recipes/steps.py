"""Make the steps of a recipe in its folder, and skip those that are unchanged by SHA-256."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sseml._version import __version__
from sseml.records import RefusedInputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = "pipeline.lock.json"
RUNNING = ".running"
CURATED = "curated"
OWN_REPORT = "table/own.json"

_LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "xgboost-cpu", "xgboost")
"""Their versions, besides that of sseml, decide the bytes of a table or a bundle."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a recipe.

    It reads the files and folders of `inputs`. `outputs` are paths in the recipe's folder, which
    `make` writes below the folder that it is given. `settings` (JSON data) decide the outputs too.
    `still_valid` is called before the step is skipped: a registry may have changed.
    """

    name: str
    inputs: Mapping[str, Path]
    outputs: Sequence[str]
    make: Callable[[Path], None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    still_valid: Callable[[], bool] = lambda: True


@contextmanager
def exclusive_run(folder: Path) -> Iterator[None]:
    """Make a recipe's folder and hold its lock, until the process ends at the latest."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / RUNNING).open("ab") as held:
        if fcntl is not None:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RefusedInputError(
                    f"a recipe is running in {folder}", "start this one when that has ended"
                ) from None
        yield


def make_step(step: Step, folder: Path) -> bool:
    """Make the outputs of a step, unless they are as recorded; return whether they were made.

    The outputs replace the old ones when all are complete. The record is written after every
    step, so a stopped recipe loses only that step.
    """
    records = _read_records(folder)
    wanted: Record = {
        "made_with": _versions(),
        "settings": json.loads(json.dumps(step.settings)),
        "inputs": _input_digests(step),
    }
    recorded = wanted | {"outputs": _digests({name: folder / name for name in step.outputs})}
    if records.get(step.name) == recorded and step.still_valid():
        return False
    _refuse_foreign_outputs(step, folder, records)
    prefix = f".{step.name.replace(' ', '-')}."
    for path in list(folder.iterdir()):
        if path.name.startswith(prefix):  # left by a run that was killed
            shutil.rmtree(path)
    # Beside the outputs, so that they can be renamed into place.
    with tempfile.TemporaryDirectory(
        prefix=prefix, dir=folder, ignore_cleanup_errors=True
    ) as temporary:
        scratch = Path(temporary)
        step.make(scratch)
        if _input_digests(step) != wanted["inputs"]:
            raise RefusedInputError("an input changed while it was read", "start the recipe again")
        made = _digests({name: scratch / name for name in step.outputs})
        # The record comes first: if the recipe stops before the outputs are in place, they differ
        # and the step is made again.
        new_record = scratch / LOCK
        write_json(new_record, {"steps": records | {step.name: wanted | {"outputs": made}}})
        new_record.replace(folder / LOCK)
        for name in step.outputs:
            _replace(folder / name, scratch / name)
    return True


def figures_file(benchmark: str) -> str:
    """Where the figures of a benchmark are, in a recipe's folder."""
    return f"figures/{benchmark}.json"


def bundle_output(name: str) -> str:
    """Where a bundle is, in a recipe's folder."""
    return f"models/{name}"


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, data: object) -> None:
    """Write an indented JSON file and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8")


def _digests(named: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of each named file and each file in a named folder; missing ones are left out."""
    found = {}
    for name, path in named.items():
        inside = sorted(file for file in path.rglob("*") if file.is_file())
        for file in [path] if path.is_file() else inside:
            key = name if file == path else f"{name}/{file.relative_to(path).as_posix()}"
            with file.open("rb") as stream:
                found[key] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def _input_digests(step: Step) -> dict[str, str]:
    for path in step.inputs.values():
        if not path.exists():
            raise RefusedInputError(
                f"there is no {path}, which this step reads",
                "correct the path in the TOML, or add the step that makes it",
            )
    return _digests(step.inputs)


def _versions() -> dict[str, str]:
    found = {"sseml": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _refuse_foreign_outputs(step: Step, folder: Path, records: Mapping[str, Record]) -> None:
    recorded = [f"{output}/" for record in records.values() for output in record["outputs"]]
    for name in step.outputs:
        place = folder / name
        if place.exists() and not any(output.startswith(f"{name}/") for output in recorded):
            raise RefusedInputError(
                f"{place} exists already, and no recipe has made it",
                "move it away, or name another folder in the TOML",
            )


def _read_records(folder: Path) -> dict[str, Record]:
    path = folder / LOCK
    try:
        return dict(read_json(path)["steps"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedInputError(
            f"{path} is no record of a recipe ({error})", f"remove {folder}; it is made again"
        ) from error


def _replace(place: Path, new: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    new.rename(place)
