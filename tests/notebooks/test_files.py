"""The notebooks as files: valid, stripped, explained, and using the public API only."""

from __future__ import annotations

import ast
import itertools
import json
import re
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))

PUBLIC = frozenset(
    re.findall(r"^\| `(sseml[\w.]*)` \|", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
)
"""Modules that people are told to import from."""

each_notebook = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def _code(path: Path) -> ast.Module:
    cells = nbformat.read(path, as_version=4).cells
    lines = "\n".join(cell.source for cell in cells if cell.cell_type == "code").splitlines()
    return ast.parse("\n".join(line for line in lines if not line.startswith("%")))


def test_the_notebooks_are_there() -> None:
    assert [path.stem for path in FILES] == [
        "01_screen_candidates",
        "02_retrain_on_your_data",
        "03_what_the_model_knows",
        "04_screen_garnets",
    ]


@each_notebook
def test_is_valid_and_carries_nothing_but_its_cells(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(notebook)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert notebook["metadata"] == {"kernelspec": kernel}
    for cell in notebook["cells"]:
        assert cell["metadata"] in ({}, {"tags": ["parameters"]}), cell["id"]
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], f"strip the output of {cell['id']}"
            assert cell["execution_count"] is None, f"strip the count of {cell['id']}"


@each_notebook
def test_every_code_cell_is_explained_before_it_comes(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    for before, cell in itertools.pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", f"say what {cell.id} is for"
            assert len(before.source) > 10, f"say what {cell.id} is for"


@each_notebook
def test_one_cell_of_plain_values_is_tagged_as_parameters(path: Path) -> None:
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert [index for index, c in enumerate(code) if c.metadata.get("tags")] == [0]
    for statement in ast.parse(code[0].source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)


@each_notebook
def test_only_the_public_api_is_used(path: Path) -> None:
    for node in ast.walk(_code(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            names = [node.module]
            assert not [a.name for a in node.names if a.name.startswith("_")]
        else:
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), node.attr
            continue
        assert {name for name in names if name.split(".")[0] == "sseml"} <= PUBLIC
        assert "mlflow" not in names, "through sseml.tracking, which keeps MLflow from reporting"


@each_notebook
def test_no_path_of_a_machine_is_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for root in ("/home/", "/Users/", "/tmp/", "/work/", "C:\\\\"):
        assert root not in text


def test_every_row_of_the_example_file_says_that_it_is_invented() -> None:
    lines = (NOTEBOOKS / "data" / "new_measurements.csv").read_text(encoding="utf-8").splitlines()
    assert all(line.endswith("invented example: do not cite") for line in lines[1:])
    assert all("EXAMPLE-" in line for line in lines[1:])
    assert "invented" in (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
