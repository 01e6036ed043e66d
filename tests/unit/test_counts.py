"""`tools/counts.py` counts what git knows, of this tree and of an older one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "counts.py"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a first commit, and changes that are not committed."""
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    write(
        tmp_path,
        **{
            "src/sseml/units.py": "a\nb\n",
            "src/sseml/parse/grammar.py": "a\nb\nc\n",
            "src/sseml/parse/data.csv": "not,code\n",
            "README.md": "two words\n",
            "docs/decisions/0001.md": "three more words\n",
            "benchmarks/notes.md": "no document of the user\n",
            ".gitignore": "ignored.md\n",
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    write(
        tmp_path,
        **{
            "src/sseml/parse/more.py": "a\n",
            "docs/notebooks/01.md": "σ of a notebook\n",
            "ignored.md": "words words words\n",
        },
    )
    (tmp_path / "src/sseml/units.py").unlink()
    return tmp_path


def counts(folder: Path, *options: str) -> list[list[str]]:
    """Rows of the output as words; no package beyond the standard library may be imported."""
    command = [sys.executable, "-I", "-S", "tools/counts.py", *options]
    ran = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [line.split() for line in ran.stdout.splitlines()]


def test_lines_files_and_words_are_those_of_the_working_tree(project: Path) -> None:
    rows = counts(project)
    assert ["parse", "4", "2"] in rows
    assert ["total", "4", "2"] in rows
    assert ["README.md", "2"] in rows
    assert ["rendered", "notebooks", "4"] in rows
    assert ["total", "9"] in rows


def test_an_older_revision_stands_beside_without_a_checkout(project: Path) -> None:
    rows = counts(project, "--against", "HEAD")
    assert ["(modules)", "0", "0", "2", "1"] in rows
    assert ["parse", "4", "2", "3", "1"] in rows
    assert ["total", "4", "2", "5", "2"] in rows
    assert ["total", "9", "5"] in rows
    assert not (project / "src/sseml/units.py").exists()
