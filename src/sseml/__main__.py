"""`python -m sseml` and the script `sseml`: the command line as a process."""

import sys
import traceback

_CRASHED = 70
"""`sseml.cli.command.CRASHED`, which may be what cannot be imported."""


def program() -> int:
    """Run the command line; if it cannot even be imported, that is no refusal (exit code 1)."""
    try:
        from sseml.cli.app import program as command  # noqa: PLC0415
    except Exception:  # noqa: BLE001 - Python itself would end with exit code 1
        traceback.print_exc()
        return _CRASHED
    return command()


if __name__ == "__main__":
    sys.exit(program())
