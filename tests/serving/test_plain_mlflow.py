"""`mlflow models serve` takes the released bundle as it stands, and answers the same."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sseml.released import DEFAULT_BUNDLE, released_folder

START_LIMIT_S = 240.0


@pytest.mark.slow
def test_mlflow_serves_the_released_bundle(
    predicted: Callable[..., list[str]], tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scripts = Path(sys.executable).parent
    command = [
        str(scripts / "mlflow"),
        *("models", "serve", "-m", str(released_folder() / DEFAULT_BUNDLE)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)),
    ]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    # MLflow looks for uvicorn on the PATH, as an activated environment has it
    activated = {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    log = (tmp_path / "stderr").open("wb")
    process = subprocess.Popen(
        command, env={**os.environ, **quiet, **activated}, stderr=log, start_new_session=True
    )
    rows: list[dict[str, Any]] = [
        {"formula": "Li6PS5Cl", "temperature": 60.0},
        {"formula": "LLZO", "temperature": 25.0},
        {"formula": "Xx", "temperature": 25.0},
    ]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            wait_for(client, process, tmp_path / "stderr")
            response = client.post("/invocations", json={"dataframe_records": rows})
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait(30)
        log.close()
    records = [json.dumps(record, ensure_ascii=False) for record in response.json()["predictions"]]
    assert records == predicted(rows)


def wait_for(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    """MLflow imports for long on a machine that does other things at the same time."""
    late = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < late:
        try:
            if client.get("/ping").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"mlflow models serve did not start:\n{log.read_text()}")
