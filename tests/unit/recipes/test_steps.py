"""Steps are skipped, made again, refused and resumed; stand-ins take the place of training."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sseml.recipes import steps
from sseml.recipes.steps import LOCK, Step, exclusive_run, make_step
from sseml.records import RefusedInputError

BLOCKED = """
import sys, time
from pathlib import Path
from sseml.recipes.steps import Step, exclusive_run, make_step

def block(scratch):
    (scratch / "second").write_text("half")
    print("blocked", flush=True)
    time.sleep(600)

folder = Path(sys.argv[1])
with exclusive_run(folder):
    make_step(Step("first", {}, ["first"], lambda scratch: (scratch / "first").touch()), folder)
    make_step(Step("second", {}, ["second"], block), folder)
"""


def writing(text: str, name: str = "a") -> Callable[[Path], None]:
    def make(scratch: Path) -> None:
        (scratch / name).write_text(text)

    return make


def test_a_killed_run_frees_its_lock_and_loses_only_the_step_it_was_in(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    process = subprocess.Popen([sys.executable, "-c", BLOCKED, folder], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"blocked\n"
    refused = pytest.raises(RefusedInputError, match=f"a recipe is running in {folder}")
    with refused, exclusive_run(folder):
        pass
    process.kill()
    process.communicate()
    assert list(folder.glob(".second.*")), "it had begun"
    with exclusive_run(folder):
        assert not make_step(Step("first", {}, ["first"], writing("", "first")), folder)
        assert make_step(Step("second", {}, ["second"], writing("whole", "second")), folder)
    assert (folder / "second").read_text() == "whole"
    assert not list(folder.glob(".second.*"))


def test_a_step_that_fails_keeps_its_old_output(tmp_path: Path) -> None:
    assert make_step(Step("a", {}, ["a"], writing("old")), tmp_path)

    def fails(scratch: Path) -> None:
        (scratch / "a").write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make_step(Step("a", {}, ["a"], fails, {"seed": 1}), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", LOCK]
    assert not make_step(Step("a", {}, ["a"], fails), tmp_path), "the old record holds too"


def test_inputs_settings_outputs_and_versions_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "lab.csv", tmp_path / "made"
    source.write_text("1")
    folder.mkdir()

    def made(seed: int = 0) -> list[bool]:
        step = Step("a", {"lab": source}, ["a"], writing("same"), {"seed": seed})
        return [make_step(step, folder) for _ in range(2)]

    assert made() == [True, False]
    assert made(seed=1) == [True, False]
    source.write_text("2")
    assert made(seed=1) == [True, False]
    (folder / "a").write_text("damaged")
    assert made(seed=1) == [True, False]
    (folder / "a").unlink()
    assert made(seed=1) == [True, False]
    monkeypatch.setattr(steps, "__version__", "99")
    assert made(seed=1) == [True, False]


def test_a_step_is_made_again_if_a_registry_disagrees(tmp_path: Path) -> None:
    answers = iter([True, False])
    step = Step("a", {}, ["a"], writing("same"), still_valid=lambda: next(answers))
    assert [make_step(step, tmp_path) for _ in range(3)] == [True, False, True]


def test_what_no_recipe_has_made_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "kept.txt").write_text("mine")
    with pytest.raises(RefusedInputError, match="models exists already, and no recipe has made it"):
        make_step(Step("train", {}, ["models"], writing("")), tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["models", "kept.txt"]


def test_an_input_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    source, folder = tmp_path / "lab.csv", tmp_path / "made"
    source.write_text("1")
    folder.mkdir()

    def make(scratch: Path) -> None:
        (scratch / "table").write_text(source.read_text())
        source.write_text("2")

    with pytest.raises(RefusedInputError, match="changed while it was read"):
        make_step(Step("table", {"lab": source}, ["table"], make), folder)
    assert not list(folder.iterdir())


def test_a_missing_input_and_a_broken_record_are_named(tmp_path: Path) -> None:
    step = Step("a", {"lab": tmp_path / "lab.csv"}, ["a"], writing(""))
    with pytest.raises(RefusedInputError, match=r"there is no .*lab\.csv, which this step reads"):
        make_step(step, tmp_path)
    (tmp_path / "lab.csv").touch()
    for text in ("{", json.dumps([]), json.dumps({"steps": None})):
        (tmp_path / LOCK).write_text(text)
        with pytest.raises(RefusedInputError, match="no record of a recipe"):
            make_step(step, tmp_path)
