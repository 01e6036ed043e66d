"""The measurements to learn from: the base, and a lab's own rows."""

from __future__ import annotations

import sys

from recipes import main

if __name__ == "__main__":
    sys.exit(main(__file__, ["curate", "table"]))
