"""A real browser: Chromium, driven through its ChromeDriver over HTTP (W3C WebDriver)."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sseml.cli import main

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""How WebDriver names an element (https://www.w3.org/TR/webdriver2/#elements)."""

KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "ArrowRight": "\ue014", "Tab": "\ue004", "Space": " ",
    "Control": "\ue009",
}  # fmt: skip

TOKEN = "a-token-that-nobody-guesses-0123456789"


class Browser:
    """One window of Chromium."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120.0, trust_env=False)
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars"]
        if os.geteuid() == 0:  # Chromium has no sandbox for root
            arguments.append("--no-sandbox")
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._http.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
        answer.raise_for_status()
        self._session = f"/session/{answer.json()['value']['sessionId']}"

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(self._session + path, json=body)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value

    def open(self, page: Path | str, width: int = 1280, scheme: str = "light") -> None:
        """Open a page, a file or an address, in a window of this width with this colour scheme."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.cdp("Emulation.setEmulatedMedia", features=features)
        self._post("/url", {"url": page.as_uri() if isinstance(page, Path) else page})

    def cdp(self, command: str, **parameters: Any) -> Any:
        """Send a command of Chromium's own protocol."""
        return self._post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns; it is run by the driver, so the page's policy does not bind it."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector: str) -> str:
        """Text of the first element."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def texts(self, selector: str) -> list[str]:
        """Text of every element."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
        return list(self.run(script, selector))

    def click(self, selector: str) -> None:
        """Click as a person does: what is covered or out of sight cannot be."""
        self._post(f"/element/{self._find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self._post(f"/element/{self._find(selector)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, where the focus is."""
        actions = [
            {"type": action, "value": KEYS[key]} for key in keys for action in ("keyDown", "keyUp")
        ]
        self._post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def chord(self, held: str, key: str) -> None:
        """Press a key while another is held."""
        order = (("keyDown", held), ("keyDown", key), ("keyUp", key), ("keyUp", held))
        actions = [{"type": action, "value": KEYS[name]} for action, name in order]
        self._post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def write(self, text: str) -> None:
        """Type where the focus is."""
        actions = [{"type": each, "value": sign} for sign in text for each in ("keyDown", "keyUp")]
        self._post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def drop(self, selector: str, *files: Path) -> None:
        """Drop files on an element, as from a folder."""
        self.run(
            "const data = new DataTransfer();"
            "for (const [name, text] of arguments[1]) data.items.add(new File([text], name));"
            "const on = document.querySelector(arguments[0]);"
            "for (const kind of ['dragover', 'drop']) on.dispatchEvent("
            "new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));",
            selector,
            [[file.name, file.read_text(encoding="utf-8")] for file in files],
        )

    def accessible(self) -> list[dict[str, Any]]:
        """The nodes that a screen reader is given."""
        nodes = self.cdp("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node["ignored"]]

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a list."""
        self.run(
            "const one = document.querySelector(arguments[0]); one.value = arguments[1];"
            "for (const name of ['input', 'change'])"
            " one.dispatchEvent(new Event(name, {bubbles: true}));",
            selector,
            value,
        )

    def until(self, what: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not become so"
            time.sleep(0.03)

    def print(self) -> bytes:
        """The page as a PDF."""
        return base64.b64decode(self._post("/print", {"orientation": "landscape"}))

    def complaints(self) -> list[str]:
        """What the console says since the last time."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def requested(self) -> list[str]:
        """Addresses that were asked for since the last time."""
        found = []
        for entry in self._post("/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def close(self) -> None:
        """End Chromium."""
        self._http.delete(self._session)
        self._http.close()

    def _find(self, selector: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": selector})
        return str(found[_ELEMENT])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.fail(
            "these tests need Chromium and its driver: apt-get install -y chromium chromium-driver"
        )
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            started = (re.search(r"started successfully on port (\d+)", line)
                       for line in process.stdout)  # fmt: skip
            port = next(found[1] for found in started if found)
            window = Browser(f"http://127.0.0.1:{port}")
            try:
                yield window
            finally:
                window.close()
        finally:
            process.terminate()


@contextmanager
def asked_page(*options: str, **environment: str) -> Iterator[str]:
    """The address of `sseml serve --ui`."""
    command = [sys.executable, "-m", "sseml", "serve", "--ui", "--port", "0", *options]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as server:
        assert server.stderr is not None
        try:
            found = re.search(r"at (http://\S+)", server.stderr.readline())
            assert found
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield found[1]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """A page whose server asks for no token."""
    with asked_page() as address:
        yield address


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """A page whose server asks for `TOKEN`."""
    with asked_page(SSEML_SERVE_TOKEN=TOKEN) as address:
        yield address


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """A page whose server takes little at a time."""
    with asked_page("--max-body", "3kB", "--max-rows", "3") as address:
        yield address


MIXED = """\
formula,price,remark
Li6PS5Cl,120,<script>document.title = 'run'</script>
LLZO,80,a & b
"PEO + LiTFSI, EO:Li=18",60,a polymer
Li3YCl6,,
Li3InCl6,95,</script><img src=x onerror=document.title='run'>
Li2.5Lu0.5Hf0.5Cl6,300,
LiBH4,90,
NaCl,3,<b>no lithium</b>
Li3Po4,1,
LiF,5,
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a polymer, refused rows, and markup in the columns of the list."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "mixed.csv").write_text(MIXED, encoding="utf-8")
    page, answers = folder / "out.html", folder / "out.csv"
    assert main(["predict", "-i", str(folder / "mixed.csv"), "--report", str(page),
                 "--explain", "-o", str(answers)]) == 1  # fmt: skip
    return page


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 5,000 rows."""
    folder = tmp_path_factory.mktemp("long")
    formulas = [
        f"Li{3 - x:.4f}Y{1 - x:.4f}Zr{x:.4f}Cl6" for x in (n / 5001 for n in range(1, 5001))
    ]
    (folder / "long.txt").write_text("\n".join(formulas), encoding="utf-8")
    page = folder / "out.html"
    assert main(["predict", "-i", str(folder / "long.txt"), "--no-window", "--report", str(page),
                 "-o", str(folder / "out.csv")]) == 0  # fmt: skip
    return page
