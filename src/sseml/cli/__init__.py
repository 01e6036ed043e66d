"""The command line: arguments, exit codes and progress; nothing else."""

from sseml.cli.app import main

__all__ = ["main"]
