"""What the bytes of answers depend on beside the question: versions, and the bundles' digests."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from sseml._version import __version__
from sseml.parallel import Settings, model_digests

_PACKAGES = ("numpy", "numba", "rdkit")
"""Those that answers are computed with, where they are installed."""

_SHOWN_OF_DIGEST = 12


def installation(settings: Settings) -> Mapping[str, str]:
    """Name → version or digest, of this process.

    Raises
    ------
    BundleError
        If a bundle is missing here, or damaged.
    """
    digests = model_digests(settings.bundle, window=settings.window)
    return {
        "sseml": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in _PACKAGES},
        **{name: digest[:_SHOWN_OF_DIGEST] for name, digest in digests.items()},
    }


def differences(asked: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Where another installation is not the one asked for; empty where it is the same."""
    return ", ".join(
        f"{name} {found.get(name, 'is missing')}, not {own}"
        for name, own in asked.items()
        if found.get(name) != own
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
