"""The files that make a bundle an MLflow model directory, written without MLflow."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from sseml._version import __version__
from sseml.columns import NESTED, nested_columns
from sseml.patterns import late
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
"""What MLflow reads of a bundle, and runs: each that exists has a checksum."""

Example = Sequence[tuple[str, float]]
"""What a person may ask a bundle, each at a temperature in °C."""

FORMULAS: Example = (
    ("Li6PS5Cl", 25.0), ("Li1.3Al0.3Ti1.7(PO4)3", 60.0), ("75Li2S-25P2S5", 25.0),
)  # fmt: skip
RECIPES: Example = (
    ("PEO + LiTFSI, EO:Li=18", 60.0), ("PEO + LiTFSI, EO:Li=15 + 10 wt% LLZTO", 25.0),
    ("PAN + 30 wt% LiClO4", 25.0),
)  # fmt: skip

_MLFLOW_TYPES = {str: "string", float: "double", int: "long"}

_PARAMS = (
    ("temperature_C", 25.0, "double"),
    ("explain", False, "boolean"),
    ("window", True, "boolean"),
    ("threshold_S_cm", 1e-4, "double"),
    ("time_limit_s", 0.0, "double"),
    ("threads", 1, "long"),
    ("as_text", False, "boolean"),
)
"""Name, default and MLflow type of the parameters of a request, as bundles are written with."""

_SERVED_PARAMS = (*_PARAMS, ("measured", "", "string"))
"""What the endpoint can ask besides, of bundles of any release."""

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

_AS_WRITTEN = late(
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
    """Raise a `BundleError` for a bundle that MLflow would load with other code than sseml's.

    Checked without MLflow, which need not be installed: the text has to be the one that
    `write_mlflow_files` writes, as YAML can say the same in many ways.
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


def signature(*, served: bool = False) -> dict[str, str]:
    """MLflow's model signature: inputs, outputs and params, each as JSON text.

    That of a bundle, or what the endpoint asks of it (`served`).
    """
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
        {"name": name, "default": default, "shape": None, "type": kind}
        for name, default, kind in (_SERVED_PARAMS if served else _PARAMS)
    ]
    return {
        "inputs": json.dumps(inputs),
        "outputs": json.dumps(outputs),
        "params": json.dumps(params),
    }


def requirements(extras: Sequence[str] = ("mlflow",)) -> list[str]:
    """Packages that serving needs, pinned where the numbers depend on the version."""
    from importlib.metadata import version  # noqa: PLC0415 - start-up: 9 ms, only to write

    pinned = [f"{name}=={version(name)}" for name in ("numpy", "pyarrow")]
    return [f"sseml[{','.join(extras)}]=={__version__}", *pinned]


def write_mlflow_files(
    folder: Path, example: Example = FORMULAS, extras: Sequence[str] = ("mlflow",)
) -> None:
    """Write the files that MLflow needs to load and serve a bundle as it is.

    `example` is what it may be asked, `extras` those of sseml that its answers may need.
    """
    table = {"columns": [FORMULA_COLUMN, "temperature"], "data": [list(row) for row in example]}
    texts = {
        MLMODEL: _MLMODEL.format(
            environment=ENVIRONMENT,
            loader=LOADER,
            python=platform.python_version(),
            input_example=INPUT_EXAMPLE,
            serving_example=SERVING_EXAMPLE,
            **signature(),
        ),
        REQUIREMENTS: "\n".join(requirements(extras)) + "\n",
        ENVIRONMENT: f"python: {platform.python_version()}\ndependencies:\n- -r {REQUIREMENTS}\n",
        INPUT_EXAMPLE: json.dumps(table, indent=1) + "\n",
        SERVING_EXAMPLE: json.dumps({"dataframe_split": table}, indent=1) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
