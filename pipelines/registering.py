"""The steps at the registry: it is asked every time, and nobody's decision is undone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from settings import PromoteSettings
from steps import Step, read_json, write_json

from sseml.cli.progress import say_on_the_way
from sseml.model.folder import bundle_digest
from sseml.records import RefusedInputError

VERSION, GATE = "registry/version.json", "registry/gate.json"


def register_step(promote: PromoteSettings, folder: Path, bundle: Path) -> Step:
    """A bundle is registered, unless one of its digest is there.

    Parameters
    ----------
    promote
        Which registry.
    folder
        Of the recipe.
    bundle
        Its folder.
    """

    def there(digest: str) -> list[dict[str, Any]]:
        return [_noted(each) for each in _versions(promote) if each.digest == digest]

    def make(scratch: Path) -> None:
        # It may be there from a run that was stopped before it was recorded, or by hand.
        found = there(bundle_digest(bundle))
        if not found:
            made = _registry().register(bundle, name=promote.model, uri=promote.tracking_uri)
            found = [_noted(made)]
        write_json(scratch / VERSION, found[0])

    def holds() -> bool:
        recorded = read_json(folder / VERSION)
        return recorded in there(recorded["digest"])

    return Step("register", {"bundle": bundle}, [VERSION], make, _where(promote), holds)


def promote_step(promote: PromoteSettings, folder: Path) -> Step:
    """What was registered goes through the gate, unless that is decided and nothing has changed.

    A version that became champion through this recipe and is champion no more stays what others
    have made of it.

    Parameters
    ----------
    promote
        Which registry.
    folder
        Of the recipe.
    """
    registered = folder / VERSION

    def make(scratch: Path) -> None:
        version, champion = read_json(registered), _champion(promote)
        number = version["version"]
        about = {"registered": version, "where": _where(promote)}
        before = _decided(folder / GATE, about)
        gate: dict[str, Any] = {"version": number, "champion": champion}
        if number == champion:
            verdict = f"version {number} of {promote.model} is the champion"
            gate |= {"passed": True, "verdict": verdict}
        elif before.get("passed") or before.get("set_aside"):
            now = "nobody" if champion is None else f"version {champion}"
            verdict = (
                f"version {number} of {promote.model} was the champion; now {now} is, which the "
                f"recipe leaves so: `sseml models promote {number}` asks the gate again"
            )
            gate |= {"passed": False, "set_aside": True, "verdict": verdict}
        else:
            report = _registry().promote(
                number, name=promote.model, uri=promote.tracking_uri, progress=say_on_the_way
            )
            after = number if report.passed else report.champion
            gate = report.to_dict() | {"champion": after, "verdict": report.verdict}
        write_json(scratch / GATE, gate | about)

    def holds() -> bool:
        champion: int | None = read_json(folder / GATE).get("champion")
        return champion == _champion(promote)

    return Step("promote", {"version": registered}, [GATE], make, _where(promote), holds)


def _decided(gate: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What was recorded of this version in this registry; empty if nothing that can be read."""
    try:
        recorded: dict[str, Any] = read_json(gate)
    except (OSError, ValueError):
        return {}
    return recorded if recorded | about == recorded else {}


def _noted(version: Any) -> dict[str, Any]:
    """What tells a version from others, also from one of its number in a registry made anew."""
    names = ("model", "version", "digest", "run_id")
    return {name: getattr(version, name) for name in names}


def _registry() -> ModuleType:
    from sseml.tracking import registry  # noqa: PLC0415 - MLflow only where it is asked for

    return registry


def _versions(promote: PromoteSettings) -> Sequence[Any]:
    """The registered versions, the latest first; none where there is no such model yet."""
    from sseml.tracking.store import StoreError  # noqa: PLC0415

    try:
        found: Sequence[Any] = _registry().versions(name=promote.model, uri=promote.tracking_uri)
    except StoreError:
        raise
    except RefusedInputError:
        return ()
    return found


def _champion(promote: PromoteSettings) -> int | None:
    champions = (each.version for each in _versions(promote) if "champion" in each.aliases)
    return next(champions, None)


def _where(promote: PromoteSettings) -> dict[str, str]:
    from sseml.tracking.store import shown  # noqa: PLC0415

    return {"model": promote.model, "tracking_uri": shown(promote.tracking_uri)}
