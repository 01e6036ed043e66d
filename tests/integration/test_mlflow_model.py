"""A bundle as MLflow sees it: loaded from its folder, with signature and example."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow import pyfunc
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature

from sseml.cli import main
from sseml.model.folder import CHECKSUMS, bundle_digest, verify_checksums, write_checksums
from sseml.model.mlmodel import REQUIREMENTS, requirements, signature
from sseml.records import BundleError, RefusedInputError

ROWS: list[dict[str, Any]] = [
    {"formula": "Li6PS5Cl"},
    {"formula": "Li3YCl6", "temperature": 60, "batch": "A-7"},
    {"formula": "LLZO", "temperature": "333 K", "space_group": "Ia-3d", "note": None},
    {"formula": "Li6PS5Xx", "batch": 3},
    {"formula": "La2/3-xLi3xTiO3", "x": "0.02:0.10:0.04"},
    {"formula": "75Li2S-25P2S5", "form": "glass", "conductivity_kind": "total", "mass": 1.5},
    {"formula": "NaCl"},
    {"formula": "PEO + LiTFSI, EO:Li=18"},
    {"formula": "Li6PS5Cl + 5 wt% PEO"},
    {"formula": "Li3N", "temperature": "warm"},
]


@pytest.fixture(scope="module")
def model(released: Path) -> pyfunc.PyFuncModel:
    return pyfunc.load_model(str(released))


def by_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[Any]:
    listed = tmp_path / "rows.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    capsys.readouterr()
    assert main(["predict", "-i", str(listed), "--format", "jsonl", *more]) == 1
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("params", "options"),
    [({}, ()), ({"temperature_C": 80.0, "explain": True}, ("-T", "80", "--explain"))],
)
def test_rows_are_those_of_the_command_line(
    params: dict[str, Any],
    options: tuple[str, ...],
    model: pyfunc.PyFuncModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = [{k: v for k, v in row.items() if k != "formula"} for row in ROWS]
    table = pd.DataFrame({"formula": [row["formula"] for row in ROWS], "columns": others})
    answered = model.predict(table, params=params)
    assert json.loads(json.dumps(answered, allow_nan=False)) == by_command_line(
        tmp_path, capsys, *options
    )


def test_refused_rows_say_why_in_a_code_and_a_message(model: pyfunc.PyFuncModel) -> None:
    table = pd.DataFrame({"formula": [row["formula"] for row in ROWS]})
    table["temperature"] = [row.get("temperature") for row in ROWS]
    table["x"] = [row.get("x") for row in ROWS]
    answered = model.predict(table)
    codes = [record["error"] and record["error"]["code"] for record in answered]
    sweep = [None] * 3
    assert codes == [
        None, None, None, "invalid_formula", *sweep, None, "no_lithium", None,
        "unsupported_material", "invalid_qualifier",
    ]  # fmt: skip
    assert "Li6PS5Xx" in answered[3]["error"]["message"]
    assert answered[1]["temperature_C"] == 60.0
    assert answered[0]["temperature_C"] == 25.0


def test_the_written_signature_is_one_that_mlflow_would_write(released: Path) -> None:
    stored = Model.load(str(released))
    assert stored.signature == ModelSignature.from_dict(signature())
    [required] = stored.signature.inputs.required_input_names()
    assert required == "formula"
    assert stored.signature.params.to_dict()[0]["name"] == "temperature_C"


def test_the_example_beside_it_is_answered(model: pyfunc.PyFuncModel, released: Path) -> None:
    example = Model.load(str(released)).load_input_example(str(released))
    answered = model.predict(example)
    assert [record["status"] for record in answered] == ["ok"] * len(example)
    body = json.loads((released / "serving_input_example.json").read_text())["dataframe_split"]
    assert body["data"] == example.to_numpy().tolist()


def test_a_table_without_formulas_is_refused(model: pyfunc.PyFuncModel) -> None:
    with pytest.raises(MlflowException, match="formula"):
        model.predict(pd.DataFrame({"composition": ["Li6PS5Cl"]}))


def test_a_temperature_below_absolute_zero_is_refused(model: pyfunc.PyFuncModel) -> None:
    with pytest.raises(RefusedInputError, match="absolute zero"):
        model.predict(pd.DataFrame({"formula": ["LiF"]}), params={"temperature_C": -300.0})


def test_work_ends_when_its_time_is_up(model: pyfunc.PyFuncModel) -> None:
    many = pd.DataFrame({"formula": ["Li6PS5Cl"] * 2_000})
    with pytest.raises(TimeoutError, match=r"0\.05 s"):
        model.predict(many, params={"time_limit_s": 0.05})
    assert len(model.predict(many.head(5), params={"time_limit_s": 60.0})) == 5


def test_a_trained_bundle_is_an_mlflow_model_too(trained: Any) -> None:
    verify_checksums(trained.folder)
    listed = (trained.folder / CHECKSUMS).read_text(encoding="utf-8")
    assert all(
        f"  {path.name}\n" in listed for path in trained.folder.iterdir() if path.name != CHECKSUMS
    )
    [answer] = pyfunc.load_model(str(trained.folder)).predict(pd.DataFrame({"formula": ["Li3N"]}))
    assert answer["status"] == "ok"
    assert not list(trained.folder.glob("**/*.pkl"))


def test_a_damaged_bundle_does_not_load(released: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(released, tmp_path / "copy")
    digest = bundle_digest(copy)
    assert digest == bundle_digest(released)
    with (copy / "MLmodel").open("a") as file:
        file.write("\n")
    with pytest.raises(BundleError, match="MLmodel is damaged"):
        bundle_digest(copy)
    with pytest.raises(BundleError, match="MLmodel is damaged"):
        pyfunc.load_model(str(copy))


def test_a_bundle_that_asks_for_a_solver_loads_without_one(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / released.name
    shutil.copytree(released, older)
    needed = (older / REQUIREMENTS).read_text("utf-8").splitlines()
    kept = [line for line in needed if not line.startswith("highspy")]
    (older / REQUIREMENTS).write_text("\n".join([*kept, "highspy==1.15.1"]) + "\n", "utf-8")
    (older / CHECKSUMS).unlink()
    write_checksums(older)
    monkeypatch.setitem(sys.modules, "highspy", None)
    [answer] = pyfunc.load_model(str(older)).predict(pd.DataFrame({"formula": ["Li6PS5Cl"]}))
    assert answer["status"] == "ok"
    assert answer["V_ox"] == pytest.approx(2.139, abs=0.001)


def test_a_bundle_made_here_asks_for_no_solver() -> None:
    assert [line.split("==")[0] for line in requirements()] == ["sseml[mlflow]", "numpy", "pyarrow"]
