"""A released model as a folder of plain data: save, verify, load, predict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Any

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.classes import asdict, dataclass
from sseml.files import whole_folder
from sseml.kinds import KINDS, Kind, kind_named
from sseml.model.answer import BundleAnswer
from sseml.model.arrhenius import Observations
from sseml.model.calibration import IntervalModel, ThresholdModel
from sseml.model.crystal_system import systems_of
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, Ensemble, Estimate, arrays_below, named
from sseml.model.evidence import MANY, Evidence
from sseml.model.evidence_file import read_evidence
from sseml.model.folder import CARD, MANIFEST, reading, write_checksums
from sseml.model.given_energy import EnergyGain
from sseml.model.heating import (
    REFERENCE_K,
    bounded_energy,
    conductivity_at,
    conductivity_score,
    width_at,
)
from sseml.model.learned import Learned
from sseml.model.mlmodel import write_mlflow_files
from sseml.model.offsets import Shift
from sseml.model.own_rows import LinePrior, TrainedOn
from sseml.model.stamps import verify_once
from sseml.records import BundleError, Material
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM

SCHEMA_VERSION = 6
ARRAYS = "forest.npz"
EVIDENCE = "evidence.parquet"

_ROWS_AT_A_TIME = 512

_NEEDED = (
    "name", "kind", "feature_sets", "features", "settings", "temperature_range_C",
)  # fmt: skip
"""Entries of the manifest that predicting uses."""

_CALIBRATION: Mapping[str, Any] = {
    "interval": IntervalModel,
    "if_conductor_interval": IntervalModel,
    "threshold": ThresholdModel,
    "energy_gain": EnergyGain,
}
"""What `calibration` in the manifest holds, by the names of `Bundle`'s attributes."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A fitted model of one kind of material, with its calibration and its evidence."""

    kind: Kind
    manifest: Mapping[str, Any]
    """`bundle.json` without the calibration."""
    ensemble: Ensemble
    """For log10 σ (S/cm) at 25 °C and the activation energy in eV."""
    training_rows: IntArray
    """Rows of the evidence that it was trained on."""
    observations: Observations
    """What its lines were fitted to, of each training row."""
    learned: Learned
    """What else was learned from each training row."""
    interval: IntervalModel
    if_conductor_interval: IntervalModel
    threshold: ThresholdModel
    """That σ reaches a threshold: 1e-4 S/cm to be superionic, 1e-7 S/cm to be a conductor."""
    energy_gain: EnergyGain
    """How an answer follows an activation energy that is given."""
    evidence: Evidence

    @property
    def name(self) -> str:
        """The bundle's name, which every prediction carries."""
        return str(self.manifest["name"])

    def predict(
        self,
        materials: Sequence[Material],
        temperature_C: FloatArray,
        shift: Shift | None = None,
        threshold_S_cm: float = SUPERIONIC_S_CM,
    ) -> BundleAnswer:
        """Predict conductivity, activation energy, intervals and probabilities.

        `temperature_C` is that of each material, shape (n,). A `shift` moves both outputs at 25 °C:
        first to given activation energies, then by the decades of the families, then to one's own
        measurements; intervals and probabilities follow, and a conductor stays one.
        `threshold_S_cm` is that of `BundleAnswer.p_superionic`.
        """
        X = self.kind.features(materials, self.manifest["feature_sets"]).values
        measured = self.evidence
        positions = self.kind.distance.positions(materials)
        distance = measured.apart(positions)
        systems = systems_of(map(self.kind.space_group, materials))
        plain, if_conductor = self._estimates(X, distance, systems)
        families = [self.kind.recognise(material).family for material in materials]
        by_energy, by_own = None, None
        if shift is not None and shift.energy_eV is not None:
            by_energy = self.energy_gain.decades(plain, shift.energy_eV)
            plain = self.energy_gain.followed(plain, shift.energy_eV)
            if_conductor = self.energy_gain.followed(if_conductor, shift.energy_eV)
        if shift is not None:
            plain, if_conductor = shift.applied(plain, if_conductor)
        if shift is not None and shift.own is not None:
            plain, if_conductor, by_own = shift.own.pulled(
                plain,
                if_conductor,
                positions,
                systems,
                width=self.interval.width(plain.signals, families),
                learned=TrainedOn.of(measured, self.training_rows),
                prior=LinePrior.of(self.manifest["settings"]["process"]),
            )
        narrower = 1.0 if by_own is None else by_own.narrower
        temperature_K = np.asarray(temperature_C, dtype=float) - ROOM_TEMPERATURE_C + REFERENCE_K
        score = conductivity_score(plain, if_conductor, temperature_K)
        at_25 = conductivity_score(plain, if_conductor, np.full(len(systems), REFERENCE_K))
        width = self.interval.width(plain.signals, families) * narrower
        known = self.kind.distance.parts(measured.positions).any(axis=0)
        unknown_parts = self.kind.distance.parts(positions) & ~known
        return BundleAnswer(
            sigma=conductivity_at(plain, self.interval, temperature_K, families, narrower=narrower),
            if_conductor=conductivity_at(
                if_conductor,
                self.if_conductor_interval,
                temperature_K,
                families,
                CONDUCTOR_LOG10_SIGMA,
                narrower=narrower,
            ),
            p_conductor=self.threshold.predict(at_25, width, CONDUCTOR_LOG10_SIGMA),
            p_superionic=self.threshold.predict(
                score, width_at(width, temperature_K), log10(threshold_S_cm)
            ),
            activation_energy_eV=bounded_energy(plain),
            by_crystal_system=plain.by_system,
            nearest_distance=distance.min(axis=1),
            parts_known=np.logical_not(unknown_parts.any(axis=1)),
            distance=distance,
            by_energy=by_energy,
            by_own=by_own,
        )

    def _estimates(
        self, X: FloatArray, distance: FloatArray, systems: IntArray
    ) -> tuple[Estimate, Estimate]:
        """Both outputs of the ensemble, some rows at a time: their arrays stay in the cache."""
        parts = [
            self.ensemble.predict(
                X[start : start + _ROWS_AT_A_TIME],
                distance[start : start + _ROWS_AT_A_TIME].take(self.training_rows, axis=1),
                systems[start : start + _ROWS_AT_A_TIME],
                is_of_many=len(X) >= MANY,
            )
            for start in range(0, len(X), _ROWS_AT_A_TIME)
        ]
        plain, if_conductor = zip(*parts, strict=True)
        return Estimate.join(plain), Estimate.join(if_conductor)

    def save(self, folder: Path, evidence_parquet: bytes, card: str) -> None:
        """Write the bundle to a folder that does not exist yet; whole or not at all."""
        with whole_folder(folder) as building:
            calibration = {name: asdict(getattr(self, name)) for name in _CALIBRATION}
            document = {"schema_version": SCHEMA_VERSION, **self.manifest}
            document["calibration"] = calibration
            (building / MANIFEST).write_text(
                json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8"
            )
            arrays = {
                **named("ensemble", self.ensemble.to_arrays()),
                **named("observations", self.observations.to_arrays()),
                **named("learned", self.learned.to_arrays()),
                "training_rows": self.training_rows.astype(np.int32),
                "evidence_positions": self.evidence.positions.astype(np.float32),
            }
            np.savez(building / ARRAYS, allow_pickle=False, **arrays)
            (building / EVIDENCE).write_bytes(evidence_parquet)
            (building / CARD).write_text(card, encoding="utf-8")
            write_mlflow_files(building)
            write_checksums(building)

    @classmethod
    def load(cls, folder: Path, kinds: Iterable[Kind] = KINDS) -> Bundle:
        """Verify the bundle, unless it was and did not change, then read it.

        It may be of any of `kinds`.

        Raises
        ------
        BundleError
            If a file is missing, damaged or lacks something, or the schema version is not this
            code's, or its kind is none of `kinds`.
        """
        checksums = verify_once(folder, needed=(ARRAYS, EVIDENCE))
        with reading(folder / MANIFEST) as path:
            manifest = dict(json.loads(path.read_text(encoding="utf-8")))
        version = manifest.pop("schema_version", None)
        if version != SCHEMA_VERSION:
            raise BundleError(
                f"{folder}: schema version {version} is not {SCHEMA_VERSION}, "
                "which this version of sseml reads; install the version named in its card"
            )
        with reading(folder / MANIFEST):
            calibration = manifest.pop("calibration")
            calibrated = {
                name: model.from_dict(calibration[name]) for name, model in _CALIBRATION.items()
            }
            for needed in _NEEDED:
                manifest[needed]
            kind = kind_named(manifest["kind"], kinds)
            require_same_features(manifest, kind, manifest["feature_sets"])
        with reading(folder / ARRAYS) as path:
            # opened here, as NumPy leaves a file open that turns out to be none of its own
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            rows = arrays["training_rows"].astype(np.intp)
            positions = arrays["evidence_positions"].astype(np.float64)
            ensemble = Ensemble.from_arrays(
                arrays_below(arrays, "ensemble"), kind.distance, positions[rows]
            )
            observations = Observations.from_arrays(arrays_below(arrays, "observations"))
            learned = Learned.from_arrays(arrays_below(arrays, "learned"))
        with reading(folder / EVIDENCE) as path:
            evidence = read_evidence(path, kind, positions, checksums[EVIDENCE])
            count = len(evidence.formulas)
            if count != len(positions):
                raise ValueError(f"{count} rows, but {ARRAYS} has positions of {len(positions)}")
        return cls(
            kind=kind,
            manifest=manifest,
            ensemble=ensemble,
            training_rows=rows,
            observations=observations,
            learned=learned,
            evidence=evidence,
            **calibrated,
        )


def require_same_features(manifest: Mapping[str, Any], kind: Kind, sets: Sequence[str]) -> None:
    """Raise a `ValueError` if this code calculates others than a manifest lists."""
    trained_on = [feature["name"] for feature in manifest["features"]]
    computed = [feature.name for feature in kind.feature_list(sets)]
    if trained_on != computed:
        changed = sorted(set(trained_on) ^ set(computed))
        raise ValueError(
            "its features are not those of this version of sseml: "
            + (", ".join(changed[:5]) or "their order differs")
        )
