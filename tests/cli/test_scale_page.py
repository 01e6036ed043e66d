"""The scripts of docs/scale.md run, with stand-ins for what only a cluster has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text("utf-8")
SCRIPTS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SPACE = "elements Li,P,S,Cl,Br,Ge,Si,I,O atoms<=30"
SMALL = "Li3{Y,Er,In,Sc}{Cl,Br}6"

SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do shift; done
exec "$@"
"""


def run_script(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as SLURM would, on a space of eight."""
    (folder / "srun").write_text(SRUN)
    (folder / "srun").chmod(0o755)
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))
    assert SPACE in script
    return subprocess.run(
        ["bash", "-e"], input=script.replace(SPACE, SMALL), cwd=folder, text=True, check=False,
        env={**os.environ, **variables, "PATH": path}, capture_output=True, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
def test_an_array_of_shards(tmp_path: Path) -> None:
    [script] = [each for each in SCRIPTS if "--array" in each]
    script = script.replace("-o screened", "-o screened --rows-a-part 3")
    for number in ("1", "2"):
        told = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "2"}
        ran = run_script(script, tmp_path, SLURM_CPUS_PER_TASK="2", **told)
        assert ran.returncode == 0, ran.stderr
    assert pq.read_table(tmp_path / "screened").num_rows == 8
    assert len(list((tmp_path / "screened").glob("_manifest-*-of-2.json"))) == 2


@pytest.mark.slow
def test_a_cluster_in_one_job(tmp_path: Path) -> None:
    [script] = [each for each in SCRIPTS if "dask scheduler" in each]
    ran = run_script(script, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert pq.read_table(tmp_path / "screened").num_rows == 8


@pytest.mark.slow
def test_workers_as_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class SLURMCluster(LocalCluster):
        def __init__(self, cores: int, processes: int, memory: str, walltime: str) -> None:
            assert walltime.count(":") == 2
            super().__init__(
                n_workers=0, threads_per_worker=cores, memory_limit=memory, dashboard_address=":0"
            )

    stand_in = ModuleType("dask_jobqueue")
    stand_in.SLURMCluster = SLURMCluster  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dask_jobqueue", stand_in)
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert SPACE in code
    exec(code.replace(SPACE, SMALL), {})  # the page is ours
    assert pq.read_table(tmp_path / "screened").num_rows == 8
