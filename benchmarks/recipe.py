"""CPU of a whole `sseml predict` process about a polymer recipe, against one about a formula.

python benchmarks/recipe.py [--json] [--runs 12] [--recipe "PEO + LiTFSI, EO:Li=18"] [--formula F]

CPU is user plus system time of each child process (`resource.RUSAGE_CHILDREN`), on one thread; the
two run in turn after a warm-up, and the medians are compared. `--command` names another installed
sseml for the formula, such as that of an older commit.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import sys

from startup import cpu_seconds

CEILING = 1.3
OURS = f"{shlex.quote(sys.executable)} -m sseml predict"


def main() -> int:
    """Print the figures; 1 if a recipe costs more than `CEILING` times a formula."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=12, help="measurements of each")
    parser.add_argument("--recipe", default="PEO + LiTFSI, EO:Li=18", help="what is asked first")
    parser.add_argument("--formula", default="Li6PS5Cl", help="what it is compared with")
    parser.add_argument("--command", default=OURS, help="the command that is given the formula")
    arguments = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    of_recipe = [*shlex.split(OURS), arguments.recipe]
    of_formula = [*shlex.split(arguments.command), arguments.formula]
    cpu_seconds(of_recipe)
    cpu_seconds(of_formula)
    pairs = [(cpu_seconds(of_recipe), cpu_seconds(of_formula)) for _ in range(arguments.runs)]
    recipe_s, formula_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    figures: dict[str, float | int | str] = {
        "recipe": shlex.join(of_recipe),
        "formula": shlex.join(of_formula),
        "runs": arguments.runs,
        "recipe_cpu_s": recipe_s,
        "formula_cpu_s": formula_s,
        "ratio": recipe_s / formula_s,
        "ratio_lowest": min(a / b for a, b in pairs),
        "ratio_highest": max(a / b for a, b in pairs),
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30s} {value:.4g}" if isinstance(value, float) else f"{name:30s} {value}")
    return int(recipe_s / formula_s > CEILING)


if __name__ == "__main__":
    sys.exit(main())
