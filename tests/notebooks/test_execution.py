"""Every notebook runs from top to bottom, and leaves the files it promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from sseml.curation.table import load_measurements
from sseml.evaluate import measurements_at
from sseml.families import families
from sseml.model.bundle import EVIDENCE

Run = Callable[..., nbformat.NotebookNode]

EXAMPLE = Path(__file__).parents[2] / "notebooks" / "data" / "new_measurements.csv"
PNG = b"\x89PNG"


def _shown(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    """What a cell displays, as Markdown or plain text."""
    [cell] = [cell for cell in notebook.cells if cell.id == cell_id]
    data = [output.get("data", {}) for output in cell.outputs]
    return "\n".join(d.get("text/markdown", d.get("text/plain", "")) for d in data)


def _pictures(notebook: nbformat.NotebookNode) -> set[str]:
    """Cells that show a picture."""
    return {
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }


def test_screening_ends_with_a_choice_and_its_reasons(run: Run, tmp_path: Path) -> None:
    done = run("01_screen_candidates", OUTPUT="out", HOW_MANY=3)

    rows = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert set(rows["status"]) == {"ok", "error"}
    assert 60.0 in set(rows["temperature_C"])
    assert rows["input"].str.contains("x=").sum() > 1, "a sweep gives a row for every x"

    chosen = pd.read_csv(tmp_path / "out" / "chosen.csv")
    assert len(chosen) == 3
    assert len({families()[name].electrolyte_class for name in chosen["family"]}) == 3
    assert not (chosen["domain"] == "outside").any()
    assert chosen["measured_sigma_S_cm"].isna().all()
    assert chosen["p_superionic"].is_monotonic_decreasing

    assert "Li5,5PS4,5Cl1,5" in _shown(done, "predict")
    assert "decimal comma" in _shown(done, "predict")
    reasons = _shown(done, "reasons")
    assert all(formula in reasons for formula in chosen["formula"])
    assert "https://doi.org/10." in reasons
    assert _pictures(done) == {"ranking", "map", "choose", "heat", "polymer-curves"}
    assert (tmp_path / "out" / "ranking.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_retraining_says_what_changed_and_lets_the_gate_decide(
    run: Run, tmp_path: Path, small_champion: Path
) -> None:
    done = run(
        "02_retrain_on_your_data",
        MEASUREMENTS=str(EXAMPLE),
        OUTPUT="out",
        CHAMPION=str(small_champion),
        FOLDS=3,
    )

    out = tmp_path / "out"
    written = {"before.png", "difference.png", "own_rows.png", "parity.png", "gate.md", "table"}
    assert {path.name for path in out.iterdir()} == written
    table = load_measurements(out / "table")
    assert (table["source"] == "own").sum() == 24
    assert len(table) == 150 + 24
    assert "4 refused" in _shown(done, "add")
    assert _pictures(done) == {"before", "difference", "own", "parity"}

    assert "version 1 of sseml is the champion now" in _shown(done, "first")
    verdict = (out / "gate.md").read_text(encoding="utf-8")
    promoted = "Version 2 of sseml is the champion now, after version 1." in verdict
    assert promoted or "Version 2 of sseml does not become champion" in verdict
    assert promoted == ("rollback passed" in _shown(done, "back"))


@pytest.mark.slow
def test_a_file_of_nonsense_does_not_get_through_the_gate(
    run: Run, tmp_path: Path, small_champion: Path
) -> None:
    known = load_measurements(small_champion / EVIDENCE)
    others = measurements_at(None)
    others = others[~others["measurement_id"].isin(known["measurement_id"])].sample(
        120, random_state=0
    )
    deal = np.random.default_rng(0)
    nonsense = pd.DataFrame(
        {
            "formula": others["formula"],
            "sigma_S_cm": 10.0 ** deal.choice([-9.5, -0.5], len(others)),
            "temperature": 25.0,
            "series": [f"S{number % 12}" for number in range(len(others))],
        }
    )
    nonsense.to_csv(tmp_path / "nonsense.csv", index=False)

    done = run(
        "02_retrain_on_your_data",
        MEASUREMENTS="nonsense.csv",
        OUTPUT="out",
        CHAMPION=str(small_champion),
        FOLDS=3,
    )

    verdict = (tmp_path / "out" / "gate.md").read_text(encoding="utf-8")
    assert "Version 2 of sseml does not become champion: comparison" in verdict
    assert "rollback" not in _shown(done, "back")


def test_knowledge_is_measured_and_shown(run: Run, tmp_path: Path) -> None:
    done = run("03_what_the_model_knows", OUTPUT="out", SMALL=True, PAPER_FOLDS=2, CLUSTER_FOLDS=2)

    pictures = {
        "parity", "error_by_family", "calibration", "calibration_by_family", "error_by_distance",
    }  # fmt: skip
    held_out = pd.read_csv(tmp_path / "out" / "held_out_papers.csv")
    assert {path.stem for path in (tmp_path / "out").glob("*.png")} == pictures
    assert len(held_out) > 100
    assert held_out["predicted_log10_sigma"].notna().all()
    for name in ("inside", "edge", "outside"):
        assert f"**{name}**" in _shown(done, "summary")
    assert "composition-6" in _shown(done, "released")
    assert len(_pictures(done)) == 9


def test_garnets_are_ranked_beside_what_was_measured(run: Run, tmp_path: Path) -> None:
    done = run("04_screen_garnets", OUTPUT="out", STEP=0.3, MOST=0.6)

    rows = pd.read_csv(tmp_path / "out" / "garnets.csv")
    assert len(rows) > 200
    assert rows["p_superionic"].is_monotonic_decreasing
    assert set(rows["family"]) == {"garnet"}
    assert (tmp_path / "out" / "garnets.png").read_bytes().startswith(PNG)
    assert _pictures(done) == {"picture"}
    assert "in-sample" in _shown(done, "agreement")
    [literature] = [cell for cell in done.cells if cell.id == "literature"]
    assert "Li6.4La3Zr1.4Ta0.6O12" in literature.outputs[0]["data"]["text/html"]
