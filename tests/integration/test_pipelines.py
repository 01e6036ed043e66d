"""`sseml run` as a user runs it: what has not changed is skipped, what has is made again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sseml.cli import main
from sseml.cli.command import Ended
from sseml.curation.table import load_measurements
from sseml.evaluate import Report
from sseml.model.bundle import Bundle
from sseml.model.folder import CARD, CHECKSUMS, MANIFEST, write_checksums
from sseml.recipes import plan
from sseml.recipes.steps import exclusive_run
from sseml.records import RefusedInputError

ROOT = Path(__file__).parents[2]

LAB = "formula,sigma_S_cm,temperature,series\nLi3ScBr6,1e-4,25,B1\nLLZTO,4e-4,298 K,B2\n"
FEW = "boosting_rounds = 4\naveraged_trees = 4\n"
CONFIG = f"""\
folder = "made"
[table]
base = "base.parquet"
own = ["lab.csv"]
[evaluate]
benchmarks = ["official"]
[train]
name = "weekly"
[train.ensemble]
{FEW}
"""
STEPS = ("table", "evaluate official", "train weekly")
ONLY_TABLE, ONLY_TRAIN, ONLY_PROMOTE = (
    ("--set", f'steps=["{step}"]') for step in ("table", "train", "promote")
)


@dataclass(frozen=True)
class Ran:
    """What a recipe said on standard output and standard error."""

    out: str
    err: str

    @property
    def made(self) -> list[str]:
        """Steps that were made; every other one of `STEPS` was skipped."""
        lines = dict(line.split(": ", 1) for line in self.out.splitlines() if ": " in line)
        assert all(lines[step] == "unchanged" or "made in" in lines[step] for step in STEPS)
        return [step for step in STEPS if lines[step] != "unchanged"]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a lab's recipe in this process."""

    def run_(folder: Path, *arguments: str, code: int = 0) -> Ran:
        capsys.readouterr()
        ended = main(["run", str(folder / "lab.toml"), *arguments])
        said = capsys.readouterr()
        assert ended == code, said.out + said.err
        return Ran(said.out, said.err)

    return run_


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def lay_out(folder: Path, table: pd.DataFrame) -> Path:
    folder.mkdir()
    table.to_parquet(folder / "base.parquet", index=False)
    (folder / "lab.csv").write_text(LAB, encoding="utf-8")
    (folder / "lab.toml").write_text(CONFIG, encoding="utf-8")
    return folder


def quick_evaluate(names: Sequence[str], table: Path, progress: Any, *, settings: Any) -> Report:
    """Stand in for an evaluation: one figure that depends on table and settings."""
    assert names == ["official"]
    figure = float(len(load_measurements(table)) + settings.seed)
    return Report(figures={"official": {"MAE10c": figure}}, rows=1, by_family={})


def quick_train(table: Path, folder: Path, progress: Any, *, settings: Any, metrics: Any) -> None:
    """Stand in for training: a folder that depends on all it is given."""
    folder.mkdir(parents=True)
    data = hashlib.sha256(table.read_bytes()).hexdigest()
    made = repr((data, folder.name, settings, metrics))
    for name in (MANIFEST, CARD, "forest.npz"):
        (folder / name).write_text(made, encoding="utf-8")
    write_checksums(folder)


