"""How a server starts, waits, gives up, is hurt and ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest

from sseml.model.folder import bundle_digest, write_checksums
from sseml.released import DEFAULT_BUNDLE, released_folder

ONE = {"inputs": ["LLZO"]}
MANY = {"inputs": [f"Li{6 + i / 10000:.4f}PS5Cl" for i in range(10_000)]}
HEAD = "POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"


def in_flight(server: Any) -> float:
    text = httpx.get(f"{server.url}/metrics", trust_env=False).text
    [line] = [line for line in text.splitlines() if line.startswith("sseml_requests_in_flight ")]
    return float(line.split()[1])


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def other_bundle(folder: Path) -> Path:
    """The released bundle with another text on its card, and so with another digest."""
    shutil.copytree(released_folder() / DEFAULT_BUNDLE, folder)
    with (folder / "card.md").open("a", encoding="utf-8") as card:
        card.write("\nThe other one.\n")
    write_checksums(folder)
    return folder


def point(link: Path, target: Path) -> None:
    """Let a link lead elsewhere, at no moment nowhere."""
    new = link.with_name("new")
    new.symlink_to(target)
    new.replace(link)


@pytest.fixture(scope="module")
def hasty(start: Any) -> Iterator[Any]:
    """A server with little patience and few seats."""
    with start("--timeout", 1, "--max-waiting", 3) as server:
        server.ask(ONE)
        yield server


def test_the_time_limit_ends_the_work_and_frees_the_worker(hasty: Any) -> None:
    [worker] = hasty.workers()
    response = hasty.ask(MANY)
    assert response.status_code == 504
    assert response.json()["error"]["code"] == "timeout"
    assert response.elapsed.total_seconds() < 3
    time.sleep(1.0)  # the batch that was under way
    before = hasty.cpu_s(worker)
    time.sleep(1.0)
    assert hasty.cpu_s(worker) - before < 0.3
    assert hasty.ask(ONE).status_code == 200
    assert hasty.workers() == [worker]


def test_a_body_that_trickles_in_is_not_waited_for(hasty: Any) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=30) as connection:
        connection.sendall(f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_who_comes_on_top_of_a_full_queue_is_told_to_come_back(hasty: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(hasty.ask, [MANY] * 8))
    busy = [response for response in responses if response.status_code == 503]
    assert busy
    assert all(response.json()["error"]["code"] == "busy" for response in busy)
    assert all(int(response.headers["retry-after"]) >= 1 for response in busy)
    assert {response.status_code for response in responses} <= {503, 504}
    hasty.until(lambda: hasty.ask(ONE).status_code == 200, 20)


def test_requests_before_the_model_is_ready_wait_for_it(start: Any) -> None:
    with start(wait=False) as server, server.client() as client:
        assert client.get("/ping").status_code == 200
        ready = client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["error"]["code"] == "not_ready"
        assert server.ask(ONE).status_code == 200
        assert client.get("/ready").status_code == 200


def test_what_is_under_way_is_answered_before_the_server_ends(start: Any) -> None:
    with start() as server, ThreadPoolExecutor(1) as pool:
        [worker] = server.workers()
        under_way = pool.submit(server.ask, {"inputs": MANY["inputs"][:2000]})
        server.until(lambda: in_flight(server) > 1)
        assert server.stop() == 0
        assert len(under_way.result().json()["predictions"]) == 2000
        assert not is_alive(worker)
        with pytest.raises(httpx.ConnectError):
            server.ask(ONE)
        assert not any("Traceback" in line for line in server.log), "".join(server.log)


@contextmanager
def connections(server: Any, sent: str, count: int) -> Iterator[list[socket.socket]]:
    """So many clients that have sent this, and then nothing more."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            stack.enter_context(connection)
            with suppress(ConnectionError):
                connection.sendall(sent.encode())
            opened.append(connection)
        yield opened


def test_heads_that_are_never_finished_do_not_take_a_server_down(start: Any) -> None:
    half = "GET /ping HTTP/1.1\r\nHost: here\r\n"
    with start(open_files=256) as server:
        with connections(server, half, 300), connections(server, "", 20):
            for _ in range(3):
                assert httpx.get(f"{server.url}/ping", trust_env=False).status_code == 200
                assert server.ask(ONE).status_code == 200
        assert not any("Too many open files" in line for line in server.log)


def test_many_connections_at_once_do_not_take_all_descriptors(start: Any) -> None:
    with start(open_files=256) as server:
        server.process.send_signal(signal.SIGSTOP)  # all of them wait when it goes on
        with connections(server, "", 300):
            server.process.send_signal(signal.SIGCONT)
            assert server.ask(ONE).status_code == 200
        assert not any("Too many open files" in line for line in server.log)


def test_a_head_that_is_not_finished_is_given_up(server: Any) -> None:
    begun = time.monotonic()
    with connections(server, "GET /ping HTTP/1.1\r\n", 1) as [half]:
        assert half.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert half.recv(65536) == b""
    assert time.monotonic() - begun < 20
    kept = HTTPConnection("127.0.0.1", server.port, timeout=30)
    with closing(kept):
        for pause_s in (11, 0):  # a connection that is kept may rest for longer
            kept.request("GET", "/ping")
            assert kept.getresponse().read() == b'{"status": "ok"}'
            opened = kept.sock
            time.sleep(pause_s)
        assert kept.sock is opened


def test_requests_without_a_body_make_nobody_wait(server: Any) -> None:
    with connections(server, f"{HEAD}Content-Length: 100\r\n\r\n", 100) as [first, *_]:
        begun = time.monotonic()
        assert server.ask(ONE).status_code == 200
        assert time.monotonic() - begun < 5
        assert first.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begun < 20


