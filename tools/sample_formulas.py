"""Draw `tests/data/real_formulas.csv.gz` from a table of Materials Project formulas.

Run as `python tools/sample_formulas.py convex_hull.csv.gz`. Keeps every Li compound and a few
compounds of every element, then fills up at random with a fixed seed: the same input gives the
same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import random
import re
from collections import Counter
from pathlib import Path

OUT = Path(__file__).parents[1] / "tests" / "data" / "real_formulas.csv.gz"
ELEMENT = re.compile(r"[A-Z][a-z]?")
COUNT = 13_000
EACH_ELEMENT = 5
SEED = 20250101
SOURCE, LICENCE = "Materials Project", "CC-BY-4.0"


def sample(formulas: list[str]) -> list[str]:
    """At least COUNT of the formulas, sorted."""
    shuffled = sorted(set(formulas))
    random.Random(SEED).shuffle(shuffled)
    seen: Counter[str] = Counter()
    kept, rest = [], []
    for formula in shuffled:
        elements = set(ELEMENT.findall(formula))
        if "Li" in elements or any(seen[element] < EACH_ELEMENT for element in elements):
            seen.update(elements)
            kept.append(formula)
        else:
            rest.append(formula)
    return sorted(kept + rest[: max(0, COUNT - len(kept))])


def main() -> None:
    """Write the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="gzipped CSV with a column formula")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    arguments = parser.parse_args()
    with gzip.open(arguments.table, "rt", encoding="utf-8", newline="") as stream:
        formulas = sample([row["formula"] for row in csv.DictReader(stream)])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["formula", "source", "licence"])
    writer.writerows([formula, SOURCE, LICENCE] for formula in formulas)
    packed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    arguments.out.write_bytes(packed)


if __name__ == "__main__":
    main()
