"""The model that MLflow loads: rows of any kind in, the records of `sseml predict` out."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sseml.compiled import CompiledBundles, is_installed
from sseml.model.answer import Model, require_threshold
from sseml.model.explaining import Explainer
from sseml.model.loading import Bundles, load_bundle
from sseml.model.mlmodel import FORMULA_COLUMN, OTHER_COLUMNS
from sseml.model.phases import PhaseBundle
from sseml.parse.qualifiers import Qualifiers, read_temperature
from sseml.parse.queries import parse_rows
from sseml.parse.raw import RawRow, row_of_record
from sseml.parse.structure.texts import StructureTexts, with_structure
from sseml.prediction import default_phases, predict_queries
from sseml.records import Refusal
from sseml.render import to_nested_record
from sseml.tracking.measured import read_measured, said_of
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM

if TYPE_CHECKING:
    import pandas as pd

_Item = TypeVar("_Item")

MANY = 512
"""Rows from which on compiled sums are worth their first second, where Numba is installed."""

_ROWS_AT_A_TIME = 512
"""Rows answered together; after each such batch the time limit is looked at."""


class PyfuncModel:
    """What `mlflow.pyfunc.load_model` wraps; windows are calculated from `phases`.

    The bundle answers about its own kind of material, the released one of each other kind about
    that; it is read when such a material is first asked about.
    """

    def __init__(self, bundle: Model, phases: PhaseBundle) -> None:
        self.bundle = bundle
        self.bundles = Bundles([bundle])
        self.compiled = CompiledBundles(self.bundles) if is_installed() else self.bundles
        self.phases = phases
        self.explainer = Explainer()

    def get_raw_model(self) -> Model:
        """The bundle, which MLflow's `PyFuncModel.get_raw_model` returns."""
        return self.bundle

    def predict(
        self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]] | list[str]:
        """Answer every row in order, as records of ``sseml predict --format jsonl``.

        Parameters
        ----------
        model_input
            A column ``formula`` and qualifiers; missing cells say nothing. A column ``columns``
            holds, row by row, a mapping of whatever else the row carries, or the number that a
            refusal names the row by and that mapping. What a row carries under ``structure`` or
            ``cif`` may be the text of a structure file; its formula is then one to compare with,
            the name of the file, or empty.
        params
            ``temperature_C`` for rows that name none; ``explain``; ``time_limit_s``, after which
            `TimeoutError` is raised (0: no limit); ``threads`` for many rows; ``window`` (default
            true) to calculate electrochemical windows; ``threshold_S_cm`` (default 1e-4), which
            ``p_superionic`` is about; ``measured``, a table of one's own measurements as
            CSV or JSON lines, for these answers alone; ``as_text`` for records as JSON
            texts, which MLflow's server passes on more quickly, before them with ``measured`` one
            of what `said_of` says.

        Raises
        ------
        RefusedInputError
            If a parameter has an impossible value, or nothing in ``measured`` can be used.
        """
        given = dict(params or {})
        limit_s = float(given.get("time_limit_s", 0.0))
        in_time = partial(_until, time.monotonic() + limit_s, limit_s)
        threads = int(given.get("threads", 1))
        temperature_C = float(given.get("temperature_C", ROOM_TEMPERATURE_C))
        defaults = Qualifiers(temperature_C=read_temperature(f"{temperature_C!r}"))
        threshold_S_cm = float(given.get("threshold_S_cm", SUPERIONIC_S_CM))
        require_threshold(threshold_S_cm)
        phases = self.phases if given.get("window", True) else None
        measured = given.get("measured", "")
        own = read_measured(measured, self.bundles.of_compositions()) if measured else None
        queries = parse_rows(_rows(model_input), defaults, StructureTexts())
        explain = bool(given.get("explain", False))
        answers = predict_queries(
            in_time(queries),
            self.compiled if len(model_input) >= MANY else self.bundles,
            threads,
            phases,
            explain=explain,
            explainer=self.explainer if explain else None,
            offsets=own.offsets if own else None,
            threshold_S_cm=threshold_S_cm,
            batch_rows=_ROWS_AT_A_TIME,
        )
        records = (to_nested_record(answer, explain=explain) for answer in in_time(answers))
        if not given.get("as_text", False):
            return list(records)
        said = [said_of(own)] if own else []
        return [json.dumps(each, ensure_ascii=False, allow_nan=False) for each in (*said, *records)]


def _rows(model_input: pd.DataFrame) -> Iterator[RawRow | Refusal]:
    names = [str(name) for name in model_input.columns]
    for number, cells in enumerate(model_input.itertuples(index=False, name=None), start=1):
        record = {
            name: value
            for name, value in zip(names, cells, strict=True)
            if not _is_missing(value) or name == FORMULA_COLUMN
        }
        named = number
        match record.pop(OTHER_COLUMNS, None):
            case [int() as named, Mapping() as others]:
                record |= others
            case Mapping() as others:
                record |= others
        row = row_of_record(named, record, FORMULA_COLUMN, str(record))
        yield row if isinstance(row, Refusal) else with_structure(row)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _until(deadline: float, limit_s: float, items: Iterator[_Item]) -> Iterator[_Item]:
    """Pass on what comes until the time is up, if it is limited, so that the work ends too."""
    for item in items:
        if limit_s > 0 and time.monotonic() > deadline:
            raise TimeoutError(f"the time limit of {limit_s:g} s has passed")
        yield item


def _load_pyfunc(data_path: str) -> PyfuncModel:
    """Load a bundle for MLflow, with the released phase table; their checksums are verified."""
    return PyfuncModel(load_bundle(Path(data_path)), default_phases())
