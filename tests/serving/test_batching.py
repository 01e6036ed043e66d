"""Which requests are scored together, and what happens to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sseml.serving.batching import Batching, numbered_rows
from sseml.serving.request import Asked, Row
from sseml.serving.worker import LARGE, SMALL


def asked(*formulas: str, **params: Any) -> Asked:
    return Asked([Row(formula, {}) for formula in formulas], params)


def run(work: Callable[[Batching], Awaitable[None]]) -> None:
    async def with_queue() -> None:
        await work(Batching())

    asyncio.run(with_queue())


def test_small_requests_are_taken_together_and_rows_keep_their_numbers() -> None:
    async def work(batching: Batching) -> None:
        batching.put(asked("LLZO", "LiI"), 1.0)
        batching.put(asked("Li3N"), 1.0)
        jobs = await batching.next(SMALL)
        rows = [("LLZO", (1, {})), ("LiI", (2, {})), ("Li3N", (1, {}))]
        assert numbered_rows(jobs) == rows

    run(work)


def test_other_params_sweeps_and_many_rows_are_kept_apart() -> None:
    async def work(batching: Batching) -> None:
        batching.put(asked("LLZO"), 1.0)
        batching.put(asked("LLZO", temperature_C=60.0), 1.0)
        batching.put(asked("La2/3-xLi3xTiO3 x=0:0.1:0.02"), 1.0)
        batching.put(asked(*["LiI"] * 65), 1.0)
        assert [len(await batching.next(SMALL)) for _ in range(2)] == [1, 1]
        assert [len(await batching.next(LARGE)) for _ in range(2)] == [1, 1]

    run(work)


def test_who_is_asked_again_is_scored_alone_and_who_has_left_not_at_all() -> None:
    async def work(batching: Batching) -> None:
        for _ in range(2):
            batching.put(asked("LLZO"), 1.0)
        batching.put(asked("LiI"), 1.0).cancel()
        for job in await batching.next(SMALL):
            batching.retry(job)
        assert [len(await batching.next(SMALL)) for _ in range(2)] == [1, 1]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(batching.next(SMALL), 0.05)

    run(work)
