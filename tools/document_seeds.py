"""Rewrite the table of polymer families in `docs/polymers.md` by asking the released bundle.

Run as `python tools/document_seeds.py` after a change of the bundle or of
`data/literature/polymer_families.csv`; with `--check` nothing is written and the exit code is 1
where the page is out of date.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from document_features import rewrite

import sseml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "polymers.md"
FAMILIES = ROOT / "data" / "literature" / "polymer_families.csv"
MARKS = "<!-- families: written by tools/document_seeds.py -->", "<!-- end of families -->"
HEAD = (
    "| | family | asked | T, °C | literature, S/cm | answer, S/cm | inside |",
    "|---|---|---|---|---|---|---|",
)


def literature(asked: dict[str, str]) -> str:
    """The literature value of a recipe with its reference, or that there is none."""
    if not asked["sigma_S_cm"]:
        return asked["literature"]
    about = "" if asked["relation"] == "=" else "about "
    value = f"{float(asked['sigma_S_cm']):.2e}"
    return f"{about}{value}: {asked['literature']} ({asked['reference']})"


def answered(asked: dict[str, str], answer: sseml.Prediction | sseml.Refusal) -> tuple[str, str]:
    """The answer with its interval, and whether the literature value lies inside."""
    if isinstance(answer, sseml.Refusal):
        return f"refused: {answer.reason}", "–"
    low, high = answer.sigma_low_S_cm, answer.sigma_high_S_cm
    shown = f"{answer.sigma_S_cm:.1e} ({low:.0e} to {high:.0e}), `{answer.domain}`"
    if not asked["sigma_S_cm"]:
        return shown, "–"
    return shown, "yes" if low <= float(asked["sigma_S_cm"]) <= high else "no"


def listed() -> str:
    """The table of all families."""
    with FAMILIES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    questions = [f"{row['recipe']} temperature={row['temperature_C']}" for row in rows]
    answers = list(sseml.predict(questions, window=False))
    if len(answers) != len(rows):
        raise SystemExit("a recipe of the table stands for several materials")
    lines = list(HEAD)
    for row, answer in zip(rows, answers, strict=True):
        shown, inside = answered(row, answer)
        cells = (
            row["row"], row["family"], f"`{row['recipe']}`", row["temperature_C"], literature(row),
            shown, inside,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(rewrite(PAGE, MARKS, listed(), __doc__))
