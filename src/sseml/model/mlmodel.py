"""The files that make a bundle an MLflow model directory, written without MLflow."""

from __future__ import annotations

import json
import platform
import re
from importlib.metadata import version
from pathlib import Path

from sseml._version import __version__
from sseml.columns import NESTED, nested_columns
from sseml.records import BundleError

FORMULA_COLUMN = "formula"
OTHER_COLUMNS = "columns"
QUALIFIER_COLUMNS = ("temperature", "space_group", "form", "conductivity_kind", "x", "y", "z")

LOADER = "sseml.tracking.pyfunc"
MLMODEL = "MLmodel"
REQUIREMENTS = "requirements.txt"
ENVIRONMENT = "python_env.yaml"
INPUT_EXAMPLE = "input_example.json"
SERVING_EXAMPLE = "serving_input_example.json"

MLFLOW_FILES = (MLMODEL, REQUIREMENTS, ENVIRONMENT, INPUT_EXAMPLE, SERVING_EXAMPLE)
"""What MLflow reads of a bundle, and runs: where one of them is there, it is under a checksum."""

_EXAMPLE = {
    "columns": [FORMULA_COLUMN, "temperature"],
    "data": [["Li6PS5Cl", 25.0], ["Li1.3Al0.3Ti1.7(PO4)3", 60.0], ["75Li2S-25P2S5", 25.0]],
}

_MLFLOW_TYPES = {str: "string", float: "double", int: "long"}

_MLMODEL = """\
flavors:
  python_function:
    env:
      virtualenv: {environment}
    loader_module: {loader}
    python_version: {python}
is_signature_from_type_hint: false
saved_input_example_info:
  artifact_path: {input_example}
  pandas_orient: split
  serving_input_path: {serving_example}
  type: dataframe
signature:
  inputs: '{inputs}'
  outputs: '{outputs}'
  params: '{params}'
type_hint_from_example: false
"""

_AS_WRITTEN = re.compile(
    _MLMODEL.replace(".", r"\.").format(
        environment=re.escape(ENVIRONMENT),
        loader=re.escape(LOADER),
        python=r"[\d.]+",
        input_example=re.escape(INPUT_EXAMPLE),
        serving_example=re.escape(SERVING_EXAMPLE),
        **dict.fromkeys(("inputs", "outputs", "params"), r"[^'\n]*"),
    )
)


def require_own_loader(folder: Path) -> None:
    """Refuse a bundle that MLflow would load with other code than sseml's.

    Read without MLflow, which not every machine has: the text is the one that
    `write_mlflow_files` writes, or it may say anything, in any of YAML's ways.

    Raises
    ------
    BundleError
        If it is another.
    """
    path = folder / MLMODEL
    if not path.is_file():  # then MLflow does not load it at all
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if _AS_WRITTEN.fullmatch(text):
        return
    named = re.search(r"loader_module\W*([\w.]+)", text)
    loader = named[1] if named else ""
    what = f"loader {loader!r}" if loader != LOADER else "it is not as sseml writes it"
    raise BundleError(f"{folder}: {MLMODEL} would run other code than sseml's: {what}")


def signature() -> dict[str, str]:
    """MLflow's model signature: inputs, outputs and params, each as the JSON text MLflow keeps."""
    optional = (*QUALIFIER_COLUMNS, OTHER_COLUMNS)
    inputs = [
        {"type": "string", "name": FORMULA_COLUMN, "required": True},
        *({"type": "any", "name": name, "required": False} for name in optional),
    ]
    outputs = [
        {"type": _MLFLOW_TYPES[column.holds], "name": column.name, "required": False}
        for column in nested_columns()
        if column.name != "error"
    ]
    outputs += [{"type": "any", "name": name, "required": False} for name in ("error", NESTED)]
    params = [
        {"name": "temperature_C", "default": 25.0, "shape": None, "type": "double"},
        {"name": "explain", "default": False, "shape": None, "type": "boolean"},
        {"name": "window", "default": True, "shape": None, "type": "boolean"},
        {"name": "time_limit_s", "default": 0.0, "shape": None, "type": "double"},
        {"name": "threads", "default": 1, "shape": None, "type": "long"},
        {"name": "as_text", "default": False, "shape": None, "type": "boolean"},
    ]
    return {
        "inputs": json.dumps(inputs),
        "outputs": json.dumps(outputs),
        "params": json.dumps(params),
    }


def requirements() -> list[str]:
    """What serving a bundle made here needs, pinned where the numbers depend on it."""
    pinned = [f"{name}=={version(name)}" for name in ("numpy", "pyarrow")]
    return [f"sseml[mlflow]=={__version__}", *pinned]


def write_mlflow_files(folder: Path) -> None:
    """Put beside a bundle's own files those that MLflow needs to load and serve it as it stands."""
    texts = {
        MLMODEL: _MLMODEL.format(
            environment=ENVIRONMENT,
            loader=LOADER,
            python=platform.python_version(),
            input_example=INPUT_EXAMPLE,
            serving_example=SERVING_EXAMPLE,
            **signature(),
        ),
        REQUIREMENTS: "\n".join(requirements()) + "\n",
        ENVIRONMENT: f"python: {platform.python_version()}\ndependencies:\n- -r {REQUIREMENTS}\n",
        INPUT_EXAMPLE: json.dumps(_EXAMPLE, indent=1) + "\n",
        SERVING_EXAMPLE: json.dumps({"dataframe_split": _EXAMPLE}, indent=1) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
