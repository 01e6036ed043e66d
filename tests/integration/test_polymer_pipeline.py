"""`sseml run` for polymers: curated from sources, measured, trained, registered, and skipped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from sseml.cli import main
from sseml.curation.polymers.table import load_polymers
from sseml.model.folder import CARD, MANIFEST
from sseml.model.loading import load_bundle
from sseml.recipes import polymers
from sseml.recipes.plan import steps_of
from sseml.recipes.settings import read_settings
from sseml.recipes.steps import make_step

LITERATURE = Path(__file__).parents[2] / "data" / "literature"
LAB = """\
formula,sigma_S_cm,temperature
"PEO + LiTFSI, EO:Li=13.5",2.1e-5,25
Li6PS5Cl,1e-3,25
"PEO + LiTFSI, EO:Li=0",1e-5,25
"""
CONFIG = """\
folder = "made"
kind = "polymer"
[table]
base = "base.parquet"
own = ["films.csv"]
[evaluate]
benchmarks = ["polymer"]
[train]
name = "weekly"
seed = 3
[train.curves]
boosting_rounds = 4
averaged_trees = 3
"""
MADE = ("table", "evaluate polymer", "train weekly")


@pytest.fixture
def lab(small_polymers: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's folder; the benchmarks are stood in for, as they fit the model forty times."""

    def quick(table: pd.DataFrame, kind: Any, settings: Any, progress: Any) -> Any:
        assert (settings.boosting_rounds, settings.seed) == (4, 3)
        return SimpleNamespace(figures={"new polymer MAE": 0.875, "rows": float(len(table))})

    monkeypatch.setattr(polymers, "evaluate_polymers", quick)
    small_polymers.to_parquet(tmp_path / "base.parquet", index=False)
    (tmp_path / "films.csv").write_text(LAB, encoding="utf-8")
    (tmp_path / "lab.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_table_figures_bundle_and_nothing_twice(
    lab: Path, small_polymers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(lab / "lab.toml")
    assert main(["run", recipe]) == 1, "a row of the lab's file is no polymer"
    said = capsys.readouterr()
    assert "films.csv: 1 rows added, 0 already there, 2 refused" in said.out
    assert "Li6PS5Cl is an inorganic solid, not a polymer electrolyte" in said.err
    table = load_polymers(lab / "made" / "table")
    assert len(table) == len(small_polymers) + 1
    folder = lab / "made" / "models" / "weekly"
    assert load_bundle(folder).kind.name == "polymer"
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert manifest["metrics"]["benchmarks"]["polymer"]["new polymer MAE"] == 0.875
    assert (manifest["settings"]["seed"], manifest["settings"]["averaged_trees"]) == (3, 3)
    assert "| polymer | new polymer MAE | 0.875 |" in (folder / CARD).read_text("utf-8")

    assert main(["run", recipe]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith(": unchanged")] == [
        f"{step}: unchanged" for step in MADE
    ]
    assert main(["run", recipe, "--set", "train.seed=3", "--set", 'train.name="other"']) == 1
    assert "train other: made" in capsys.readouterr().out


def test_the_sources_are_curated_first(tmp_path: Path) -> None:
    pulled = tmp_path / "data"
    pulled.mkdir()
    shutil.copytree(LITERATURE, pulled / "literature")
    (tmp_path / "lab.toml").write_text(
        'folder = "made"\nkind = "polymer"\n[table]\npulled = "data"\n', encoding="utf-8"
    )
    settings = read_settings(tmp_path / "lab.toml", ['steps=["table"]'])
    (tmp_path / "made").mkdir()
    names = []
    for step in steps_of(settings, print):
        names.append(step.name)
        assert make_step(step, tmp_path / "made")
        assert not make_step(step, tmp_path / "made")
    assert names == ["curate", "table"]
    table = load_polymers(tmp_path / "made" / "table")
    assert "composites" in set(table["source"])
    assert (tmp_path / "made" / "curated" / "polymers.json").is_file()


def test_a_folder_without_polymers_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "lab.toml").write_text(
        'kind = "polymer"\n[table]\npulled = "data"\n', encoding="utf-8"
    )
    assert main(["run", str(tmp_path / "lab.toml")]) == 2
    assert "holds no source of polymer electrolytes" in capsys.readouterr().err


@pytest.mark.slow
def test_the_bundle_is_registered_and_becomes_champion(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f'promote.tracking_uri="sqlite:///{lab}/mlflow.db"'
    (lab / "films.csv").write_text("".join(LAB.splitlines(keepends=True)[:2]), encoding="utf-8")
    assert main(["run", str(lab / "lab.toml"), "--set", store]) == 0
    assert "version 1 of sseml-polymer is the champion now" in capsys.readouterr().out
    assert main(["run", str(lab / "lab.toml"), "--set", store]) == 0
    assert "promote: unchanged" in capsys.readouterr().out
