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

from sseml.curation.released import DEFAULT_BUNDLE, released_folder


@pytest.mark.slow
def test_mlflow_serves_the_released_bundle(predicted: Callable[..., list[str]]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("mlflow")),
        *("models", "serve", "-m", str(released_folder() / DEFAULT_BUNDLE)),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)),
    ]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    process = subprocess.Popen(
        command, env={**os.environ, **quiet}, stderr=subprocess.DEVNULL, start_new_session=True
    )
    rows: list[dict[str, Any]] = [
        {"formula": "Li6PS5Cl", "temperature": 60.0},
        {"formula": "LLZO", "temperature": 25.0},
        {"formula": "Xx", "temperature": 25.0},
    ]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            wait_for(client)
            response = client.post("/invocations", json={"dataframe_records": rows})
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)
    records = [json.dumps(record, ensure_ascii=False) for record in response.json()["predictions"]]
    assert records == predicted(rows)


def wait_for(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/ping").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("mlflow models serve did not start")
