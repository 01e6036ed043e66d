"""What serving must reach: real servers on loopback, one table.

python benchmarks/serving.py [--json] [--only speed clients body rows kill] [--soak MINUTES]

    speed    1,000 formulas in a request, against a model that featurizes with matminer's Magpie
             preset and predicts with XGBoost, served by plain `mlflow models serve`; in turn
    clients  one formula a request, 16 clients at a time
    body     50 MB to a server that takes 4 MB: time to the 413, and the slowest /ping meanwhile
    rows     one bad formula among 1,000
    kill     `kill -9` of one of two workers under load
    soak     8 clients, good and malformed requests mixed, for as long as `--soak` says

All clients live in this one process. Needs Linux and matminer (`pip install sseml[dev]`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from serving_ends import (
    JSON,
    Connection,
    asking,
    lithium_formulas,
    memory,
    ping,
    plain_mlflow,
    ready_workers,
    sseml,
    timed,
    workers_of,
)

PARTS = ("speed", "clients", "body", "rows", "kill")


class Figure(NamedTuple):
    """One measured value, and what it must not pass; `at_least` or `at_most`, or neither."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def good(self) -> bool:
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def speed(repeats: int) -> Iterator[Figure]:
    formulas = lithium_formulas(1000)
    body = asking(formulas)
    conductivity_alone = asking(formulas, window=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        plain_mlflow(Path(folder) / "model") as theirs,
        sseml() as ours,
    ):
        pairs = []
        for turn in range(repeats + 1):
            asked = ((ours, conductivity_alone), (theirs, body), (ours, body))
            pair = [asyncio.run(timed(server.port, sent)) for server, sent in asked]
            if turn:  # the first warms both up
                pairs.append(pair)
    mine, other, windows = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Figure("1,000 formulas, conductivity alone, p50", mine, "s")
    yield Figure("1,000 formulas, p50, matminer", other, "s")
    yield Figure("times faster", other / mine, "", at_least=7.0)
    yield Figure("1,000 formulas, with windows, p50", windows, "s")


def clients(requests: int, workers: int) -> Iterator[Figure]:
    formulas = lithium_formulas(1300)

    async def one(number: int, port: int, seconds: list[float]) -> None:
        connection = Connection(port)
        for i in range(requests):
            body = asking([formulas[(number * 83 + i) % len(formulas)]])
            start = time.perf_counter()
            status, _ = await connection.ask(body)
            seconds.append(time.perf_counter() - start)
            if status != 200:
                raise SystemExit(f"{status} for one formula")
        connection.close()

    async def all_of(port: int, number: int) -> list[float]:
        seconds: list[float] = []
        await asyncio.gather(*(one(i, port, seconds) for i in range(number)))
        return sorted(seconds)

    with sseml(workers=workers) as server:
        asyncio.run(all_of(server.port, 16))
        alone = asyncio.run(all_of(server.port, 1))
        start = time.perf_counter()
        seconds = asyncio.run(all_of(server.port, 16))
        spent = time.perf_counter() - start
    label = f"{workers} worker" + "s" * (workers > 1)
    yield Figure(f"one formula, one client, p50, {label}", 1e3 * statistics.median(alone), "ms")
    yield Figure(f"one formula, 16 clients, p50, {label}", 1e3 * statistics.median(seconds), "ms")
    p99 = 1e3 * seconds[int(0.99 * len(seconds))]
    yield Figure(f"one formula, 16 clients, p99, {label}", p99, "ms", at_most=150.0)
    yield Figure(f"one formula, 16 clients, {label}", len(seconds) / spent, "requests/s")


def large_body() -> Iterator[Figure]:
    block = b"x" * 1_000_000

    async def measured(port: int) -> tuple[float, float, int]:
        pings: list[float] = []
        finished = asyncio.Event()

        async def keep_pinging() -> None:
            while not finished.is_set():
                pings.append(await ping(port) or float("inf"))

        pinging = asyncio.create_task(keep_pinging())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        start = time.perf_counter()
        writer.write(
            b"POST /invocations HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 50000000\r\n\r\n"
            % JSON
        )

        async def send() -> None:
            for _ in range(50):
                writer.write(block)
                await writer.drain()

        sending = asyncio.create_task(send())
        head = await reader.readuntil(b"\r\n\r\n")
        seconds = time.perf_counter() - start
        await sending
        await reader.read()
        finished.set()
        await pinging
        writer.close()
        return seconds, max(pings), int(head.split()[1])

    with sseml() as server:
        results = [asyncio.run(measured(server.port)) for _ in range(3)]
    yield Figure("50 MB, status", max(status for *_, status in results), "", 413, 413)
    yield Figure("50 MB, time to the answer", 1e3 * max(s for s, *_ in results), "ms", at_most=1000)
    yield Figure("50 MB, slowest /ping", 1e3 * max(p for _, p, _ in results), "ms", at_most=200.0)


def bad_row() -> Iterator[Figure]:
    formulas = lithium_formulas(1000)
    formulas[500] = "Li6PS5Xx"

    async def ask(port: int) -> tuple[int, bytes]:
        return await Connection(port).ask(asking(formulas))

    with sseml() as server:
        status, answer = asyncio.run(ask(server.port))
    counts = Counter(record["status"] for record in json.loads(answer)["predictions"])
    yield Figure("1 bad formula in 1,000, status", status, "", 200, 200)
    yield Figure("1 bad formula in 1,000, answers", counts["ok"], "", 999, 999)
    yield Figure("1 bad formula in 1,000, errors", counts["error"], "", 1, 1)


