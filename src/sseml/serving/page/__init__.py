"""The page for colleagues: one text that asks the endpoint, and what a browser may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from string import Template

from sseml._version import __version__
from sseml.columns import COLUMNS
from sseml.report.page.html import json_in_html, part, policy
from sseml.serving.settings import Limits

_OWN_STYLE = "ask.css"
_SHARED_STYLE, _SHARED_SCRIPT = "page.css", "draw.js"
"""Of the page of reports, which this one looks like."""
_SCRIPTS = ("given.js", "answers.js", "ask.js")
"""In the order in which they stand in the page: one module, each uses those before it."""

HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a server with these limits; it holds no data, and loads nothing.

    `policy` is its content security policy: it may ask its own server, and nobody else.
    """

    limits: Limits
    template: Template
    style: str
    script: str
    policy: str

    @classmethod
    def of(cls, limits: Limits) -> Page:
        """Put it together from the files of this folder."""
        style = "\n".join((part(_SHARED_STYLE), part(_OWN_STYLE, __name__)))
        own = (part(name, __name__) for name in _SCRIPTS)
        script = "\n".join((part(_SHARED_SCRIPT), *own))
        more = "connect-src 'self'; frame-ancestors 'none'"
        template = Template(part("page.html", __name__))
        return cls(limits, template, style, script, f"{policy(style, script)}; {more}")

    def html(self, *, needs_token: bool) -> str:
        """Its text, for a server that asks for a token or for one that does not."""
        contents = {
            "columns": [column.name for column in COLUMNS],
            "most_bytes": self.limits.body_bytes,
            "most_rows": self.limits.rows,
            "needs_token": needs_token,
        }
        return self.template.substitute(
            version=escape(__version__),
            style=self.style,
            script=self.script,
            contents=json_in_html(contents),
        )
