"""Whichever bundle is served, every kind of material is answered, in order, by its own bundle."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sseml import released
from sseml.model.folder import bundle_digest
from sseml.records import BundleError
from sseml.released import DEFAULT_BUNDLE, POLYMER_BUNDLE, released_folder
from sseml.serving.description import description
from sseml.serving.settings import Limits, identify, identify_others

Predicted = Callable[..., list[str]]

ROWS: list[dict[str, Any]] = [
    {"formula": "PEO + LiTFSI, EO:Li=18", "temperature": 60, "batch": "A-1"},
    {"formula": "Li6PS5Cl", "temperature": 60},
    {"formula": "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO", "temperature": "298 K"},
    {"formula": "PEO + LiTFSI, EO:Li=0"},
    {"formula": "75Li2S-25P2S5"},
    {"formula": "PEO + LiTFSI, EO:Li=18 + 20 wt% SN", "batch": 3},
    {"formula": "Li6PS5Xx"},
    {"formula": "PAN + LiClO4, m=1.2 @ 333 K"},
    {"formula": "La2/3-xLi3xTiO3", "x": "0.02:0.1:0.04"},
]


@pytest.mark.parametrize("which", ["server", "polymer_server"])
def test_rows_of_several_kinds_are_those_of_the_command_line(
    which: str, request: pytest.FixtureRequest, predicted: Predicted
) -> None:
    running = request.getfixturevalue(which)
    answered = running.ask({"dataframe_records": ROWS})
    assert running.rows({"dataframe_records": ROWS}) == predicted(ROWS)
    models = [record["model"] for record in answered.json()["predictions"]]
    polymer, formula = POLYMER_BUNDLE, DEFAULT_BUNDLE
    assert models == [
        polymer, formula, polymer, None, formula, polymer, None, polymer, *[formula] * 3,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("which", "served", "other"),
    [
        ("server", DEFAULT_BUNDLE, POLYMER_BUNDLE),
        ("polymer_server", POLYMER_BUNDLE, DEFAULT_BUNDLE),
    ],
)
def test_ready_names_every_model_that_answers(
    which: str, served: str, other: str, request: pytest.FixtureRequest
) -> None:
    running = request.getfixturevalue(which)
    with running.client() as client:
        told = client.get("/ready").json()
        counted = client.get("/metrics").text
    ready = {**description(Limits()), "$ref": "#/components/schemas/Ready"}
    jsonschema.validate(told, ready)
    named = [told["model"], *told["others"]]
    assert [each["name"] for each in named] == [served, other]
    assert {each["kind"] for each in named} == {"composition", "polymer"}
    for each in named:
        assert each["digest"] == bundle_digest(released_folder() / each["name"])
        assert f'digest="{each["digest"]}",kind="{each["kind"]}",name="{each["name"]}"' in counted


def test_the_threshold_is_that_of_the_command_line(server: Any, predicted: Predicted) -> None:
    asked = {"dataframe_records": ROWS, "params": {"threshold_S_cm": 1e-6}}
    assert server.rows(asked) == predicted(ROWS, "--threshold", "1e-6")
    assert server.rows(asked) != server.rows({"dataframe_records": ROWS})
    one = {"inputs": ["LLZO"], "params": {"threshold_S_cm": 1}}
    assert server.rows(one) == predicted([{"formula": "LLZO"}], "--threshold", "1")


@pytest.mark.parametrize("threshold", [0, -1e-4, 11, 1e-16, "1e-4", True, [1e-4]])
def test_a_threshold_that_is_no_conductivity_is_refused(server: Any, threshold: Any) -> None:
    answer = server.ask({"inputs": ["LLZO"], "params": {"threshold_S_cm": threshold}})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "bad_param"
    assert "threshold_S_cm: Input should be" in error["message"]


def test_a_damaged_bundle_of_another_kind_is_found_before_anybody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(released_folder() / POLYMER_BUNDLE, tmp_path / POLYMER_BUNDLE))
    monkeypatch.setattr(released, "released_folder", lambda: tmp_path)
    [other] = identify_others("composition")
    assert (other.name, other.kind) == (POLYMER_BUNDLE, "polymer")
    assert other == identify(copy)
    with (copy / "model.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"model\.npz is damaged"):
        identify_others("composition")


def test_a_bundle_of_an_earlier_release_takes_the_threshold_too(
    start: Any, tmp_path: Path, predicted: Predicted
) -> None:
    """MLflow drops, with no more than a line in the log, what a stored signature does not name."""
    from sseml.model.folder import CHECKSUMS, write_checksums  # noqa: PLC0415
    from sseml.model.mlmodel import MLMODEL  # noqa: PLC0415

    older = Path(shutil.copytree(released_folder() / DEFAULT_BUNDLE, tmp_path / DEFAULT_BUNDLE))
    text = (older / MLMODEL).read_text(encoding="utf-8")
    new = ', {"name": "threshold_S_cm", "default": 0.0001, "shape": null, "type": "double"}'
    assert new in text
    (older / MLMODEL).write_text(text.replace(new, ""), encoding="utf-8")
    (older / CHECKSUMS).unlink()
    write_checksums(older)
    with start("-m", older) as running:
        asked = {"inputs": ["LLZO"], "params": {"threshold_S_cm": 1e-2}}
        assert running.rows(asked) == predicted([{"formula": "LLZO"}], "--threshold", "1e-2")
