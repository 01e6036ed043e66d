"""Who may ask, where the server listens, and what it will not start with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sseml.cli import main
from sseml.model.folder import write_checksums
from sseml.released import DEFAULT_BUNDLE, released_folder

ASKED = {"inputs": ["LLZO"]}


def serve(*options: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sseml", "serve", "--port", "0", *map(str, options)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


def refused(*options: object, **environment: str) -> str:
    ran = serve(*options, **environment)
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer TOKEN and more"},
        {"Authorization": "Basic TOKEN"},
        {"Authorization": "TOKEN"},
        {"X-Token": "TOKEN"},
        [("Authorization", "Bearer TOKEN"), ("Authorization", "Bearer TOKEN")],
    ],
)
def test_without_the_token_nothing_is_answered(guarded: Any, token: str, headers: Any) -> None:
    pairs = headers if isinstance(headers, list) else list(headers.items())
    sent = [(name, value.replace("TOKEN", token)) for name, value in pairs]
    with guarded.client() as client:
        for method, path in (
            ("POST", "/invocations"),
            ("GET", "/invocations"),
            ("GET", "/metrics"),
            ("GET", "/openapi.json"),
        ):
            response = client.request(method, path, headers=sent)
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.json()["error"]["code"] == "unauthorized"
            assert token not in response.text


def test_with_the_token_everything_is(guarded: Any, token: str) -> None:
    assert guarded.ask(ASKED, token).status_code == 200
    with guarded.client(token) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/openapi.json").json()["openapi"].startswith("3.")
        lowered = {"Authorization": f"bearer {token}"}
        assert client.get("/metrics", headers=lowered).status_code == 200


def test_probes_are_open(guarded: Any) -> None:
    with guarded.client() as client:
        for path in ("/ping", "/health", "/ready", "/version"):
            response = client.get(path)
            assert response.status_code == 200
            assert "server" not in response.headers


def test_the_log_holds_neither_token_nor_body(guarded: Any, token: str) -> None:
    guarded.ask({"inputs": ["Li6PS5Cl", "LiSecret"]}, token)
    guarded.ask(b'{"inputs": "LiSecret"}', token)
    with guarded.client(token) as client:
        client.get("/%0a%1b[31m2026 ERROR forged")
    log = "".join(guarded.log)
    assert "POST /invocations 200" in log
    assert "POST /invocations 400" in log
    assert token not in log
    assert "LiSecret" not in log
    assert "\x1b" not in log
    assert not any(line.startswith("2026 ERROR") for line in guarded.log)


def test_it_does_not_listen_to_others_without_a_token(tmp_path: Path) -> None:
    assert "--token-file" in refused("--host", "0.0.0.0")
    assert "--token-file" in refused("--host", "::")
    empty = tmp_path / "token"
    empty.write_text("\n", encoding="utf-8")
    assert "holds no token" in refused("--host", "0.0.0.0", "--token-file", empty)
    empty.write_text("secret\n", encoding="utf-8")
    said = refused("--token-file", empty)
    assert "shorter than 16" in said
    assert "secret" not in said
    assert "cannot be read" in refused("--token-file", tmp_path / "none")
    assert "holds no token" in refused(SSEML_SERVE_TOKEN="")
    assert "no-such-host" in refused("--host", "no-such-host.invalid")


def test_a_port_in_use_and_a_wrong_option_are_said(server: Any) -> None:
    assert "in use" in refused("--port", server.port)
    assert "not a size" in refused("--max-body", "4 apples")
    assert "whole number" in refused("--workers", 0)
    assert "not a port" in refused("--port", 70000)
    assert "not a time" in refused("--timeout", "-1")


def test_a_bundle_that_cannot_be_served_is_refused_before_anything_listens(tmp_path: Path) -> None:
    released = released_folder() / DEFAULT_BUNDLE
    assert "is no folder" in refused("-m", tmp_path / "nowhere")
    damaged = tmp_path / "damaged"
    shutil.copytree(released, damaged)
    with (damaged / "forest.npz").open("ab") as file:
        file.write(b"x")
    assert "is damaged" in refused("-m", damaged)
    plain = tmp_path / "plain"
    shutil.copytree(released, plain)
    (plain / "MLmodel").unlink()
    write_checksums(plain)
    assert "MLmodel is missing" in refused("-m", plain)


def test_the_description_is_printed() -> None:
    ran = serve("--openapi", "--max-rows", 7)
    assert ran.returncode == 0
    assert '"maxItems": 7' in ran.stdout


def test_two_tokens_open_the_door_while_one_replaces_the_other(start: Any, tmp_path: Path) -> None:
    old, new = "the-old-token-0123456789", "the-new-token-0123456789"
    file = tmp_path / "tokens"
    file.write_text(f"{old}\n{new}\n", encoding="utf-8")
    with start("--token-file", file, "--host", "0.0.0.0", "-q", wait=False) as server:
        for token, status in ((old, 200), (new, 200), (f"{old}{new}", 401)):
            headers = {"Authorization": f"Bearer {token}"}
            url = f"http://127.0.0.1:{server.port}/metrics"
            assert httpx.get(url, headers=headers, trust_env=False).status_code == status


def test_more_workers_than_a_machine_can_hold_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", "--workers", "100000"]) == 2
    assert "too many" in capsys.readouterr().err
