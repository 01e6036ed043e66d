"""Rows that hold the text of a structure are answered as the command line answers its file."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sseml.parse.qualifiers import Qualifiers
from sseml.parse.raw import RawRow
from sseml.parse.structure.texts import StructureTexts, with_structure
from sseml.records import Refusal
from sseml.serving.batching import Batching
from sseml.serving.worker import LARGE

Predicted = Callable[..., list[str]]

STRUCTURES = Path(__file__).parents[1] / "data" / "structures"
NAMES = ("llzo_cubic.cif", "li3ocl.vasp", "llto.json")
TWO_BLOCKS = "two.cif"
BROKEN = "broken.cif"


def text_of(name: str) -> str:
    return (STRUCTURES / name).read_text(encoding="utf-8")


def without_cell(cif: str) -> str:
    return "\n".join(line for line in cif.splitlines() if not line.startswith("_cell_length"))


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, str]:
    """Files that the command line finds beside its list, by their names."""
    found = {name: text_of(name) for name in NAMES}
    found[TWO_BLOCKS] = f"{text_of('li3n.cif')}\n{text_of('llzo_tetragonal.cif')}"
    found[BROKEN] = without_cell(text_of("li3n.cif"))
    found["POSCAR (1)"] = found["li3ocl.vasp"]
    for name, text in found.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return found


def test_rows_are_those_of_the_command_line_in_order(
    server: Any, predicted: Predicted, texts: dict[str, str]
) -> None:
    rows: list[dict[str, Any]] = [
        {"formula": name, "temperature": 60, "batch": name} for name in texts
    ]
    rows.insert(1, {"formula": "Li6PS5Cl"})
    rows.append({"formula": "LLZO T=80 space_group=142"})
    expected = predicted(rows)
    statuses = [json.loads(row)["status"] for row in expected]
    assert len(expected) == len(rows) + 1  # one file holds two structures
    assert statuses.count("error") == 1
    asked = [
        {**row, "structure": texts[row["formula"]]} if row["formula"] in texts else row
        for row in rows
    ]
    assert server.rows({"dataframe_records": asked}) == expected


def test_without_a_name_the_format_is_that_of_the_text(
    server: Any, predicted: Predicted, texts: dict[str, str]
) -> None:
    named = [json.loads(row) for row in predicted([{"formula": name} for name in NAMES])]
    table = {"columns": ["formula", "CIF"], "data": [[None, texts[name]] for name in NAMES]}
    answered = server.ask({"dataframe_split": table}).json()["predictions"]
    assert [record.pop("input") for record in answered] == ["structure"] * len(NAMES)
    for record in named:
        del record["input"]
    assert answered == named


def test_a_formula_beside_a_structure_checks_it(server: Any, texts: dict[str, str]) -> None:
    cif = texts["llzo_cubic.cif"]
    rows = [{"formula": formula, "structure": cif} for formula in ("LLZO T=60", "LiF")]
    response = server.ask({"inputs": rows})
    right, wrong = response.json()["predictions"]
    assert (right["input"], right["kind"], right["temperature_C"]) == ("LLZO T=60", "crystal", 60.0)
    assert "the row says LiF, but the sites" in wrong["error"]["message"]
    assert wrong["error"]["code"] == "unreadable_row"
    assert "_cell_length" not in response.text  # what was sent does not come back
    assert response.json()["warnings"] == []


def test_no_file_is_opened_and_other_cells_are_cells(server: Any) -> None:
    path = str(STRUCTURES / "llzo_cubic.cif")
    rows = [
        {"structure": path},
        {"formula": path},
        {"formula": "LLZO", "structure": path},
        {"formula": "LLZO", "structure": "garnet"},
        {"formula": "model.cif", "structure": ""},
    ]
    records = server.ask({"dataframe_records": rows}).json()["predictions"]
    assert [record["status"] for record in records] == ["error", "error", "error", "ok", "error"]
    assert "no file is opened here" in records[0]["error"]["message"]
    assert "not opened here" in records[1]["error"]["message"]
    assert records[3]["structure"] == "garnet"
    assert records[3]["kind"] == "composition"
    assert "the file is empty" in records[4]["error"]["message"]


def test_a_structure_counts_in_the_size_of_a_request(server: Any, texts: dict[str, str]) -> None:
    rows = [{"structure": texts["llzo_cubic.cif"] + "#" * 4_000_000}]
    assert server.ask({"dataframe_records": rows}).status_code == 413


def test_structures_are_not_scored_together_with_other_requests() -> None:
    import asyncio  # noqa: PLC0415

    from sseml.serving.request import Asked, Row  # noqa: PLC0415

    async def lanes() -> tuple[list[str], list[str]]:
        batching = Batching()
        batching.put(Asked([Row("", {"structure": text_of("li3n.cif")})]), 1.0)
        batching.put(Asked([Row("LLZO", {})]), 1.0)
        large = await batching.next(LARGE)
        small = await batching.next(LARGE - 1)
        return [job.asked.rows[0].formula for job in large], [
            job.asked.rows[0].formula for job in small
        ]

    assert asyncio.run(lanes()) == ([""], ["LLZO"])


def test_without_spglib_only_the_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spglib", None)
    for name in [name for name in sys.modules if name.startswith("sseml.parse.structure.")]:
        monkeypatch.delitem(sys.modules, name)
    row = with_structure(RawRow(7, "", {"structure": text_of("li3n.cif")}))
    assert isinstance(row, RawRow)
    [answer] = StructureTexts().queries(row, "structure", Qualifiers())
    assert isinstance(answer, Refusal)
    assert answer.row == 7
    assert "sseml[structure]" in answer.message


def test_mlflow_passes_structures_on_in_the_column_of_other_cells(tmp_path: Path) -> None:
    import pandas as pd  # noqa: PLC0415
    from mlflow import pyfunc  # noqa: PLC0415

    from sseml.released import DEFAULT_BUNDLE, released_folder  # noqa: PLC0415

    bundle = shutil.copytree(released_folder() / DEFAULT_BUNDLE, tmp_path / DEFAULT_BUNDLE)
    model = pyfunc.load_model(str(bundle))
    table = pd.DataFrame({"formula": [""], "columns": [{"structure": text_of("li3n.cif")}]})
    [record] = model.predict(table)
    assert (record["kind"], record["formula"]) == ("crystal", "Li3N")
