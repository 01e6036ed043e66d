"""Files written from columns hold, byte for byte, what the same answers as records give."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sseml.columns import Column
from sseml.model.loading import Bundles
from sseml.model.nearest import NearestMaterials
from sseml.parse.queries import parse_rows
from sseml.parse.raw import RawRow
from sseml.prediction import default_phases, predict_batches, predict_queries
from sseml.records import Query, Refusal
from sseml.render import write
from sseml.render.batch_columns import ColumnsOfBatches, rounded
from sseml.render.batches import BATCH_FORMATS, BatchFormat, write_batches
from sseml.render.record import plain

ODD = (
    "LLZO", "75Li2S-25P2S5", "Li6PS5Cl 60 °C", "Li3YCl6 space_group=P-3m1", "Li7La3Zr2O12 cubic",
    "La2/3-xLi3xTiO3 x=0.02:0.16:0.02", "NaCl", "not a formula", "", "Li6PS5Cl\ud800", "=Li3PS4",
    "PEO + LiTFSI, EO:Li=18 @ 60 °C", "PEO + LiTFSI", "Li3PS4 glass", "Li2Unobtainium", "Li5Np2O7",
    "PEO + LiTFSI, EO:Li=15 + 10 wt% Li6.4La3Zr1.4Ta0.6O12 nanowire", "Li4P3S2", "LiI 150 °C",
    "Li3N T=-60", "Li6PS5Cl activation_energy=0.4", "AgI",
)  # fmt: skip

Items = Sequence[Query | Refusal]


@cache
def evidence_items() -> Items:
    formulas = dict.fromkeys(Bundles().of_compositions().evidence.formulas)
    return list(parse_rows(RawRow(row, text, {}) for row, text in enumerate(formulas, start=1)))


@cache
def odd_items() -> Items:
    cells: tuple[object, ...] = ("a", 1, 2.5, None, True, "=1+1", ["x"], 2**60, "")
    rows = []
    for row, text in enumerate(ODD * 3, start=1):
        columns = {} if row % 5 == 0 else {"note": cells[row % len(cells)], "formula": f"F{row}"}
        if row > len(ODD) * 2:
            columns["late, and odd\n"] = row
        rows.append(RawRow(row, text, columns))
    return list(parse_rows(rows))


def from_records(items: Items, format: BatchFormat, *, window: bool = False) -> bytes | str:
    answers = predict_queries(
        items, Bundles(), phases=default_phases if window else None, explain=False
    )
    out = io.BytesIO() if format == "parquet" else io.StringIO()
    write(answers, out, format, whole=True)
    return out.getvalue()


def from_columns(items: Items, format: BatchFormat, *, window: bool = False) -> bytes | str:
    batches = predict_batches(items, Bundles(), default_phases if window else None)
    out = io.BytesIO() if format == "parquet" else io.StringIO()
    write_batches(map(ColumnsOfBatches().columns, batches), out, format)
    return out.getvalue()


@pytest.mark.parametrize("format", BATCH_FORMATS)
def test_of_every_measured_formula(format: BatchFormat) -> None:
    assert from_columns(evidence_items(), format) == from_records(evidence_items(), format)


@pytest.mark.parametrize("format", BATCH_FORMATS)
def test_of_odd_rows_refusals_recipes_and_kept_columns(format: BatchFormat) -> None:
    assert any(isinstance(item, Refusal) for item in odd_items())
    written = from_columns(odd_items(), format, window=True)
    assert written == from_records(odd_items(), format, window=True)


@pytest.mark.parametrize("format", BATCH_FORMATS)
def test_of_nothing(format: BatchFormat) -> None:
    assert from_columns([], format) == from_records([], format)


@pytest.mark.parametrize("rows", [7, 100, 1500])
def test_the_bytes_do_not_depend_on_how_many_are_answered_together(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [*odd_items(), *evidence_items()]
    expected = from_columns(items, "parquet")
    monkeypatch.setattr("sseml.prediction.FILE_BATCH", rows)
    assert from_columns(items, "parquet") == expected


def test_groups_of_rows_are_large_enough_to_read_fast() -> None:
    file = pq.ParquetFile(io.BytesIO(from_columns(evidence_items()[:100] * 100, "parquet")))
    counts = [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
    assert counts == [8192, 10_000 - 8192]


_numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(1e-12, 10.0),
    st.integers(-12, 20).map(lambda power: 10.0**power),
    st.integers(1, 10**7).map(lambda number: (number + 0.5) / 1e7),
)


@given(values=st.lists(_numbers, max_size=20))
@example(values=[0.0, -0.0, 999999.5, 9999995.0, 0.0001234565, 1e-300, 5e-324, 1.7e308])
@pytest.mark.parametrize("how", [{"digits": 6}, {"decimals": 6}, {}])
def test_numbers_are_rounded_to_the_last_bit_as_one_by_one(
    values: list[float], how: dict[str, int]
) -> None:
    column = Column("number", float, "1", "any number", **how)
    alone = [plain(replace(column, of=lambda _, own=own: own).value(None)) for own in values]
    together = [None if math.isnan(one) else one for one in rounded(np.array(values), column)]
    assert together == alone


def test_the_nearest_material_is_the_first_of_all() -> None:
    evidence = Bundles().of_compositions().evidence
    rows = range(1200)
    shares = np.random.default_rng(0).dirichlet([1.0, 0.05], size=len(rows))
    pairs = np.random.default_rng(1).integers(0, len(evidence.positions), size=shares.shape)
    positions = (evidence.positions[pairs] * shares[:, :, None]).sum(axis=1)
    distance = evidence.apart(positions)
    at_C = [25.0 + 40.0 * (row % 3) for row in rows]
    space_groups = [None if row % 4 else 62 for row in rows]
    found = NearestMaterials(evidence).first(distance, at_C, space_groups)
    expected = [
        evidence.nearest(*question[:2], space_group_number=question[2])[0]
        for question in zip(distance, at_C, space_groups, strict=True)
    ]
    assert found == expected
