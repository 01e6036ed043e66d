"""The description of the endpoint in OpenAPI 3.1, made from the tables it answers by."""

from __future__ import annotations

from typing import Any

from sseml._version import __version__
from sseml.columns import NESTED, PREDICTION_COLUMNS
from sseml.serving.problems import PROBLEMS
from sseml.serving.settings import Limits

_Schema = dict[str, Any]

_TEXT_OR_NULL: _Schema = {"type": ["string", "null"]}
_OR_NULL: dict[type, _Schema] = {
    str: _TEXT_OR_NULL,
    int: {"type": ["integer", "null"]},
    float: {"type": ["number", "null"]},
}

_EVERYWHERE = ("internal_error",)
_GUARDED = ("unauthorized", "internal_error")
_OF_INVOCATIONS = tuple(code for code in PROBLEMS if code != "not_found")
_EXAMPLE_ROWS = [{"formula": "Li6PS5Cl", "temperature": 60}, {"formula": "LLZO"}]


def description(limits: Limits) -> dict[str, Any]:
    """Describe every path, schema and code.

    Parameters
    ----------
    limits
        Of the server that is described.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sseml",
            "version": __version__,
            "description": "Ionic conductivity of solid Li electrolytes from their formulas.",
        },
        "paths": {
            "/ping": {"get": _get("Whether the process answers.", "Status")},
            "/health": {"get": _get("The same as /ping.", "Status")},
            "/ready": {
                "get": _get(
                    "Whether the model has answered its smoke list.",
                    "Ready",
                    codes=("not_ready", *_EVERYWHERE),
                )
            },
            "/version": {"get": _get("The versions of sseml and of MLflow.", "Version")},
            "/metrics": {"get": _metrics()},
            "/openapi.json": {"get": _get("This description.", "Object", codes=_GUARDED)},
            "/invocations": {"post": _invocations(limits)},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(limits),
        },
    }


def _get(summary: str, schema: str, codes: tuple[str, ...] = _EVERYWHERE) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {"200": _content(summary, schema), **_refusals(codes)},
    }
    return operation | ({"security": [{"token": []}, {}]} if "unauthorized" in codes else {})


def _metrics() -> dict[str, Any]:
    return {
        "summary": "Counts of all workers for Prometheus.",
        "security": [{"token": []}, {}],
        "responses": {
            "200": {
                "description": "Counts.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **_refusals(_GUARDED),
        },
    }


def _invocations(limits: Limits) -> dict[str, Any]:
    example = {"dataframe_records": _EXAMPLE_ROWS, "params": {"temperature_C": 25}}
    return {
        "summary": "Predict.",
        "description": "A formula that cannot be answered is a row with status `error`; the other "
        f"rows are answered. At most {limits.rows} rows and {limits.body_bytes} bytes.",
        "security": [{"token": []}, {}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _ref("Request"), "example": example},
                "text/csv": {
                    "schema": {"type": "string", "contentMediaType": "text/csv"},
                    "example": "formula,temperature\nLi6PS5Cl,60\nLLZO,\n",
                },
            },
        },
        "responses": {
            "200": _content("One record a row, in order.", "Answer"),
            **_refusals(_OF_INVOCATIONS),
        },
    }


def _content(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _refusals(codes: tuple[str, ...]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {PROBLEMS[code].meaning}" for code in of_status),
            "content": {"application/json": {"schema": _refusal(of_status)}},
        }
        for status, of_status in sorted(by_status.items())
    }


def _refusal(codes: list[str]) -> _Schema:
    error: _Schema = {
        "type": "object",
        "required": ["code", "message", "request_id"],
        "properties": {
            "code": {"enum": codes},
            "message": {"type": "string"},
            "request_id": {"type": "string"},
        },
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "required": ["error"],
        "properties": {"error": error},
        "additionalProperties": False,
    }


def _schemas(limits: Limits) -> dict[str, _Schema]:
    return {
        "Object": {"type": "object"},
        "Status": _exactly(status={"const": "ok"}),
        "Version": _exactly(sseml={"type": "string"}, mlflow={"type": "string"}),
        "Ready": _exactly(status={"const": "ready"}, model=_model(whole=True)),
        "Request": _request(limits),
        "Row": _row(),
        "Params": _params(),
        "Record": _record(),
        "Answer": _exactly(
            predictions={"type": "array", "items": _ref("Record")},
            warnings={"type": "array", "items": _warning()},
            model=_model(whole=False),
        ),
    }


def _exactly(**properties: _Schema) -> _Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _model(*, whole: bool) -> _Schema:
    text: _Schema = {"type": "string"}
    version = {"schema_version": {"type": "integer"}} if whole else {}
    return _exactly(name=text, digest=text, **version)


def _warning() -> _Schema:
    columns = {"type": "array", "items": {"type": "string"}}
    return _exactly(code={"const": "unknown_columns"}, columns=columns, message={"type": "string"})


def _request(limits: Limits) -> _Schema:
    rows: _Schema = {"minItems": 1, "maxItems": limits.rows, "type": "array"}
    records = rows | {"items": _ref("Row")}
    formulas_or_records = rows | {"items": {"anyOf": [{"type": "string"}, _ref("Row")]}}
    table: _Schema = {
        "type": "object",
        "required": ["columns", "data"],
        "properties": {
            "columns": {
                "type": "array",
                "items": {"type": "string"},
                "contains": {"const": "formula"},
                "uniqueItems": True,
            },
            "data": rows | {"items": {"type": "array"}},
            "index": {},
        },
        "additionalProperties": False,
        "description": "As pandas writes it: every row has one cell for every column; others are "
        "`wrong_shape`.",
    }
    columns: _Schema = {
        "type": "object",
        "required": ["formula"],
        "properties": {"formula": rows | {"items": {"type": "string"}}},
        "additionalProperties": {"type": "array"},
        "description": "Lists of one length, one for every column; others are `wrong_shape`.",
    }
    either: _Schema = {"anyOf": [formulas_or_records, columns]}
    forms = {
        "dataframe_split": table,
        "dataframe_records": records,
        "inputs": either,
        "instances": either,
    }
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [name],
                "properties": {name: schema, "params": _ref("Params")},
                "additionalProperties": False,
            }
            for name, schema in forms.items()
        ]
    }


def _row() -> _Schema:
    return {
        "type": "object",
        "required": ["formula"],
        "properties": {
            "formula": {"type": "string"},
            "temperature": {"description": "in °C, or with its unit", "examples": [60, "298 K"]},
            "space_group": {"description": "number or symbol", "examples": [216, "F-43m"]},
            "form": {"examples": ["crystal", "glass", "glass-ceramic", "film"]},
            "kind": {"examples": ["total", "bulk"]},
        },
        "description": "A qualifier with an impossible value refuses its row. Other cells are kept "
        "in the record. Instead of `formula`, the column may be called composition, Summenformel, "
        "material and the like.",
    }


def _params() -> _Schema:
    return {
        "type": ["object", "null"],
        "properties": {
            "temperature_C": {
                "type": ["number", "null"],
                "exclusiveMinimum": -273.15,
                "maximum": 1500,
                "description": "For rows that name none; 25 if absent.",
            },
            "explain": {"type": ["boolean", "null"], "description": "Say why, for every row."},
            "window": {
                "type": ["boolean", "null"],
                "description": "Calculate the electrochemical window too; true if absent.",
            },
        },
        "additionalProperties": False,
    }


def _record() -> _Schema:
    neighbour = _exactly(
        formula={"type": "string"},
        distance={"type": "number"},
        sigma_S_cm={"type": "number"},
        temperature_C={"type": "number"},
        doi=_TEXT_OR_NULL,
        reference=_TEXT_OR_NULL,
    )
    error: _Schema = {
        "anyOf": [
            {"type": "null"},
            _exactly(code={"type": "string"}, message={"type": "string"}),
        ]
    }
    properties: dict[str, _Schema] = {
        "input": {"type": "string"},
        "status": {"enum": ["ok", "error"]},
        "error": error,
        **{
            column.name: _OR_NULL[column.holds] | {"description": column.meaning}
            for column in PREDICTION_COLUMNS
            if not column.name.startswith(f"{NESTED}_")
        },
        NESTED: {"type": "array", "items": neighbour},
    }
    return {"type": "object", "required": list(properties), "properties": properties}
