"""How many files and connections a process may hold open."""

from __future__ import annotations

import functools

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_OWN = 96
"""Descriptors that a worker needs for itself: about 40, and as many again for what MLflow opens."""

_MOST = 4096
_FEWEST = 8


def raise_limit() -> None:
    """Allow this process, and those it starts, as many descriptors as the system lets it have."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST + _OWN if hard == resource.RLIM_INFINITY else min(hard, _MOST + _OWN)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@functools.cache
def most_connections() -> int:
    """Connections that a worker holds at a time, so that it never runs out of descriptors."""
    if resource is None:
        return _MOST
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST
    return max(_FEWEST, min(_MOST, soft - _OWN))
