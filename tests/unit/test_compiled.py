"""What is compiled answers as NumPy does, for one row or many, and is used for long lists alone."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.compiled import CompiledBundles, compiled, kernels
from sseml.model.answer import BundleAnswer
from sseml.model.bundle import Bundle
from sseml.model.loading import Bundles
from sseml.parallel import LONG, Settings, answering
from sseml.parse.formula import parse_formula
from sseml.parse.queries import parse_rows
from sseml.parse.raw import RawRow
from sseml.records import Composition
from sseml.render.batches import write_batches
from sseml.screen.reading import read_space

ODD = ("Li", "LiF", "Li5Np2O7", "Li0.001La3Zr2O12", "Li3N", "LiH", "Li99Fe")
NUMBERS = (
    "p_superionic", "p_conductor", "activation_energy_eV", "by_crystal_system", "nearest_distance",
)  # fmt: skip


@cache
def plain_bundle() -> Bundle:
    return Bundles().of_compositions()


@cache
def compiled_bundle() -> Bundle:
    bundle = CompiledBundles(Bundles())["composition"]
    assert isinstance(bundle, Bundle)
    return bundle


@cache
def materials() -> tuple[Composition, ...]:
    measured = list(dict.fromkeys(plain_bundle().evidence.formulas))[:600]
    doped = read_space("Li7La3Zr2O12 dope Zr: Ta,Nb,W,Te 0:0.6:0.02; dope La: Ca,Sr 0:0.3:0.1")
    queries = [query.material for query in doped.queries()]
    return (*map(parse_formula, (*measured, *ODD)), *queries)


@cache
def answers() -> tuple[BundleAnswer, BundleAnswer]:
    asked_C = np.linspace(-50.0, 300.0, len(materials()))
    return tuple(
        bundle.predict(materials(), asked_C) for bundle in (plain_bundle(), compiled_bundle())
    )


@pytest.mark.parametrize("output", ["sigma", "if_conductor"])
@pytest.mark.parametrize("value", ["log10", "log10_low", "log10_high"])
def test_conductivities_are_those_of_numpy(output: str, value: str) -> None:
    plain, own = (getattr(getattr(answer, output), value) for answer in answers())
    assert np.abs(own - plain).max() <= 1e-9


@pytest.mark.parametrize("name", NUMBERS)
def test_other_numbers_are_those_of_numpy(name: str) -> None:
    plain, own = (getattr(answer, name) for answer in answers())
    assert np.abs(own - plain).max() <= 1e-9


def test_distances_are_those_of_numpy_to_the_last_bit() -> None:
    plain, own = answers()
    assert (own.distance == plain.distance).all()


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    together = compiled_bundle().predict(materials(), np.full(len(materials()), 25.0))
    for place in (0, 1, 600, 603, len(materials()) - 1):
        alone = compiled_bundle().predict([materials()[place]], np.array([25.0]))
        assert alone.sigma.log10[0] == pytest.approx(together.sigma.log10[place], abs=1e-12)
        assert alone.sigma.log10_low[0] == pytest.approx(together.sigma.log10_low[place], abs=1e-12)
        assert (alone.distance[0] == together.distance[place]).all()


@given(st.lists(st.floats(-200.0, 0.0), min_size=1, max_size=40))
def test_exponentials(exponents: list[float]) -> None:
    x = np.array(exponents)
    expected = np.exp(np.maximum(x, -36.0))
    kernels._exponentials(x)
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-15)


@given(
    values=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40, unique=True),
    count=st.integers(1, 16),
)
def test_the_most_alike(values: list[float], count: int) -> None:
    near = np.empty(min(count, len(values)), dtype=np.int64)
    kernels._most_alike(np.array(values), near)
    assert near.tolist() == np.argsort(-np.array(values))[: len(near)].tolist()


def test_a_bundle_of_polymers_stays_as_it_is() -> None:
    polymers = Bundles()["polymer"]
    assert compiled(polymers) is polymers


def test_what_one_reads_serves_both() -> None:
    plain = Bundles()
    own = CompiledBundles(plain)["composition"]
    assert isinstance(own, Bundle)
    assert plain.of_compositions().observations is own.observations


def test_the_bundle_that_was_given_is_not_changed() -> None:
    before = plain_bundle().ensemble.inputs
    assert compiled(plain_bundle()) is not plain_bundle()
    assert plain_bundle().ensemble.inputs is before


def test_the_rows_of_a_long_list_are_answered_alike_before_and_behind_its_beginning() -> None:
    formulas = [material.formula for material in materials()[-200:]]
    items = list(parse_rows(RawRow(row, text, {}) for row, text in enumerate(formulas, start=1)))
    behind = [replace(item, row=item.row + LONG) for item in items]
    assert written(behind) == written(items)


def written(items) -> bytes:
    out = io.BytesIO()
    with answering(Settings(window=False)) as answers:
        write_batches((batch.columns for batch in answers(items)), out, "parquet")
    return out.getvalue()


@pytest.mark.parametrize(("first", "is_compiled"), [(1, False), (LONG + 1, True)])
def test_numba_is_imported_for_long_lists_alone(first: int, is_compiled: bool) -> None:
    program = (
        "import sys; from sseml.parallel import Settings, answering;"
        "from sseml.parse.queries import parse_rows; from sseml.parse.raw import RawRow;"
        f"rows = parse_rows([RawRow({first}, 'Li6PS5Cl', {{}})]);"
        "answers = answering(Settings(window=False)).__enter__();"
        "print(len(list(answers(rows))), 'numba' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["1", str(is_compiled)]
