"""The page, the tables and the benchmarks are what their scripts make them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sseml.features.table import COMPOSITION_SETS

ROOT = Path(__file__).parents[3]
DATA = ROOT / "src" / "sseml" / "physics" / "data"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("tool", ["document_features", "document_columns"])
def test_the_pages_list_the_features_and_columns_as_they_are(tool: str) -> None:
    assert run(f"tools/{tool}.py", "--check").returncode == 0


def test_every_source_on_the_page_has_one_number_that_a_feature_cites() -> None:
    page = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    rows, _, sources = page.partition("### Sources")
    for name in ("chemistry", "prototype", "parents"):
        for feature in COMPOSITION_SETS[name].features:
            if feature.source != "definition":
                [number] = re.findall(rf"\[(\d+)\] {re.escape(feature.source)}[;\n]", sources)
                [row] = [line for line in rows.splitlines() if line.startswith(f"`{feature.name}`")]
                assert row.endswith(f"[{number}]")


def test_the_packaged_li_phases_are_those_of_the_released_phase_bundle() -> None:
    done = run("tools/build_parents.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_element_tables_can_be_rebuilt(tmp_path: Path) -> None:
    pytest.importorskip("matminer")
    done = run("tools/build_elements.py", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for name in ("elements.csv", "radii.csv", "magpie.csv"):
        assert (tmp_path / name).read_text() == (DATA / name).read_text(), name


@pytest.mark.slow
def test_magpie_benchmark_reaches_its_floor() -> None:
    pytest.importorskip("matminer")
    done = run("benchmarks/magpie.py", "--json", "--matminer", "100", "--repeats", "3")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["ratio"] >= 200
    assert figures["max_scaled_difference"] <= 1e-12
    assert figures["same_labels"] is True


@pytest.mark.slow
def test_startup_benchmark_measures_a_stand_in() -> None:
    pytest.importorskip("matminer")
    pytest.importorskip("xgboost")
    stand_in = f"{sys.executable} -c \"import numpy; print('done')\""
    done = run("benchmarks/startup.py", "--json", "--runs", "1", "--command", stand_in)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["ratio"] == pytest.approx(figures["conventional_cpu_s"] / figures["sseml_cpu_s"])
    assert 0 < figures["sseml_cpu_s"] < figures["conventional_cpu_s"]
