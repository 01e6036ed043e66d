"""The body of a request: checked, and made into rows of a formula and other cells."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from sseml.parse import headings as meanings
from sseml.parse.raw import RawRow, is_nested_deeper, with_points
from sseml.parse.rows import read_rows
from sseml.records import Refusal, RefusedInputError
from sseml.serving.forms import CSV_FORM, FORMS, Params, request_type
from sseml.serving.problems import RequestError
from sseml.serving.worker import MEASURED

JSON = "application/json"
CSV = "text/csv"

_MOST_COLUMNS = 256
_DEEPEST_CELL = 16
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SCALAR = (bool, int, float, type(None))
_TABLE = ("columns", "data")
_LENGTH = {"too_short": "empty_input", "too_long": "too_many_rows"}


class Row(NamedTuple):
    """The text of a formula, and the other cells of its row with their JSON types.

    Beside the text of a structure, the formula may be empty or the name of its file.
    """

    formula: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: its rows, the params it names, the headings that say nothing."""

    rows: Sequence[Row]
    params: Mapping[str, Any] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()


class RequestReader:
    """Reads bodies with at most so many rows."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._body: TypeAdapter[BaseModel] = TypeAdapter(request_type(most_rows))

    def read(self, media_type: str, body: bytes) -> Asked:
        """Read a whole body, or refuse it with the code of what is wrong."""
        if media_type == CSV:
            return self._checked(_csv_rows(_utf8(body)), {})
        try:
            found = self._body.validate_python(_strict_json(body))
        except ValidationError as error:
            raise _refusal(error, self._most_rows) from None
        params: Params | None = found.params  # type: ignore[attr-defined]
        [form] = (name for name in FORMS if hasattr(found, name))
        value = getattr(found, form)
        given = params.model_dump(exclude_none=True) if params else {}
        if isinstance(measured := given.get(MEASURED), list):
            given[MEASURED] = "".join(json.dumps(row) + "\n" for row in measured)
        return self._checked(_csv_rows(value) if form == CSV_FORM else _rows(value), given)

    def _checked(self, items: Iterable[str | dict[str, Any]], params: dict[str, Any]) -> Asked:
        """Take the formula out of every row, and look at the headings."""
        rows: list[Row] = []
        headings: dict[str, None] = {}
        column: str | None = None
        for number, item in enumerate(items, start=1):
            if number > self._most_rows:
                raise RequestError(
                    "too_many_rows", f"send at most {self._most_rows} rows at a time"
                )
            if isinstance(item, str):
                rows.append(Row(item.strip(), {}))
                continue
            if column is None:
                column = _formula_column(item)
            rows.append(_row(number, item, column))
            headings.update(dict.fromkeys(rows[-1].cells))
            _require_few(len(headings))
        if not rows:
            raise RequestError("empty_input", "send one row at least")
        return Asked(rows, params, unknown_headings(headings))


def media_type(content_type: str, content_encoding: str = "") -> str:
    """Return `JSON` or `CSV`, or refuse with ``unsupported_content_type``."""
    name, *settings = (part.strip() for part in content_type.casefold().split(";"))
    if name not in (JSON, CSV):
        raise RequestError("unsupported_content_type", f"send Content-Type: {JSON}, or {CSV}")
    if any(setting.replace('"', "") != "charset=utf-8" for setting in settings if setting):
        raise RequestError("unsupported_content_type", "send UTF-8: no other charset is read")
    if content_encoding.strip().casefold() not in ("", "identity"):
        raise RequestError("unsupported_content_type", "send the body without Content-Encoding")
    return name


def unknown_headings(headings: Iterable[str]) -> tuple[str, ...]:
    """Return the headings that say nothing to the model; their cells are kept all the same.

    One that is nearly a condition or may be the temperature is refused: if it were ignored, the
    answer would be one for 25 °C.
    """
    names = list(headings)
    unknown = tuple(
        name
        for name in names
        if meanings.condition_of(name) is None and not meanings.is_of_structures(name)
    )
    for heading in unknown:
        if meant := meanings.nearly_condition(heading):
            raise RequestError(
                "misspelt_column",
                f"a column heading is nearly {meant!r}: write {meant!r}, or give the column "
                "another name if it means something else",
            )
    try:
        meanings.conditions_of(names)
    except RefusedInputError as error:
        raise RequestError("misspelt_column", error.suggestion.partition("; ")[0]) from None
    return unknown


def _strict_json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        document = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_each_once
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
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError("malformed_json", "an object of the body holds one key twice")
    return found


def _no_number(written: str) -> float:
    raise ValueError(written)


def _finite(written: str) -> float:
    value = float(written)
    return value if math.isfinite(value) else _no_number(written)


def _refusal(error: ValidationError, most_rows: int) -> RequestError:
    """The first thing that pydantic finds wrong, without a word of the request."""
    first = error.errors(include_url=False, include_context=False)[0]
    kind, place, said = first["type"], first["loc"], first["msg"]
    if "params" in place:
        if kind == "extra_forbidden":
            return RequestError("unknown_params", f"params are: {', '.join(Params.model_fields)}")
        return RequestError("bad_param", f"{_named(place, Params.model_fields)}: {said}")
    if kind in _LENGTH:
        return RequestError(_LENGTH[kind], f"send from 1 to {most_rows} rows at a time")
    row = next((part + 1 for part in place if isinstance(part, int)), None)
    if row is None and kind in ("union_tag_not_found", "extra_forbidden"):
        forms = ", ".join(FORMS)
        return RequestError("wrong_shape", f"send an object of one of {forms}, and maybe params")
    if row is None or "columns" in place:
        return RequestError("wrong_shape", f"{_named(place, _TABLE)}: {said}")
    code = "wrong_type" if isinstance(first["input"], _SCALAR) else "wrong_shape"
    return RequestError(code, f"row {row} is neither a formula in quotes nor an object of cells")


def _named(place: Sequence[int | str], known: Iterable[str]) -> str:
    """Where in the document, by the names that are not the client's own."""
    names = {*FORMS, "params", *known}
    return ".".join(dict.fromkeys(str(part) for part in place[1:] if part in names))


