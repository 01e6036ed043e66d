"""The body of a request, checked and made into rows of formula and other cells."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from typing import Any

from sseml.parse.headings import condition_of
from sseml.parse.qualifiers import read_temperature
from sseml.parse.raw import RawRow, is_nested_deeper, with_points
from sseml.parse.rows import read_rows
from sseml.records import Refusal, RefusedInputError
from sseml.serving.headings import formula_column, require_few, unknown_headings
from sseml.serving.problems import RequestError

Cells = dict[str, Any]
Row = tuple[str, Cells]

JSON = "application/json"
CSV = "text/csv"
FORMS = ("dataframe_split", "dataframe_records", "inputs", "instances")

_SWITCHES = ("explain", "window")
_DEEPEST_CELL = 16
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_JSON_TYPES = {bool: "true or false", int: "a number", float: "a number", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks.

    Attributes
    ----------
    rows
        Formula text and the other cells of every row, as they were written.
    params
        ``temperature_C``, ``explain`` and ``window``, where given.
    unknown_columns
        Headings that say nothing to the model.
    """

    rows: list[Row]
    params: Mapping[str, Any] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()


def media_type(content_type: str, content_encoding: str = "") -> str:
    """Return `JSON` or `CSV`.

    Raises
    ------
    RequestError
        ``unsupported_content_type``.
    """
    name, *settings = (part.strip() for part in content_type.casefold().split(";"))
    if name not in (JSON, CSV):
        raise RequestError("unsupported_content_type", f"send Content-Type: {JSON}, or {CSV}")
    if any(setting.replace('"', "") != "charset=utf-8" for setting in settings if setting):
        raise RequestError("unsupported_content_type", "send UTF-8: the only charset there is")
    if content_encoding.strip().casefold() not in ("", "identity"):
        raise RequestError("unsupported_content_type", "send the body without Content-Encoding")
    return name


def read_request(kind: str, body: bytes, most_rows: int) -> Asked:
    """Read the body of a request.

    Parameters
    ----------
    kind
        As `media_type` returns it.
    body
        All of it.
    most_rows
        Limit on the rows.

    Raises
    ------
    RequestError
        With the code of whatever is wrong with it.
    """
    if kind == CSV:
        return _checked(_csv_rows(body), {}, most_rows)
    document = _strict_json(body)
    if not isinstance(document, dict):
        raise RequestError("wrong_shape", f"send a JSON object with one of: {', '.join(FORMS)}")
    params = _params(document.pop("params", None))
    if len(document) != 1 or not document.keys() <= set(FORMS):
        raise RequestError(
            "wrong_shape",
            f"send exactly one of {', '.join(FORMS)}, and beside it nothing but params",
        )
    [(form, value)] = document.items()
    return _checked(_READERS[form](value, most_rows), params, most_rows)


def _strict_json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        document = json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_each_once,
        )
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RequestError("malformed_json", f"the body is not JSON: {where}") from None
    except UnicodeError:
        raise RequestError("malformed_json", "the body holds text that is not UTF-8") from None
    except RecursionError:
        raise RequestError("malformed_json", "the body is nested too deeply") from None
    except ValueError:
        raise RequestError(
            "malformed_json", "the body holds a number that JSON or this server does not know"
        ) from None
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two values is meant, nobody can say."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError("malformed_json", "an object of the body holds one key twice")
    return found


def _no_number(written: str) -> float:
    raise ValueError(written)


def _finite(written: str) -> float:
    value = float(written)
    return value if math.isfinite(value) else _no_number(written)


