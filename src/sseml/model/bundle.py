"""A released model as a folder of plain data: save, verify, load, predict."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.features.composition import element_fractions
from sseml.features.distance import fraction_distance
from sseml.features.table import COMPOSITION_SETS, feature_table
from sseml.model.blend import Blend, arrays_below
from sseml.model.evidence import Evidence
from sseml.model.folder import CARD, MANIFEST, reading, verify_checksums, write_checksums
from sseml.model.intervals import IntervalModel, Signals
from sseml.model.mlmodel import write_mlflow_files
from sseml.model.probability import ProbabilityModel
from sseml.physics.transport import arrhenius_log10_sigma, inverse_temperature_shift
from sseml.records import BundleError, Composition
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

FloatArray = NDArray[np.float64]

SCHEMA_VERSION = 2
ARRAYS = "forest.npz"
EVIDENCE = "evidence.parquet"

_NEEDED = ("name", "feature_sets", "features", "activation_energy_range_eV", "temperature_range_C")
"""What predicting asks of the manifest."""

CEILING_LOG10_SIGMA = 1.0
"""No answer exceeds 10 S/cm: no solid conducts ions better, and one Arrhenius line knows no end."""

_EVIDENCE_COLUMNS = (
    "formula",
    "sigma_S_cm",
    "relation",
    "temperature_C",
    "conductivity_kind",
    "doi",
    "source",
)


@dataclass(frozen=True, slots=True)
class BundleAnswer:
    """What a bundle says about each material at its temperature; every array has shape (n,).

    Conductivities are log10 of S/cm at the asked temperature, `distance` is the composition
    distance to every measurement of the evidence, shape (n, n_measurements).
    """

    log10_sigma: FloatArray
    log10_sigma_low: FloatArray
    log10_sigma_high: FloatArray
    p_superionic: FloatArray
    activation_energy_eV: FloatArray
    nearest_distance: FloatArray
    elements_known: NDArray[np.bool_]
    distance: FloatArray


@dataclass(frozen=True, slots=True)
class Bundle:
    """A fitted composition model with its calibration and its evidence.

    Attributes
    ----------
    manifest
        What `bundle.json` says beyond the calibration: name, kind, target, feature sets and names
        with units, training-data digest, code version, metrics, settings, temperature range.
    conductivity, energy
        Blends for log10 σ (S/cm) at 25 °C and for the activation energy in eV.
    conductivity_rows, energy_rows
        Rows of the evidence that each blend was trained on.
    interval, energy_interval
        Calibrated widths.
    probability
        Of σ ≥ 1e-4 S/cm.
    evidence
        The measurements, and the table they came from as Parquet bytes.
    """

    manifest: Mapping[str, Any]
    conductivity: Blend
    energy: Blend
    conductivity_rows: NDArray[np.int64]
    energy_rows: NDArray[np.int64]
    interval: IntervalModel
    energy_interval: IntervalModel
    probability: ProbabilityModel
    evidence: Evidence

    @property
    def name(self) -> str:
        """The bundle's name, which every prediction carries."""
        return str(self.manifest["name"])

    def predict(self, materials: Sequence[Composition], temperature_C: FloatArray) -> BundleAnswer:
        """Predict conductivity, activation energy, interval and probability.

        Parameters
        ----------
        materials
            What to predict.
        temperature_C
            The temperature of each, shape (n,).
        """
        X = feature_table(materials, sets=tuple(self.manifest["feature_sets"])).values
        fractions = element_fractions(materials)
        distance = fraction_distance(fractions, self.evidence.fractions)
        at_25, signals = predict_with_signals(
            self.conductivity, X, distance[:, self.conductivity_rows]
        )
        energy, energy_signals = predict_with_signals(self.energy, X, distance[:, self.energy_rows])
        energy = np.clip(energy, *self.manifest["activation_energy_range_eV"])

        reference_K = celsius_to_kelvin(ROOM_TEMPERATURE_C)
        asked_K = np.asarray(temperature_C, dtype=float) - ROOM_TEMPERATURE_C + reference_K
        mean = np.minimum(
            arrhenius_log10_sigma(at_25, energy, reference_K, asked_K), CEILING_LOG10_SIGMA
        )
        shift = np.abs(inverse_temperature_shift(reference_K, asked_K))
        low, high = self.interval.offsets(signals)
        energy_low, energy_high = self.energy_interval.offsets(energy_signals)
        width = np.hypot(
            self.interval.width(signals), shift * self.energy_interval.width(energy_signals)
        )
        known = self.evidence.fractions.max(axis=0) > 0
        return BundleAnswer(
            log10_sigma=mean,
            log10_sigma_low=mean - np.hypot(low, shift * energy_low),
            log10_sigma_high=np.minimum(
                mean + np.hypot(high, shift * energy_high), CEILING_LOG10_SIGMA
            ),
            p_superionic=self.probability.predict(mean, width),
            activation_energy_eV=energy,
            nearest_distance=distance.min(axis=1),
            elements_known=~((fractions > 0) & ~known).any(axis=1),
            distance=distance,
        )

    def save(self, folder: Path, evidence_parquet: bytes, card: str) -> None:
        """Write the bundle to a folder that does not exist yet; whole or not at all."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            building = Path(scratch) / folder.name
            building.mkdir()
            calibration = {
                "interval": self.interval.to_dict(),
                "energy_interval": self.energy_interval.to_dict(),
                "probability": self.probability.to_dict(),
            }
            document = {"schema_version": SCHEMA_VERSION, **self.manifest}
            document["calibration"] = calibration
            (building / MANIFEST).write_text(
                json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8"
            )
            arrays = {
                **{f"conductivity.{k}": v for k, v in self.conductivity.to_arrays().items()},
                **{f"energy.{k}": v for k, v in self.energy.to_arrays().items()},
                "conductivity_rows": self.conductivity_rows,
                "energy_rows": self.energy_rows,
                "evidence_fractions": self.evidence.fractions.astype(np.float32),
            }
            np.savez(building / ARRAYS, allow_pickle=False, **arrays)
            (building / EVIDENCE).write_bytes(evidence_parquet)
            (building / CARD).write_text(card, encoding="utf-8")
            write_mlflow_files(building)
            write_checksums(building)
            building.rename(folder)

    @classmethod
    def load(cls, folder: Path) -> Bundle:
        """Verify every checksum, then read the bundle.

        Raises
        ------
        BundleError
            If a file is missing, damaged or lacks something, or the schema version is not this
            code's.
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
            interval = IntervalModel.from_dict(calibration["interval"])
            energy_interval = IntervalModel.from_dict(calibration["energy_interval"])
            probability = ProbabilityModel.from_dict(calibration["probability"])
            for needed in _NEEDED:
                manifest[needed]
            _require_same_features(manifest)
        with reading(folder / ARRAYS) as path:
            # opened here, as NumPy leaves a file open that turns out to be none of its own
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            conductivity = Blend.from_arrays(arrays_below(arrays, "conductivity"))
            energy = Blend.from_arrays(arrays_below(arrays, "energy"))
            rows = arrays["conductivity_rows"], arrays["energy_rows"]
            fractions = arrays["evidence_fractions"]
        with reading(folder / EVIDENCE) as path:
            evidence = _read_evidence(path, fractions)
        return cls(
            manifest=manifest,
            conductivity=conductivity,
            energy=energy,
            conductivity_rows=rows[0],
            energy_rows=rows[1],
            interval=interval,
            energy_interval=energy_interval,
            probability=probability,
            evidence=evidence,
        )


