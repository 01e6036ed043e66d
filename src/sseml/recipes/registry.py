"""Register a recipe's bundle and send it through the gate, and keep what others have decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sseml.model.fitting import Progress
from sseml.model.folder import bundle_digest
from sseml.recipes.settings import PromoteSettings
from sseml.recipes.steps import Step, read_json, write_json
from sseml.records import RefusedInputError
from sseml.tracking import registry
from sseml.tracking.registry import CHAMPION, Version
from sseml.tracking.store import StoreError, shown

GATE = "registry/gate.json"

_VERSION = "registry/version.json"


def register_step(promote: PromoteSettings, folder: Path, bundle: Path) -> Step:
    """Register the bundle, unless a version with its digest exists."""

    def registered(digest: str) -> list[dict[str, Any]]:
        return [_identity(each) for each in _versions(promote) if each.digest == digest]

    def make(scratch: Path) -> None:
        found = registered(bundle_digest(bundle))
        if not found:
            made = registry.register(bundle, name=promote.model, uri=promote.tracking_uri)
            found = [_identity(made)]
        write_json(scratch / _VERSION, found[0])

    def still_valid() -> bool:
        recorded = read_json(folder / _VERSION)
        return recorded in registered(recorded["digest"])

    return Step("register", {"bundle": bundle}, [_VERSION], make, _where(promote), still_valid)


def promote_step(promote: PromoteSettings, folder: Path, progress: Progress) -> Step:
    """Send the registered version through the gate, unless that is decided and still so.

    A version that the recipe made champion and that is champion no more stays so.
    """
    version_file = folder / _VERSION

    def make(scratch: Path) -> None:
        version, champion = read_json(version_file), _champion(promote)
        number = version["version"]
        about = {"registered": version, "where": _where(promote)}
        before = _recorded_gate(folder / GATE, about)
        gate: dict[str, Any] = {"version": number, "champion": champion}
        if number == champion:
            verdict = f"version {number} of {promote.model} is the champion"
            gate |= {"passed": True, "verdict": verdict}
        elif before.get("passed") or before.get("set_aside"):
            now = "no version" if champion is None else f"version {champion}"
            verdict = (
                f"version {number} of {promote.model} was the champion; now {now} is, and the "
                f"recipe leaves it so: `sseml models promote {number}` asks the gate again"
            )
            gate |= {"passed": False, "set_aside": True, "verdict": verdict}
        else:
            report = registry.promote(
                number, name=promote.model, uri=promote.tracking_uri, progress=progress
            )
            after = number if report.passed else report.champion
            gate = report.to_dict() | {"champion": after, "verdict": report.verdict}
        write_json(scratch / GATE, gate | about)

    def still_valid() -> bool:
        champion: int | None = read_json(folder / GATE).get("champion")
        return champion == _champion(promote)

    return Step("promote", {"version": version_file}, [GATE], make, _where(promote), still_valid)


def _recorded_gate(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """The recorded result of the gate, if it is about this version in this registry."""
    try:
        recorded: dict[str, Any] = read_json(path)
    except (OSError, ValueError):
        return {}
    return recorded if recorded | about == recorded else {}


def _identity(version: Version) -> dict[str, Any]:
    """What tells a version from one of the same number in a registry that was made anew."""
    return {name: getattr(version, name) for name in ("model", "version", "digest", "run_id")}


def _versions(promote: PromoteSettings) -> Sequence[Version]:
    """The registered versions, the latest first; none if there is no such model yet."""
    try:
        return registry.versions(name=promote.model, uri=promote.tracking_uri)
    except StoreError:
        raise
    except RefusedInputError:
        return ()


def _champion(promote: PromoteSettings) -> int | None:
    champions = (each.version for each in _versions(promote) if CHAMPION in each.aliases)
    return next(champions, None)


def _where(promote: PromoteSettings) -> dict[str, str]:
    return {"model": promote.model, "tracking_uri": shown(promote.tracking_uri)}
