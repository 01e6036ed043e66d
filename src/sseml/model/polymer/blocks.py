"""The sets of features that a dry electrolyte is answered from, and which columns they take."""

from __future__ import annotations

from collections.abc import Mapping

from sseml.kinds import Kind

SETS = ("polymer", "salt", "composition", "glass")


def blocks_of(kind: Kind) -> Mapping[str, slice]:
    """The columns of each of `SETS`, by its name."""
    blocks, start = {}, 0
    for name in SETS:
        width = len(kind.feature_list([name]))
        blocks[name] = slice(start, start + width)
        start += width
    return blocks
