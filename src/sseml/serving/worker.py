"""A scoring process: rows come in on standard input, records go out on standard output."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from sseml.records import RefusedInputError

HEAD = struct.Struct(">IBI")
"""Before every message: number of the request, lane or outcome, bytes of what follows."""

SMALL, LARGE = LANES = range(2)
SCORED, FAILED, REFUSED = range(3)
"""Outcomes: texts, the traceback of a fault, or why measurements cannot be used."""

MEASURED = "measured"
"""The param that holds measurements of one's own, as a table in text."""

Send = Callable[[int, int, bytes], None]
_Message = tuple[int, dict[str, Any]]


def main(folder: str) -> None:
    """Load a bundle, say whether it can be trusted, then answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    send = _sender(_take_standard_output())
    # MLflow takes two seconds to import
    from sseml.tracking.smoke import trusted_model  # noqa: PLC0415

    try:
        score = trusted_model(Path(folder))
    except Exception as error:  # noqa: BLE001 - the server says it and decides
        send(0, FAILED, str(error).encode())
        return
    send(0, SCORED, b"")
    lanes: list[SimpleQueue[_Message]] = [SimpleQueue() for _ in LANES]

    def answer(lane: SimpleQueue[_Message]) -> None:
        while True:
            number, asked = lane.get()
            try:
                records = score(asked["rows"], asked["params"])
                send(number, SCORED, "\n".join(records).encode())
            except RefusedInputError as error:
                outcome = REFUSED if MEASURED in asked["params"] else FAILED
                send(number, outcome, str(error).encode())
            except Exception:  # noqa: BLE001 - the server logs it and answers its client
                send(number, FAILED, traceback.format_exc().encode())

    for lane in lanes:
        threading.Thread(target=answer, args=(lane,), daemon=True).start()
    while head := sys.stdin.buffer.read(HEAD.size):
        number, chosen, size = HEAD.unpack(head)
        lanes[chosen].put((number, json.loads(sys.stdin.buffer.read(size))))


def _take_standard_output() -> BinaryIO:
    """Keep the pipe for records; what libraries print goes to standard error."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _sender(pipe: BinaryIO) -> Send:
    lock = threading.Lock()

    def send(number: int, kind: int, body: bytes) -> None:
        with lock:
            pipe.write(HEAD.pack(number, kind, len(body)) + body)
            pipe.flush()

    return send


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    finally:
        os._exit(0)  # whatever is still being calculated, nobody waits for it
