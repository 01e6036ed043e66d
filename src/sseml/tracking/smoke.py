"""The smoke list: questions every model must answer sensibly before it answers anybody."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc import PyFuncModel

from sseml.columns import COLUMNS
from sseml.compiled import is_installed
from sseml.model.answer import Model
from sseml.model.mlmodel import FORMULA_COLUMN, OTHER_COLUMNS, signature
from sseml.physics.transport import inverse_temperature_shift
from sseml.records import BundleError
from sseml.tracking.pyfunc import MANY
from sseml.tracking.trial import SmokeResult
from sseml.units import celsius_to_kelvin

Record = Mapping[str, Any]
Predict = Callable[[pd.DataFrame, dict[str, Any]], Sequence[Record]]

GOOD = (
    "Li7La3Zr2O12", "Li0.33La0.557TiO3", "Li1.3Al0.3Ti1.7(PO4)3", "Li14Zn(GeO4)4", "LiTaSiO5",
    "Li2.9PO3.3N0.46", "Li3OCl", "Li6PS5Cl", "Li10GeP2S12", "Li3.25Ge0.25P0.75S4", "75Li2S-25P2S5",
    "50Li2S-50GeS2", "Li3YCl6", "Li2ZrCl6", "Li2MgCl4", "LiAlCl4", "LiI", "Li3AlF6", "LiNbOCl4",
    "LiBH4", "LiCB9H10", "LiNH2", "Li3N", "Li9AlP4", "Li3BO3", "Li4SiO4",
)  # fmt: skip
"""At least one material of every large family, in the usual notations."""

BAD = "Xx3PS4"
"""Not a formula; stands in the middle of the list, and only this row must be refused."""

GOOD_RECIPES = (
    "PEO + LiTFSI, EO:Li=18", "P(EO)8LiClO4", "PEO + 40 wt% LiTFSI, Mw=600k", "PEO + LiBF4, m=0.5",
    "PAN + LiClO4, m=1.2", "PPC + 30 wt% LiTFSI", "PCL + LiTFSI, m=1", "PMMA + LiTFSI, m=1",
    "PEO/PMMA 80/20 + LiTFSI, m=1", "PEO + LiTFSI, EO:Li=18 + 20 wt% SN",
    "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO",
)  # fmt: skip
"""Dry electrolytes, a blend, a plasticised film and a composite, in the usual notations."""

BAD_RECIPE = "PEO + LiTFSI, EO:Li=0"

COLD_C, WARM_C = 25.0, 100.0


@dataclass(frozen=True, slots=True)
class Questions:
    """What a model of one kind must answer, and the one among it that it must refuse."""

    texts: tuple[str, ...]
    bad: str

    @classmethod
    def of(cls, good: Sequence[str], bad: str) -> Questions:
        """The bad one in the middle of the good ones."""
        middle = len(good) // 2
        return cls((*good[:middle], bad, *good[middle:]), bad)


QUESTIONS = {
    "composition": Questions.of(GOOD, BAD),
    "polymer": Questions.of(GOOD_RECIPES, BAD_RECIPE),
}
"""Kind of a bundle → what it is asked."""

_FINITE = tuple(column.name for column in COLUMNS if column.always)
_STEEPEST_EV = 1.6
"""No solid electrolyte in the literature has a higher activation energy."""


def smoke(predict: Predict, kind: str = "composition") -> SmokeResult:
    """Ask the smoke list at 25 °C and at 100 °C.

    `predict` is that of a loaded MLflow model, `kind` what its bundle answers about.
    """
    questions = QUESTIONS[kind]
    texts = questions.texts
    asked = pd.DataFrame({FORMULA_COLUMN: list(texts)})
    answers = {}
    for temperature_C in (COLD_C, WARM_C):
        records = predict(asked, {"temperature_C": temperature_C})
        if len(records) != len(texts):
            wrong = f"{len(records)} records for {len(texts)} rows at {temperature_C:g} °C"
            return SmokeResult(len(texts), (wrong,))
        answers[temperature_C] = records
    complaints = []
    for question, cold, warm in zip(texts, answers[COLD_C], answers[WARM_C], strict=True):
        is_bad = question == questions.bad
        found = _complaints(question, cold, warm, is_bad=is_bad)
        complaints += [f"{question}: {text}" for text in found]
    return SmokeResult(len(texts), tuple(complaints))


def _complaints(question: str, cold: Record, warm: Record, *, is_bad: bool) -> list[str]:
    for record in (cold, warm):
        if record.get("input") != question:
            return [f"answered in the place of {record.get('input')!r}"]
    if is_bad:
        return [] if _is_refused(cold) and _is_refused(warm) else ["must be refused, with a code"]
    return [*_not_sound(cold, COLD_C), *_not_sound(warm, WARM_C)] or _not_warming(cold, warm)


def _is_refused(record: Record) -> bool:
    error = record.get("error")
    return record.get("status") == "error" and isinstance(error, Mapping) and bool(error["code"])


def _not_sound(record: Record, temperature_C: float) -> list[str]:
    if record.get("status") != "ok":
        return [f"refused at {temperature_C:g} °C: {record.get('error')}"]
    unusable = [name for name in _FINITE if not _is_finite(record.get(name))]
    if unusable:
        return [f"no finite {', '.join(unusable)} at {temperature_C:g} °C"]
    complaints = []
    if record["temperature_C"] != temperature_C:
        complaints.append(f"answered at {record['temperature_C']} °C, asked at {temperature_C:g}")
    for output in ("sigma", "sigma_if_conductor"):
        low, sigma, high = (record[f"{output}{which}_S_cm"] for which in ("_low", "", "_high"))
        if not 0.0 < low <= sigma <= high:
            complaints.append(
                f"{output} = {sigma:.3g} S/cm is not inside its interval {low:.3g} … {high:.3g}"
            )
    complaints += [
        f"{name} = {record[name]}"
        for name in ("p_superionic", "p_conductor")
        if not 0.0 <= record[name] <= 1.0
    ]
    return complaints


def _not_warming(cold: Record, warm: Record) -> list[str]:
    """Conductivity must rise on heating, by no more than the steepest Arrhenius line known."""
    rise = warm["log10_sigma"] - cold["log10_sigma"]
    span = abs(float(inverse_temperature_shift(*(celsius_to_kelvin(T) for T in (COLD_C, WARM_C)))))
    steepest = span * _STEEPEST_EV
    if 0.0 < rise <= steepest:
        return []
    return [f"log10 σ changes by {rise:+.2f} from {COLD_C:g} to {WARM_C:g} °C"]


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _kind(model: PyFuncModel) -> str:
    """The kind of material that the bundle behind a loaded model answers about."""
    bundle: Model = model.get_raw_model()  # type: ignore[no-untyped-call]
    return bundle.kind.name


def main(model_folder: str, result_file: str) -> int:
    """Load a model through MLflow, ask the smoke list, and write the result as a JSON file.

    Standard output would be shared with whatever the model's libraries print.
    """
    model = mlflow.pyfunc.load_model(model_folder)
    result = smoke(model.predict, _kind(model))
    text = json.dumps(asdict(result), ensure_ascii=False)
    Path(result_file).write_text(text, encoding="utf-8")
    return int(bool(result.complaints))


NumberedRow = tuple[str, tuple[int, Mapping[str, Any]]]
"""A formula, and its row number with its other cells."""

Score = Callable[[list[NumberedRow], Mapping[str, Any]], list[str]]
"""Rows and the model's params in, texts out as `PyfuncModel.predict` gives them."""


def trusted_model(folder: Path) -> Score:
    """Load a bundle and ask it the smoke list.

    Raises
    ------
    BundleError
        If it does not answer as it should.
    """
    model = mlflow.pyfunc.load_model(str(folder))
    # what this version can be asked, though an earlier one may have written the bundle
    model.metadata.signature = ModelSignature.from_dict(signature(served=True))
    if complaints := smoke(model.predict, _kind(model)).complaints:
        raise BundleError(f"{folder} fails its smoke list: {'; '.join(complaints)}")

    def score(rows: list[NumberedRow], params: Mapping[str, Any]) -> list[str]:
        table = pd.DataFrame(rows, columns=[FORMULA_COLUMN, OTHER_COLUMNS])
        records: list[str] = model.predict(table, {**params, "as_text": True})
        return records

    if is_installed():  # what is compiled for many rows: no request waits for it
        score([(GOOD[0], (1, {}))] * MANY, {"window": False})
    return score


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
