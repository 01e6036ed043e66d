"""Steps that are skipped where what they read, choose and wrote is as recorded, by SHA-256."""

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

from sseml import __version__
from sseml.records import RefusedInputError

LOCK = "pipeline.lock.json"

_LEARN_WITH = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "xgboost-cpu", "xgboost")
"""What besides sseml decides about the bytes of a table or a bundle."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is made from files and settings.

    Attributes
    ----------
    name
        In the record and in messages.
    inputs
        Name in the record → file or folder that is read.
    outputs
        Names of the files and folders made, below the recipe's folder.
    make
        Writes the outputs, under their names, into the folder it is given.
    settings
        Whatever else decides about the outputs; plain JSON data.
    holds
        Whether what is recorded still holds elsewhere; asked before the step is skipped.
    """

    name: str
    inputs: Mapping[str, Path]
    outputs: Sequence[str]
    make: Callable[[Path], None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    holds: Callable[[], bool] = lambda: True


def run(step: Step, folder: Path) -> bool:
    """Make a step's outputs in a folder, unless they are there as recorded.

    What is there is replaced only once all the new outputs are complete; the record
    (`pipeline.lock.json`) is written after every step, so that whatever stops a recipe costs the
    step it was at.

    Returns
    -------
    bool
        Whether anything had to be made.

    Raises
    ------
    RefusedInputError
        If an input is missing or changes meanwhile, or an output's place holds something that no
        recipe has put there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = read_lock(folder)
    outputs = {name: folder / name for name in step.outputs}
    wanted: Record = {
        "made_with": made_with(),
        "settings": json.loads(json.dumps(step.settings)),
        "inputs": _input_digests(step),
    }
    if records.get(step.name) == wanted | {"outputs": digests(outputs)} and step.holds():
        return False
    _require_ours(outputs, records)
    with _scratch(step, folder) as scratch:
        step.make(scratch)
        if _input_digests(step) != wanted["inputs"]:
            raise RefusedInputError(
                f"what {step.name} reads was changed while it was read", "start the recipe again"
            )
        made = digests({name: scratch / name for name in step.outputs})
        # Recorded before it is put in place: stopped in between, the two differ and it runs again.
        _write_lock(folder, records | {step.name: wanted | {"outputs": made}})
        for name, place in outputs.items():
            _remove(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).rename(place)
    return True


def read_lock(folder: Path) -> dict[str, Record]:
    """What the steps of a folder were made from: name of the step → its record."""
    path = folder / LOCK
    try:
        records: dict[str, Record] = json.loads(path.read_text(encoding="utf-8"))["steps"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedInputError(
            f"{path} is no record of a recipe ({error})", f"remove {folder}; it is made again"
        ) from error
    return records


def digests(named: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of every file named, and of every file below every folder named.

    Parameters
    ----------
    named
        Name in the record → file or folder; what is not there is left out.
    """
    found = {}
    for name, path in named.items():
        below = sorted(file for file in path.rglob("*") if file.is_file())
        for file in [path] if path.is_file() else below:
            key = name if file == path else f"{name}/{file.relative_to(path).as_posix()}"
            with file.open("rb") as stream:
                found[key] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def made_with() -> dict[str, str]:
    """Versions of sseml and of what it learns with."""
    found = {"sseml": __version__, "python": platform.python_version()}
    for name in _LEARN_WITH:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _input_digests(step: Step) -> dict[str, str]:
    for path in step.inputs.values():
        if not path.exists():
            raise RefusedInputError(
                f"{step.name} reads {path}, which is not there", "correct the path in the TOML"
            )
    return digests(step.inputs)


def _require_ours(outputs: Mapping[str, Path], records: Mapping[str, Record]) -> None:
    ours = [made for record in records.values() for made in record["outputs"]]
    for name, place in outputs.items():
        if place.exists() and not any(f"{made}/".startswith(f"{name}/") for made in ours):
            raise RefusedInputError(
                f"{place} is there already, and no recipe has made it",
                "move it away, or name another folder in the TOML",
            )


def read_json(path: Path) -> Any:
    """What a file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, data: object) -> None:
    """Write a file for people and programs; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8")


@contextmanager
def _scratch(step: Step, folder: Path) -> Iterator[Path]:
    """A folder beside the outputs, so that they can be renamed into place."""
    prefix = f".{step.name.replace(' ', '-')}."
    for there in list(folder.iterdir()):
        if there.name.startswith(prefix):  # left behind by a run that was killed
            shutil.rmtree(there)
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _write_lock(folder: Path, records: Mapping[str, Record]) -> None:
    temporary = folder / f".{LOCK}.part"
    write_json(temporary, {"steps": records})
    temporary.replace(folder / LOCK)
