"""The real datasets where a local copy is at hand beside the repository; else the small ones."""

from pathlib import Path

import numpy as np
import pytest

from sseml.curation.clean import curate
from sseml.curation.polymers.clean import curate_polymers
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
    assert result.report.refused_findings == () or not full
    splits = result.table["official_split"].value_counts()
    assert not full or (splits["train"], splits["test"]) == (478, 121)
    assert not full or result.report.flags["lattice_dropped"] == {"obelix": 13}
    dropped = result.report.sources["laskowski"].dropped
    assert dropped["unparsed_formula"] == 0
    assert np.isfinite(result.table["sigma_S_cm"].to_numpy()).all()
    assert not result.table["volume_per_atom_A3"].gt(34.0).any()


@pytest.mark.slow
@pytest.mark.skipif(not LOCAL_COPY.is_dir(), reason="the datasets are not at hand")
def test_curating_the_upstream_polymers_loses_nothing(tmp_path: Path) -> None:
    pytest.importorskip("rdkit")
    pull(tmp_path, LOCAL_COPY, ["chemarr", "chemixhub"])
    result = curate_polymers(tmp_path, literature=tmp_path)
    assert result is not None
    table, counts = result.table, result.report.sources
    for count in counts.values():
        assert count.read == count.kept + count.merged.total() + count.dropped.total()
    assert (counts["chemarr"].read, counts["chemixhub"].read) == (10114, 11350)
    assert counts["chemarr"].dropped == {"no_lithium": 1, "off_its_curve": 2}
    assert counts["chemarr"].merged == {"same_row": 7}
    assert counts["chemixhub"].dropped["uneven_lists"] == 297
    of_source = table.groupby("source")
    # 229 spellings are 223 polymers; the one without lithium is not in the table
    assert of_source["polymer"].nunique()["chemarr"] == 222
    assert of_source["liquid"].count()["chemixhub"] == 138
    named = table.loc[table["source"] == "chemarr", "doi"].map(bool)
    assert named.sum() > 1900, "papers of known curves"
    reciprocal = table[table["flags"].map(lambda flags: "reciprocal_temperature" in flags)]
    assert reciprocal["temperature_C"].between(29.0, 131.0).all()
    assert len(reciprocal) == 11
    assert np.isfinite(table["sigma_S_cm"].to_numpy()).all()
