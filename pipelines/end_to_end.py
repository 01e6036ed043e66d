"""From measurements to a bundle and, where a registry is named, to a champion."""

from __future__ import annotations

import sys

from recipes import main

if __name__ == "__main__":
    sys.exit(main(__file__, ["curate", "table", "evaluate", "train", "promote"]))
