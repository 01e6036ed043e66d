"""Settings every test shares."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports MLflow: the tests report nowhere.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
# Before anything imports NumPy: the tests run in as many processes as there are cores.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

if "PYTEST_XDIST_WORKER" not in os.environ:
    # What the tests verify and remember is theirs; Matplotlib keeps its list of fonts.
    os.environ.setdefault("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
    os.environ["XDG_CACHE_HOME"] = _cache = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, _cache, ignore_errors=True)

settings.register_profile("sseml", deadline=None, print_blob=True)
settings.load_profile("sseml")

_TESTS = Path(__file__).parent
_QUICK = ("unit/parse/", "unit/model/", "unit/test_render", "unit/test_compiled", "cli/")
"""What a person meets first, in about a minute: enough to tell whether other versions work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick part: these folders, and whatever is about headings."""
    for item in items:
        if _is_quick(item.path) and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.quick)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the others for `pytest -m quick`: that takes as long as the tests."""
    if config.option.markexpr == "quick" and collection_path.suffix == ".py":
        return True if not _is_quick(collection_path) else None
    return None


def _is_quick(path: Path) -> bool:
    place = path.relative_to(_TESTS).as_posix()
    return place.startswith(_QUICK) or "heading" in path.name
