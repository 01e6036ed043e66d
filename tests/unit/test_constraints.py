"""`constraints.txt` is one set of versions for every Python, and only that."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINNED = [Requirement(line) for line in LINES]
PYTHONS = ("3.11.2", "3.12.1", "3.13.0")


def environment(python: str) -> dict[str, str]:
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "extra": "",
    }


def pins(python: str) -> dict[str, str]:
    here = [pin for pin in PINNED if not pin.marker or pin.marker.evaluate(environment(python))]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in here}


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    texts = [*project["dependencies"], *(text for extra in extras for text in extra)]
    return [Requirement(text) for text in texts if not text.startswith("sseml")]


def test_a_line_is_a_name_a_version_and_perhaps_a_marker() -> None:
    for line in LINES:
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.!]+( ; .+)?", line), line
        assert "://" not in line


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_asked_for_has_one_version_that_is_allowed(python: str) -> None:
    chosen = pins(python)
    for requirement in declared():
        if requirement.marker and not requirement.marker.evaluate(environment(python)):
            continue
        version = chosen[canonicalize_name(requirement.name)].removeprefix("==")
        assert requirement.specifier.contains(version), requirement


def test_one_set_of_versions_serves_every_python() -> None:
    first = pins(PYTHONS[0])
    for python in PYTHONS[1:]:
        for name, version in pins(python).items():
            assert first.get(name, version) == version


def test_both_commands_of_the_readme_install_with_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for which in ("main", "test"):
        command = readme.partition(f"<!-- {which}-command:begin -->")[2].partition("<!--")[0]
        assert "pip install -q -c constraints.txt " in command