@pytest.fixture
def lab(
    small_table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> Path:
    """A lab's folder in which everything was made once, by stand-ins."""
    monkeypatch.setattr(plan, "evaluate", quick_evaluate)
    monkeypatch.setattr(plan, "train", quick_train)
    folder = lay_out(tmp_path / "lab", small_table)
    assert run(folder).made == list(STEPS)
    return folder


def test_nothing_is_made_again_though_folder_and_times_are_new(lab: Path, run: Run) -> None:
    moved = shutil.copytree(lab, lab.with_name("moved"), copy_function=shutil.copyfile)
    shutil.rmtree(lab)
    before = digests(moved)
    assert run(moved).made == []
    assert digests(moved) == before


def test_the_record_names_every_input_and_output_by_its_sha256(lab: Path) -> None:
    records = json.loads((lab / "made" / "pipeline.lock.json").read_text("utf-8"))["steps"]
    assert list(records) == list(STEPS)
    outputs = digests(lab / "made")
    for record in records.values():
        for name, digest in record["outputs"].items():
            assert outputs.pop(name) == digest
        assert {"sseml", "python", "numpy"} <= record["made_with"].keys()
    assert list(outputs) == [".running", "pipeline.lock.json"]
    there = digests(lab)
    assert records["table"]["inputs"] == {
        "base": there["base.parquet"],
        "own/lab.csv": there["lab.csv"],
    }
    assert str(lab) not in json.dumps(records), "it holds where the folder is moved to"


def test_the_same_files_make_the_same_outputs_in_another_folder(
    lab: Path, small_table: pd.DataFrame, run: Run
) -> None:
    other = lay_out(lab.with_name("elsewhere"), small_table)
    ran = run(other)
    assert digests(other / "made") == digests(lab / "made")
    sums = (other / "made" / "models" / "weekly" / CHECKSUMS).read_bytes()
    assert f"SHA-256 {hashlib.sha256(sums).hexdigest()}" in ran.out


def test_a_new_row_makes_what_depends_on_it(lab: Path, run: Run) -> None:
    with (lab / "lab.csv").open("a", encoding="utf-8") as file:
        file.write("Li3ErBr6,2e-4,25,B3\nLi3ErXx6,2e-4,25,B3\n")
    ran = run(lab, code=1)
    assert ran.made == list(STEPS)
    assert "lab.csv: 3 rows added, 0 already there, 1 refused" in ran.out
    assert "lab.csv: row 4: 'Li3ErXx6': 'Xx' is not an element" in ran.err
    ran = run(lab, *ONLY_TABLE, code=1)
    assert ran.out.startswith("table: unchanged\nlab.csv")
    assert "row 4" in ran.err, "refused rows are named as long as they are in the file"


def test_a_seed_concerns_the_models_and_not_the_table(lab: Path, run: Run) -> None:
    assert run(lab, "--set", "train.seed=1").made == ["evaluate official", "train weekly"]
    assert "seed=1" in (lab / "made" / "models" / "weekly" / "forest.npz").read_text("utf-8")


def test_what_was_damaged_or_lost_is_made_again_and_is_as_before(lab: Path, run: Run) -> None:
    before = digests(lab / "made")
    forest = lab / "made" / "models" / "weekly" / "forest.npz"
    forest.write_bytes(forest.read_bytes()[:-1])
    (lab / "made" / "figures" / "official.json").unlink()
    assert run(lab).made == ["evaluate official", "train weekly"]
    assert digests(lab / "made") == before


def test_only_the_steps_of_the_recipe_are_made(lab: Path, run: Run) -> None:
    assert run(lab, *ONLY_TRAIN).out.startswith("train weekly: unchanged\nbundle ")
    shutil.rmtree(lab / "made" / "table")
    ran = run(lab, *ONLY_TRAIN, code=2)
    assert ran.out == ""
    assert "train weekly: there is no" in ran.err
    assert "measurements.parquet, which this step reads" in ran.err
    assert "add the step that makes it" in ran.err


def test_a_bundle_of_another_name_leaves_the_earlier_one_alone(lab: Path, run: Run) -> None:
    before = digests(lab / "made" / "models" / "weekly")
    ran = run(lab, "--set", 'train.name="other"')
    assert "train other: made in" in ran.out
    assert (lab / "made" / "models" / "other").is_dir()
    assert digests(lab / "made" / "models" / "weekly") == before
    assert run(lab).made == []
    theirs = lab / "made" / "models" / "theirs"
    theirs.mkdir()
    ran = run(lab, "--set", 'train.name="theirs"', code=2)
    assert f"train theirs: {theirs} exists already, and no recipe has made it" in ran.err


def test_the_order_of_own_files_is_part_of_the_record(lab: Path, run: Run) -> None:
    (lab / "more.csv").write_text(LAB.replace("B", "C").replace("1e-4", "3e-4"), encoding="utf-8")
    tables = []
    for order in ("['lab.csv', 'more.csv']", "['more.csv', 'lab.csv']"):
        ran = run(lab, *ONLY_TABLE, "--set", f"table.own={order}")
        assert ran.out.startswith("table: made in")
        table = load_measurements(lab / "made" / "table")
        tables.append(list(table["sigma_S_cm"][table["source"] == "own"]))
    assert tables[0] != tables[1]
    assert sorted(tables[0]) == sorted(tables[1])


def test_a_second_recipe_in_a_folder_waits_for_nothing_and_touches_nothing(
    lab: Path, run: Run
) -> None:
    before = digests(lab / "made")
    with exclusive_run(lab / "made"):
        ran = run(lab, "--set", "train.seed=1", code=2)
    assert f"a recipe is running in {lab / 'made'}" in ran.err
    assert digests(lab / "made") == before
    assert run(lab).made == []


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RefusedInputError("too few rows"), 2, "sseml: evaluate official: too few rows\n"),
        (OSError(28, "No space left", "figures"), 2, "evaluate official: figures: No space left"),
        (ZeroDivisionError(), 70, "please report"),
        (KeyboardInterrupt(), 130, "sseml: stopped"),
        (Ended(signal.SIGTERM), 143, "sseml: ended"),
    ],
)
def test_a_step_that_stops_keeps_what_was_made_before_it(
    lab: Path, run: Run, monkeypatch: pytest.MonkeyPatch,
    error: BaseException, code: int, said: str,
) -> None:  # fmt: skip
    bundle = digests(lab / "made" / "models")
    with (lab / "lab.csv").open("a", encoding="utf-8") as file:
        file.write("Li3ErBr6,2e-4,25,B3\n")

    def stops(*_: object, **__: object) -> Report:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(plan, "evaluate", stops)
        ran = run(lab, code=code)
    assert "table: made in" in ran.out
    assert said in ran.err
    assert digests(lab / "made" / "models") == bundle
    assert not list((lab / "made").glob(".evaluate*"))
    assert run(lab).made == ["evaluate official", "train weekly"], "it continues where it stopped"


