"""A bundle from the table, with the figures of the benchmarks in its card."""

from __future__ import annotations

import sys

from recipes import main

if __name__ == "__main__":
    sys.exit(main(__file__, ["curate", "table", "evaluate", "train"]))
