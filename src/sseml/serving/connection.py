"""A client's connection, which is not cut off while its next request may be on its way.

Leans on uvicorn's insides: `H11Protocol` with its `app_state`, `cycle`, `loop`, `transport` and
`shutdown`.
"""

from __future__ import annotations

from uvicorn.protocols.http.h11_impl import H11Protocol

ENDING = "ending"
"""Names, in the state of the app, the event that is set once a worker is told to end."""

_LAST_REQUEST_S = 0.5


class Connection(H11Protocol):
    """uvicorn's; where it would close an idle connection, it takes one more request.

    The answer to that says `Connection: close`, so that the client knows before it asks again.
    """

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

    def _close(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()
