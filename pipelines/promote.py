"""The bundle that is there goes to the registry and through the gate."""

from __future__ import annotations

import sys

from recipes import main

if __name__ == "__main__":
    sys.exit(main(__file__, ["promote"]))
