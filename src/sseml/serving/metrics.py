"""What a server counts, over all its workers, in Prometheus' format."""

from __future__ import annotations

import os
import re
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from sseml.serving.settings import ModelIdentity

_LATENCIES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_OF_LIVE_WORKER = re.compile(r"gauge_live\w*_(\d+)\.db")


class Metrics:
    """The counts of one worker.

    Parameters
    ----------
    folder
        Shared with the other workers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = CollectorRegistry()
        self.requests = Counter(
            "sseml_requests", "Requests answered.", ("path", "status"), registry=own
        )
        self.refusals = Counter(
            "sseml_refusals", "Requests refused as a whole.", ("code",), registry=own
        )
        self.rows = Counter("sseml_rows", "Rows answered.", ("status",), registry=own)
        self.seconds = Histogram(
            "sseml_request_seconds",
            "From the head of a request to the end of its answer.",
            ("path",),
            buckets=_LATENCIES_S,
            registry=own,
        )
        self.in_flight = Gauge(
            "sseml_requests_in_flight",
            "Requests under way.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self._ready = Gauge(
            "sseml_ready_workers",
            "Workers whose model has answered its smoke list.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self._model = Gauge(
            "sseml_model_info",
            "The model that answers.",
            ("name", "digest", "schema_version"),
            multiprocess_mode="livemax",
            registry=own,
        )
        self._memory = Gauge(
            "sseml_worker_resident_bytes",
            "Memory a worker holds.",
            multiprocess_mode="liveall",
            registry=own,
        )

    def ready(self, model: ModelIdentity) -> None:
        """Note that this worker's model answers."""
        self._ready.set(1)
        self._model.labels(model.name, model.digest, str(model.schema_version)).set(1)

    def note_memory(self) -> None:
        """Note what this worker holds; nothing where the system does not say."""
        if (resident := resident_bytes()) is not None:
            self._memory.set(resident)

    def text(self) -> bytes:
        """All workers' counts; those of workers that are gone stay in the sums."""
        for path in self._folder.glob("gauge_live*.db"):
            if (found := _OF_LIVE_WORKER.fullmatch(path.name)) and not _is_alive(int(found[1])):
                mark_process_dead(int(found[1]), str(self._folder))  # type: ignore[no-untyped-call]
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(everyone)


def resident_bytes() -> int | None:
    """Memory of this process, from Linux' ``/proc``."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