@pytest.mark.parametrize("workers", [1, 2])
def test_told_to_end_while_it_starts_it_still_answers_who_has_connected(
    start: Any, workers: int
) -> None:
    body = '{"inputs": ["LLZO"]}'
    whole = f"{HEAD}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with start(workers=workers, wait=False) as server, connections(server, whole, 30) as clients:
        server.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.settimeout(60)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(60) == 0


def test_workers_end_with_a_parent_that_is_killed(start: Any) -> None:
    with start() as server:
        [worker] = server.workers()
        server.process.kill()
        server.until(lambda: not is_alive(worker), 20)


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nobody_else_loses_an_answer(start: Any) -> None:
    with start("-q", workers=2) as server:
        server.wait_ready(2)
        victim, other = server.workers()
        with server.under_load() as load:
            time.sleep(1.5)
            killed = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            server.until(lambda: len(server.workers()) == 2)
            time.sleep(1.0)
        assert other in server.workers()
        assert set(load.statuses) == {200}
        assert set(load.ready) == {200}
        assert len(load.lost) <= 8  # at most one each: what was in flight when it was killed
        assert all(0 <= moment - killed < 5 for moment, _ in load.lost)
        assert any("takes its place" in line for line in server.log)


@pytest.mark.slow
def test_hup_replaces_every_worker_and_nobody_notices(start: Any, tmp_path: Path) -> None:
    old, new = "the-old-token-0123456789", "the-new-token-0123456789"
    file = tmp_path / "tokens"
    file.write_text(old, encoding="utf-8")
    with start("--token-file", file, workers=2) as server:
        server.wait_ready(2)
        before = set(server.workers())
        file.write_text(f"{new}\n", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        seen: set[int] = set()
        while before & set(server.workers()):
            seen.add(server.ask(ONE, new).status_code)
        server.wait_ready(2)
        assert seen
        assert seen <= {200, 401}
        assert server.ask(ONE, new).status_code == 200
        assert server.ask(ONE, old).status_code == 401
        file.unlink()
        server.process.send_signal(signal.SIGHUP)
        server.until(lambda: any("nothing is changed" in line for line in server.log))
        assert server.ask(ONE, new).status_code == 200


@pytest.mark.slow
def test_hup_to_another_model_loses_no_request(start: Any, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.symlink_to(released_folder() / DEFAULT_BUNDLE)
    other = other_bundle(tmp_path / "other")
    with start("-m", model, "-q", workers=2) as server:
        before = set(server.workers())
        point(model, other)
        with server.under_load() as load:
            server.process.send_signal(signal.SIGHUP)
            server.until(lambda: not before & set(server.workers()))
            server.wait_ready(2)
            time.sleep(1.0)
        assert load.lost == []
        assert set(load.statuses) == {200}
        assert set(load.ready) == {200}
        assert server.ask(ONE).json()["model"]["digest"] == bundle_digest(other)


@pytest.mark.slow
def test_hup_to_a_model_that_fails_its_smoke_list_keeps_the_old_one(
    start: Any, tmp_path: Path, silly_bundle: Path
) -> None:
    model = tmp_path / "model"
    model.symlink_to(released_folder() / DEFAULT_BUNDLE)
    with start("-m", model, "-q") as server:
        before = server.workers()
        old = server.ask(ONE).json()
        point(model, silly_bundle)
        server.process.send_signal(signal.SIGHUP)
        while not any("nothing is changed" in line for line in server.log):
            assert server.ask(ONE).json() == old
        assert any("fails its smoke list: Li7La3Zr2O12: answered in" in line for line in server.log)
        assert server.workers() == before
        os.kill(before[0], signal.SIGKILL)
        server.until(lambda: server.workers() not in (before, []))
        assert server.ask(ONE).json() == old


@pytest.mark.slow
def test_a_worker_that_is_stuck_is_replaced(start: Any, stuck_bundle: Path) -> None:
    with start("-m", stuck_bundle, "--timeout", 1, "-q") as server:
        [worker] = server.workers()
        with ThreadPoolExecutor(1) as pool:
            stuck = pool.submit(server.ask, {"inputs": ["Li6PS5Cl T=99"]})
            time.sleep(0.3)
            assert server.ask({"inputs": [*MANY["inputs"][:65]]}).status_code == 200
            assert stuck.result().status_code == 504
        server.until(lambda: not is_alive(worker), 30)
        server.until(lambda: server.ask(ONE).status_code == 200)
        assert worker not in server.workers()


@pytest.mark.slow
def test_a_bundle_that_fails_its_smoke_list_is_not_served(start: Any, silly_bundle: Path) -> None:
    with start("-m", silly_bundle, wait=False) as server:
        assert server.process.wait(60) == 2
        server.until(lambda: any("fails its smoke list" in line for line in server.log), 5)


@pytest.mark.slow
def test_a_registered_model_is_served_by_its_alias(start: Any, tmp_path: Path) -> None:
    bundle = released_folder() / DEFAULT_BUNDLE
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}"}
    sseml = [sys.executable, "-m", "sseml"]
    done = subprocess.run(
        [*sseml, "models", "register", str(bundle)],
        cwd=tmp_path,
        env={**os.environ, **store},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with start("-m", "models:/sseml@challenger", **store) as server:
        answer = server.ask(ONE).json()
        assert answer["model"]["digest"] == bundle_digest(bundle)
    missing = subprocess.run(
        [*sseml, "serve", "--port", "0", "-m", "models:/sseml@champion"],
        env={**os.environ, **store},
        capture_output=True,
        text=True,
        check=False,
    )
    assert missing.returncode == 2
    assert "no alias 'champion'" in missing.stderr
