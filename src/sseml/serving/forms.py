"""The types of a JSON body, for pydantic: the forms of its rows, and what holds for all of them."""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from sseml.model.answer import THRESHOLD_RANGE_S_CM
from sseml.parse.qualifiers import MAX_TEMPERATURE_C
from sseml.units import ZERO_CELSIUS_K

CSV_FORM = "csv"
FORMS = ("dataframe_split", "dataframe_records", "inputs", "instances", CSV_FORM)

_MOST_MEASURED = 1_000
_STRICT = ConfigDict(extra="forbid", strict=True)


class _DescribedMeasurement(BaseModel):
    """A measurement of one's own; the heading of the conductivity says its unit.

    Other cells are read as `sseml predict --measured` reads them.
    """

    model_config = ConfigDict(extra="allow", title="Measurement")

    formula: str = Field(examples=["Li3ScF6"])
    sigma_S_cm: float = Field(gt=0, description="in S/cm", examples=[1e-5])
    temperature: Any = Field(None, description="in °C, or with its unit", examples=[25, "298 K"])


def _require_lines(table: str) -> str:
    if not 0 < len(table.strip().splitlines()) <= _MOST_MEASURED + 1:
        limits = f"from 1 to {_MOST_MEASURED} measurements"
        raise PydanticCustomError("table_length", f"send {limits}, each in a line of its own")
    return table


_Measurement = Annotated[dict[str, Any], WithJsonSchema(_DescribedMeasurement.model_json_schema())]
_Measured = Annotated[
    Annotated[
        list[_Measurement], Field(min_length=1, max_length=_MOST_MEASURED), Tag("measurements")
    ]
    | Annotated[str, AfterValidator(_require_lines), Tag("table")],
    Discriminator(lambda value: "measurements" if isinstance(value, list) else "table"),
]


class Params(BaseModel):
    """What holds for all rows of a request."""

    model_config = _STRICT

    temperature_C: float | None = Field(
        None,
        gt=-ZERO_CELSIUS_K,
        le=MAX_TEMPERATURE_C,
        description="For rows that name none; 25 if absent.",
    )
    explain: bool | None = Field(None, description="Say why, for every row.")
    window: bool | None = Field(
        None, description="Calculate the electrochemical window too; true if absent."
    )
    threshold_S_cm: float | None = Field(
        None,
        ge=THRESHOLD_RANGE_S_CM[0],
        le=THRESHOLD_RANGE_S_CM[1],
        description="The conductivity that `p_superionic` is the probability of; 1e-4 if absent.",
    )
    measured: _Measured | None = Field(
        None,
        description="Measurements of one's own, which move these answers alone and are not kept: "
        "rows, or a table of them as CSV or JSON lines.",
    )


_WITH_FORMULA: Any = {"required": ["formula"], "properties": {"formula": {"type": "string"}}}
_WITH_STRUCTURE: Any = {
    "required": ["structure"],
    "properties": {
        "structure": {"type": "string", "pattern": r"\S"},
        "formula": {"type": ["string", "null"]},
    },
}


class _DescribedRow(BaseModel):
    """A row as an object: with a formula, with the text of a structure file, or with both.

    Other cells are kept in the record. Instead of `formula`, the column may be called composition,
    Summenformel, material and the like. A qualifier with an impossible value refuses its row.
    """

    model_config = ConfigDict(
        extra="allow", title="Row", json_schema_extra={"anyOf": [_WITH_FORMULA, _WITH_STRUCTURE]}
    )

    formula: Any = Field(
        None,
        description="of the material; or the name of the structure file",
        examples=["Li6PS5Cl", "75Li2S-25P2S5", "PEO + LiTFSI, EO:Li=18", "model.cif"],
    )
    structure: Any = Field(
        None, description="the text of a CIF, a POSCAR or a pymatgen Structure as JSON"
    )
    temperature: Any = Field(None, description="in °C, or with its unit", examples=[60, "298 K"])
    space_group: Any = Field(None, description="number or symbol", examples=[216, "F-43m"])
    form: Any = Field(None, examples=["crystal", "glass", "glass-ceramic", "film"])
    conductivity_kind: Any = Field(None, examples=["total", "bulk"])
    activation_energy_eV: Any = Field(None, description="in eV, or with its unit", examples=[0.4])


_Cells = Annotated[dict[str, Any], WithJsonSchema(_DescribedRow.model_json_schema())]


def request_type(most_rows: int) -> Any:
    """The type of a JSON body, for pydantic: one of MLflow's four forms, or CSV as text.

    It has at most so many rows.
    """
    count = Field(min_length=1, max_length=most_rows, fail_fast=True)
    cells = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": most_rows}
    formulas = {"required": ["formula"], "properties": {"formula": cells}}
    rows = Annotated[list[str | _Cells], count]
    columns = Annotated[dict[str, list[Any]], Field(min_length=1, json_schema_extra=formulas)]
    either = Annotated[
        Annotated[rows, Tag("rows")] | Annotated[columns, Tag("columns")],
        Discriminator(lambda value: "columns" if isinstance(value, dict) else "rows"),
    ]
    forms: dict[str, Any] = {
        "dataframe_split": create_model(
            "Table",
            __config__=_STRICT,
            __doc__="As pandas writes it: every row has one cell for every column.",
            columns=Annotated[list[str], Field(json_schema_extra=_HEADINGS)],
            data=Annotated[list[list[Any]], count],
            index=(Any, None),
        ),
        "dataframe_records": Annotated[list[_Cells], count],
        "inputs": either,
        "instances": either,
        CSV_FORM: Annotated[str, Field(description="A table as `text/csv` is read.")],
    }
    bodies = [
        Annotated[
            create_model(f"Of_{name}", __config__=_STRICT, **{name: form}, params=_PARAMS),
            Tag(name),
        ]
        for name, form in forms.items()
    ]
    return Annotated[Union[tuple(bodies)], Discriminator(_form)]  # noqa: UP007 - made here


_HEADINGS: Any = {"contains": {"enum": ["formula", "structure"]}, "uniqueItems": True}
_PARAMS: Any = (Params | None, None)


def _form(value: object) -> str | None:
    named = [name for name in FORMS if isinstance(value, dict) and name in value]
    return named[0] if len(named) == 1 else None
