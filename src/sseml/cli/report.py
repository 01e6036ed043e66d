"""`--report` and `--plot`: a list of answers as a page and as a picture, beside its results."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sseml.cli.command import REFUSED, CommandError
from sseml.cli.output import require_picture
from sseml.cli.ranking import order
from sseml.records import Answer, Query, Refusal

if TYPE_CHECKING:
    from sseml.cli.asked import AskedPrediction
    from sseml.model.loading import Bundles
    from sseml.model.offsets import Offsets


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


def require_report(arguments: argparse.Namespace) -> None:
    """Refuse, before any work, a page or a picture that cannot be written."""
    require_picture(arguments.plot)
    if arguments.report:
        from sseml.report.page.html import require_page  # noqa: PLC0415 - only where asked for

        require_page(arguments.report)


class Drawing:
    """Keeps what is shown with its questions, and what was refused, to be drawn at the end.

    Without `--report` and `--plot` nothing is kept.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._is_asked_for = bool(arguments.report or arguments.plot)
        self._waiting: deque[Query | Refusal] = deque()
        self._shown: list[AskedPrediction] = []
        self._refused: list[Refusal] = []

    def asked(self, items: Iterable[Query | Refusal]) -> Iterable[Query | Refusal]:
        """Pass the questions on."""
        return map(self._keep_question, items) if self._is_asked_for else items

    def answered(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Pass their answers on, which come in the same order."""
        return map(self._with_question, answers) if self._is_asked_for else answers

    def shown(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Pass on the answers that are left, in their final order."""
        return map(self._keep_answer, answers) if self._is_asked_for else answers

    def _keep_question(self, item: Query | Refusal) -> Query | Refusal:
        self._waiting.append(item)
        return item

    def _with_question(self, answer: Answer) -> Answer:
        from sseml.cli.asked import with_question  # noqa: PLC0415 - start-up

        query = self._waiting.popleft()
        if isinstance(answer, Refusal):
            self._refused.append(answer)
            return answer
        return with_question(answer, cast(Query, query))

    def _keep_answer(self, answer: Answer) -> Answer:
        if not isinstance(answer, Refusal):
            self._shown.append(cast("AskedPrediction", answer))
        return answer

    def write(self, bundles: Bundles, offsets: Offsets | None) -> None:
        """Write the page and the picture."""
        if self._arguments.report:
            self._write_page(bundles, offsets)
        if self._arguments.plot:
            self._plot()

    def _write_page(self, bundles: Bundles, offsets: Offsets | None) -> None:
        from datetime import datetime  # noqa: PLC0415 - start-up

        from sseml.report import page_contents, write_page  # noqa: PLC0415

        contents = page_contents(
            [
                *((answer.query, answer) for answer in self._shown),
                *((refusal, refusal) for refusal in self._refused),
            ],
            bundles=bundles,
            offsets=offsets,
            threshold_S_cm=self._arguments.threshold,
            settings=_settings(self._arguments),
            made_on=datetime.now().astimezone().date(),
            title=_title(self._arguments),
            order=order(self._arguments),
            anode_V=self._arguments.anode,
            cathode_V=self._arguments.cathode,
        )
        write_page(contents, self._arguments.report)

    def _plot(self) -> None:
        from sseml.report import overview, save  # noqa: PLC0415

        if not self._shown:
            raise CommandError("no row is answered: nothing was drawn", REFUSED)
        figure = overview(
            self._shown,
            threshold_S_cm=self._arguments.threshold,
            order=order(self._arguments),
        )
        save(figure, self._arguments.plot)


def _title(arguments: argparse.Namespace) -> str:
    if getattr(arguments, "space", None):
        return f"Solid electrolytes: {'; '.join(arguments.space)}"
    if arguments.input and arguments.input != "-":
        return f"Solid electrolytes of {Path(arguments.input).name}"
    return "Solid electrolytes"


def _settings(arguments: argparse.Namespace) -> Mapping[str, str]:
    import shlex  # noqa: PLC0415 - start-up

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
