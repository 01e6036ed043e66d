"""`python -m sseml` and the script `sseml`: the command line as a process."""

import gc
import sys

_CRASHED = 70
"""`sseml.cli.command.CRASHED`, which may be what cannot be imported."""

_NEW_OBJECTS = 100_000
"""After so many the garbage collector looks for cycles: more than a short list makes in all.

Python's own 700 to 2,000 have it look 80 times while a command starts, and find nothing (20 ms).
"""


def program() -> int:
    """Run the command line as a process, which ends without a last look for garbage (25 ms)."""
    gc.set_threshold(_NEW_OBJECTS)
    try:
        return _ran()
    finally:
        gc.freeze()


def _ran() -> int:
    """Run the command line; if it cannot even be imported, that is no refusal (exit code 1)."""
    try:
        from sseml.cli.app import program as command  # noqa: PLC0415
    except Exception:  # noqa: BLE001 - Python itself would end with exit code 1
        sys.excepthook(*sys.exc_info())
        return _CRASHED
    return command()


if __name__ == "__main__":
    sys.exit(program())
