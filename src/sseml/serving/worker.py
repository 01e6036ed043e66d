"""A scoring process: rows come in on standard input, records go out on standard output."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import traceback
from pathlib import Path

SIZE = struct.Struct(">I")
"""Before every message to a worker: how many bytes follow."""

OUTCOME = struct.Struct(">BI")
"""Before every message of a worker: `SCORED` or `FAILED`, and how many bytes follow."""

SCORED, FAILED = range(2)


def main(folder: str) -> None:
    """Load a bundle, say whether it can be trusted, then answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print goes to standard error

    def send(outcome: int, text: str) -> None:
        body = text.encode()
        pipe.write(OUTCOME.pack(outcome, len(body)) + body)
        pipe.flush()

    # MLflow takes two seconds to import
    from sseml.tracking.scoring import trusted_model  # noqa: PLC0415

    try:
        score = trusted_model(Path(folder))
    except Exception as error:  # noqa: BLE001 - the server says it and decides
        send(FAILED, str(error))
        return
    send(SCORED, "")
    while head := sys.stdin.buffer.read(SIZE.size):
        asked = json.loads(sys.stdin.buffer.read(*SIZE.unpack(head)))
        try:
            records = score(asked["rows"], asked["params"])
        except Exception:  # noqa: BLE001 - the server logs it and answers its client
            send(FAILED, traceback.format_exc())
        else:
            send(SCORED, "\n".join(records))


if __name__ == "__main__":
    main(sys.argv[1])