def _require_same_features(manifest: Mapping[str, Any]) -> None:
    """Refuse columns that this code computes no longer, or otherwise: answers would be wrong."""
    trained_on = [feature["name"] for feature in manifest["features"]]
    sets = [COMPOSITION_SETS[name] for name in manifest["feature_sets"]]
    computed = [feature.name for featurizer in sets for feature in featurizer.features]
    if trained_on != computed:
        changed = sorted(set(trained_on) ^ set(computed))
        raise ValueError(
            "its features are not those of this version of sseml: "
            + (", ".join(changed[:5]) or "their order differs")
        )


def predict_with_signals(
    blend: Blend, X: FloatArray, distance: FloatArray
) -> tuple[FloatArray, Signals]:
    """Answer of a blend, and the signals its interval is made from.

    Parameters
    ----------
    blend
        The fitted model.
    X
        Features, shape (n_rows, n_features).
    distance
        Composition distance to every training row, shape (n_rows, n_train).
    """
    answer = blend.predict(X, distance)
    return answer.mean, Signals(
        distance=distance.min(axis=1),
        spread=answer.spread,
        kernel_deviation=answer.kernel_deviation,
        disagreement=answer.disagreement,
    )


def _read_evidence(path: Path, fractions: NDArray[np.float32]) -> Evidence:
    from pyarrow import parquet  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read

    file = parquet.ParquetFile(path)
    for name in _EVIDENCE_COLUMNS:
        if name not in file.schema_arrow.names:
            raise KeyError(name)
    table = file.read(columns=list(_EVIDENCE_COLUMNS))
    # not .to_numpy(), which imports pandas (0.2 s) where it is installed
    column = {name: table.column(name).to_pylist() for name in _EVIDENCE_COLUMNS}
    if table.num_rows != len(fractions):
        raise ValueError(f"{table.num_rows} rows, but {ARRAYS} has fractions of {len(fractions)}")
    return Evidence(
        formulas=column["formula"],
        fractions=fractions.astype(np.float64),
        sigma_S_cm=np.array(column["sigma_S_cm"]),
        temperature_C=np.array(column["temperature_C"]),
        relations=column["relation"],
        conductivity_kinds=column["conductivity_kind"],
        dois=column["doi"],
        sources=column["source"],
    )
