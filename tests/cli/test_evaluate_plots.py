"""`sseml evaluate --plots`: what it draws, and what it refuses before anything is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sseml.curation.table import load_measurements
from sseml.model.bundle import EVIDENCE
from sseml.released import DEFAULT_BUNDLE, released_folder


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["--figures", "figures.json", "--plots", "new"], "leave one of the two out"),
        (["energies", "official", "--plots", "new"], "papers, clusters, windows"),
        (["papers", "--plots", "a-file"], "is a file"),
    ],
)
def test_plots_that_cannot_be_are_refused_at_once(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    Path("figures.json").write_text('{"measurements": 5, "benchmarks": {}}', encoding="utf-8")
    ran = run("evaluate", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err
    assert not Path("new").exists()


@pytest.mark.slow
def test_the_pictures_and_the_table_of_papers_are_written(run: Any, tmp_path: Path) -> None:
    measured = load_measurements(released_folder() / DEFAULT_BUNDLE / EVIDENCE)
    measured.sample(80, random_state=0).to_parquet(tmp_path / "few.parquet", index=False)
    ran = run("evaluate", "papers", "-i", tmp_path / "few.parquet", "--plots", tmp_path / "plots")
    assert ran.code == 0
    assert "| papers | MAE10c: " in ran.out
    assert str(tmp_path / "plots" / "papers") in ran.err
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["papers"]
    assert sorted(path.name for path in (tmp_path / "plots" / "papers").iterdir()) == [
        "calibration.png", "calibration_by_family.png", "error_by_distance.png",
        "error_by_family.png", "held_out.csv", "parity.png",
    ]  # fmt: skip
    table = pd.read_csv(tmp_path / "plots" / "papers" / "held_out.csv")
    assert set(table["measurement_id"]) <= set(measured["measurement_id"])
    assert table["predicted_log10_sigma"].notna().all()
