"""Real servers on loopback, started by the command a person types, and asked by a real client."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from sseml.released import DEFAULT_BUNDLE, POLYMER_BUNDLE, released_folder

TOKEN = "a-token-that-nobody-guesses-0123456789"
_STARTS_WITHIN_S = 90.0

Start = Callable[..., "Server"]


@dataclass
class Load:
    """What clients saw: statuses of answers and of /ready, and when which request was lost."""

    statuses: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    lost: list[tuple[float, str]] = field(default_factory=list)


@dataclass
class Server:
    """A running `sseml serve`."""

    process: subprocess.Popen[str]
    url: str = ""
    log: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def ask(self, document: Any, token: str | None = None) -> httpx.Response:
        """POST a document, or bytes as they are, to /invocations."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        with self.client(token) as client:
            return client.post(
                "/invocations", content=body, headers={"Content-Type": "application/json"}
            )

    def rows(self, document: Any, token: str | None = None) -> list[str]:
        """The records of an answer, each written as `sseml predict` writes it."""
        return rows_of(self.ask(document, token))

    def workers(self) -> list[int]:
        """Process ids that have said that they are ready and still live."""
        said = [
            int(found[1]) for line in self.log if (found := re.search(r"worker (\d+) is", line))
        ]
        return [pid for pid in said if Path(f"/proc/{pid}").exists()]

    @staticmethod
    def cpu_s(pid: int) -> float:
        """CPU that a worker has used."""
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def wait_ready(self, workers: int = 1) -> None:
        """Wait until so many workers have said that they are ready."""
        self.until(lambda: len(self.workers()) >= workers or self.process.poll() is not None)
        assert self.process.poll() is None, "".join(self.log)

    @staticmethod
    def until(done: Callable[[], Any], seconds: float = _STARTS_WITHIN_S) -> None:
        """Wait for something that happens elsewhere."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)

    @contextmanager
    def under_load(self, clients: int = 8) -> Iterator[Load]:
        """Clients that ask for one formula after another, each over a connection it keeps."""
        load = Load()
        stop = threading.Event()

        def ask() -> None:
            with self.client() as client:
                while not stop.is_set():
                    try:
                        answer = client.post("/invocations", json={"inputs": ["LLZO"]})
                        load.statuses.append(answer.status_code)
                        load.ready.append(client.get("/ready").status_code)
                    except httpx.TransportError as error:
                        load.lost.append((time.monotonic(), repr(error)))

        with ThreadPoolExecutor(clients) as pool:
            jobs = [pool.submit(ask) for _ in range(clients)]
            try:
                yield load
            finally:
                stop.set()
            for job in jobs:
                job.result()

    def stop(self) -> int:
        """End it as a service manager does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def listen(self) -> None:
        """Keep what it writes on standard error."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)


def rows_of(response: httpx.Response) -> list[str]:
    """The records of an answer, each written as `sseml predict` writes it."""
    assert response.status_code == 200, response.text
    return [json.dumps(record, ensure_ascii=False) for record in response.json()["predictions"]]


@contextmanager
def started(
    *options: object,
    workers: int = 1,
    wait: bool = True,
    open_files: int | None = None,
    **environment: str,
) -> Iterator[Server]:
    command = [sys.executable, "-m", "sseml", "serve", "--port", "0", "--workers", str(workers)]
    if open_files:
        command = ["sh", "-c", f'ulimit -n {open_files} && exec "$@"', "sh", *command]
    process = subprocess.Popen(
        [*command, *map(str, options)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    server = Server(process)
    reader = threading.Thread(target=server.listen, daemon=True)
    reader.start()
    try:
        server.until(lambda: server.log or process.poll() is not None)
        found = re.search(r"at (http://\S+)", server.log[0])
        assert found, server.log
        server.url = found[1]
        if wait:
            server.wait_ready(workers)
        yield server
    finally:
        server.stop()
        reader.join(10)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One worker with the default limits, open to this machine."""
    with started() as running:
        yield running


@pytest.fixture(scope="session")
def polymer_server() -> Iterator[Server]:
    """One worker with the released bundle of polymers."""
    with started("-m", released_folder() / POLYMER_BUNDLE) as running:
        yield running


@pytest.fixture(scope="session")
def guarded() -> Iterator[Server]:
    """Two workers behind a token."""
    with started(workers=2, SSEML_SERVE_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="session")
def token() -> str:
    return TOKEN


@pytest.fixture(scope="session")
def start() -> Start:
    return started


@pytest.fixture
def predicted(tmp_path: Path) -> Callable[..., list[str]]:
    """What `sseml predict --format jsonl` writes about the same rows, line by line."""

    def predict(rows: list[Any], *options: str) -> list[str]:
        file = tmp_path / "rows.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        file.write_text("".join(lines), encoding="utf-8")
        command = [sys.executable, "-m", "sseml", "predict", "-i", str(file), "--format", "jsonl"]
        ran = subprocess.run(
            [*command, *options], capture_output=True, encoding="utf-8", check=False
        )
        assert ran.returncode in (0, 1), ran.stderr
        return ran.stdout.splitlines()

    return predict


_PECULIAR = """
import sys
import time
from importlib.util import find_spec
from pathlib import Path


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "sseml.tracking.pyfunc":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        load = spec.loader.exec_module
        spec.loader.exec_module = lambda module: (load(module), make_peculiar(module))
        return spec


class Model:
    def __init__(self, model, kind):
        self._model, self._kind = model, kind

    def get_raw_model(self):
        return self._model.get_raw_model()

    def predict(self, model_input, params=None):
        if self._kind == "stuck" and any("T=99" in text for text in model_input["formula"]):
            time.sleep(3600)
        answers = self._model.predict(model_input, params)
        return answers[::-1] if self._kind == "silly" else answers


def make_peculiar(module):
    load = module._load_pyfunc
    module._load_pyfunc = lambda path: Model(load(path), Path(path).name)


sys.meta_path.insert(0, Finder())
"""


@pytest.fixture
def stuck_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The released bundle, which never comes back from one temperature."""
    return _peculiar(tmp_path / "stuck", monkeypatch)


@pytest.fixture
def silly_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The released bundle, which answers in the wrong order."""
    return _peculiar(tmp_path / "silly", monkeypatch)


def _peculiar(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The released bundle in a folder whose name says how processes yet to start answer by it."""
    code = folder.parent / "peculiar"
    code.mkdir()
    (code / "sitecustomize.py").write_text(_PECULIAR, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(code))
    return Path(shutil.copytree(released_folder() / DEFAULT_BUNDLE, folder))
