"""Listed polymers and salts need no RDKit, and are what RDKit says."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sseml.features.polymer.anion import anion_descriptors
from sseml.features.polymer.columns import anion_columns, unit_columns
from sseml.features.polymer.glass_transition import glass_transitions_celsius
from sseml.features.polymer.periodic import polymer_key
from sseml.features.polymer.repeat_unit import unit_descriptors
from sseml.features.polymer.shipped import listed_keys, repeat_unit, salt, scale_of

TOOL = Path(__file__).parents[4] / "tools" / "document_polymers.py"
TABLES = Path(repeat_unit.__code__.co_filename).parent


@pytest.mark.slow
def test_the_tables_are_what_the_tool_writes() -> None:
    subprocess.run([sys.executable, TOOL, "--check"], check=True)


def test_every_seventh_unit_is_what_rdkit_says() -> None:
    for key in listed_keys()[::7]:
        assert polymer_key(key) == key
        named = unit_descriptors(key)
        calculated = np.array([named[column.name] for column in unit_columns()])
        np.testing.assert_array_equal(repeat_unit(key).values, calculated)


def test_glass_transitions_are_those_of_the_trees() -> None:
    units = [repeat_unit(key) for key in listed_keys()]
    predicted = glass_transitions_celsius(np.array([unit.values for unit in units]))
    np.testing.assert_allclose([unit.Tg_C for unit in units], predicted, atol=0.051)
    with pytest.raises(ValueError, match="3 descriptors"):
        glass_transitions_celsius(np.zeros((1, 3)))


def test_unseen_glass_transitions_are_others_but_not_far() -> None:
    units = [repeat_unit(key) for key in listed_keys()]
    apart = np.abs([unit.Tg_C - unit.unseen_Tg_C for unit in units])
    assert (apart > 0.05).mean() > 0.9
    assert 1.0 < np.median(apart) < 25.0


def test_every_salt_is_what_rdkit_says() -> None:
    with (TABLES / "anions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 50
    for row in rows:
        named = anion_descriptors(row["key"])
        calculated = [named[column.name] for column in anion_columns()]
        np.testing.assert_array_equal(salt(row["name"] or f"SALT:{row['key']}").values, calculated)


def test_a_unit_of_ones_own_is_calculated() -> None:
    own = "[*]CCOCCOCCCCCCOC(=O)[*]"
    assert polymer_key(own) not in listed_keys()
    unit = repeat_unit(own)
    assert unit.values.shape == (len(unit_columns()),)
    assert -100 < unit.Tg_C < 50
    assert unit.Tg_C == unit.unseen_Tg_C


@pytest.mark.parametrize("table", ["repeat_unit", "anion"])
def test_the_scale_is_positive(table: str) -> None:
    centre, spread = scale_of(table)
    assert np.isfinite(centre).all()
    assert (spread > 0).all()
    assert np.isfinite(spread).mean() > 0.8


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('rdkit', 'xgboost', 'sklearn', 'scipy', 'pandas'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Blocked())
from sseml.features.polymer.distance import RecipeDistance
from sseml.features.polymer.recipe import POLYMER_SETS
from sseml.records import Polymer, PolymerPart, RefusedInputError, RepeatUnit, SaltPart
def asked(psmiles, salt='LiTFSI'):
    part = PolymerPart('x', (RepeatUnit(psmiles),))
    return Polymer('x', (part,), (SaltPart(salt, 1.2),), molar_mass_g_mol=6e5)
known = [asked('*CCO*'), asked('[*]CC([*])C#N', 'LiClO4')]
for featurizer in POLYMER_SETS.values():
    assert featurizer(known).shape == (2, len(featurizer.features))
positions = RecipeDistance().positions(known)
assert RecipeDistance().between(positions, positions)[0, 1] > 0.5
for unknown in (asked('*CCOCCOCCCCCCOC(=O)*'), asked('*CCO*', 'SALT:[Li+].[O-]CCCCC')):
    try:
        RecipeDistance().positions([unknown])
    except RefusedInputError as error:
        assert "pip install 'sseml[polymer]'" in str(error), error
    else:
        raise AssertionError('answered without RDKit')
"""


def test_listed_polymers_need_no_rdkit() -> None:
    subprocess.run([sys.executable, "-c", BLOCKED], check=True)
