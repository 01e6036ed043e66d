"""A client's connection: closed if it never asks, kept while its next request may be on its way.

Leans on uvicorn's insides: `H11Protocol` with its `app_state`, `conn`, `connections`, `cycle`,
`loop`, `transport` and `shutdown`.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sseml.serving.descriptors import most_connections

ENDING = "ending"
"""Names, in the state of the app, the event that is set once a worker is told to end."""

HEAD_S = 10.0
"""From the connection, or the first byte of a later request, to the end of its head."""

_LAST_REQUEST_S = 0.5
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class Connection(H11Protocol):
    """uvicorn's, with bounds, and patient at the end.

    Whoever does not finish the head of a request is cut off after a time. Beyond as many
    connections as the process has descriptors for, the one that has been quiet longest without a
    whole request makes room. Where uvicorn would close an idle connection at the end, it takes one
    more request; the answer to that says `Connection: close`, so that the client knows before it
    asks again.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, if there is room."""
        super().connection_made(transport)
        self._quiet_since = self.loop.time()
        self._await_head()
        if len(self.connections) > most_connections():
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Read on; the time runs until a head is whole."""
        super().data_received(data)
        self._quiet_since = self.loop.time()
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_timer is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Begin to end."""
        self.app_state[ENDING].set()
        if self._is_idle:
            self.loop.call_later(_LAST_REQUEST_S, self._close)
        else:
            super().shutdown()

    @property
    def _is_idle(self) -> bool:
        # uvicorn declares a cycle that is not there before the first request
        cycle: object = self.cycle
        return cycle is None or self.cycle.response_complete

    @property
    def _is_quiet(self) -> bool:
        """Whether it has nothing whole to be answered: no request, or one without its body."""
        return self._is_idle or bool(self.cycle.more_body)

    def _close(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._give_up, _TOO_SLOW)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _make_room(self) -> None:
        others = (each for each in self.connections if isinstance(each, Connection))
        quiet = [
            each
            for each in others
            if each is not self and each._is_quiet and not each.transport.is_closing()
        ]
        if quiet:
            min(quiet, key=lambda each: each._quiet_since).transport.abort()
        else:
            self._give_up(_FULL)
