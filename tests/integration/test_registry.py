"""The gate: what is damaged, does not load or is worse stays challenger; there is a way back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sseml.cli import main
from sseml.model.bundle import ARRAYS, EVIDENCE, Bundle
from sseml.model.folder import bundle_digest, write_checksums
from sseml.prediction import default_phases
from sseml.records import BundleError, RefusedInputError
from sseml.tracking import smoke as smoke_list
from sseml.tracking.gate import CHECKSUMS, COMPARISON, RECIPE, SMOKE, check_smoke
from sseml.tracking.pyfunc import PyfuncModel
from sseml.tracking.registry import (
    CHALLENGER,
    CHAMPION,
    GATE_TAG,
    PAST_TAG,
    REPORT_TAG,
    promote,
    register,
    resolve,
    rollback,
    versions,
)
from sseml.tracking.runs import DIGEST_TAG, bundle_inside
from sseml.tracking.store import connected
from sseml.tracking.trial import try_out


@dataclass(frozen=True)
class Shop:
    """A store for all tests of this file; each names its own model."""

    uri: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("registry")
    return Shop(f"sqlite:///{folder}/mlflow.db")


@pytest.fixture(scope="module")
def good(trained: Any) -> Path:
    folder: Path = trained.folder
    return folder


@pytest.fixture
def broken(good: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a bundle that MLflow registers without a murmur; its checksums hold."""

    def broken_(how: str) -> Path:
        copy = shutil.copytree(good, tmp_path / how)
        with np.load(copy / ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if how == "unloadable":
            (copy / ARRAYS).write_bytes((copy / ARRAYS).read_bytes()[:1000])
        else:
            factor = {"nan": np.nan, "tampered": 0.7}[how]
            linear = "ensemble.plain.trees.linear"
            arrays[linear] = arrays[linear] * factor
            np.savez(copy / ARRAYS, allow_pickle=False, **arrays)
        write_checksums(copy)
        return copy

    return broken_


def aliases(shop: Shop, name: str) -> dict[str, int]:
    return {
        alias: each.version for each in versions(name=name, uri=shop.uri) for alias in each.aliases
    }


def stored_model(shop: Shop, name: str) -> Path:
    """Where MLflow keeps version 1."""
    with connected(shop.uri) as client:
        model_id = client.get_model_version(name, "1").source.removeprefix("models:/")
        location = client.get_logged_model(model_id).artifact_location
    return Path(location.removeprefix("file://"))


@pytest.mark.slow
def test_better_is_promoted_worse_is_not_and_the_way_back_has_several_steps(
    shop: Shop, good: Path, crude: Path
) -> None:
    name = "steps"
    for folder in (crude, good):
        register(folder, name=name, uri=shop.uri)
        report = promote(name=name, uri=shop.uri)
        assert report.passed, report.verdict
    assert report.checks[-1].name == COMPARISON
    assert report.checks[-1].figures["parts"]["all judged rows"]["difference"] < -0.05
    assert aliases(shop, name) == {CHAMPION: 2}

    register(crude, name=name, uri=shop.uri)
    refused = promote(name=name, uri=shop.uri)
    assert not refused.passed
    assert refused.checks[-1].name == COMPARISON, refused.verdict
    assert aliases(shop, name) == {CHAMPION: 2, CHALLENGER: 3}
    grown = refused.checks[-1].figures["parts"]["all judged rows"]["difference"]
    assert grown > 0.05
    assert f"comparison: all judged rows: the error grows by {grown:+.4f}" in refused.verdict

    register(good, name=name, uri=shop.uri)  # the same model once more: not worse by anything
    assert promote(4, name=name, uri=shop.uri).passed
    assert aliases(shop, name) == {CHAMPION: 4}
    for earlier in (2, 1):
        back = rollback(name=name, uri=shop.uri)
        assert back.passed
        assert [check.name for check in back.checks] == [CHECKSUMS, SMOKE]
        assert aliases(shop, name) == {CHAMPION: earlier}
    with pytest.raises(RefusedInputError, match="version 1 as champion, and no earlier"):
        rollback(name=name, uri=shop.uri)

    told = {each.version: each.verdict for each in versions(name=name, uri=shop.uri)}
    assert "promote refused" in told[3]
    assert "rollback passed" in told[1]
    with connected(shop.uri) as client:
        third = client.get_model_version(name, "3")
        kept = json.loads(third.tags[REPORT_TAG])
        assert kept == refused.to_dict()
        assert third.tags[GATE_TAG].endswith(refused.verdict)
        [written, drawn] = sorted(item.path for item in client.list_artifacts(third.run_id, "gate"))
        assert (written[-13:], drawn[-11:]) == ("-promote.json", "-promote.md")
        local = Path(client.download_artifacts(third.run_id, drawn))
        assert f"{grown:+.4f}" in local.read_text("utf-8")


def test_a_model_that_its_recipe_does_not_make_stays_challenger(
    shop: Shop, broken: Callable[[str], Path]
) -> None:
    register(broken("tampered"), name="tampered", uri=shop.uri)
    report = promote(name="tampered", uri=shop.uri)
    assert not report.passed
    assert report.checks[-1].name == RECIPE
    assert report.checks[-1].figures["mean_decades"] > 0.05
    assert "trained anew" in report.verdict
    assert aliases(shop, "tampered") == {CHALLENGER: 1}


@pytest.mark.parametrize(
    ("how", "complaint"),
    [("unloadable", "it does not load"), ("nan", "no finite log10_sigma, sigma_S_cm")],
)
def test_a_model_that_does_not_answer_stays_challenger(
    shop: Shop, broken: Callable[[str], Path], how: str, complaint: str
) -> None:
    name = f"broken-{how}"
    assert register(broken(how), name=name, uri=shop.uri).version == 1
    report = promote(name=name, uri=shop.uri)
    assert not report.passed
    assert (report.checks[-1].name, len(report.checks)) == (SMOKE, 2)
    assert complaint in report.verdict
    assert "smoke list" in report.to_text()
    assert aliases(shop, name) == {CHALLENGER: 1}


@pytest.mark.parametrize("case", ["damaged", "replaced", "rigged", "gone"])
def test_what_is_not_what_was_registered_stays_challenger(
    shop: Shop, good: Path, crude: Path, case: str
) -> None:
    name = f"tampered-{case}"
    made = register(good, name=name, uri=shop.uri)
    stored = stored_model(shop, name)
    inside = stored / "data" / made.bundle
    match case:
        case "damaged":
            content = bytearray((inside / EVIDENCE).read_bytes())
            content[len(content) // 2] ^= 1
            (inside / EVIDENCE).write_bytes(content)
        case "replaced":
            shutil.rmtree(inside)
            shutil.copytree(crude, inside)
        case "rigged":
            told = (stored / "MLmodel").read_text("utf-8")
            (stored / "MLmodel").write_text(told.replace("sseml.tracking.pyfunc", "os"), "utf-8")
        case _:
            shutil.rmtree(stored)
    report = promote(name=name, uri=shop.uri)
    assert not report.passed
    assert [check.name for check in report.checks] == [CHECKSUMS]
    expected = {
        "damaged": f"{EVIDENCE} is damaged",
        "replaced": "registered was",
        "rigged": "would run other code than sseml's: loader 'os'",
        "gone": "cannot be fetched",
    }
    assert expected[case] in report.verdict
    assert aliases(shop, name) == {CHALLENGER: 1}
    if case != "gone":
        with pytest.raises(BundleError, match=expected[case]):
            resolve(f"models:/{name}/1", uri=shop.uri)


@pytest.mark.parametrize("place", ["beside the checksums", "in the bundle that was logged"])
def test_a_bundle_that_brings_code_along_is_never_loaded(
    shop: Shop, good: Path, tmp_path: Path, place: str
) -> None:
    mark = tmp_path / "mark"
    if place == "beside the checksums":
        stored = inside = shutil.copytree(good, tmp_path / "brought")
    else:
        register(good, name="brought-first", uri=shop.uri)
        fetched = stored_model(shop, "brought-first")
        stored = shutil.copytree(fetched, tmp_path / "brought")
        inside = stored / "data" / good.name
    told = (inside / "MLmodel").read_text("utf-8")
    loader = "loader_module: sseml.tracking.pyfunc"
    brought = told.replace(loader, "loader_module: evilmod\n    code: code")
    assert brought != told
    (inside / "MLmodel").write_text(brought, "utf-8")
    write_checksums(inside)
    (inside / "code").mkdir()
    program = f"from pathlib import Path\nPath({str(mark)!r}).write_text('ran')\n"
    (inside / "code" / "evilmod.py").write_text(program, "utf-8")
    name = f"brought {place}"
    with connected(shop.uri) as client:
        client.create_registered_model(name)
        noted = {DIGEST_TAG: sha256((inside / "SHA256SUMS").read_bytes()).hexdigest()}
        client.create_model_version(name, source=stored.as_uri(), tags=noted)
        client.set_registered_model_alias(name, CHALLENGER, "1")
    report = promote(name=name, uri=shop.uri)
    assert [(check.name, check.passed) for check in report.checks] == [(CHECKSUMS, False)]
    complaint = "would run other code than sseml's: loader 'evilmod'"
    assert complaint in report.verdict
    with pytest.raises(BundleError, match=complaint):
        resolve(f"models:/{name}@challenger", uri=shop.uri)
    with pytest.raises(BundleError, match=complaint):
        register(inside, name=f"{name} again", uri=shop.uri)
    assert not mark.exists()


def test_a_bundle_that_points_to_another_model_is_refused(good: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(good, tmp_path / "pointing")
    told = (copy / "MLmodel").read_text("utf-8")
    (copy / "MLmodel").write_text(
        told.replace("    loader", "    data: other\n    loader"), "utf-8"
    )
    write_checksums(copy)
    with pytest.raises(BundleError, match="would load 'other' in place of the bundle"):
        bundle_inside(copy)


@pytest.mark.slow
def test_a_champion_that_changes_while_the_gate_works_is_not_overrun(
    shop: Shop, good: Path
) -> None:
    name = "overtaken"
    for _ in range(3):
        register(good, name=name, uri=shop.uri)
    assert promote(1, name=name, uri=shop.uri).passed
    overtaken = False

    def overtake(_: str) -> None:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            with connected(shop.uri) as client:
                client.set_registered_model_alias(name, CHAMPION, "2")

    with pytest.raises(RefusedInputError, match="became version 2 while version 3"):
        promote(3, name=name, uri=shop.uri, progress=overtake)
    assert aliases(shop, name)[CHAMPION] == 2


@pytest.mark.slow
def test_a_way_back_leads_past_deleted_versions_and_never_to_a_damaged_one(
    shop: Shop, good: Path
) -> None:
    name = "back"
    for version in (1, 2, 3, 4):
        register(good, name=name, uri=shop.uri)
        assert promote(version, name=name, uri=shop.uri).passed
    with connected(shop.uri) as client:
        client.delete_model_version(name, "3")
        client.set_model_version_tag(name, "2", "sseml.bundle_digest", "0" * 64)
    report = rollback(name=name, uri=shop.uri)
    assert (report.version, report.passed) == (2, False)
    assert aliases(shop, name) == {CHAMPION: 4}


@pytest.mark.slow
def test_a_way_back_that_was_cut_off_skips_nobody(
    shop: Shop, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "cut off"
    for _ in range(3):
        register(good, name=name, uri=shop.uri)
    with connected(shop.uri) as client:
        client.set_registered_model_tag(name, PAST_TAG, "[1, 2]")
        client.set_registered_model_alias(name, CHAMPION, "3")
        kind = type(client)
    writes = []

    def cut_off_at_the_second(write: Callable[..., None]) -> Callable[..., None]:
        def write_(*given: Any, **named: Any) -> None:
            writes.append(given)
            if len(writes) == 2:
                raise ConnectionError("cut off")
            write(*given, **named)

        return write_

    with monkeypatch.context() as patched:
        for each in ("set_registered_model_tag", "set_registered_model_alias"):
            patched.setattr(kind, each, cut_off_at_the_second(getattr(kind, each)))
        with pytest.raises(ConnectionError):
            rollback(name=name, uri=shop.uri)
    assert len(writes) == 2
    champions = [aliases(shop, name)[CHAMPION]]
    assert rollback(name=name, uri=shop.uri).passed
    champions.append(aliases(shop, name)[CHAMPION])
    assert champions == [2, 1]


def test_the_champion_is_found_by_its_address(shop: Shop, good: Path, tmp_path: Path) -> None:
    name = "found"
    register(good, name=name, uri=shop.uri)
    with connected(shop.uri) as client:
        client.set_registered_model_alias(name, CHAMPION, "1")
        client.delete_registered_model_alias(name, CHALLENGER)
    for address in (f"models:/{name}@champion", f"models:/{name}/1"):
        assert bundle_digest(resolve(address, uri=shop.uri)) == bundle_digest(good)
    into = tmp_path / "deep" / "copy"
    assert resolve(f"models:/{name}@champion", uri=shop.uri, into=into).is_relative_to(into)
    with pytest.raises(RefusedInputError, match=r"no alias 'challenger'; there are: champion"):
        resolve(f"models:/{name}@challenger", uri=shop.uri)
    with pytest.raises(RefusedInputError, match=r"no version 9; there are: 1"):
        resolve(f"models:/{name}/9", uri=shop.uri)


def test_what_is_not_there_is_refused_with_the_names_there_are(
    shop: Shop, good: Path, tmp_path: Path
) -> None:
    register(good, name="there", uri=shop.uri)
    with pytest.raises(RefusedInputError, match=r"no registered model 'here'; there are: .*there"):
        promote(name="here", uri=shop.uri)
    with pytest.raises(RefusedInputError, match="has no champion, and no earlier one"):
        rollback(name="there", uri=shop.uri)
    with pytest.raises(RefusedInputError, match="neither a folder nor the id of a run"):
        register("nothing", uri=shop.uri)
    with pytest.raises(RefusedInputError, match=r"there is no run a{32}"):
        register("a" * 32, uri=shop.uri)
    with pytest.raises(BundleError, match="is not a model bundle"):
        register(tmp_path, uri=shop.uri)
    early = shutil.copytree(good, tmp_path / "early")
    for path in early.iterdir():
        if path.name not in {ARRAYS, EVIDENCE, "bundle.json", "card.md"}:
            path.unlink()
    write_checksums(early)
    with pytest.raises(BundleError, match="an earlier sseml made it"):
        register(early, uri=shop.uri)


def test_a_model_that_hangs_is_not_waited_for(good: Path) -> None:
    check = check_smoke(good, limit_s=0.05)
    assert (check.passed, check.message) == (False, "no answer within 0.05 s")


def test_the_smoke_list_asks_all_families_there_are_and_sees_what_is_wrong(good: Path) -> None:
    model = PyfuncModel(Bundle.load(good), default_phases())

    def spoiled(change: Callable[[list[dict[str, Any]]], Any]) -> tuple[str, ...]:
        def predict(asked: pd.DataFrame, params: dict[str, Any]) -> list[dict[str, Any]]:
            records = model.predict(asked, params)
            return change(records) or records

        return smoke_list.smoke(predict).complaints

    assert spoiled(lambda records: None) == ()
    families = {record["family"] for record in model.predict(
        pd.DataFrame({"formula": list(smoke_list.GOOD)})
    )}  # fmt: skip
    assert len(families) >= 24
    assert "other" not in families
    for change, complaint in (
        (lambda records: records[1:], "26 records for 27 rows"),
        (lambda records: records[::-1], "answered in the place of"),
        (lambda records: records[3].update(sigma_S_cm=None), "no finite sigma_S_cm at 25"),
        (lambda records: records[3].update(sigma_low_S_cm=1.0), "not inside its interval"),
        (lambda records: records[3].update(p_superionic=1.5), "p_superionic = 1.5"),
        (
            lambda records: records[3].update(sigma_if_conductor_high_S_cm=1e-12),
            "sigma_if_conductor = ",
        ),
        (lambda records: records[3].update(log10_sigma=-3.0), r"changes by +0.00"),
        (lambda records: records[3].update(status="error"), "refused at 25"),
        (lambda records: records[13].update(status="ok"), "must be refused"),
        (lambda records: records[3].update(temperature_C=77.0), "answered at 77.0"),
    ):
        complaints = spoiled(change)
        assert complaints, complaint
        assert any(complaint in text for text in complaints)


def test_the_commands_say_what_the_functions_found(
    shop: Shop,
    good: Path,
    crude: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shop.uri)

    def said(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["models", *argv, "--name", "shell"])
        return (code, *capsys.readouterr())

    assert said("register", str(good)) == (
        0, "1\n", f"{good.name} is version 1 of shell, its challenger\n"
    )  # fmt: skip
    [first] = versions(name="shell", uri=shop.uri)
    assert (first.aliases, first.digest) == ((CHALLENGER,), bundle_digest(good))
    code, out, err = said("promote")
    assert (code, err) == (0, "")
    assert "Version 1 of shell is the champion now." in out
    assert COMPARISON not in out  # with nobody to be compared to
    assert aliases(shop, "shell") == {CHAMPION: 1}
    code, _, err = said("promote", "1")
    assert code == 2
    assert "is the champion already" in err
    said("register", str(crude))
    code, out, err = said("promote", "--json")
    assert code == 1
    assert json.loads(out)["passed"] is False
    assert "does not become champion: comparison: all judged rows: the error grows by +" in err
    code, out, _ = said("history", "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["version"], row["aliases"]) for row in rows] == [
        ("2", "challenger"),
        ("1", "champion"),
    ]
    code, out, err = said("rollback")
    assert (code, out) == (2, "")
    assert "no earlier one to go back to" in err


@pytest.mark.slow
def test_two_promotions_at_once_leave_one_champion(shop: Shop, good: Path) -> None:
    name = "race"
    for _ in range(3):
        register(good, name=name, uri=shop.uri)
    assert promote(1, name=name, uri=shop.uri).passed
    command = [sys.executable, "-m", "sseml", "models", "promote", "--name", name]
    both = [
        subprocess.Popen(
            [*command, version],
            env=os.environ | {"MLFLOW_TRACKING_URI": shop.uri},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for version in ("2", "3")
    ]
    codes = [process.wait(timeout=120) for process in both]
    assert 0 in codes
    assert set(codes) <= {0, 2}
    assert aliases(shop, name)[CHAMPION] in {2, 3}
    assert rollback(name=name, uri=shop.uri).passed


def test_a_trial_does_not_mind_what_libraries_print(released, tmp_path, monkeypatch) -> None:
    noise = (
        "import atexit, ctypes, os\n"
        "def noise():\n"
        "    print('NOISE')\n"
        "    os.write(1, b'NOISE')\n"
        "    ctypes.CDLL(None).puts(b'NOISE')\n"
        "noise()\n"
        "atexit.register(noise)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(noise)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    trial = try_out(released)
    assert (trial.failure, trial.complaints) == ("", ())
    assert trial.questions > 20
