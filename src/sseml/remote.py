"""Files under an address, such as ``s3://bucket/list.parquet``, through fsspec (extra `cloud`)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, cast

from sseml.classes import dataclass
from sseml.patterns import late
from sseml.records import RefusedInputError

_ADDRESS = late(r"[a-z][a-z0-9+.-]+://.+")


def is_address(text: str) -> bool:
    """Whether a text is an address, and no path of this machine.

    Examples
    --------
    >>> is_address("s3://bucket/list.parquet"), is_address("lists/list.parquet")
    (True, False)
    """
    return _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """A file that is asked about as if it were a `Path`."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def suffix(self) -> str:
        """The ending of its name."""
        return PurePosixPath(self.text).suffix

    def is_file(self) -> bool:
        """Whether there is a file."""
        system, path = _found(self.text)
        with _said_of(self.text):
            return bool(system.isfile(path))

    def is_dir(self) -> bool:
        """Whether it ends like a folder; nobody is asked."""
        return self.text.endswith("/")


@contextmanager
def reading(text: str) -> Iterator[BinaryIO]:
    """Open the file under an address; what does not answer, or is not there, is refused."""
    system, path = _found(text)
    with _said_of(text):
        file = system.open(path, "rb")
    with file:
        yield cast(BinaryIO, file)


@contextmanager
def writing(address: Address, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file under an address to write; it is there only if the block succeeds."""
    system, path = _found(str(address))
    with ExitStack() as opened:
        with _said_of(str(address)):
            opened.enter_context(system.transaction)  # which ends, too, where nothing can be opened
            file = opened.enter_context(system.open(path, "wb"))
        if binary:
            yield file
            return
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        yield text
        text.detach()


def _found(text: str) -> tuple[Any, str]:
    """The file system of an address, and the path there."""
    try:
        import fsspec  # noqa: PLC0415 - only where an address is written
    except ModuleNotFoundError:
        hint = "install it: pip install 'sseml[cloud]'"
        raise RefusedInputError(f"{text} is an address, which needs fsspec", hint) from None
    with _said_of(text):
        system, path = fsspec.core.url_to_fs(text)
    return system, path


@contextmanager
def _said_of(text: str) -> Iterator[None]:
    """Refuse an address with what its file system says."""
    try:
        yield
    except FileNotFoundError:
        raise RefusedInputError(f"there is no file {text!r}", "check the address") from None
    except ImportError as error:  # of the package for its protocol
        raise RefusedInputError(f"{text}: {error}", "install what it names") from None
    except (OSError, ValueError) as error:
        raise RefusedInputError(
            f"{text}: {error}", "check the address and who may use it"
        ) from None
