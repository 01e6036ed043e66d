"""Rows handed to MLflow's own scoring app inside this process, and its records back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from sseml.serving.intake import Row

Record = str
"""One record as strict JSON: what a client gets, untouched."""

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


_STATUS = '"status": '


class ScoringError(Exception):
    """MLflow's app did not answer with records; the message is for the log alone."""


async def score(app: ScoringApp, rows: Sequence[Row], params: Mapping[str, Any]) -> list[Record]:
    """Let MLflow's app answer rows.

    Parameters
    ----------
    app
        As `sseml.tracking.pyfunc.scoring_app` makes it.
    rows
        Formula and other cells, each cell with its JSON type.
    params
        Of the model: ``temperature_C``, ``explain``, ``window``, ``time_limit_s``, ``threads``.

    Returns
    -------
    list of str
        Records as JSON texts, in order; several in a row for a row that holds a sweep.

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
    asked = {"dataframe_split": table, "params": {**params, "as_text": True}}
    return json.dumps(asked, allow_nan=False).encode()


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
        records: list[Record] = json.loads(answer)["predictions"]
    except (ValueError, KeyError, TypeError) as error:
        raise ScoringError(f"the scoring app answered no records: {error}") from error
    return records


def is_refused(record: Record) -> bool:
    """Whether a record says that its row was refused, without reading all of it.

    `status` stands second, and no text before it can hold a bare quotation mark.
    """
    at = record.index(_STATUS) + len(_STATUS)
    return record.startswith('"error"', at)


def _reason(status: int, answer: bytes) -> str:
    """Tell the log what went wrong inside: MLflow puts the stack trace into its answer."""
    try:
        document = json.loads(answer)
        trace = document.get("stack_trace") or document.get("message")
    except (ValueError, AttributeError):
        trace = None
    return f"the scoring app answered {status}: {trace or 'without a reason'}"
