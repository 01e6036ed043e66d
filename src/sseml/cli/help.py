"""Help that teaches by example: a parser whose text ends with commands to copy."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

Commands = Any
"""What `add_subparsers` returns; argparse gives its type no public name."""


class ExampleParser(argparse.ArgumentParser):
    """An argument parser with a block of examples that is printed as written.

    Parameters
    ----------
    examples
        Text after the list of options.
    **settings
        Those of `argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: str = "", **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        if isinstance(description := settings.get("description"), str):
            settings["description"] = textwrap.fill(description, 90)
        super().__init__(epilog=examples, **settings)