def _params(written: object) -> dict[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise RequestError("bad_param", "params is a JSON object, such as {'temperature_C': 60}")
    if not written.keys() <= {"temperature_C", *_SWITCHES}:
        raise RequestError("unknown_params", f"params are: temperature_C, {', '.join(_SWITCHES)}")
    params: dict[str, Any] = {}
    for name in _SWITCHES:
        if (switch := written.get(name)) is not None:
            if not isinstance(switch, bool):
                raise RequestError("bad_param", f"{name} is true or false")
            params[name] = switch
    if (temperature_C := written.get("temperature_C")) is not None:
        params["temperature_C"] = _temperature(temperature_C)
    return params


def _temperature(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise RequestError("bad_param", "temperature_C is a number, in °C")
    try:
        return read_temperature(str(float(written)))
    except (RefusedInputError, OverflowError):
        raise RequestError("bad_param", "temperature_C is no temperature of a solid") from None


def _require_rows(count: int, most_rows: int) -> None:
    if not count:
        raise RequestError("empty_input", "send one row at least")
    _require_no_more_rows(count, most_rows)


def _require_no_more_rows(count: int, most_rows: int) -> None:
    if count > most_rows:
        raise RequestError("too_many_rows", f"send at most {most_rows} rows at a time")


def _checked(items: Iterable[str | Cells], params: Mapping[str, Any], most_rows: int) -> Asked:
    """Take the formula out of every row, and look at the headings."""
    rows: list[Row] = []
    headings: dict[str, None] = {}
    column: str | None = None
    for number, item in enumerate(items, start=1):
        _require_no_more_rows(number, most_rows)
        if isinstance(item, str):
            rows.append((item.strip(), {}))
            continue
        if column is None:
            column = formula_column(item)
        rows.append(_row(number, item, column))
        headings.update(dict.fromkeys(rows[-1][1]))
        require_few(len(headings))
    _require_rows(len(rows), most_rows)
    return Asked(rows, params, unknown_headings(headings))


def _row(number: int, cells: Cells, column: str | None) -> Row:
    if column is None or column not in cells:
        what = "no column for the formula" if column is None else "no formula, as row 1 has"
        raise RequestError(
            "missing_formula_column", f"row {number} has {what}: call the column 'formula'"
        )
    text = cells[column]
    if not isinstance(text, str):
        raise RequestError(
            "wrong_type",
            f"row {number}, formula column: {_JSON_TYPES.get(type(text), 'a list or object')}, "
            "not text: write the formula in quotes",
        )
    others = {name: value for name, value in cells.items() if name != column}
    if "formula" in others:
        raise RequestError("wrong_shape", f"row {number} holds the formula in another column")
    if any(is_nested_deeper(value, _DEEPEST_CELL) for value in others.values()):
        raise RequestError("wrong_shape", f"row {number} has a cell nested too deeply")
    return text.strip(), others


def _of_split(value: object, most_rows: int) -> Iterator[Cells]:
    if not isinstance(value, dict) or not {"columns", "data"} <= value.keys() <= {
        "columns",
        "data",
        "index",
    }:
        raise RequestError("wrong_shape", "dataframe_split holds columns, data and maybe index")
    columns, data = value["columns"], value["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise RequestError("wrong_shape", "columns of dataframe_split is a list of texts")
    if len(set(columns)) != len(columns):
        raise RequestError("wrong_shape", "columns of dataframe_split names one column twice")
    if not isinstance(data, list):
        raise RequestError("wrong_shape", "data of dataframe_split is a list of rows")
    _require_rows(len(data), most_rows)
    for number, row in enumerate(data, start=1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise RequestError("wrong_shape", f"row {number} has not one cell for every column")
        yield dict(zip(columns, row, strict=True))


def _of_records(value: object, most_rows: int) -> Iterator[Cells]:
    for number, item in enumerate(_of_list(value, most_rows), start=1):
        if isinstance(item, str):
            raise RequestError("wrong_shape", f"row {number} of dataframe_records is not an object")
        yield item


def _of_inputs(value: object, most_rows: int) -> Iterator[str | Cells]:
    return _of_columns(value, most_rows) if isinstance(value, dict) else _of_list(value, most_rows)


def _of_list(value: object, most_rows: int) -> Iterator[str | Cells]:
    if not isinstance(value, list):
        raise RequestError("wrong_shape", "the rows are a list")
    _require_rows(len(value), most_rows)
    for number, item in enumerate(value, start=1):
        if not isinstance(item, str | dict):
            kind = "wrong_type" if isinstance(item, int | float | None) else "wrong_shape"
            raise RequestError(kind, f"row {number} is neither a formula in quotes nor an object")
        yield item


def _of_columns(value: dict[str, Any], most_rows: int) -> Iterator[Cells]:
    if not all(isinstance(cells, list) for cells in value.values()):
        raise RequestError("wrong_shape", "an object of columns holds a list under every heading")
    lengths = {len(cells) for cells in value.values()}
    if len(lengths) > 1:
        raise RequestError("wrong_shape", "the columns differ in length")
    _require_rows(max(lengths, default=0), most_rows)
    for cells in zip(*value.values(), strict=True):
        yield dict(zip(value, cells, strict=True))


_READERS: dict[str, Callable[[Any, int], Iterator[Any]]] = {
    "dataframe_split": _of_split,
    "dataframe_records": _of_records,
    "inputs": _of_inputs,
    "instances": _of_inputs,
}


def _csv_rows(body: bytes) -> Iterator[Cells]:
    """Read CSV exactly as the command line does."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError("malformed_csv", "the body holds text that is not UTF-8") from None
    first_line = [_headings(text, delimiter) for delimiter in ",;\t|"]
    require_few(max(map(len, first_line)))
    try:
        rows = read_rows(BytesIO(body), "csv")
    except RefusedInputError:
        raise _unusable(first_line, is_text=bool(text.strip())) from None
    for row in rows:
        if isinstance(row, Refusal):
            raise RequestError("wrong_shape", f"row {row.row} does not fit the first line")
        yield _with_points(row) if row.decimal_comma else {"formula": row.text, **row.columns}


def _unusable(first_line: Sequence[Sequence[str]], *, is_text: bool) -> RequestError:
    """Why the command line takes no table with this first line."""
    if is_text and not any(first_line):
        return RequestError("malformed_csv", "the first line cannot be read")
    names = next((names for names in first_line if formula_column(names) is not None), None)
    if names is None:
        return RequestError("missing_formula_column", "the first line holds no heading 'formula'")
    try:
        unknown_headings(names)
    except RequestError as error:
        return error
    return RequestError("wrong_shape", "the first line holds a heading twice")


def _with_points(row: RawRow) -> Cells:
    """The cells that are read, with decimal points: a request knows no separator."""
    others = {
        name: with_points(value) if isinstance(value, str) and condition_of(name) else value
        for name, value in row.columns.items()
    }
    return {"formula": with_points(row.text), **others}


def _headings(text: str, delimiter: str) -> list[str]:
    """Read the first line if this is what separates its cells; empty where it cannot be."""
    try:
        return next(csv.reader(StringIO(text.lstrip()), delimiter=delimiter), [])
    except csv.Error:
        return []
