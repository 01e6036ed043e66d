"""The two ends of the serving benchmark: servers started on loopback, and a client for them."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FORMULAS = Path(__file__).parents[1] / "tests" / "data" / "real_formulas.csv.gz"
CONVENTIONAL = Path(__file__).with_name("conventional_serving.py")
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "OPENBLAS_NUM_THREADS": "1"}
JSON = b"Content-Type: application/json\r\n"
START_S = 120.0


class Server(NamedTuple):
    """A server under measurement: its process and its port."""

    process: subprocess.Popen[str]
    port: int


class Connection:
    """A client that keeps its connection, and opens another one after a failure."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, body: bytes, path: str = "/invocations", header: bytes = JSON
    ) -> tuple[int, bytes]:
        """POST a body, or GET where there is none; the status and the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        method = b"POST" if body else b"GET"
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        try:
            writer.write(
                b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n%s"
                % (method, path.encode(), header, length, body)
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = re.search(rb"content-length: (\d+)", head)
            answer = await reader.readexactly(int(size[1]) if size else 0)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise
        if b"connection: close" in head:
            self.close()
        return int(head.split()[1]), answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


def lithium_formulas(count: int) -> list[str]:
    with gzip.open(FORMULAS, "rt", encoding="utf-8", newline="") as stream:
        every = [row["formula"] for row in csv.DictReader(stream)]
    return [formula for formula in every if "Li" in formula][:count]


def asking(formulas: list[str], **params: object) -> bytes:
    table = {"columns": ["formula"], "data": [[formula] for formula in formulas]}
    return json.dumps({"dataframe_split": table, **({"params": params} if params else {})}).encode()


@contextlib.contextmanager
def sseml(*options: str, workers: int = 1) -> Iterator[Server]:
    """`sseml serve`, once all its workers are ready."""
    command = [sys.executable, "-m", "sseml", "serve", "-q", "--port", "0", *options]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)], stderr=log, text=True, env=os.environ | QUIET
        )
        try:
            end = time.monotonic() + START_S
            said = ""
            while said.count(" is ready") < workers:
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"sseml serve did not start:\n{said}")
                time.sleep(0.1)
                log.seek(0)
                said = log.read()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
            yield Server(process, int(found[1]) if found else 0)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@contextlib.contextmanager
def plain_mlflow(folder: Path) -> Iterator[Server]:
    """`mlflow models serve` of a model that featurizes with matminer."""
    subprocess.run(
        [sys.executable, str(CONVENTIONAL), str(folder)], check=True, env=os.environ | QUIET
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--timeout", "600"),
    ]
    process = subprocess.Popen(
        command,
        env=os.environ | QUIET,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + START_S
        while asyncio.run(ping(port)) is None:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("mlflow models serve did not start")
            time.sleep(0.2)
        yield Server(process, port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


async def ping(port: int) -> float | None:
    """Seconds until /ping answers, over a connection of its own."""
    start = time.perf_counter()
    connection = Connection(port)
    try:
        status, _ = await connection.ask(b"", "/ping")
    except OSError:
        return None
    finally:
        connection.close()
    return time.perf_counter() - start if status == 200 else None


async def timed(port: int, body: bytes) -> float:
    connection = Connection(port)
    start = time.perf_counter()
    status, answer = await connection.ask(body)
    seconds = time.perf_counter() - start
    connection.close()
    if status != 200:
        raise SystemExit(f"{status}: {answer[:500]!r}")
    return seconds


async def workers_of(port: int) -> dict[int, float]:
    """Process id and resident bytes of every worker."""
    connection = Connection(port)
    _, text = await connection.ask(b"", "/metrics")
    connection.close()
    lines = re.findall(rb'sseml_worker_resident_bytes\{pid="(\d+)"\} (\S+)', text)
    return {int(pid): float(value) for pid, value in lines}


async def memory(port: int) -> float:
    """Resident bytes of the server and all its workers."""
    connection = Connection(port)
    _, text = await connection.ask(b"", "/metrics")
    connection.close()
    found = re.search(rb"^process_resident_memory_bytes (\S+)", text, re.MULTILINE)
    own = float(found[1]) if found else 0.0
    return own + sum((await workers_of(port)).values())


async def ready_workers(port: int) -> int:
    connection = Connection(port)
    _, text = await connection.ask(b"", "/metrics")
    connection.close()
    found = re.search(rb"^sseml_ready_workers (\S+)", text, re.MULTILINE)
    return int(float(found[1])) if found else 0