def _rows(value: Any) -> Iterator[str | dict[str, Any]]:
    """The rows of one form, as formulas or objects."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict):
        if len({len(cells) for cells in value.values()}) > 1:
            raise RequestError("wrong_shape", "the columns differ in length")
        for cells in zip(*value.values(), strict=True):
            yield dict(zip(value, cells, strict=True))
    else:
        if len(set(value.columns)) != len(value.columns):
            raise RequestError("wrong_shape", "columns of dataframe_split names one column twice")
        for number, row in enumerate(value.data, start=1):
            if len(row) != len(value.columns):
                raise RequestError("wrong_shape", f"row {number} has not one cell for every column")
            yield dict(zip(value.columns, row, strict=True))


def _row(number: int, cells: Mapping[str, Any], column: str | None) -> Row:
    if (column is None or cells.get(column) is None) and _names_a_structure(cells):
        column = column or "formula"
        cells = {**cells, column: ""}
    if column is None or column not in cells:
        what = "no column for the formula" if column is None else "no formula, as row 1 has"
        raise RequestError(
            "missing_formula_column", f"row {number} has {what}: call the column 'formula'"
        )
    text = cells[column]
    if not isinstance(text, str):
        raise RequestError(
            "wrong_type", f"row {number}: the formula is not text; write it in quotes"
        )
    others = {name: value for name, value in cells.items() if name != column}
    if "formula" in others:
        raise RequestError("wrong_shape", f"row {number} holds the formula in another column")
    if any(is_nested_deeper(value, _DEEPEST_CELL) for value in others.values()):
        raise RequestError("wrong_shape", f"row {number} has a cell nested too deeply")
    return Row(text.strip(), others)


def _names_a_structure(cells: Mapping[str, Any]) -> bool:
    return any(
        meanings.is_of_structures(name) and isinstance(cell, str) and bool(cell.strip())
        for name, cell in cells.items()
    )


def _formula_column(headings: Iterable[str]) -> str | None:
    try:
        return meanings.formula_column(list(headings))
    except RefusedInputError:
        return None


def _require_few(count: int) -> None:
    if count > _MOST_COLUMNS:
        raise RequestError("too_many_columns", f"send at most {_MOST_COLUMNS} columns")


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError("malformed_csv", "the body holds text that is not UTF-8") from None


def _csv_rows(text: str) -> Iterator[dict[str, Any]]:
    """Read CSV exactly as the command line does."""
    first_line = [_headings(text, delimiter) for delimiter in ",;\t|"]
    _require_few(max(map(len, first_line)))
    try:
        rows = read_rows(BytesIO(text.encode()), "csv")
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
    names = next((names for names in first_line if _formula_column(names) is not None), None)
    if names is None:
        return RequestError("missing_formula_column", "the first line holds no heading 'formula'")
    try:
        unknown_headings(names)
    except RequestError as error:
        return error
    return RequestError("wrong_shape", "the first line holds a heading twice")


def _with_points(row: RawRow) -> dict[str, Any]:
    """The cells that are read, with decimal points: a request knows no separator."""
    others = {
        name: with_points(value)
        if isinstance(value, str) and meanings.condition_of(name)
        else value
        for name, value in row.columns.items()
    }
    return {"formula": with_points(row.text), **others}


def _headings(text: str, delimiter: str) -> list[str]:
    """Read the first line if this is what separates its cells; empty where it cannot be."""
    try:
        return next(csv.reader(StringIO(text.lstrip()), delimiter=delimiter), [])
    except csv.Error:
        return []
