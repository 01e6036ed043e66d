"""One HTTP request and its answer, over ASGI: bounded reading, polite refusing."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from uuid import uuid4

from sseml.serving.connection import ENDING
from sseml.serving.problems import RequestError

Scope = Mapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_BODY_PAUSE_S = 10.0
"""A body of which nothing arrives for so long is given up."""

_DRAIN_BYTES = 256_000_000
_DRAIN_S = 10.0
_DRAIN_PAUSE_S = 2.0


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class Room:
    """Bytes that a worker may hold of bodies that are still on their way.

    Parameters
    ----------
    most_bytes
        Of all requests together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes

    def take(self, size: int) -> None:
        """Hold so many bytes more.

        Raises
        ------
        RequestError
            ``busy``.
        """
        if size > self._left:
            raise RequestError("busy", "too much is on its way already", retry_after="1")
        self._left -= size

    def give_back(self, size: int) -> None:
        """Hold so many bytes less."""
        self._left += size


class Exchange:
    """What arrives with a request and what is sent back.

    Parameters
    ----------
    scope, receive, send
        As ASGI hands them over.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.id = uuid4().hex[:16]
        self.started = time.monotonic()
        self.status = 0
        self.rows = 0
        self._headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        self._receive, self._send = receive, send
        self._ending: asyncio.Event = scope["state"][ENDING]
        self._unread = bool(self.header("transfer-encoding")) or self._announced() > 0

    def header(self, name: str) -> str:
        """Return a header; empty where it is absent, or sent more than once."""
        values = [value for key, value in self._headers if key == name.encode()]
        return values[0].decode("latin-1") if len(values) == 1 else ""

    def require_token(self, tokens: tuple[str, ...]) -> None:
        """Refuse whoever brings none of the tokens."""
        scheme, _, token = self.header("authorization").partition(" ")
        given = token.strip().encode("latin-1")
        matches = [hmac.compare_digest(given, known.encode()) for known in tokens]
        if tokens and not (scheme.casefold() == "bearer" and any(matches)):
            raise RequestError(
                "unauthorized", "send Authorization: Bearer TOKEN", www_authenticate="Bearer"
            )

    async def read(self, most_bytes: int, deadline: float, room: Room) -> bytes:
        """Read the whole body, and no more than it may have."""
        if self._announced() > most_bytes:
            raise _too_large(most_bytes)
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await self._next_part(deadline)
                part = message.get("body", b"")
                room.take(len(part))
                parts.append(part)
                size += len(part)
                self._unread = bool(message.get("more_body", False))
                if size > most_bytes:
                    raise _too_large(most_bytes)
                if not self._unread:
                    return b"".join(parts)
        finally:
            room.give_back(size)

    async def _next_part(self, deadline: float) -> Message:
        left_s = max(0.0, deadline - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), min(left_s, _BODY_PAUSE_S))
        except TimeoutError:
            raise RequestError("slow_request", "send the body faster") from None
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        return message

    async def gone(self) -> None:
        """Return once the client has hung up; only after the body has been read."""
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def answer(
        self, status: int, content: bytes, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole answer.

        A client that is still sending gets it at once, and may then finish: whoever closes the
        connection first would take the answer away from clients that read last.
        """
        self.status = status
        fields = {
            "content-type": kind,
            "content-length": str(len(content)),
            "x-request-id": self.id,
            "cache-control": "no-store",
            **(headers or {}),
        }
        if self._unread or self._ending.is_set():
            fields["connection"] = "close"
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})
        body = {"type": "http.response.body", "body": content}
        if not self._unread:
            await self._send(body)
            return
        await self._send({**body, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b""})

    async def answer_json(
        self, status: int, value: object, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a small JSON answer."""
        await self.answer(status, as_json(value), "application/json", headers)

    async def refuse(self, error: RequestError) -> None:
        """Say why the request is refused."""
        problem = {"code": error.code, "message": str(error), "request_id": self.id}
        await self.answer_json(error.status, {"error": problem}, error.headers)

    def _announced(self) -> int:
        length = self.header("content-length")
        return int(length) if length.isdecimal() else 0

    async def _drain(self) -> None:
        """Read what is still on its way, within bounds, and forget it."""
        size = 0
        end = time.monotonic() + _DRAIN_S
        while size < _DRAIN_BYTES and time.monotonic() < end:
            try:
                message = await asyncio.wait_for(self._receive(), _DRAIN_PAUSE_S)
            except TimeoutError:
                return
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                return


def as_json(value: object) -> bytes:
    """Write strict JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _too_large(most_bytes: int) -> RequestError:
    return RequestError("body_too_large", f"send at most {most_bytes} bytes at a time")
