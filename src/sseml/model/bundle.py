"""A released model as a folder of plain data: save, verify, load, predict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.files import whole_folder
from sseml.kinds import KINDS, Kind, kind_named
from sseml.model.answer import SUPERIONIC_S_CM, BundleAnswer, Conductivity
from sseml.model.calibration import IntervalModel, ProbabilityModel
from sseml.model.crystal_system import PolymorphCorrection, systems_of
from sseml.model.ensemble import (
    Ensemble,
    Estimate,
    Mix,
    TwoOutputs,
    arrays_below,
    conductor_offsets,
    named,
)
from sseml.model.evidence import Evidence, read_evidence
from sseml.model.folder import CARD, MANIFEST, reading, verify_checksums, write_checksums
from sseml.model.mlmodel import write_mlflow_files
from sseml.model.offsets import Shift
from sseml.physics.transport import arrhenius_log10_sigma, inverse_temperature_shift
from sseml.records import BundleError, Material
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

SCHEMA_VERSION = 4
ARRAYS = "forest.npz"
EVIDENCE = "evidence.parquet"

_NEEDED = (
    "name", "kind", "feature_sets", "features", "activation_energy_range_eV", "temperature_range_C",
)  # fmt: skip
"""Entries of the manifest that predicting uses."""

CEILING_LOG10_SIGMA = 1.0
"""No answer exceeds 10 S/cm: no solid conducts ions better, and an Arrhenius line has no limit."""

_CALIBRATION: Mapping[str, Any] = {
    "interval": IntervalModel,
    "if_conductor_interval": IntervalModel,
    "energy_interval": IntervalModel,
    "superionic": ProbabilityModel,
    "conductor": ProbabilityModel,
}
"""What `calibration` in the manifest holds, by the names of `Bundle`'s attributes."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A fitted model of one kind of material, with its calibration and its evidence."""

    kind: Kind
    manifest: Mapping[str, Any]
    """`bundle.json` without the calibration."""
    conductivity: TwoOutputs
    """For log10 σ (S/cm) at 25 °C."""
    energy: Ensemble
    """For the activation energy in eV."""
    conductivity_rows: NDArray[np.int64]
    energy_rows: NDArray[np.int64]
    """Rows of the evidence that these were trained on."""
    interval: IntervalModel
    if_conductor_interval: IntervalModel
    energy_interval: IntervalModel
    superionic: ProbabilityModel
    """That σ ≥ 1e-4 S/cm."""
    conductor: ProbabilityModel
    """That σ at 25 °C is above 1e-7 S/cm."""
    polymorph: PolymorphCorrection
    """What a known crystal system adds to both outputs."""
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

        `temperature_C` is that of each material, shape (n,). A `shift` is added to both outputs at
        25 °C; intervals and probabilities follow, and a conductor stays one. `threshold_S_cm` is
        that of `BundleAnswer.p_superionic`.
        """
        X = self.kind.features(materials, self.manifest["feature_sets"]).values
        measured = self.evidence
        positions = self.kind.distance.positions(materials)
        distance = self.kind.distance.between(positions, measured.positions)
        unconditional, if_conductor = self.conductivity.predict(
            X, distance[:, self.conductivity_rows]
        )
        systems = systems_of(map(self.kind.space_group, materials))
        by_system = self.polymorph.shift(systems, distance[:, self.conductivity_rows])
        added = Shift(by_system, by_system)
        if shift is not None:
            added += shift
        unconditional, if_conductor = added.applied(unconditional, if_conductor)
        energy = self.energy.predict(X, distance[:, self.energy_rows])
        heating = self._heating(energy, temperature_C)
        sigma = heating.conductivity(unconditional, self.interval.offsets(unconditional.signals))
        width = self.interval.width(unconditional.signals)
        known = self.kind.distance.parts(measured.positions).any(axis=0)
        unknown_parts = self.kind.distance.parts(positions) & ~known
        return BundleAnswer(
            sigma=sigma,
            if_conductor=heating.conductivity(
                if_conductor, conductor_offsets(if_conductor, self.if_conductor_interval)
            ),
            p_conductor=self.conductor.predict(unconditional.mean, width),
            p_superionic=self.superionic.predict(
                sigma.log10 - log10(threshold_S_cm / SUPERIONIC_S_CM),
                np.hypot(width, heating.energy_width),
            ),
            activation_energy_eV=heating.energy_eV,
            by_crystal_system=by_system,
            nearest_distance=distance.min(axis=1),
            parts_known=np.logical_not(unknown_parts.any(axis=1)),
            distance=distance,
        )

    def _heating(self, energy: Estimate, temperature_C: FloatArray) -> _Heating:
        reference_K = celsius_to_kelvin(ROOM_TEMPERATURE_C)
        asked_K = np.asarray(temperature_C, dtype=float) - ROOM_TEMPERATURE_C + reference_K
        shift = np.abs(inverse_temperature_shift(reference_K, asked_K))
        low, high = self.energy_interval.offsets(energy.signals)
        return _Heating(
            energy_eV=np.clip(energy.mean, *self.manifest["activation_energy_range_eV"]),
            asked_K=asked_K,
            energy_low=shift * low,
            energy_high=shift * high,
            energy_width=shift * self.energy_interval.width(energy.signals),
        )

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
                **named("conductivity", self.conductivity.ensemble.to_arrays()),
                **named("if_conductor", self.conductivity.if_conductor.to_arrays()),
                **named("energy", self.energy.to_arrays()),
                **named("polymorph", self.polymorph.to_arrays()),
                "conductors": self.conductivity.conductors,
                "conductivity_rows": self.conductivity_rows,
                "energy_rows": self.energy_rows,
                "evidence_positions": self.evidence.positions.astype(np.float32),
            }
            np.savez(building / ARRAYS, allow_pickle=False, **arrays)
            (building / EVIDENCE).write_bytes(evidence_parquet)
            (building / CARD).write_text(card, encoding="utf-8")
            write_mlflow_files(building)
            write_checksums(building)

    @classmethod
    def load(cls, folder: Path, kinds: Iterable[Kind] = KINDS) -> Bundle:
        """Verify every checksum, then read the bundle, which may be of any of `kinds`.

        Raises
        ------
        BundleError
            If a file is missing, damaged or lacks something, or the schema version is not this
            code's, or its kind is none of `kinds`.
        """
        verify_checksums(folder, needed=(ARRAYS, EVIDENCE))
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
            conductivity = TwoOutputs(
                ensemble=Ensemble.from_arrays(arrays_below(arrays, "conductivity")),
                if_conductor=Mix.from_arrays(arrays_below(arrays, "if_conductor")),
                conductors=arrays["conductors"],
            )
            energy = Ensemble.from_arrays(arrays_below(arrays, "energy"))
            polymorph = PolymorphCorrection.from_arrays(arrays_below(arrays, "polymorph"))
            rows = arrays["conductivity_rows"], arrays["energy_rows"]
            positions = arrays["evidence_positions"]
        with reading(folder / EVIDENCE) as path:
            evidence = read_evidence(path, kind, positions.astype(np.float64))
            count = len(evidence.formulas)
            if count != len(positions):
                raise ValueError(f"{count} rows, but {ARRAYS} has positions of {len(positions)}")
        return cls(
            kind=kind,
            manifest=manifest,
            conductivity=conductivity,
            energy=energy,
            conductivity_rows=rows[0],
            energy_rows=rows[1],
            polymorph=polymorph,
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


@dataclass(frozen=True, slots=True)
class _Heating:
    """From 25 °C to the temperature asked about, along the activation energy; each shape (n,).

    `energy_low`, `energy_high` and `energy_width` are the interval and the typical error of the
    activation energy, in decades of S/cm at that temperature.
    """

    energy_eV: FloatArray
    asked_K: FloatArray
    energy_low: FloatArray
    energy_high: FloatArray
    energy_width: FloatArray

    def conductivity(self, at_25: Estimate, offsets: tuple[FloatArray, FloatArray]) -> Conductivity:
        """Conductivity from an output at 25 °C and the offsets to its limits there."""
        reference_K = celsius_to_kelvin(ROOM_TEMPERATURE_C)
        mean = arrhenius_log10_sigma(at_25.mean, self.energy_eV, reference_K, self.asked_K)
        mean = np.minimum(mean, CEILING_LOG10_SIGMA)
        low, high = offsets
        return Conductivity(
            log10=mean,
            log10_low=mean - np.hypot(low, self.energy_low),
            log10_high=np.minimum(mean + np.hypot(high, self.energy_high), CEILING_LOG10_SIGMA),
        )
