"""What the literature table brought: the same recipe without and with it, asked the same rows.

python benchmarks/before_after.py [-i TABLE] [-o FOLDER] [--json FILE] [--page FILE]
                                  [--answers FILE | --from FILE]

Trains on the evidence of the released bundle, without the rows of the source `literature` and with
them, and prints the figures of both: OBELiX's official test, papers held out, the time split, and
the years learned from. `-o` draws the pictures, `--page` puts the tables between the marks of
docs/todays-chemistry.md. Takes about a quarter of an hour on one core; `--answers` keeps what the
models said, row by row, and `--from` reads it again instead of training.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sseml.evaluate import measurements_at
from sseml.evaluate.before_after import (
    AFTER,
    IF_IT_CONDUCTS,
    OUTPUTS,
    PLAIN,
    TIME,
    before_after,
    told,
)
from sseml.evaluate.gain_report import GainReport
from sseml.evaluate.gain_tables import sections
from sseml.report.files import save
from sseml.report.gains import error_before_after, error_by_year_learned
from sseml.report.reliability import calibration
from sseml.report.time_parity import parity_of_outputs

CARD = Path(__file__).parents[1] / "data" / "literature" / "measurements.md"
COLLECTED = ("what", "family", "S/cm")
"""First columns of the tables of the card that the page shows."""


def collected(card: str) -> str:
    """The tables of the card that count what is in the literature table."""
    tables = re.findall(r"^(?:\|.*\|\n)+", card, re.MULTILINE)
    heads = {table.split("|")[1].strip(): table for table in tables}
    missing = [head for head in COLLECTED if head not in heads]
    if missing:
        raise SystemExit(f"{CARD} has no table whose first column is {missing[0]!r}")
    return "\n".join(heads[head] for head in COLLECTED).rstrip("\n")


def fill(page: str, written: dict[str, str]) -> str:
    """Put each section between its marks; the rest of the page stays."""
    for name, text in written.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if not 0 <= page.find(begin) < page.find(end):
            raise SystemExit(f"the page does not hold {begin} followed by {end}")
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def draw(rows: pd.DataFrame, report: GainReport, folder: Path) -> Iterator[Path]:
    """Draw every picture of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    recent = rows[rows["split"] == TIME]
    answered = {
        output: told(recent[recent["output"] == output], AFTER).reset_index(drop=True)
        for output in OUTPUTS
    }
    about = "papers of 2020 and later, learned from earlier ones"
    pictures = {
        "next_paper_by_family": error_before_after(report.papers_by_family, "papers held out"),
        "time_by_family": error_before_after(report.time_by_family[PLAIN], about),
        "time_parity": parity_of_outputs(answered, about),
        "time_calibration": calibration(answered[PLAIN], f"plain, {about}"),
        "time_calibration_if_it_conducts": calibration(
            answered[IF_IT_CONDUCTS], f"if it conducts, {about}"
        ),
        "years": error_by_year_learned(report.years),
    }
    for name, figure in pictures.items():
        yield save(figure, folder / f"{name}.png")


def main() -> int:
    """Measure, or read what was measured; print, draw and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-i", "--input", type=Path, help="curated table (default: the evidence)")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="draw the pictures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--page", type=Path, metavar="FILE", help="fill the marks of a page")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="write the answers as CSV")
    parser.add_argument("--from", dest="again", type=Path, metavar="FILE", help="read them instead")
    arguments = parser.parse_args()
    page = arguments.page.read_text(encoding="utf-8") if arguments.page else ""

    if arguments.again:
        rows = pd.read_csv(arguments.again)
    else:
        table = measurements_at(arguments.input)
        rows = before_after(table, progress=lambda text: print(text, file=sys.stderr, flush=True))
    if arguments.answers:
        rows.to_csv(arguments.answers, index=False, lineterminator="\n")
    report = GainReport.of(rows)
    written = {"collected": collected(CARD.read_text(encoding="utf-8"))} | sections(report)
    print("\n\n".join(written.values()))
    if arguments.json:
        figures = json.dumps(report.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        arguments.json.write_text(f"{figures}\n", encoding="utf-8")
    if arguments.page:
        arguments.page.write_text(fill(page, written), encoding="utf-8")
    if arguments.output:
        for path in draw(rows, report, arguments.output):
            print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
