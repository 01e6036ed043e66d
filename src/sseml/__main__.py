"""`python -m sseml` is the command `sseml`."""

import sys

from sseml.cli import main

if __name__ == "__main__":
    sys.exit(main())
