"""How many formulas per CPU-second the Magpie features take, against matminer, in one run.

python benchmarks/magpie.py [--json] [--ours 10000] [--matminer 300] [--repeats 5]

Both in this one process, from parsed formulas, after warming up; neither starts threads (matminer
with ``n_jobs=1``), and `time.process_time` would count them. Each is measured
`--repeats` times in turn and the medians are compared.
Needs matminer (`pip install sseml[dev]`).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sseml.features.magpie import Magpie, magpie_statistics
from sseml.parse.formula import parse_formula

FORMULAS = Path(__file__).parents[1] / "tests" / "data" / "real_formulas.csv.gz"
FLOOR = 200.0


def spread_out(count: int) -> list[str]:
    """`count` formulas taken evenly from the sample."""
    with gzip.open(FORMULAS, "rt", encoding="utf-8", newline="") as stream:
        formulas = [row["formula"] for row in csv.DictReader(stream)]
    picks = np.linspace(0, len(formulas) - 1, min(count, len(formulas))).astype(int)
    return [formulas[i] for i in picks]


def timed(call: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of a call, and what it gave."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def measure(n_ours: int, n_matminer: int, repeats: int) -> dict[str, float | int | bool]:
    """Both speeds, their ratio, and the largest difference over the formulas both have done."""
    from matminer.featurizers.composition import ElementProperty  # noqa: PLC0415
    from pymatgen.core import Composition  # noqa: PLC0415

    ours_in = [parse_formula(text) for text in spread_out(n_ours)]
    both = [parse_formula(text) for text in spread_out(n_matminer)]
    theirs_in = [Composition(dict(material.amounts)) for material in both]
    featurizer = ElementProperty.from_preset("magpie")
    featurizer.set_n_jobs(1)

    def theirs() -> NDArray[np.float64]:
        return np.array(featurizer.featurize_many(theirs_in, pbar=False))

    magpie_statistics(both[:10])
    featurizer.featurize_many(theirs_in[:10], pbar=False)
    our_seconds, their_seconds = [], []
    for _ in range(repeats):
        our_seconds.append(timed(lambda: magpie_statistics(ours_in))[0])
        their_seconds.append(timed(theirs)[0])
    expected, found = theirs(), magpie_statistics(both)
    scale = np.maximum(1.0, np.abs(expected).max(axis=0))
    our_speed = len(ours_in) / statistics.median(our_seconds)
    their_speed = len(both) / statistics.median(their_seconds)
    return {
        "formulas_ours": len(ours_in),
        "formulas_matminer": len(both),
        "repeats": repeats,
        "sseml_formulas_per_cpu_s": our_speed,
        "matminer_formulas_per_cpu_s": their_speed,
        "ratio": our_speed / their_speed,
        "max_abs_difference": float(np.abs(found - expected).max()),
        "max_scaled_difference": float((np.abs(found - expected) / scale).max()),
        "same_labels": featurizer.feature_labels() == [f.name for f in Magpie().features],
    }


def main() -> int:
    """Print the figures; 1 if the ratio is below the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--ours", type=int, default=10_000, help="formulas for sseml")
    parser.add_argument("--matminer", type=int, default=300, help="formulas for matminer")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each")
    arguments = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures = measure(arguments.ours, arguments.matminer, arguments.repeats)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30s} {value:.6g}" if isinstance(value, float) else f"{name:30s} {value}")
    return int(figures["ratio"] < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