def test_a_misspelt_key_is_named_before_anything_is_made(
    small_table: pd.DataFrame, tmp_path: Path, run: Run
) -> None:
    folder = lay_out(tmp_path / "lab", small_table)
    (folder / "lab.toml").write_text(CONFIG.replace("name =", "nmae ="), encoding="utf-8")
    ran = run(folder, code=2)
    assert ran.out == ""
    assert "sseml: lab.toml: train: there is no setting 'nmae' (did you mean 'name'?)" in ran.err
    assert not (folder / "made").exists()


def test_pulled_data_are_curated_first(tmp_path: Path, run: Run) -> None:
    (tmp_path / "pulled").mkdir()
    literature = ROOT / "data" / "literature"
    (tmp_path / "lab.toml").write_text(
        f'folder = "made"\nsteps = ["table"]\n'
        f'[table]\npulled = "pulled"\nliterature = "{literature}"\n',
        "utf-8",
    )
    assert [line.split(":")[0] for line in run(tmp_path).out.splitlines()] == ["curate", "table"]
    table = load_measurements(tmp_path / "made" / "table")
    assert set(table["source"]) == {"seeds", "literature"}
    assert run(tmp_path).out == "curate: unchanged\ntable: unchanged\n"
    (tmp_path / "empty").mkdir()
    (tmp_path / "lab.toml").write_text('[table]\npulled = "empty"\n', "utf-8")
    assert "sseml: curate: " in run(tmp_path, code=2).err


# With real training and a real registry.


@pytest.fixture(scope="module")
def finished(small_table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab's folder in which a recipe was killed while it evaluated, and then went on."""
    folder = lay_out(tmp_path_factory.mktemp("lab") / "first", small_table)
    process = start(folder)
    assert process.stdout
    assert process.stdout.readline().startswith("table: made in")
    deadline = time.monotonic() + 60
    while not list((folder / "made").glob(".evaluate-official.*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ran = run_as_process(folder)
    assert ran.made == ["evaluate official", "train weekly"]
    assert "nothing is registered: [promote] names no tracking_uri" in ran.err
    return folder


def run_as_process(folder: Path, *arguments: str, code: int = 0) -> Ran:
    process = start(folder, *arguments)
    out, err = process.communicate()
    assert process.returncode == code, out + err
    return Ran(out, err)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a recipe from another folder, as a scheduler would.

    The gate trains anew, which must use as many threads as the training did.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "sseml", "run", folder / "lab.toml", *arguments],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_a_bundle_comes_out_with_its_figures_and_the_labs_rows(finished: Path) -> None:
    bundle = Bundle.load(finished / "made" / "models" / "weekly")
    assert bundle.name == "weekly"
    assert "MAE10c" in bundle.manifest["metrics"]["benchmarks"]["official"]
    assert bundle.manifest["settings"]["boosting_rounds"] == 4
    assert bundle.evidence.sources[-2:] == ["own", "own"]


@pytest.mark.slow
def test_a_bundle_is_promoted_once_and_what_others_decide_is_left_so(
    finished: Path, crude: Path, tmp_path: Path, run: Run
) -> None:
    from sseml.tracking.registry import register  # noqa: PLC0415 - MLflow, for slow tests only
    from sseml.tracking.store import connected  # noqa: PLC0415

    lab = shutil.copytree(finished, tmp_path / "lab")
    uri = ("--set", 'promote.tracking_uri="sqlite:///registry.db"')
    again = (lab, *ONLY_PROMOTE, *uri)
    assert "version 1 of sseml is the champion now" in run_as_process(lab, *uri).out
    assert (lab / "registry.db").is_file(), "paths start at the folder of the TOML"
    out = run(*again).out
    assert out.startswith("register: unchanged\npromote: unchanged\nversion 1 of sseml")
    shutil.rmtree(lab / "made" / "registry")
    out = run(*again).out
    assert "version 1 of sseml is the champion\n" in out, "it is not registered a second time"

    store = f"sqlite:///{lab}/registry.db"
    assert register(crude, uri=store).version == 2
    with connected(store) as client:
        client.set_registered_model_alias("sseml", "champion", "2")
    for how in ("made in", "unchanged"):
        out = run(*again, code=1).out
        assert out.startswith(f"register: unchanged\npromote: {how}")
        assert "version 1 of sseml was the champion; now version 2 is" in out
    with connected(store) as client:
        assert int(client.get_model_version_by_alias("sseml", "champion").version) == 2
        client.set_registered_model_alias("sseml", "champion", "1")
    assert "version 1 of sseml is the champion\n" in run(*again).out
    with connected(store) as client:
        client.delete_registered_model("sseml")
    out = run_as_process(*again).out
    assert out.startswith("register: made in")
    assert "version 1 of sseml is the champion now\n" in out
