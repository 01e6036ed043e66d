"""The copies of the notebooks in `docs/notebooks` belong to the notebooks as they are now."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
COPIES = ROOT / "docs" / "notebooks"
NAMES = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]

each_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "render_notebooks.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_copy_was_made_from_the_notebook_as_it_is() -> None:
    command = [sys.executable, "tools/render_notebooks.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr + "run python tools/render_notebooks.py for it"


def test_a_changed_source_is_noticed(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{NAMES[0]}.ipynb", as_version=4)
    notebook.cells[-1].source += "\n1"
    nbformat.write(notebook, tmp_path / f"{NAMES[0]}.ipynb")
    assert tool.is_current(NAMES[0])
    monkeypatch.setattr(tool, "NOTEBOOKS", tmp_path)
    assert not tool.is_current(NAMES[0])


@each_name
def test_a_copy_shows_its_pictures_and_no_path_of_a_machine(name: str) -> None:
    page = (COPIES / f"{name}.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page)
    assert shown
    assert set(shown) == {path.name for path in COPIES.glob(f"{name}-*.png")}
    assert all((COPIES / file).stat().st_size < 100_000 for file in shown)
    for root in ("/home/", "/Users/", "/tmp/", "/work/", "C:\\"):
        assert root not in page


def test_outputs_become_short_markdown(tool: ModuleType) -> None:
    notebook = nbformat.v4.new_notebook()
    table = "<style>#T {}</style><table><caption>In decades</caption><tr><th></th><th>a|b</th></tr>"
    table += "<tr><th>0</th><td>1\n2</td></tr>" * 40 + "</table>"
    outputs = [
        {"text/html": table, "text/plain": "<Styler at 0x7f>"},
        {"text/markdown": "Written to /tmp/abc/out.csv, run 0123456789abcdef0123456789abcdef"},
        {"text/plain": "\n".join(map(str, range(100)))},
    ]
    code = nbformat.v4.new_code_cell(
        "x = 1", outputs=[nbformat.v4.new_output("display_data", data=data) for data in outputs]
    )
    long = nbformat.v4.new_code_cell("\n".join(["hidden = 1"] * 20))
    notebook.cells = [nbformat.v4.new_markdown_cell("# Title\ntext"), code, long]
    page, pictures = tool.page_of(NAMES[0], notebook)
    assert pictures == {}
    assert page.startswith(tool.mark(NAMES[0]) + "\n# Title\n\n*A copy")
    assert "```python\nx = 1\n```" in page
    assert "hidden" not in page
    assert "*In decades*\n\n| a\\|b |\n|---|\n| 1 2 |\n" in page
    assert page.count("| 1 2 |") == tool.TABLE_ROWS
    assert "Written to …, run …" in page
    assert "60 more lines" in page
