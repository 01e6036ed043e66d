"""What a serving process is told: the model, its limits and who may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1_000_000

DEFAULT_PORT = 5001

METRICS = "metrics"
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks, when it is imported, for the folder that processes share."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request, and one worker, may take.

    Attributes
    ----------
    body_bytes
        Largest body of a request.
    rows
        Most rows of a request.
    timeout_s
        From the first byte of a request to its answer.
    waiting
        Requests a worker takes in at a time; whoever comes on top is told to come back.
    """

    body_bytes: int = 4 * MEGABYTE
    rows: int = 10_000
    timeout_s: float = 60.0
    waiting: int = 64


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model answers; `digest` is the SHA-256 that names a bundle's content."""

    name: str
    digest: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a worker needs; handed to it when it is started.

    Attributes
    ----------
    folder
        The bundle.
    run_folder
        What the processes of one server share; gone when it ends.
    threads
        Of a worker, for requests of many rows.
    tokens
        Any of them opens the door; none: the door is open.
    """

    folder: Path
    model: ModelIdentity
    run_folder: Path
    threads: int = 1
    limits: Limits = Limits()
    tokens: tuple[str, ...] = field(default=(), repr=False)

    @property
    def metrics_folder(self) -> Path:
        """Where the workers put down their counts for each other."""
        return self.run_folder / METRICS

    @property
    def ready_mark(self) -> Path:
        """Is there once some worker's model has answered its smoke list."""
        return self.run_folder / "ready"
