"""The benchmarks: splits, metrics, coverage, by family."""

from sseml.evaluate.run import Report, evaluate, measurements_at

__all__ = ["Report", "evaluate", "measurements_at"]
