"""The benchmarks: splits, metrics, coverage, by family."""

from sseml.curation.table import measurements_at
from sseml.evaluate.answers import out_of_fold
from sseml.evaluate.run import Report, evaluate
from sseml.evaluate.windows import ComparedWindow, compared

__all__ = ["ComparedWindow", "Report", "compared", "evaluate", "measurements_at", "out_of_fold"]
