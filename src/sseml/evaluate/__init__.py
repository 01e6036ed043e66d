"""The benchmarks: splits, metrics, coverage, by family."""

from sseml.evaluate.answers import held_out
from sseml.evaluate.run import Report, evaluate, measurements_at

__all__ = ["Report", "evaluate", "held_out", "measurements_at"]
