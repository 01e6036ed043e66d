"""A released polymer model as a folder of plain data: save, verify, load, predict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.files import whole_folder
from sseml.kinds import KINDS, Doubt, Kind, kind_named
from sseml.model.answer import BundleAnswer
from sseml.model.bundle import require_same_features
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA
from sseml.model.evidence import Evidence
from sseml.model.evidence_file import read_evidence
from sseml.model.folder import CARD, MANIFEST, reading, write_checksums
from sseml.model.heating import Conductivity
from sseml.model.loading import CURVES
from sseml.model.mlmodel import RECIPES, write_mlflow_files
from sseml.model.npz import read_arrays
from sseml.model.offsets import Shift
from sseml.model.polymer.blocks import SETS
from sseml.model.polymer.films import FilmAnswer, Films
from sseml.model.polymer.intervals import LEVEL
from sseml.model.polymer.transference import (
    FILE,
    ReportedFilm,
    notes_on_transference,
    read_reported_films,
    write_reported_films,
)
from sseml.model.stamps import verify_once
from sseml.records import BundleError, Polymer
from sseml.units import SUPERIONIC_S_CM

SCHEMA_VERSION = 1
ARRAYS = "model.npz"
EVIDENCE = "evidence.parquet"

_NEEDED = ("name", "kind", "features", "temperature_range_C")


@dataclass(frozen=True, slots=True)
class PolymerBundle:
    """A fitted model of polymer electrolytes, with its calibration and its evidence."""

    kind: Kind
    manifest: Mapping[str, Any]
    films: Films
    evidence: Evidence
    recipes: FloatArray
    """Positions of the distinct recipes of the evidence, shape (n_recipes, k)."""
    recipe_of_row: IntArray
    """Which of them each row of the evidence is of."""
    reported: tuple[ReportedFilm, ...] = ()
    """Transference numbers and windows that papers measured."""

    @property
    def name(self) -> str:
        """The bundle's name, which every prediction carries."""
        return str(self.manifest["name"])

    def predict(
        self,
        materials: Sequence[Polymer],
        temperature_C: FloatArray,
        shift: Shift | None = None,
        threshold_S_cm: float = SUPERIONIC_S_CM,
    ) -> BundleAnswer:
        """Predict conductivity, local activation energy, intervals and probabilities.

        `temperature_C` is that of each material, shape (n,). A `shift` is added to the answers.
        `threshold_S_cm` is that of `BundleAnswer.p_superionic`.
        """
        at = np.asarray(temperature_C, dtype=float)
        positions = self.kind.distance.positions(materials)
        distance = self._distance(positions)
        nearest = distance.min(axis=1)
        answer = self.films.answer(materials, at)
        moved = np.zeros(len(materials)) if shift is None else shift.unconditional
        mean, mean_25 = answer.mean + moved, answer.mean_25 + moved
        low, high = answer.spread.limits(mean)
        return BundleAnswer(
            sigma=Conductivity(mean, low, high),
            if_conductor=_if_conductor(mean, mean_25, answer),
            p_conductor=1.0 - answer.spread_25.below(CONDUCTOR_LOG10_SIGMA - mean_25),
            p_superionic=1.0 - answer.spread.below(np.log10(threshold_S_cm) - mean),
            activation_energy_eV=answer.activation_energy_eV,
            by_crystal_system=np.zeros(len(materials)),
            nearest_distance=nearest,
            parts_known=np.ones(len(materials), dtype=bool),
            distance=distance,
            log10_without_filler=answer.without_filler,
            doubts=tuple(map(self._with_transference, materials, answer.doubts)),
        )

    def _with_transference(self, material: Polymer, doubt: Doubt) -> Doubt:
        notes = notes_on_transference(material, self.reported)
        return replace(doubt, notes=(*doubt.notes, *notes))

    def _distance(self, positions: FloatArray) -> FloatArray:
        """To every row of the evidence, shape (n, n_rows); many rows are of one recipe."""
        return self.kind.distance.between(positions, self.recipes)[:, self.recipe_of_row]

    def save(self, folder: Path, evidence_parquet: bytes, card: str) -> None:
        """Write the bundle to a folder that does not exist yet; whole or not at all."""
        with whole_folder(folder) as building:
            document = {"schema_version": SCHEMA_VERSION, "form": CURVES, **self.manifest}
            (building / MANIFEST).write_text(
                json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8"
            )
            arrays = {
                **self.films.to_arrays(),
                "recipes": self.recipes.astype(np.float32),
                "recipe_of_row": self.recipe_of_row.astype(np.int32),
            }
            np.savez(building / ARRAYS, allow_pickle=False, **arrays)
            (building / EVIDENCE).write_bytes(evidence_parquet)
            (building / CARD).write_text(card, encoding="utf-8")
            write_reported_films(building / FILE, self.reported)
            write_mlflow_files(building, RECIPES, ("mlflow", "polymer"))
            write_checksums(building)

    @classmethod
    def load(cls, folder: Path, kinds: Iterable[Kind] = KINDS) -> PolymerBundle:
        """Verify the bundle, unless it was and did not change, then read it.

        Raises
        ------
        BundleError
            If a file is missing, damaged or lacks something, or the schema version is not this
            code's.
        """
        checksums = verify_once(folder, needed=(ARRAYS, EVIDENCE, FILE))
        with reading(folder / MANIFEST) as path:
            manifest = dict(json.loads(path.read_text(encoding="utf-8")))
        version = manifest.pop("schema_version", None), manifest.pop("form", None)
        if version != (SCHEMA_VERSION, CURVES):
            raise BundleError(
                f"{folder}: schema version {version[0]} of the form {version[1]} is not"
                f" {SCHEMA_VERSION} of the form {CURVES}, which this version of sseml reads;"
                " install the version named in its card"
            )
        with reading(folder / MANIFEST):
            for needed in _NEEDED:
                manifest[needed]
            kind = kind_named(manifest["kind"], kinds)
            require_same_features(manifest, kind, SETS)
        with reading(folder / ARRAYS) as path:
            with path.open("rb") as file:
                arrays = read_arrays(file)
            films = Films.from_arrays(arrays, kind)
            recipes = arrays["recipes"].astype(np.float64)
            recipe_of_row = arrays["recipe_of_row"].astype(np.int64)
        with reading(folder / EVIDENCE) as path:
            evidence = read_evidence(path, kind, recipes[recipe_of_row], checksums[EVIDENCE])
            if len(evidence.formulas) != len(recipe_of_row):
                raise ValueError(
                    f"{len(evidence.formulas)} rows, but {len(recipe_of_row)} positions"
                )
        with reading(folder / FILE) as path:
            reported = read_reported_films(path.read_text(encoding="utf-8"))
        return cls(kind, manifest, films, evidence, recipes, recipe_of_row, reported)


def _if_conductor(mean: FloatArray, mean_25: FloatArray, answer: FilmAnswer) -> Conductivity:
    """The distribution at the temperature asked, cut off where σ(25 °C) is 1e-7 S/cm.

    What is wrong at 25 °C is wrong by the same quantile at another temperature.
    """
    below = answer.spread_25.below(CONDUCTOR_LOG10_SIGMA - mean_25)

    def quantile(probability: FloatArray | float) -> FloatArray:
        return mean + answer.spread.at(below + probability * (1.0 - below))

    tail = (1.0 - LEVEL) / 2.0
    value = quantile(answer.spread.below(np.zeros(len(mean))))
    low, high = quantile(tail), quantile(1.0 - tail)
    return Conductivity(value, np.minimum(low, value), np.maximum(high, value))
