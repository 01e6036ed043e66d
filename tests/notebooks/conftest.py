"""Run notebooks in a kernel of this interpreter, away from the repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from sseml.evaluate import measurements_at
from sseml.model.regressors import DEFAULT_SETTINGS
from sseml.model.train import train

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

Run = Callable[..., nbformat.NotebookNode]


def read(name: str) -> nbformat.NotebookNode:
    """A notebook by the name of its file, without the ending."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def with_parameters(notebook: nbformat.NotebookNode, **values: object) -> nbformat.NotebookNode:
    """Put a cell with other values behind the one tagged `parameters`, as papermill does."""
    [place] = [
        index
        for index, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(lines))
    return notebook


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Execute a notebook with other parameters in `tmp_path`; it writes nothing beside itself."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def execute(name: str, **parameters: object) -> nbformat.NotebookNode:
        before = _files()
        notebook = with_parameters(read(name), **parameters)
        # Without folders to look into, "python3" is the interpreter that runs the tests.
        kernel = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
        )
        here = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, km=kernel, timeout=600, resources=here).execute()
        assert _files() == before, "a notebook must not write into the repository"
        return notebook

    return execute


def _files() -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in NOTEBOOKS.rglob("*")}


@pytest.fixture(scope="session")
def small_champion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of 150 measurements and few trees."""
    table = measurements_at(None).sample(150, random_state=0).sort_index().reset_index(drop=True)
    few = {"boosting_rounds": 4, "averaged_trees": 4}
    folder = tmp_path_factory.mktemp("models") / "champion"
    train(table, folder, settings=replace(DEFAULT_SETTINGS, **few))
    return folder
