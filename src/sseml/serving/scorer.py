"""Rows handed to MLflow's own scoring app inside this process, and its records back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from sseml.serving.intake import Row

Record = dict[str, Any]
ScoringApp = Callable[[Any, Any, Any], Any]

_LARGE_BYTES = 65_536
"""What takes longer than this to read or write as JSON is left to a thread."""

_SCOPE: Mapping[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/invocations",
    "raw_path": b"/invocations",
    "root_path": "",
    "query_string": b"",
    "client": None,
    "server": None,
}


class ScoringError(Exception):
    """MLflow's app did not answer with records; the message is for the log alone."""


async def score(app: ScoringApp, rows: Sequence[Row], params: Mapping[str, Any]) -> list[Record]:
    """Let MLflow's app answer rows.

    Parameters
    ----------
    app
        As `sseml.tracking.scoring.scoring_app` makes it.
    rows
        Formula and other cells, each cell with its JSON type.
    params
        Of the model: ``temperature_C``, ``explain``, ``time_limit_s``.

    Returns
    -------
    list of dict
        In order; several in a row for a row that holds a sweep.

    Raises
    ------
    ScoringError
        If it answers anything else.
    """
    few = len(rows) < _LARGE_BYTES // 1024
    body = _body(rows, params) if few else await asyncio.to_thread(_body, rows, params)
    status, answer = await _post(app, body)
    if status != 200:
        raise ScoringError(_reason(status, answer))
    if len(answer) < _LARGE_BYTES:
        return _records(answer)
    return await asyncio.to_thread(_records, answer)


def _body(rows: Sequence[Row], params: Mapping[str, Any]) -> bytes:
    table = {"columns": ["formula", "columns"], "data": rows}
    return json.dumps({"dataframe_split": table, "params": params}, allow_nan=False).encode()


async def _post(app: ScoringApp, body: bytes) -> tuple[int, bytes]:
    status = 0
    parts: list[bytes] = []
    unread = [body]
    gone = asyncio.Event()

    async def receive() -> Mapping[str, Any]:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await app({**_SCOPE, "headers": headers}, receive, send)
    return status, b"".join(parts)


def _records(answer: bytes) -> list[Record]:
    try:
        records: list[Record] = json.loads(answer, parse_constant=_no_number)["predictions"]
    except (ValueError, KeyError, TypeError) as error:
        raise ScoringError(f"the scoring app answered no records: {error}") from error
    return records


def _no_number(written: str) -> float:
    raise ValueError(f"{written} in the answer")


def _reason(status: int, answer: bytes) -> str:
    """Tell the log what went wrong inside: MLflow puts the stack trace into its answer."""
    try:
        document = json.loads(answer)
        trace = document.get("stack_trace") or document.get("message")
    except (ValueError, AttributeError):
        trace = None
    return f"the scoring app answered {status}: {trace or 'without a reason'}"
