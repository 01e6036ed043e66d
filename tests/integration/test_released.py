"""The released bundle: whole, sourced row by row, and of a chemist's opinion on known materials."""

from __future__ import annotations

import hashlib
import json
import math

import pyarrow.parquet as pq
import pytest

import sseml
from sseml.model.bundle import EVIDENCE, Bundle
from sseml.model.folder import CARD, MANIFEST, bundle_digest, released_as, verify_checksums
from sseml.model.loading import Bundles
from sseml.records import Prediction
from sseml.released import DEFAULT_BUNDLE, released_folder


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundles().of_compositions()


def answer(text: str, bundle: Bundle, temperature_C: float = 25.0) -> Prediction:
    [only] = sseml.predict([text], temperature_C, bundle)
    assert isinstance(only, Prediction), only
    return only


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        ("Li10GeP2S12", 1e-3, 3e-2),
        ("LLZO", 1e-7, 1e-3),
        ("Li6PS5Cl", 1e-5, 1e-2),
        ("Li3YCl6", 1e-5, 3e-3),
        ("Li1.3Al0.3Ti1.7(PO4)3", 1e-5, 1e-2),
    ],
)
def test_what_has_been_measured_comes_with_its_value_and_paper(
    formula: str, low: float, high: float, bundle: Bundle
) -> None:
    one = answer(formula, bundle)
    assert one.measured_sigma_S_cm is not None
    assert low <= one.measured_sigma_S_cm <= high
    assert one.measured_doi is not None
    assert one.measured_doi.startswith("10.")
    assert one.domain == "inside"
    assert one.nearest[0].distance == pytest.approx(0.0, abs=1e-3)


def test_what_has_not_been_measured_has_no_measured_value(bundle: Bundle) -> None:
    one = answer("Li5Cs2UO9Br3", bundle)
    assert one.measured_sigma_S_cm is None
    assert one.measured_doi is None
    assert one.domain == "outside"
    assert one.nearest[0].distance > 0.1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Li10GeP2S12", "Li3PO4"),
        ("Li6PS5Cl", "Li4SiO4"),
        ("Li3YCl6", "LiF"),
        ("Li7P3S11", "Li3PO4"),
        ("Li1.3Al0.3Ti1.7(PO4)3", "LiTi2(PO4)3"),
        ("Li6.4La3Zr1.4Ta0.6O12", "Li4SiO4"),
        ("Li3N", "LiF"),
        ("Li3InCl6", "LiCl"),
        ("Li6PS5Cl", "Li6PS5I"),
    ],
)
def test_well_known_pairs_are_in_order(better: str, worse: str, bundle: Bundle) -> None:
    first, second = answer(better, bundle), answer(worse, bundle)
    assert first.log10_sigma > second.log10_sigma
    assert first.p_superionic > second.p_superionic


def test_new_chemistry_has_the_wider_interval(bundle: Bundle) -> None:
    def decades(formula: str) -> float:
        one = answer(formula, bundle)
        return math.log10(one.sigma_high_S_cm / one.sigma_low_S_cm)

    assert decades("Li5Cs2UO9Br3") > decades("Li6.4La3Zr1.4Ta0.6O12")


def test_the_released_bundle_is_whole_and_says_what_it_was_trained_on() -> None:
    folder = released_folder() / DEFAULT_BUNDLE
    verify_checksums(folder)
    digest = hashlib.sha256((folder / EVIDENCE).read_bytes()).hexdigest()
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["training_data_sha256"] == digest
    assert digest in (folder / CARD).read_text(encoding="utf-8")
    assert manifest["name"] == DEFAULT_BUNDLE


def test_every_released_bundle_is_known_by_its_digest() -> None:
    """`python tools/release.py models/NAME` notes it."""
    for manifest in released_folder().glob(f"*/{MANIFEST}"):
        folder = manifest.parent
        assert released_as(bundle_digest(folder)) == folder.name


def test_every_measurement_of_the_evidence_has_source_and_licence() -> None:
    table = pq.read_table(released_folder() / DEFAULT_BUNDLE / EVIDENCE)
    for column in ("source", "licence", "formula", "relation"):
        assert all(table.column(column).to_pylist()), column
    card = (released_folder() / DEFAULT_BUNDLE / CARD).read_text(encoding="utf-8")
    for source in set(table.column("source").to_pylist()):
        assert f"| {source} |" in card


def test_the_evidence_s_fractions_are_those_of_its_formulas(bundle: Bundle) -> None:
    """They are stored twice, as text and as an array: a slip would show the wrong papers."""
    formulas = bundle.evidence.formulas
    for row in range(0, len(formulas), 97):
        one = answer(formulas[row], bundle, float(bundle.evidence.temperature_C[row]))
        assert one.nearest[0].distance < 1e-3
