"""The recipes, run as a user runs them: what has not changed is skipped, what has is made again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sseml.curation.table import load_measurements
from sseml.model.bundle import Bundle
from sseml.records import RefusedInputError
from sseml.tracking.registry import register
from sseml.tracking.store import connected

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "pipelines"
RECIPES = ("curate", "evaluate", "train", "promote", "end_to_end")

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
[train.conductivity]
{FEW}
[train.energy]
{FEW}
"""
STEPS = ("table", "evaluate official", "train weekly")


def start(recipe: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a recipe from somewhere else, as a scheduler would."""
    return subprocess.Popen(
        [sys.executable, PIPELINES / f"{recipe}.py", "--config", folder / "lab.toml", *arguments],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def ran(recipe: str, folder: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    process = start(recipe, folder, *arguments)
    out, err = process.communicate()
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return out, err


def made(out: str) -> list[str]:
    """Steps that were made; the others of `STEPS` must have been skipped."""
    lines = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    assert all(lines[step] == "unchanged" or "made in" in lines[step] for step in STEPS)
    return [step for step in STEPS if lines[step] != "unchanged"]


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


@pytest.fixture(scope="module")
def finished(small_table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab's folder in which everything was made once."""
    folder = lay_out(tmp_path_factory.mktemp("lab") / "first", small_table)
    out, _ = ran("end_to_end", folder)
    assert made(out) == list(STEPS)
    return folder


@pytest.fixture
def lab(finished: Path, tmp_path: Path) -> Path:
    """The same in a place of its own; times of modification are new."""
    return shutil.copytree(finished, tmp_path / "moved", copy_function=shutil.copyfile)


def test_a_bundle_comes_out_with_its_figures_and_the_labs_rows(finished: Path) -> None:
    bundle = Bundle.load(finished / "made" / "models" / "weekly")
    assert bundle.name == "weekly"
    assert "MAE10c" in bundle.manifest["metrics"]["benchmarks"]["official"]
    assert bundle.manifest["settings"]["conductivity"]["boosting_rounds"] == 4
    assert bundle.evidence.sources[-2:] == ["own", "own"]


def test_nothing_is_made_again_though_folder_and_times_are_new(lab: Path) -> None:
    before = digests(lab)
    out, _ = ran("end_to_end", lab)
    assert made(out) == []
    assert digests(lab) == before


def test_the_record_names_every_input_and_output_by_its_sha256(finished: Path) -> None:
    records = json.loads((finished / "made" / "pipeline.lock.json").read_text("utf-8"))["steps"]
    assert list(records) == list(STEPS)
    outputs = digests(finished / "made")
    for record in records.values():
        for name, digest in record["outputs"].items():
            assert outputs.pop(name) == digest
        assert {"sseml", "python", "numpy"} <= record["made_with"].keys()
    assert list(outputs) == [".at-work", "pipeline.lock.json"]
    there = digests(finished)
    assert records["table"]["inputs"] == {
        "base": there["base.parquet"],
        "own/lab.csv": there["lab.csv"],
    }
    assert str(finished) not in json.dumps(records), "it holds where the folder is moved to"


def test_from_the_same_files_the_same_bundle_in_another_folder(
    finished: Path, small_table: pd.DataFrame, tmp_path: Path
) -> None:
    other = lay_out(tmp_path / "elsewhere", small_table)
    out, _ = ran("end_to_end", other)
    assert digests(other / "made") == digests(finished / "made")
    sums = (other / "made" / "models" / "weekly" / "SHA256SUMS").read_bytes()
    assert f"SHA-256 {hashlib.sha256(sums).hexdigest()}" in out


def test_a_new_row_makes_what_depends_on_it(lab: Path) -> None:
    with (lab / "lab.csv").open("a", encoding="utf-8") as file:
        file.write("Li3ErBr6,2e-4,25,B3\nLi3ErXx6,2e-4,25,B3\n")
    out, err = ran("end_to_end", lab, code=1)
    assert made(out) == list(STEPS)
    assert "lab.csv: 3 rows added, 0 already there, 1 refused" in out
    assert "lab.csv: row 4: 'Li3ErXx6': 'Xx' is not an element" in err
    out, err = ran("curate", lab, code=1)
    assert out.startswith("table: unchanged")
    assert "row 4" in err, "refused rows are named as long as they are in the file"


def test_a_seed_concerns_the_models_and_not_the_table(lab: Path) -> None:
    out, _ = ran("end_to_end", lab, "--set", "train.seed=1")
    assert made(out) == ["evaluate official", "train weekly"]
    assert Bundle.load(lab / "made/models/weekly").manifest["settings"]["energy"]["seed"] == 1


def test_what_was_damaged_or_lost_is_made_again_and_is_as_before(lab: Path) -> None:
    before = digests(lab / "made")
    forest = lab / "made" / "models" / "weekly" / "forest.npz"
    forest.write_bytes(forest.read_bytes()[:-1])
    (lab / "made" / "figures" / "official.json").unlink()
    out, _ = ran("end_to_end", lab)
    assert made(out) == ["evaluate official", "train weekly"]
    assert digests(lab / "made") == before


def test_recipes_share_what_they_make(lab: Path) -> None:
    out, _ = ran("train", lab)
    assert made(out) == []


def test_a_bundle_of_another_name_leaves_the_earlier_one_alone(lab: Path) -> None:
    before = digests(lab / "made" / "models" / "weekly")
    out, _ = ran("train", lab, "--set", 'train.name="other"')
    assert "train other: made in" in out
    assert Bundle.load(lab / "made" / "models" / "other").name == "other"
    assert digests(lab / "made" / "models" / "weekly") == before
    assert made(ran("train", lab)[0]) == []
    theirs = lab / "made" / "models" / "theirs"
    theirs.mkdir()
    _, err = ran("train", lab, "--set", 'train.name="theirs"', code=2)
    assert f"{theirs} is there already, and no recipe has made it" in err


def test_the_order_of_own_files_is_part_of_the_record(lab: Path) -> None:
    (lab / "more.csv").write_text(LAB.replace("B", "C").replace("1e-4", "3e-4"), encoding="utf-8")
    tables = []
    for order in ("['lab.csv', 'more.csv']", "['more.csv', 'lab.csv']"):
        out, _ = ran("curate", lab, "--set", f"table.own={order}")
        assert out.startswith("table: made in")
        table = load_measurements(lab / "made" / "table")
        tables.append(list(table["sigma_S_cm"][table["source"] == "own"]))
    assert tables[0] != tables[1]
    assert sorted(tables[0]) == sorted(tables[1])


def test_a_second_recipe_in_a_folder_waits_for_nothing_and_touches_nothing(lab: Path) -> None:
    own = lab / "waiting.csv"
    os.mkfifo(own)  # the first recipe is at work for as long as nobody writes into it
    first = start("curate", lab, "--set", "table.own=['waiting.csv']")
    deadline = time.monotonic() + 60
    while not is_held(lab / "made" / ".at-work"):
        assert time.monotonic() < deadline
        assert first.poll() is None
        time.sleep(0.02)
    before = digests(lab / "made")
    _, err = ran("end_to_end", lab, "--set", "train.seed=1", code=2)
    assert f"a recipe is at work in {lab / 'made'}" in err
    assert digests(lab / "made") == before
    assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate()
    own.unlink()
    assert made(ran("end_to_end", lab)[0]) == [], "what was killed holds nothing"


def is_held(path: Path) -> bool:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.slow
def test_a_recipe_that_was_killed_goes_on_where_it_was(
    small_table: pd.DataFrame, finished: Path, tmp_path: Path
) -> None:
    folder = lay_out(tmp_path / "killed", small_table)
    process = start("end_to_end", folder)
    assert process.stdout
    assert process.stdout.readline().startswith("table: made in")
    deadline = time.monotonic() + 60
    while not list((folder / "made").glob(".evaluate-official.*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    out, _ = ran("end_to_end", folder)
    assert made(out) == ["evaluate official", "train weekly"]
    assert digests(folder / "made") == digests(finished / "made")


def test_a_step_that_fails_keeps_what_was_made_before_it(
    lab: Path, small_table: pd.DataFrame
) -> None:
    bundle = digests(lab / "made" / "models")
    unofficial = small_table.assign(official_split=pd.Series(dtype="string"))
    unofficial.to_parquet(lab / "base.parquet", index=False)
    out, err = ran("end_to_end", lab, code=2)
    assert "table: made in" in out
    assert err.startswith("evaluate official: the table carries no official split")
    assert digests(lab / "made" / "models") == bundle
    out, _ = ran("train", lab, "--set", "evaluate.benchmarks=[]")
    assert out.startswith("table: unchanged\ntrain weekly: made in")


def test_a_misspelt_key_is_named_before_anything_is_made(
    small_table: pd.DataFrame, tmp_path: Path
) -> None:
    folder = lay_out(tmp_path / "lab", small_table)
    (folder / "lab.toml").write_text(CONFIG.replace("name =", "nmae ="), encoding="utf-8")
    out, err = ran("end_to_end", folder, code=2)
    assert out == ""
    assert "lab.toml: train: there is no setting 'nmae' (did you mean 'name'?)" in err
    assert not (folder / "made").exists()


def test_pulled_data_are_curated_first(tmp_path: Path) -> None:
    (tmp_path / "pulled").mkdir()
    literature = ROOT / "data" / "literature"
    (tmp_path / "lab.toml").write_text(
        f'folder = "made"\n[table]\npulled = "pulled"\nliterature = "{literature}"\n', "utf-8"
    )
    out, _ = ran("curate", tmp_path)
    assert [line.split(":")[0] for line in out.splitlines()] == ["curate", "table"]
    table = load_measurements(tmp_path / "made" / "table")
    assert set(table["source"]) == {"seeds", "literature"}
    assert ran("curate", tmp_path)[0] == "curate: unchanged\ntable: unchanged\n"


@pytest.mark.slow
def test_a_bundle_is_registered_and_promoted_once(lab: Path) -> None:
    uri = 'promote.tracking_uri="sqlite:///registry.db"'
    out, _ = ran("end_to_end", lab, "--set", uri)
    assert "version 1 of sseml is the champion now" in out
    assert (lab / "registry.db").is_file(), "paths start at the folder of the TOML"
    out, _ = ran("promote", lab, "--set", uri)
    assert out.startswith("register: unchanged\npromote: unchanged\nversion 1 of sseml")
    shutil.rmtree(lab / "made" / "registry")
    out, _ = ran("promote", lab, "--set", uri)
    assert "version 1 of sseml is the champion" in out, "it is not registered a second time"


@pytest.mark.slow
def test_what_others_decided_at_the_registry_is_told_and_left_so(lab: Path, crude: Path) -> None:
    store = f"sqlite:///{lab}/registry.db"
    again = ("promote", lab, "--set", f'promote.tracking_uri="{store}"')
    out, _ = ran(*again)
    assert "version 1 of sseml is the champion now" in out
    assert register(crude, uri=store).version == 2
    with connected(store) as client:
        client.set_registered_model_alias("sseml", "champion", "2")
    for how in ("made in", "unchanged"):
        out, _ = ran(*again, code=1)
        assert out.startswith(f"register: unchanged\npromote: {how}")
        assert "version 1 of sseml was the champion; now version 2 is" in out
    with connected(store) as client:
        assert int(client.get_model_version_by_alias("sseml", "champion").version) == 2
        client.set_registered_model_alias("sseml", "champion", "1")
    assert "version 1 of sseml is the champion\n" in ran(*again)[0]
    with connected(store) as client:
        client.delete_registered_model("sseml")
    out, _ = ran(*again)
    assert out.startswith("register: made in")
    assert "version 1 of sseml is the champion now\n" in out


# The parts of the recipes, in this process.


@pytest.fixture(scope="module")
def part() -> Iterator[Callable[[str], ModuleType]]:
    sys.path.insert(0, str(PIPELINES))
    names = ("alone", "recipes", "registering", "settings", "steps")
    try:
        yield import_module
    finally:
        sys.path.remove(str(PIPELINES))
        for name in names:
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[trian]\nname='a'", "no setting 'trian' (did you mean 'train'?)"),
        ("[train.conductivity]\nboosting_round=4", "did you mean 'boosting_rounds'?"),
        ("[train.conductivity.kernel]\nnoise=1", "train: conductivity: kernel: there is no"),
        ("[train.energy]\nseed=1", "'seed' is chosen once, under [train]"),
        ("[train]\nseed='1'", "seed is a whole number, not '1'"),
        ("[train]\nseed=true", "seed is a whole number, not True"),
        ("[train]\nname='../mine'", "cannot be the name of a folder"),
        ("train='mine'", "train is a table of settings, not 'mine'"),
        ("[evaluate]\nbenchmarks=['oficial']", "did you mean 'official'?"),
        ("[evaluate]\nbenchmarks='official'", "is a list of texts, not 'official'"),
        ("[table]\nbase='a'\npulled='b'", "'base' and 'pulled' are both given"),
        ("[table]\nown=['a/lab.csv', 'b/lab.csv']", "several files are called 'lab.csv'"),
        ("folder = ", "is no TOML"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    part: Callable[[str], Any], tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "lab.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RefusedInputError) as caught:
        part("settings").read_settings(tmp_path / "lab.toml")
    assert complaint in str(caught.value)


def test_the_shipped_tomls_are_read_and_agree(part: Callable[[str], Any]) -> None:
    given: dict[tuple[str, str], object] = {}
    for recipe in RECIPES:
        path = PIPELINES / f"{recipe}.toml"
        settings = part("settings").read_settings(path)
        assert settings.folder == str(ROOT / "runs" / "lab")
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            if name in ("table", "evaluate", "train"):
                for key, value in table.items():
                    assert given.setdefault((name, key), value) == value, (recipe, name, key)


def test_a_database_with_a_password_stays_out_of_the_file(
    part: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab.toml").write_text("[promote]\ntracking_uri='environment'", encoding="utf-8")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(RefusedInputError, match="MLFLOW_TRACKING_URI is not set"):
        part("settings").read_settings(tmp_path / "lab.toml")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    uri = part("settings").read_settings(tmp_path / "lab.toml").promote.tracking_uri
    assert uri == "http://127.0.0.1:5000"


def test_what_no_recipe_has_made_is_not_replaced(
    part: Callable[[str], Any], tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "kept.txt").write_text("mine")
    step = part("steps").Step("train", {}, ["models"], lambda scratch: None)
    with pytest.raises(RefusedInputError, match="no recipe has made it"):
        part("steps").run(step, tmp_path)
    assert digests(tmp_path).keys() == {"models/kept.txt"}


def test_an_input_that_changes_while_it_is_read_is_noticed(
    part: Callable[[str], Any], tmp_path: Path
) -> None:
    source, folder = tmp_path / "lab.csv", tmp_path / "made"
    source.write_text("1")

    def make(scratch: Path) -> None:
        (scratch / "table").write_text(source.read_text())
        source.write_text("2")

    step = part("steps").Step("table", {"lab": source}, ["table"], make)
    with pytest.raises(RefusedInputError, match="changed while it was read"):
        part("steps").run(step, folder)
    assert not list(folder.iterdir())


def test_other_versions_make_a_step_run_again(
    part: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = part("steps")
    step = steps.Step("a", {}, ["a"], lambda scratch: (scratch / "a").write_text("same"))
    assert [steps.run(step, tmp_path) for _ in range(2)] == [True, False]
    monkeypatch.setattr(steps, "__version__", "99")
    assert [steps.run(step, tmp_path) for _ in range(2)] == [True, False]


def test_a_missing_input_and_a_broken_record_are_named(
    part: Callable[[str], Any], tmp_path: Path
) -> None:
    steps = part("steps")
    step = steps.Step("a", {"lab": tmp_path / "lab.csv"}, ["a"], lambda scratch: None)
    with pytest.raises(RefusedInputError, match=r"a reads .*lab\.csv, which is not there"):
        steps.run(step, tmp_path)
    (tmp_path / steps.LOCK).write_text("{")
    with pytest.raises(RefusedInputError, match="no record of a recipe"):
        steps.run(step, tmp_path)


def test_a_crash_has_an_exit_code_of_its_own(
    part: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    recipes = part("recipes")

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(recipes, "read_settings", fails)
    assert recipes.main("train.py", ["train"], []) == 70
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "please report" in said
