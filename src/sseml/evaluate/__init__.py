"""The benchmarks: splits, metrics, coverage, by family."""
