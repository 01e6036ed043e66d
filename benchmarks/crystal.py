"""How many seconds of CPU the descriptors of 100 crystals take, without reading them.

python benchmarks/crystal.py [FOLDER] [--json] [--count 100]

FOLDER: structure files, of which `--count` are taken evenly. Without one, the hardest that small
files can be: 96 ions displaced at random, so that no two sites and no two hops are alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from sseml.features.table import feature_table
from sseml.records import Crystal

FLOOR_CPU_S = 60.0
"""All of `sseml predict` may take this for 100 structures."""


def displaced(seed: int, cells: int = 2) -> Crystal:
    """Antifluorite Li2S with a third of its Li missing and every ion 0.1 Å from its place."""
    draw = np.random.default_rng(seed)
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    motif = np.concatenate([corners, corners + 0.25, corners + 0.75])
    steps = np.array(list(np.ndindex(cells, cells, cells)))
    positions = (motif[None] + steps[:, None]).reshape(-1, 3) / cells
    edge_A = 5.71 * cells
    sites: list[dict[str, float]] = [{"S": 1.0}] * 4 + [{"Li": 2 / 3}] * 8
    return Crystal(
        formula="Li4S3",
        amounts={"Li": 4.0, "S": 3.0},
        lattice_A=edge_A * np.eye(3),
        positions=positions + draw.normal(0.0, 0.1 / edge_A, positions.shape),
        occupancies=tuple(sites * len(steps)),
    )


def from_folder(folder: Path, count: int) -> list[Crystal]:
    """`count` readable structures of a folder, taken evenly."""
    from sseml.parse.structure.reading import read_structures  # noqa: PLC0415

    readable = [found for found in read_structures(folder) if isinstance(found, Crystal)]
    picks = np.linspace(0, len(readable) - 1, min(count, len(readable))).astype(int)
    return [readable[i] for i in picks]


def main() -> int:
    """Print the figures; 1 if 100 crystals would take longer than the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="structure files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--count", type=int, default=100, help="crystals")
    arguments = parser.parse_args()
    if arguments.folder:
        crystals = from_folder(arguments.folder, arguments.count)
    else:
        crystals = [displaced(seed) for seed in range(arguments.count)]
    feature_table(crystals[:1], ("structure",))
    start = time.process_time()
    feature_table(crystals, ("structure",))
    seconds = time.process_time() - start
    figures = {
        "crystals": len(crystals),
        "mean_sites": float(np.mean([len(crystal.positions) for crystal in crystals])),
        "cpu_s": seconds,
        "cpu_s_per_100": 100.0 * seconds / len(crystals),
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:15s} {value:.4g}")
    return int(figures["cpu_s_per_100"] > FLOOR_CPU_S)


if __name__ == "__main__":
    sys.exit(main())
