"""The description of the endpoint in OpenAPI 3.1, made from the models and tables it answers by."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from sseml._version import __version__
from sseml.columns import NESTED, nested_columns
from sseml.serving.forms import request_type
from sseml.serving.problems import PROBLEMS
from sseml.serving.settings import Limits

_OF_INVOCATIONS = tuple(code for code in PROBLEMS if code != "not_found")
_LI3N = """\
Li3N
1.0
3.648 0.0 0.0
-1.824 3.159261 0.0
0.0 0.0 3.875
Li N
3 1
Direct
0.333333 0.666667 0.0
0.666667 0.333333 0.0
0.0 0.0 0.5
0.0 0.0 0.0
"""
"""A POSCAR of Li3N, doi 10.1016/0022-5088(76)90039-9."""

_EXAMPLE_ROWS = [
    {"formula": "Li6PS5Cl", "temperature": 60},
    {"formula": "LLZO"},
    {"formula": "PEO + LiTFSI, EO:Li=18"},
    {"formula": "Li3N.vasp", "structure": _LI3N},
]
_REFERENCE = "#/components/schemas/{model}"

_JSON_TYPES = {str: "string", int: "integer", float: "number"}


def description(limits: Limits) -> dict[str, Any]:
    """Describe every path, schema and code of a server with these limits."""
    request = TypeAdapter(request_type(limits.rows)).json_schema(ref_template=_REFERENCE)
    schemas = {**request.pop("$defs"), "Request": request, **_answers()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sseml",
            "version": __version__,
            "description": "Ionic conductivity of solid Li electrolytes from formulas, recipes "
            "and crystal structures.",
        },
        "paths": {
            "/ping": {"get": _get("Whether the process answers.", "Status")},
            "/health": {"get": _get("The same as /ping.", "Status")},
            "/ready": {
                "get": _get(
                    "Whether the model has answered its smoke list, and which models answer.",
                    "Ready",
                    "not_ready",
                )
            },
            "/version": {"get": _get("The versions of sseml and of MLflow.", "Version")},
            "/metrics": {"get": _get("Counts of all workers for Prometheus.", "", "unauthorized")},
            "/openapi.json": {"get": _get("This description.", "Object", "unauthorized")},
            "/invocations": {"post": _invocations(limits)},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _get(summary: str, schema: str, *codes: str) -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    content = _json(schema) if schema else text
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": content},
            **_refusals((*codes, "internal_error")),
        },
    }
    return operation | ({"security": [{"token": []}, {}]} if "unauthorized" in codes else {})


def _invocations(limits: Limits) -> dict[str, Any]:
    example = {"dataframe_records": _EXAMPLE_ROWS, "params": {"temperature_C": 25}}
    return {
        "summary": "Predict.",
        "description": "A formula or structure that cannot be answered is a row with status "
        "`error`; the other rows are answered. Measurements in `params` move these answers alone: "
        f"what is left out of them is among the warnings. At most {limits.rows} rows and "
        f"{limits.body_bytes} bytes.",
        "security": [{"token": []}, {}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": _json("Request")["application/json"] | {"example": example},
                "text/csv": {
                    "schema": {"type": "string", "contentMediaType": "text/csv"},
                    "example": "formula,temperature\nLi6PS5Cl,60\nLLZO,\n",
                },
            },
        },
        "responses": {
            "200": {"description": "One record a row, in order.", "content": _json("Answer")},
            **_refusals(_OF_INVOCATIONS),
        },
    }


def _answers() -> dict[str, Any]:
    text = {"type": "string"}
    model = _exactly(name=text, digest=text)
    whole_model = _exactly(name=text, digest=text, schema_version={"type": "integer"}, kind=text)
    others = {"type": "array", "items": whole_model}
    columns = {"type": "array", "items": text}
    warnings = [
        _exactly(code={"const": "unknown_columns"}, columns=columns, message=text),
        _exactly(code={"const": "measured_row"}, row={"type": "integer"}, text=text, message=text),
        _exactly(code={"const": "measured_note"}, message=text),
    ]
    return {
        "Object": {"type": "object"},
        "Status": _exactly(status={"const": "ok"}),
        "Version": _exactly(sseml=text, mlflow=text),
        "Ready": _exactly(status={"const": "ready"}, model=whole_model, others=others),
        "Answer": _exactly(
            predictions={"type": "array", "items": _record()},
            warnings={"type": "array", "items": {"anyOf": warnings}},
            model=model,
        ),
    }


def _record() -> dict[str, Any]:
    """A record, from the output columns; it holds the cells of unknown columns too."""
    text, number, maybe = {"type": "string"}, {"type": "number"}, {"type": ["string", "null"]}
    error = _exactly(code=text, message=text)
    neighbour = _exactly(
        formula=text,
        distance=number,
        sigma_S_cm=number,
        temperature_C=number,
        doi=maybe,
        reference=maybe,
    )
    properties: dict[str, Any] = {
        column.name: {"type": [_JSON_TYPES[column.holds], "null"], "description": column.meaning}
        for column in nested_columns()
    }
    properties |= {
        "input": text,
        "status": {"enum": ["ok", "error"]},
        "error": {"anyOf": [{"type": "null"}, error]},
        NESTED: {"type": "array", "items": neighbour},
    }
    return {"type": "object", "required": [*properties], "properties": properties}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=schema)}}}


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


def _refusal(codes: list[str]) -> dict[str, Any]:
    text = {"type": "string"}
    error = _exactly(code={"enum": codes}, message=text, request_id=text)
    return _exactly(error=error)


def _exactly(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*properties],
        "properties": properties,
        "additionalProperties": False,
    }
