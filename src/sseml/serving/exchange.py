"""One request and its answer: its id, its headers, and a body that may stay unread."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

GONE = 499
"""Status, in counts and log, of a request whose client has hung up."""

_DRAIN_BYTES = 256_000_000
_DRAIN_S = 10.0
_DRAIN_PAUSE_S = 2.0


class Exchange:
    """One request and its answer; `is_unread` while some of the body may still be on its way.

    A client that is still sending when it is refused gets the answer at once, and may then finish:
    whoever closes the connection first takes the answer away from clients that read last.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, is_last: bool) -> None:
        self.scope = scope
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        self.id = uuid4().hex[:16]
        self.started = time.monotonic()
        self.rows = 0
        self.status = GONE
        self.announced_bytes = int(length) if length.isdecimal() else 0
        self.is_unread = "transfer-encoding" in headers or self.announced_bytes > 0
        self._is_last = is_last
        self._receive, self._send = receive, send

    async def receive(self) -> Message:
        """Pass on what arrives."""
        message = await self._receive()
        self.is_unread = self.is_unread and message.get("more_body", False)
        return message

    async def hung_up(self) -> None:
        """Return once the client has hung up; only after the body has been read."""
        while (await self.receive())["type"] != "http.disconnect":
            continue

    async def send(self, message: Message) -> None:
        """Pass on an answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.id
            headers["cache-control"] = "no-store"
            if self.is_unread or self._is_last:
                headers["connection"] = "close"
        elif self.is_unread:
            await self._send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    await self._drain()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def _drain(self) -> None:
        """Read what is still on its way, within bounds, and forget it."""
        size = 0
        while self.is_unread and size < _DRAIN_BYTES:
            message = await asyncio.wait_for(self.receive(), _DRAIN_PAUSE_S)
            size += len(message.get("body", b""))
