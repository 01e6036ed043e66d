"""`--report` and `--plot`: a list of answers as a page and as a picture, beside its results."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sseml.cli.command import REFUSED, CommandError
from sseml.cli.output import require_picture
from sseml.records import Answer, Query, Refusal

if TYPE_CHECKING:
    from sseml.model.loading import Bundles
    from sseml.model.offsets import Offsets

Kept = TypeVar("Kept")


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add `--report` and `--plot`."""
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="also write one page for a browser, which needs no network: ranking, trade-offs, "
        "curves, windows, evidence",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="also draw σ with its interval and the windows: PNG, SVG or PDF (extra `report`)",
    )


class Drawing:
    """Keeps questions and answers as they pass, for the page and the picture that are asked for.

    What cannot be written is refused when this is made, before any work. Without `--report` and
    `--plot` nothing is kept.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        require_picture(arguments.plot)
        if arguments.report:
            from sseml.report.page.html import require_page  # noqa: PLC0415 - only if asked for

            require_page(arguments.report)
        self._arguments = arguments
        self._is_asked_for = bool(arguments.report or arguments.plot)
        self._items: list[Query | Refusal] = []
        self._answers: list[Answer] = []

    def asking(self, items: Iterable[Query | Refusal]) -> Iterable[Query | Refusal]:
        """Pass the questions on."""
        return _keeping(items, self._items) if self._is_asked_for else items

    def answering(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Pass their answers on, in the same order."""
        return _keeping(answers, self._answers) if self._is_asked_for else answers

    def write(self, bundles: Bundles, offsets: Offsets | None) -> None:
        """Write the page and the picture."""
        if self._arguments.report:
            self._write_page(bundles, offsets)
        if self._arguments.plot:
            self._plot()

    def _write_page(self, bundles: Bundles, offsets: Offsets | None) -> None:
        from sseml.report import page_contents, write_page  # noqa: PLC0415

        contents = page_contents(
            zip(self._items, self._answers, strict=True),
            bundles=bundles,
            offsets=offsets,
            threshold_S_cm=self._arguments.threshold,
            settings=_settings(self._arguments),
            made_on=datetime.now().astimezone().date(),
            title=_title(self._arguments),
        )
        write_page(contents, self._arguments.report)

    def _plot(self) -> None:
        from sseml.report import overview, save  # noqa: PLC0415

        if all(isinstance(answer, Refusal) for answer in self._answers):
            raise CommandError("no row is answered: nothing was drawn", REFUSED)
        figure = overview(self._answers, threshold_S_cm=self._arguments.threshold)
        save(figure, self._arguments.plot)


def _keeping(passing: Iterable[Kept], kept: list[Kept]) -> Iterator[Kept]:
    for each in passing:
        kept.append(each)
        yield each


def _title(arguments: argparse.Namespace) -> str:
    if arguments.input and arguments.input != "-":
        return f"Solid electrolytes of {Path(arguments.input).name}"
    return "Solid electrolytes"


def _settings(arguments: argparse.Namespace) -> Mapping[str, str]:
    from sseml import __version__  # noqa: PLC0415 - the package imports the command line's rooms

    temperature = str(arguments.temperature)
    unit = "" if temperature.upper().endswith(("K", "C")) else " °C"
    return {
        "command": shlex.join(("sseml", *arguments.written)),
        "sseml": __version__,
        "temperature": f"{temperature}{unit}, for rows that name none",
        "threshold": f"{arguments.threshold:g} S/cm",
        "windows": "calculated" if arguments.window else "left out",
        "own measurements": str(arguments.measured or "none"),
    }
