"""The steps at the registry: it is asked every time, and nobody's decision is undone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from settings import PromoteSettings
from steps import Step, read_json, write_json

from sseml.cli.progress import say_on_the_way
from sseml.model.bundle import bundle_digest
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

    def numbers(digest: str) -> list[int]:
        return [each.version for each in _versions(promote) if each.digest == digest]

    def make(scratch: Path) -> None:
        digest = bundle_digest(bundle)
        # It may be there from a run that was stopped before it was recorded, or by hand.
        there = numbers(digest)
        if not there:
            made = _registry().register(bundle, name=promote.model, uri=promote.tracking_uri)
            there = [made.version]
        write_json(
            scratch / VERSION, {"model": promote.model, "version": there[0], "digest": digest}
        )

    def holds() -> bool:
        recorded = read_json(folder / VERSION)
        return recorded["version"] in numbers(recorded["digest"])

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
        number, champion = read_json(registered)["version"], _champion(promote)
        before = _decided(folder / GATE, promote, number)
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
        write_json(scratch / GATE, gate | {"where": _where(promote)})

    def holds() -> bool:
        champion: int | None = read_json(folder / GATE).get("champion")
        return champion == _champion(promote)

    return Step("promote", {"version": registered}, [GATE], make, _where(promote), holds)


def _decided(gate: Path, promote: PromoteSettings, version: int) -> dict[str, Any]:
    """What was recorded of this version in this registry; empty if nothing that can be read."""
    try:
        recorded: dict[str, Any] = read_json(gate)
    except (OSError, ValueError):
        return {}
    same = recorded.get("version") == version and recorded.get("where") == _where(promote)
    return recorded if same else {}


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
