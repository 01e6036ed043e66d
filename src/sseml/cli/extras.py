"""A command that needs an extra says so, instead of naming a module nobody has heard of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sseml.cli.exits import CommandError


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Turn a missing third-party module into the command that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "sseml":
            raise
        raise CommandError(
            f"this command needs {error.name!r}: pip install 'sseml[{extra}]'"
        ) from error
