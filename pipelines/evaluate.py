"""What the benchmarks say of a model that learns from the table."""

from __future__ import annotations

import sys

from recipes import main

if __name__ == "__main__":
    sys.exit(main(__file__, ["curate", "table", "evaluate"]))
