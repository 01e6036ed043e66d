"""What a server counts, in Prometheus' format."""

from __future__ import annotations

from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from sseml.serving.workers import Workers

_LATENCIES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counts of a server and of all its workers."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        counter = partial(Counter, registry=own)
        gauge = partial(Gauge, registry=own)
        self.requests = counter("sseml_requests", "Requests answered.", ("path", "status"))
        self.refusals = counter("sseml_refusals", "Requests refused as a whole.", ("code",))
        self.rows = counter("sseml_rows", "Rows answered.", ("status",))
        took = "From the head of a request to the end of its answer."
        self.seconds = Histogram(
            "sseml_request_seconds", took, ("path",), buckets=_LATENCIES_S, registry=own
        )
        self.in_flight = gauge("sseml_requests_in_flight", "Requests under way.")
        self._ready = gauge("sseml_ready_workers", "Workers whose model answers.")
        self._memory = gauge("sseml_worker_resident_bytes", "Memory a worker holds.", ("pid",))
        identity = ("name", "digest", "schema_version", "kind")
        self._model = gauge("sseml_model_info", "The models that answer, by kind.", identity)

    def text(self) -> bytes:
        """All counts, those of the workers as they are now."""
        ready = self._workers.ready
        self._ready.set(len(ready))
        self._memory.clear()
        self._model.clear()
        for worker in ready:
            if (resident := worker.resident_bytes) is not None:
                self._memory.labels(str(worker.pid)).set(resident)
            for model in (worker.settings.model, *worker.settings.others):
                self._model.labels(
                    model.name, model.digest, str(model.schema_version), model.kind
                ).set(1)
        return generate_latest(self._registry)
