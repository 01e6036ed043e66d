"""Where the released bundles are, and the measurements that the default one carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sseml.records import BundleError

DEFAULT_BUNDLE = "composition-6"
POLYMER_BUNDLE = "polymer-1"
RELEASED_BUNDLES: Mapping[str, str] = MappingProxyType(
    {"composition": DEFAULT_BUNDLE, "polymer": POLYMER_BUNDLE}
)
"""Kind of material → name of the released bundle that answers about it."""
DEFAULT_PHASES = "phases-1"

_EVIDENCE = "evidence.parquet"
_CHECKSUMS = "SHA256SUMS"


def released_folder() -> Path:
    """Folder of the released bundles: inside the installed package, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parents[1] / "models"


def released_evidence(bundle: str = DEFAULT_BUNDLE) -> Path:
    """The released table of measurements that a bundle carries, verified.

    Raises
    ------
    BundleError
        If it is missing or damaged.
    """
    import hashlib  # noqa: PLC0415 - start-up: 3 ms, not for a prediction

    folder = released_folder() / bundle
    path = folder / _EVIDENCE
    try:
        sums = (folder / _CHECKSUMS).read_text(encoding="utf-8").splitlines()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BundleError(f"{folder}: {error.strerror}; install sseml again") from error
    if f"{digest}  {_EVIDENCE}" not in sums:
        raise BundleError(f"{path} is damaged (its SHA-256 is not the one in {_CHECKSUMS})")
    return path