def kill() -> Iterator[Figure]:
    formulas = lithium_formulas(1300)

    async def measured(port: int) -> tuple[int, int, int, float]:
        counts: Counter[int] = Counter()
        failed: list[float] = []
        finished = asyncio.Event()

        async def one(number: int) -> None:
            connection = Connection(port)
            while not finished.is_set():
                body = asking([formulas[(number * 83 + counts.total()) % len(formulas)]])
                try:
                    status, _ = await connection.ask(body)
                    counts[status] += 1
                except (OSError, asyncio.IncompleteReadError):
                    failed.append(time.perf_counter())
            connection.close()

        loads = [asyncio.create_task(one(i)) for i in range(16)]
        await asyncio.sleep(3)
        victim = min(await workers_of(port))
        killed = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        while victim in await workers_of(port) or await ready_workers(port) < 2:
            await asyncio.sleep(0.1)
        back_s = time.perf_counter() - killed
        await asyncio.sleep(3)
        finished.set()
        await asyncio.gather(*loads)
        late = sum(moment - killed > 1.0 for moment in failed)
        return counts[200], counts.total() - counts[200] + late, len(failed), back_s

    with sseml(workers=2) as server:
        answered, others, failed, back_s = asyncio.run(measured(server.port))
    yield Figure("kill -9, answered", answered)
    yield Figure("kill -9, in flight and lost", failed, "", at_most=16)
    yield Figure("kill -9, other failures", others, "", at_most=0)
    yield Figure("kill -9, the new worker answers after", back_s, "s")


def soak(minutes: float) -> Iterator[Figure]:
    formulas = lithium_formulas(1300)
    malformed: list[Callable[[Connection], Awaitable[tuple[int, bytes]]]] = [
        lambda c: c.ask(b"{"),
        lambda c: c.ask(b'{"inputs": []}'),
        lambda c: c.ask(b'{"inputs": [1]}'),
        lambda c: c.ask(b'{"dataframe_records": [{"a": 1}]}'),
        lambda c: c.ask(b'{"dataframe_split": {"columns": ["formula"], "data": [[]]}}'),
        lambda c: c.ask(asking(["LLZO"]), header=b"Content-Type: text/plain\r\n"),
        lambda c: c.ask(json.dumps({"inputs": ["LLZO"] * 10_001}).encode()),
        lambda c: c.ask(b"x" * 5_000_000),
        lambda c: c.ask(b"", "/nowhere"),
        lambda c: c.ask(b"", "/invocations"),
    ]

    async def measured(port: int) -> tuple[Counter[int], float, float, float]:
        counts: Counter[int] = Counter()
        seconds: list[float] = []
        end = time.perf_counter() + 60 * minutes

        async def one(number: int) -> None:
            connection = Connection(port)
            turn = number * 97
            while time.perf_counter() < end:
                turn += 1
                start = time.perf_counter()
                if turn % 5 == 0:
                    status, _ = await malformed[turn // 5 % len(malformed)](connection)
                else:
                    count = 200 if turn % 50 == 1 else 1 + turn % 7
                    first = turn * 13 % 1000
                    rows = [*formulas[first : first + count], f"Bad{turn}"]
                    status, _ = await connection.ask(asking(rows))
                    seconds.append(time.perf_counter() - start)
                counts[status] += 1
            connection.close()

        loads = [asyncio.create_task(one(i)) for i in range(8)]
        await asyncio.sleep(min(60.0, 20 * minutes))
        warm = await memory(port)
        await asyncio.gather(*loads)
        await asyncio.sleep(6)
        cold = await memory(port)
        return counts, warm, cold, sorted(seconds)[int(0.99 * len(seconds))]

    with sseml(workers=2) as server:
        counts, warm, cold, p99_s = asyncio.run(measured(server.port))
    for status, count in sorted(counts.items()):
        yield Figure(f"soak, status {status}", count)
    failures = sum(count for status, count in counts.items() if status >= 500)
    yield Figure("soak, 5xx", failures, "", at_most=0)
    yield Figure("soak, p99 of good requests", 1e3 * p99_s, "ms")
    yield Figure("soak, memory after warm-up", warm / 1e6, "MB")
    yield Figure("soak, growth of memory", 100 * (cold / warm - 1), "%", at_most=5.0)


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "speed": lambda: speed(arguments.repeats),
        "clients": lambda: clients(arguments.requests, arguments.workers),
        "body": large_body,
        "rows": bad_row,
        "kill": kill,
    }
    for name in arguments.only:
        yield from parts[name]()
    if arguments.soak:
        yield from soak(arguments.soak)


def main() -> int:
    """Print the figures; 1 if one misses its floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--workers", type=int, default=1, help="for `clients` (default: 1)")
    parser.add_argument("--requests", type=int, default=100, help="of each client (default: 100)")
    parser.add_argument("--repeats", type=int, default=5, help="for `speed` (default: 5)")
    arguments = parser.parse_args()
    figures = []
    for figure in measure(arguments):
        figures.append(figure)
        if not arguments.json:
            floor = "" if figure.at_least is None else f"≥ {figure.at_least:g} "
            ceiling = "" if figure.at_most is None else f"≤ {figure.at_most:g}"
            verdict = "" if figure.good else "  MISSED"
            value = f"{figure.value:,.4g} {figure.unit}"
            print(f"{figure.name:46s} {value:>18s}  {floor}{ceiling}{verdict}", flush=True)
    if arguments.json:
        print(
            json.dumps(
                {f.name: {"value": f.value, "unit": f.unit, "good": f.good} for f in figures}
            )
        )
    return int(not all(figure.good for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
