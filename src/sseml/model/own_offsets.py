"""A lab's own file of measurements becomes offsets of families, and evidence of materials."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, IntArray
from sseml.curation.duplicates import LINKED_DISTANCE, SAME_CONDUCTIVITY, SAME_TEMPERATURE_K
from sseml.curation.own import add_own
from sseml.curation.own_report import OwnResult
from sseml.curation.papers import listed_dois
from sseml.curation.table import to_table, write_parquet
from sseml.kinds import Kind
from sseml.model.bundle import Bundle
from sseml.model.dataset import (
    CENSOR_LOG10_SIGMA,
    Recipe,
    TrainingSet,
    measured_materials,
    training_set,
)
from sseml.model.evidence import Evidence
from sseml.model.evidence_file import read_evidence
from sseml.model.offsets import RETRAIN_FROM, FamilyOffset, Offsets, Residuals, family_offsets
from sseml.model.own_rows import OwnRows
from sseml.model.split import near_duplicate_groups
from sseml.parse.sources import TextTable, name_of
from sseml.physics.transitions import Transitions
from sseml.records import Refusal, RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C


@dataclass(frozen=True, slots=True)
class OwnOffsets:
    """Offsets read from a file, the rows that were refused, and remarks.

    Remarks name rows left out and columns not used, and say when to retrain.
    """

    offsets: Offsets
    refused: tuple[Refusal, ...]
    remarks: tuple[str, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """Refused rows and remarks, a line each."""
        file = self.offsets.file
        return (*(f"{file}: {each.message}; left out" for each in self.refused), *self.remarks)


def read_offsets(file: Path | str | TextTable, bundle: Bundle) -> OwnOffsets:
    """Compare a lab's measurements with what a bundle predicts for the same materials.

    The file is CSV, TSV, JSON lines or Parquet with a formula and a conductivity in every row, or
    such a table at hand as text. A measurement is read as `sseml data add` reads it and carried to
    25 °C as in training. One that the bundle was trained on says nothing about the bundle's error
    and is left out; a `RefusedInputError` says if nothing is left.
    """
    own = add_own(file, to_table([]))
    name = own.report.file
    data = _usable(own, bundle, name)
    picked = own.added.iloc[data.rows]
    row_of = np.array([row for row, _ in own.report.added])[data.rows]
    known = _known(picked, data, bundle.evidence)
    at_25 = data.at_25
    if known[at_25].all():
        raise RefusedInputError(
            f"{name} holds no measurement that {bundle.name} was not trained on",
            "an offset takes measurements that are new to the model",
        )
    new = at_25 & ~known
    residuals = _residuals(picked[new], data.take(new), bundle)
    offsets = Offsets(
        name,
        family_offsets(residuals, *_learned(bundle)),
        _rows(picked[~known], row_of[~known], name, bundle.kind),
    )
    return OwnOffsets(
        offsets,
        own.refused,
        (
            *(f"{name}: {remark}" for remark in _unused(own, data.rows, at_25)),
            *(
                f"{name}: row {row}: {text!r}: {bundle.name} was trained on it; left out"
                for row, text in zip(row_of[known], picked["formula_reported"][known], strict=True)
            ),
            *_advice(offsets.of_family, name, name_of(file)),
        ),
    )


def _usable(own: OwnResult, bundle: Bundle, name: str) -> TrainingSet:
    """The measurements of single materials; one at least says what σ is at 25 °C."""
    recipe = Recipe(feature_sets=tuple(bundle.manifest["feature_sets"]))
    reasons = "; ".join(refusal.message for refusal in own.refused[:3])
    refusal = RefusedInputError(
        f"{name} holds no usable measurement{': ' if reasons else ''}{reasons}",
        "it takes a formula with lithium and a conductivity, one at 250 °C at most",
    )
    try:
        data = training_set(own.added, recipe, bundle.kind)
    except RefusedInputError as error:
        raise refusal from error
    if not data.at_25.any():
        raise refusal
    return data


def _rows(picked: pd.DataFrame, row_of: IntArray, name: str, kind: Kind) -> OwnRows:
    """The measurements as evidence; rows beyond a known phase transition are on no line."""
    parquet = BytesIO()
    write_parquet(picked, parquet)
    evidence = read_evidence(parquet, kind)
    transitions = Transitions.load()
    beyond = [
        any(one.is_passed(temperature_C) for one in transitions.find(*known, temperature_C))
        for known, temperature_C in zip(
            (
                (material.amounts, kind.space_group(material))
                for material in measured_materials(picked, kind)
            ),
            picked["temperature_C"],
            strict=True,
        )
    ]
    return OwnRows(
        replace(evidence, references=[f"own: {name} row {row}" for row in row_of]),
        picked["activation_energy_eV"].to_numpy(dtype=float, na_value=np.nan),
        ~np.array(beyond, dtype=np.bool_),
    )


def _residuals(picked: pd.DataFrame, data: TrainingSet, bundle: Bundle) -> Residuals:
    materials = measured_materials(picked, bundle.kind)
    distance = bundle.kind.distance
    answer = bundle.predict(materials, np.full(len(materials), ROOM_TEMPERATURE_C))
    return Residuals.between(
        data.target,
        picked["relation"].tolist(),
        np.maximum(answer.sigma.log10, CENSOR_LOG10_SIGMA),  # as the measurements are
        answer.if_conductor.log10,
        families=data.families.tolist(),
        compositions=near_duplicate_groups(data.positions, distance, distance.radii.same),
    )


def _learned(bundle: Bundle) -> tuple[Counter[str], Counter[str]]:
    """Measurements of each family that the outputs have learned from: of all, of conductors."""
    kind = bundle.kind
    formulas = np.array(bundle.evidence.formulas, dtype=object)[bundle.training_rows]
    family_of = {formula: kind.recognise(kind.read(formula)).family for formula in set(formulas)}
    families = np.array([family_of[formula] for formula in formulas], dtype=object)
    return Counter(families), Counter(families[bundle.ensemble.conductors])


def _known(picked: pd.DataFrame, data: TrainingSet, evidence: Evidence) -> BoolArray:
    """Rows that the evidence holds: near-identical in the same paper, or the same to the value."""
    distance = evidence.distance.between(data.positions, evidence.positions)
    sigma_S_cm = picked["sigma_S_cm"].to_numpy(dtype=float)[:, None]
    temperature_C = picked["temperature_C"].to_numpy(dtype=float)[:, None]
    same = (
        (distance < evidence.distance.radii.same)
        & (np.abs(np.log10(evidence.sigma_S_cm / sigma_S_cm)) <= SAME_CONDUCTIVITY)
        & (np.abs(evidence.temperature_C - temperature_C) <= SAME_TEMPERATURE_K)
    )
    known: BoolArray = same.any(axis=1)
    for row, papers in enumerate(picked["doi"]):
        near = np.flatnonzero(distance[row] <= LINKED_DISTANCE).tolist()
        known[row] |= any(set(papers) & set(listed_dois(evidence.dois[i])) for i in near)
    return known


def _unused(own: OwnResult, usable: IntArray, at_25: BoolArray) -> Iterator[str]:
    for notice in own.report.notices:
        if "series" not in notice:  # a series decides what is held out together: not needed here
            yield notice
    formulas = own.added["formula"].to_numpy(dtype=object)
    in_offset = set(formulas[usable[at_25]])
    for place, ((row, _), text) in enumerate(
        zip(own.report.added, own.added["formula_reported"], strict=True)
    ):
        if place not in usable:
            yield f"row {row}: {text!r}: a composite; left out"
        elif formulas[place] not in in_offset:
            yield f"row {row}: {text!r}: measured above 250 °C only; left out of the offset"


def _advice(of_family: Mapping[str, FamilyOffset], name: str, path: str) -> Iterator[str]:
    enough = [name for name, own in of_family.items() if own.compositions >= RETRAIN_FROM]
    if enough:
        file = shlex.quote(path)
        yield (
            f"{name} holds {RETRAIN_FROM} compositions or more of {', '.join(enough)}: "
            f"retraining learns more from them than an offset: sseml data add {file} -o data/mine "
            "&& sseml train -i data/mine -o runs/mine"
        )
