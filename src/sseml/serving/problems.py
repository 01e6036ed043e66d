"""Every way a request can fail: its code, its HTTP status and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands behind a code."""

    status: int
    meaning: str


PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        "malformed_json": Problem(400, "the body is not strict JSON in UTF-8, each key once"),
        "malformed_csv": Problem(400, "the body is not CSV in UTF-8"),
        "wrong_shape": Problem(400, "the rows are in none of the documented forms, or ragged"),
        "empty_input": Problem(400, "there is no row"),
        "missing_formula_column": Problem(400, "no column, or not every row, holds a formula"),
        "misspelt_column": Problem(400, "a heading is nearly one that would change the answer"),
        "wrong_type": Problem(400, "a formula is not text"),
        "too_many_columns": Problem(400, "more different headings than a table has"),
        "unknown_params": Problem(400, "a parameter that does not exist"),
        "bad_param": Problem(400, "a parameter with an impossible value"),
        "unusable_measured": Problem(400, "nothing in the param `measured` can be used"),
        "unauthorized": Problem(401, "the bearer token is missing or wrong"),
        "not_found": Problem(404, "there is no such path"),
        "method_not_allowed": Problem(405, "the path takes another method"),
        "slow_request": Problem(408, "the body did not arrive within the time limit"),
        "body_too_large": Problem(413, "the body is larger than the server takes"),
        "unsupported_content_type": Problem(415, "neither JSON nor CSV, or not in UTF-8"),
        "too_many_rows": Problem(422, "more rows than the server takes at a time"),
        "internal_error": Problem(500, "a fault of the server; its log names the request id"),
        "busy": Problem(503, "too many requests wait already; Retry-After says when to come back"),
        "not_ready": Problem(503, "the model is not loaded yet"),
        "timeout": Problem(504, "the answer took longer than the time limit"),
    }
)


class RequestError(Exception):
    """A request is refused as a whole, with a code of `PROBLEMS`.

    The message holds no word of the request, but for measurements that cannot be used.
    """

    def __init__(self, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = PROBLEMS[code].status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
