"""Run the command line in this process, as a person would."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sseml.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_(*argv: object, stdin: bytes = b"") -> Ran:
        capsys.readouterr()
        raw = io.BufferedReader(io.BytesIO(stdin))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw, encoding="ascii"))
        code = main([str(argument) for argument in argv])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run_
