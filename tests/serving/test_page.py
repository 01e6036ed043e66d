"""The page for colleagues: served where asked for, closed to everything but its own server."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sseml.render import OUTPUT_COLUMNS


@pytest.fixture(scope="module")
def open_page(start: Any) -> Iterator[Any]:
    with start("--ui", "--max-rows", 7, wait=False) as server:
        yield server


@pytest.fixture(scope="module")
def guarded_page(start: Any, token: str) -> Iterator[Any]:
    with start("--ui", wait=False, SSEML_SERVE_TOKEN=token) as server:
        yield server


def contents(text: str) -> dict[str, Any]:
    """What the page is told by the server."""
    [found] = re.findall(r'id="contents">(.*?)</script>', text, re.DOTALL)
    told: dict[str, Any] = json.loads(found)
    return told


def test_without_being_asked_for_there_is_no_page(server: Any, guarded: Any) -> None:
    with server.client() as client:
        response = client.get("/")
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
    with guarded.client() as client:
        assert client.get("/").status_code == 401


def test_the_page_knows_the_columns_and_the_limits(open_page: Any) -> None:
    with open_page.client() as client:
        response = client.get("/")
        assert client.head("/").status_code == 200
        assert client.post("/").status_code == 405
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    told = contents(response.text)
    assert told["columns"] == list(OUTPUT_COLUMNS)
    assert (told["most_rows"], told["most_bytes"]) == (7, 4_000_000)
    assert told["needs_token"] is False
    assert any("open it in a browser" in line for line in open_page.log)


def test_the_browser_may_run_this_page_alone_and_ask_nobody_else(open_page: Any) -> None:
    with open_page.client() as client:
        response = client.get("/")
    policy = dict(
        part.strip().split(" ", 1)
        for part in response.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for tag, name in (("style", "style-src"), ('script type="module"', "script-src")):
        [inside] = re.findall(f"<{tag}>(.*?)</", response.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert policy[name] == f"'sha256-{digest}'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert "innerHTML" not in response.text
    outside = re.findall(r"https?://[^\s\"'`<]+", response.text)
    assert {url.split("/")[2] for url in outside} <= {"doi.org", "www.w3.org"}


def test_behind_a_token_the_page_is_open_and_holds_none(guarded_page: Any, token: str) -> None:
    with guarded_page.client() as client:
        response = client.get("/")
        assert response.status_code == 200
        assert client.get("/openapi.json").status_code == 401
        assert client.post("/invocations", json={"inputs": ["LLZO"]}).status_code == 401
    assert contents(response.text)["needs_token"] is True
    assert token not in response.text
