"""The page as one text: template, style and script of this folder, with the contents as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from sseml.files import whole_file
from sseml.records import RefusedInputError

_SCRIPTS = ("data.js", "draw.js", "table.js", "charts.js", "details.js", "start.js")
"""In the order in which they stand in the page: one module, each uses those before it."""

_ENDINGS = (".html", ".htm")


def require_page(path: str | Path) -> Path:
    """The path, if it ends like a page and a file can be written there; else it is refused."""
    target = Path(path)
    if target.suffix.lower() not in _ENDINGS:
        raise RefusedInputError(f"{target.name!r} does not end like a page", "end it in .html")
    if not target.parent.is_dir():
        raise RefusedInputError(f"there is no folder {target.parent}", "make it first")
    if target.is_dir():
        raise RefusedInputError(f"{target} is a folder", "name a file in it")
    return target


def page_html(contents: Mapping[str, Any]) -> str:
    """The page; the same contents give the same text.

    The browser is told to load nothing and to run no script but the one that is in it.
    """
    style = part("page.css")
    script = "\n".join(map(part, _SCRIPTS))
    return Template(part("page.html")).substitute(
        title=escape(str(contents["title"])),
        policy=policy(style, script),
        style=style,
        script=script,
        contents=json_in_html(contents),
    )


def write_page(contents: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page of `page_contents` to a file, whole or not at all; an older one is replaced.

    Raises
    ------
    RefusedInputError
        If the ending is not .html, there is no such folder, or the path is one.
    """
    target = require_page(path)
    with whole_file(target) as stream:
        stream.write(page_html(contents))
    return target


def policy(style: str, script: str) -> str:
    """A content security policy: nothing is loaded, and nothing else is run or styles the page."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
        f"script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def json_in_html(contents: Mapping[str, Any]) -> str:
    """JSON in which nothing can end or open an element."""
    text = json.dumps(contents, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _digest(text: str) -> str:
    """As a content security policy names an inline text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def part(name: str, package: str = "sseml.report.page") -> str:
    """The text of a file of the page, or of another page that is made like it."""
    return (files(package) / name).read_text(encoding="utf-8").strip()
