"""Where a server listens, and the socket that its workers share."""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import DupFd, ForkingPickler
from typing import Any
from weakref import WeakSet

_BACKLOG = 2048
_STEP_S = 0.0005
_MOST_STEPS = 16

_TCP_INFO_BYTES = 104
_WAITING_AT = 24
"""Where Linux' `tcp_info` of a listening socket says how many connections wait to be taken."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, resolved."""

    family: socket.AddressFamily
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback

    @property
    def url(self) -> str:
        """As a client writes it."""
        host = f"[{self.host}]" if self.family == socket.AF_INET6 else self.host
        return f"http://{host}:{self.port}"


def resolve(host: str, port: int) -> Address:
    """Resolve a host name; of several addresses the first IPv4 one.

    Raises
    ------
    OSError
        If there is no such host.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    families = (socket.AF_INET, socket.AF_INET6)
    usable = sorted((a for a in found if a[0] in families), key=lambda a: families.index(a[0]))
    if not usable:
        raise OSError(f"{host} has no internet address")
    family, *_, address = usable[0]
    return Address(family, str(address[0]), int(address[1]))


class Listener(socket.socket):
    """A listening socket that several workers share evenly.

    Left alone, whichever worker wakes up first takes a whole burst of connections, and clients that
    keep their connections stay with it while its neighbours idle. Here a worker steps back before
    it takes one, for longer the more it has.

    Attributes
    ----------
    is_shared
        Whether there is a neighbour to step back for.
    """

    is_shared = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._taken: WeakSet[socket.socket] = WeakSet()

    def listen(self, backlog: int = 0, /) -> None:
        """Listen; the queue of the kernel is long, whatever asyncio is told to take at a time."""
        super().listen(max(backlog, _BACKLOG))

    def accept(self) -> tuple[socket.socket, Any]:
        """Take one connection, if no neighbour with fewer of them has."""
        if self.is_shared:
            time.sleep(_STEP_S * min(len(self._taken), _MOST_STEPS))
        connection, address = super().accept()
        self._taken.add(connection)
        return connection, address


def listen(address: Address) -> Listener:
    """Bind and listen, so that clients may connect while the first worker starts."""
    # asyncio turns Nagle's algorithm off (40 ms an answer) only where the protocol is named
    listener = Listener(address.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def is_asked(listener: socket.socket) -> bool:
    """Whether connections wait that no worker has taken; False where the system does not say."""
    number = getattr(socket, "TCP_INFO", None)
    if number is None or sys.platform != "linux":
        return False
    told = listener.getsockopt(socket.IPPROTO_TCP, number, _TCP_INFO_BYTES)
    (waiting,) = struct.unpack_from("I", told, _WAITING_AT)
    return bool(waiting)


def _reduced(listener: Listener) -> tuple[Callable[..., Listener], tuple[Any, ...]]:
    """Hand a listener to a worker that is started, as multiprocessing hands over plain sockets."""
    passed = DupFd(listener.fileno())
    kind = listener.family, listener.type, listener.proto
    return _rebuilt, (passed, kind, listener.is_shared)


def _rebuilt(passed: Any, kind: tuple[int, int, int], is_shared: bool) -> Listener:
    listener = Listener(*kind, fileno=passed.detach())
    listener.is_shared = is_shared
    return listener


ForkingPickler.register(Listener, _reduced)
