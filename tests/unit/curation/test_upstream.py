"""The real datasets where a local copy is at hand beside the repository; else the small ones."""

from pathlib import Path

import numpy as np
import pytest

from sseml.curation.clean import curate
from sseml.curation.pull import pull

ROOT = Path(__file__).parents[3]
LOCAL_COPY = ROOT.parent / "shared" / "datasets"


@pytest.mark.slow
def test_curating_the_upstream_files_loses_nothing(datasets: Path, tmp_path: Path) -> None:
    full = LOCAL_COPY.is_dir()
    folder = datasets
    if full:
        pull(tmp_path, from_dir=LOCAL_COPY)
        folder = tmp_path
    result = curate(folder, literature=ROOT / "data" / "literature")
    for count in result.report.sources.values():
        assert count.read == count.kept + count.merged.total() + count.dropped.total()
    splits = result.table["official_split"].value_counts()
    assert not full or (splits["train"], splits["test"]) == (478, 121)
    assert not full or result.report.flags["lattice_dropped"] == {"obelix": 13}
    dropped = result.report.sources["laskowski"].dropped
    assert dropped["unparsed_formula"] == 0
    assert np.isfinite(result.table["sigma_S_cm"].to_numpy()).all()
    assert not result.table["volume_per_atom_A3"].gt(34.0).any()
