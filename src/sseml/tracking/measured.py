"""Measurements of one's own that come with a request: read, for its answers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sseml.model.bundle import Bundle
from sseml.parse.sources import TextTable
from sseml.records import RefusedInputError

if TYPE_CHECKING:
    from sseml.model.own_offsets import OwnOffsets

NAME = "measured"
"""What the table is called in notes and messages, as a file is by its name."""


def read_measured(text: str, bundle: Bundle) -> OwnOffsets:
    """Compare a table of measurements, as CSV or JSON lines, with what a bundle predicts.

    Raises
    ------
    RefusedInputError
        If nothing in it can be used, or the extra ``train`` is not installed.
    """
    try:
        from sseml.model.own_offsets import read_offsets  # noqa: PLC0415 - extra `train`
    except ModuleNotFoundError as error:
        raise RefusedInputError(
            f"own measurements need {error.name}, which this server has not",
            "install it there: pip install 'sseml[train]'",
        ) from None
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    return read_offsets(TextTable(NAME, "jsonl" if is_json else "csv", text), bundle)


def said_of(own: OwnOffsets) -> list[dict[str, Any]]:
    """What a person should know of their measurements: each row left out, and remarks."""
    rows = [
        {
            "code": "measured_row",
            "row": refusal.row,
            "text": refusal.input,
            "message": f"{NAME}: {refusal.message}; left out",
        }
        for refusal in own.refused
    ]
    return [*rows, *({"code": "measured_note", "message": remark} for remark in own.remarks)]
