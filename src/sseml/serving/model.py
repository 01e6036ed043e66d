"""A worker's model: loaded in the background, trusted once it has answered the smoke list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sseml.records import BundleError
from sseml.serving.intake import Asked, Row
from sseml.serving.lanes import Lanes
from sseml.serving.scorer import Record, ScoringApp, ScoringError, score


class Model:
    """Rows in, records out, through MLflow's own scoring app.

    Parameters
    ----------
    threads
        Of a request of many rows.
    on_stuck
        Called when a scoring cannot be stopped.
    """

    def __init__(self, threads: int, on_stuck: Callable[[], None]) -> None:
        self._app: ScoringApp | None = None
        self._lanes = Lanes(self._score, threads, on_stuck)

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        return self._app is not None

    def put(self, asked: Asked, deadline: float) -> asyncio.Future[list[Record]]:
        """Queue rows; they are answered as soon as the model is ready."""
        return self._lanes.put(asked, deadline)

    async def load(self, folder: Path) -> None:
        """Load a bundle and try it out; `run` then answers with it.

        Raises
        ------
        BundleError
            If it does not answer the smoke list as it should.
        """
        self._app = await asyncio.to_thread(_tried_out, folder)

    async def run(self) -> None:
        """Answer what is queued, until cancelled."""
        await self._lanes.run()

    async def _score(self, rows: Sequence[Row], params: Mapping[str, Any]) -> list[Record]:
        if self._app is None:
            raise ScoringError("the model is not loaded")
        return await score(self._app, rows, params)


def _tried_out(folder: Path) -> ScoringApp:
    # MLflow takes two seconds to import: meanwhile the worker answers its probes
    from sseml.tracking.pyfunc import scoring_app  # noqa: PLC0415
    from sseml.tracking.smoke import smoke  # noqa: PLC0415

    app: ScoringApp = scoring_app(str(folder))

    def predict(table: Any, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows: list[Row] = [(formula, {}) for formula in table["formula"]]
        return [json.loads(record) for record in asyncio.run(score(app, rows, params))]

    if complaints := smoke(predict).complaints:
        raise BundleError(f"{folder} fails its smoke list: {'; '.join(complaints)}")
    return app
