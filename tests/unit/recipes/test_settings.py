"""The TOML of a recipe: what is read, and what is refused with a hint."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sseml.recipes.settings import STEPS, read_settings
from sseml.records import RefusedInputError

PIPELINES = Path(__file__).parents[3] / "pipelines"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[trian]\nname='a'", "lab.toml: there is no setting 'trian' (did you mean 'train'?)"),
        ("[train]\nnmae='a'", "lab.toml: train: there is no setting 'nmae' (did you mean 'name'?)"),
        ("[train.ensemble]\nboosting_round=4", "did you mean 'boosting_rounds'?"),
        ("[train.ensemble.process.kernel]\nnoise=1", "ensemble: process: kernel: there is no"),
        ("[train.ensemble.share]\nat_near='all'", "at_near is a number, not 'all'"),
        ("[train.conductivity]\nboosting_rounds=4", "there is no setting 'conductivity'"),
        ("[train.ensemble]\nseed=1", "'seed' is set once for all models (move it to [train])"),
        ("[train]\nseed='1'", "seed is a whole number, not '1'"),
        ("[train]\nseed=true", "seed is a whole number, not True"),
        ("[train]\nname='../mine'", "cannot be the name of a folder"),
        ("train='mine'", "train is a table of settings, not 'mine'"),
        ("steps=['table', 'trane']", "there is no step 'trane' (did you mean 'train'?)"),
        ("steps=[]", "steps is empty (known are: table, evaluate, train, promote)"),
        ("[evaluate]\nbenchmarks=['oficial']", "no benchmark 'oficial' (did you mean 'official'?)"),
        ("[evaluate]\nbenchmarks='official'", "is a list of texts, not 'official'"),
        ("[table]\nbase='a'\npulled='b'", "'base' and 'pulled' exclude each other"),
        ("[table]\nown=['a/lab.csv', 'b/lab.csv']", "several files are called 'lab.csv'"),
        ("folder = ", "is no TOML"),
        ("kind='polymers'", "no kind of material 'polymers' (did you mean 'polymer'?)"),
        (
            "kind='polymer'\n[evaluate]\nbenchmarks=['official']",
            "no benchmark 'official' (known are: polymer)",
        ),
        ("[evaluate]\nbenchmarks=['polymer']", "there is no benchmark 'polymer'"),
        ("[train.curves]\nboosting_round=4", "did you mean 'boosting_rounds'?"),
        ("[train.curves]\nseed=4", "'seed' is set once for all models (move it to [train])"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "lab.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RefusedInputError) as caught:
        read_settings(tmp_path / "lab.toml")
    assert complaint in str(caught.value)


def test_a_change_takes_precedence_and_must_be_toml(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text("[train]\nname = 'lab'\nseed = 3\n", encoding="utf-8")
    settings = read_settings(path, ["train.seed=1", "steps=['train']"])
    assert (settings.train.name, settings.train.seed) == ("lab", 1)
    assert settings.train.of_ensemble.seed == 1
    assert settings.steps == ("train",)
    with pytest.raises(RefusedInputError, match=r"--set 'train\.name=x' is no TOML.*in quotes"):
        read_settings(path, ["train.name=x"])


def test_an_unknown_recipe_is_refused_with_those_in_its_folder(tmp_path: Path) -> None:
    for name in ("train.toml", "curate.toml", "notes.txt"):
        (tmp_path / name).touch()
    with pytest.raises(RefusedInputError, match=r"there is no recipe .*trian\.toml") as caught:
        read_settings(tmp_path / "trian.toml")
    there = "its folder holds curate.toml, train.toml"
    assert caught.value.suggestion == f"did you mean train.toml? {there}"
    with pytest.raises(RefusedInputError, match=r"holds curate\.toml, train\.toml"):
        read_settings(tmp_path)


def test_paths_start_at_the_folder_of_the_toml(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text("[table]\nown=['a.csv']\n[promote]\ntracking_uri='sqlite:///ml.db'", "utf-8")
    settings = read_settings(path)
    assert settings.steps == STEPS
    assert settings.folder == str(tmp_path / "runs")
    assert settings.table.own == (str(tmp_path / "a.csv"),)
    assert settings.table.base == "released"
    assert settings.promote.tracking_uri == f"sqlite:///{tmp_path / 'ml.db'}"


def test_the_recipes_of_the_checkout_are_read_and_agree() -> None:
    given: dict[tuple[str, str], object] = {}
    paths = sorted(PIPELINES.glob("*.toml"))
    steps = {path.stem: read_settings(path).steps for path in paths}
    assert steps == {
        "curate": STEPS[:1],
        "evaluate": STEPS[:2],
        "train": STEPS[:3],
        "promote": STEPS[3:],
        "end_to_end": STEPS,
        "polymer": STEPS,
    }
    polymers = read_settings(PIPELINES / "polymer.toml")
    assert (polymers.kind, polymers.evaluate.benchmarks) == ("polymer", ("polymer",))
    assert polymers.folder == str(PIPELINES.parent / "runs" / "polymers")
    for path in paths:
        if path.stem == "polymer":  # shares its folder with none of the others
            continue
        assert read_settings(path).folder == str(PIPELINES.parent / "runs" / "lab")
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            if name in ("table", "evaluate", "train"):
                for key, value in table.items():
                    assert given.setdefault((name, key), value) == value, (path, name, key)


def test_a_database_with_a_password_stays_out_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lab.toml"
    path.write_text("[promote]\ntracking_uri='environment'", encoding="utf-8")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(RefusedInputError, match="MLFLOW_TRACKING_URI is not set"):
        read_settings(path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert read_settings(path).promote.tracking_uri == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("kind", "model"), [("composition", "sseml"), ("polymer", "sseml-polymer")]
)
def test_each_kind_is_registered_under_a_name_of_its_own(
    tmp_path: Path, kind: str, model: str
) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(f"kind = '{kind}'\n", encoding="utf-8")
    assert read_settings(path).promote.model == model
    assert read_settings(path, ["promote.model='ours'"]).promote.model == "ours"
