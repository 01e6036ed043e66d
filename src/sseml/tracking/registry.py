"""The registry: bundles become versions, a gate decides which is champion, and back again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from sseml.evaluate.difference import MARGIN_DECADES
from sseml.kinds import POLYMER
from sseml.model.fitting import Progress, silent
from sseml.records import BundleError, RefusedInputError
from sseml.tracking.gate import GateReport, check_checksums, check_version, download
from sseml.tracking.runs import (
    BUNDLE_TAGS,
    DATA_TAG,
    DIGEST_TAG,
    KIND_TAG,
    NAME_TAG,
    bundle_inside,
    log_untracked,
    logged_by_run,
)
from sseml.tracking.store import EXPERIMENT, connected, experiment_id

MODEL = "sseml"
POLYMER_MODEL = "sseml-polymer"
CHAMPION, CHALLENGER = "champion", "challenger"

GATE_TAG = "sseml.gate"
REPORT_TAG = "sseml.gate.report"
"""On a version: what the gate found last, in words and in figures."""

PAST_TAG = "sseml.past_champions"
"""On a registered model: earlier champions as a JSON list of versions, the latest last."""

_ADDRESS = re.compile(r"models:/([^/@]+)(?:@([\w-]+)|/(\d+))")
_MISSING = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version of a bundle, with the digests noted at registration.

    `run_id` is that of the MLflow run that logged it, empty if none; `created` is in UTC, ISO 8601;
    `verdict` is that of the gate, empty if it was never asked.
    """

    model: str
    version: int
    aliases: tuple[str, ...]
    bundle: str
    digest: str
    training_data_sha256: str
    run_id: str
    created: str
    verdict: str


def register(
    source: Path | str,
    *,
    name: str | None = None,
    experiment: str = EXPERIMENT,
    uri: str | None = None,
) -> Version:
    """Register a bundle, or the model that a run logged, as a new version: the challenger.

    Parameters
    ----------
    source
        A bundle's folder, or the id of a run.
    name
        Name of the registered model, which is made if it does not exist; None for ``sseml``, and
        ``sseml-polymer`` for a bundle of polymers.
    experiment
        Experiment of the run that logs a folder.
    uri
        See `sseml.tracking.store.tracking_uri`.

    Raises
    ------
    BundleError
        If the folder is no bundle or is damaged.
    RefusedInputError
        If there is no such run, or it logged no model.
    """
    folder = Path(source)
    with connected(uri) as client:
        if folder.is_dir():
            model_id, run_id = log_untracked(folder, experiment_id(client, experiment, uri))
        else:
            model_id, run_id = logged_by_run(client, str(source))
        tags = client.get_logged_model(model_id).tags
        kept = {tag: tags[tag] for tag in BUNDLE_TAGS if tag in tags}
        name = name or (POLYMER_MODEL if tags.get(KIND_TAG) == POLYMER.name else MODEL)
        _make_model(client, name)
        made = client.create_model_version(
            name, source=f"models:/{model_id}", run_id=run_id, tags=kept, model_id=model_id
        )
        client.set_registered_model_alias(name, CHALLENGER, made.version)
        found = _get_version(client, name, int(made.version))
        return _as_version(found, {CHALLENGER: int(made.version)})


def promote(
    version: int | None = None,
    *,
    name: str = MODEL,
    margin: float = MARGIN_DECADES,
    uri: str | None = None,
    progress: Progress = silent,
) -> GateReport:
    """Send a version through the gate, and make it champion if it passes.

    Parameters
    ----------
    version
        Number of the version; the challenger if None.
    name
        Name of the registered model.
    margin
        Decades by which the version may be worse than the champion.
    uri
        See `sseml.tracking.store.tracking_uri`.
    progress
        Called with what is being done.

    Returns
    -------
    GateReport
        If the version failed, the champion is the one before.

    Raises
    ------
    RefusedInputError
        If there is no such model or version, it is the champion already, or the champion changed
        while the gate was at work.
    """
    with connected(uri) as client:
        aliases = _aliases_of(client, name)
        candidate = aliases.get(CHALLENGER) if version is None else version
        champion = aliases.get(CHAMPION)
        if candidate is None:
            raise RefusedInputError(
                f"{name} has no {CHALLENGER}; its aliases are: {_listed(sorted(aliases))}",
                "name a version, or register a model first",
            )
        if candidate == champion:
            raise RefusedInputError(f"version {candidate} of {name} is the champion already")
        digest = _registered_digest(client, name, candidate)
        report = check_version(
            "promote", name, candidate, digest, champion, margin=margin, progress=progress
        )
        if report.passed:
            past = _past_champions(client, name)
            if champion is not None:
                past.append(champion)
            _move_champion(client, name, champion, candidate, past)
            if _aliases_of(client, name).get(CHALLENGER) == candidate:
                client.delete_registered_model_alias(name, CHALLENGER)
        _keep(client, report)
        return report


def rollback(
    *, name: str = MODEL, uri: str | None = None, progress: Progress = silent
) -> GateReport:
    """Make the previous champion champion again, if it is undamaged and passes the smoke list.

    Parameters
    ----------
    name, uri, progress
        See `promote`.

    Raises
    ------
    RefusedInputError
        If there is no champion, or none before it.
    """
    with connected(uri) as client:
        champion = _aliases_of(client, name).get(CHAMPION)
        there = {int(each.version) for each in _all_versions(client, name)}
        past = [each for each in _past_champions(client, name) if each in there]
        while past and past[-1] == champion:
            past.pop()
        if champion is None or not past:
            now = "has no champion" if champion is None else f"has version {champion} as champion"
            raise RefusedInputError(
                f"{name} {now}, and no earlier one to go back to",
                "`sseml models promote VERSION` sends any version through the gate",
            )
        candidate = past.pop()
        digest = _registered_digest(client, name, candidate)
        report = check_version(
            "rollback", name, candidate, digest, champion, margin=None, progress=progress
        )
        if report.passed:
            _move_champion(client, name, champion, candidate, past, back=True)
        _keep(client, report)
        return report


def versions(*, name: str = MODEL, uri: str | None = None) -> tuple[Version, ...]:
    """Every version of a registered model, the latest first.

    Raises
    ------
    RefusedInputError
        If there is no such model.
    """
    with connected(uri) as client:
        aliases = _aliases_of(client, name)
        return tuple(_as_version(found, aliases) for found in _all_versions(client, name))


def resolve(model_uri: str, *, uri: str | None = None, into: Path | None = None) -> Path:
    """Fetch a registered bundle, and verify that it is what was registered.

    Parameters
    ----------
    model_uri
        ``models:/sseml@champion`` or ``models:/sseml/3``.
    uri
        See `sseml.tracking.store.tracking_uri`.
    into
        Folder to download to; if None, a temporary one, or the store itself on this machine.

    Returns
    -------
    Path
        The bundle's folder.

    Raises
    ------
    RefusedInputError
        If the address names no existing version.
    BundleError
        If the files are not those that were registered.
    """
    matched = _ADDRESS.fullmatch(model_uri)
    if matched is None:
        raise RefusedInputError(
            f"{model_uri!r} is no address of a registered model",
            f"such as models:/{MODEL}@{CHAMPION} or models:/{MODEL}/3",
        )
    name, alias, number = matched.groups()
    with connected(uri) as client:
        aliases = _aliases_of(client, name)
        if alias is not None and alias not in aliases:
            raise RefusedInputError(
                f"{name} has no alias {alias!r}; there are: {_listed(sorted(aliases))}"
            )
        version = aliases[alias] if alias is not None else int(number)
        digest = _registered_digest(client, name, version)
        folder = download(name, version, into)
        check = check_checksums(folder, digest)
        if not check.passed:
            raise BundleError(f"{model_uri}: {check.message}")
        return bundle_inside(folder)


def _registered_digest(client: MlflowClient, name: str, version: int) -> str:
    return str(_get_version(client, name, version).tags.get(DIGEST_TAG, ""))


def _keep(client: MlflowClient, report: GateReport) -> None:
    """Store the report of the gate on the version, and in the run that logged it."""
    word = "passed" if report.passed else "refused"
    verdict = f"{report.action} {word} {report.at}: {report.verdict}"
    figures = json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False)
    for tag, value in ((GATE_TAG, verdict), (REPORT_TAG, figures)):
        client.set_model_version_tag(report.model, str(report.version), tag, value)
    run_id = _get_version(client, report.model, report.version).run_id
    if run_id:
        stem = f"gate/{report.at.replace(':', '')}-{report.action}"
        client.log_dict(run_id, report.to_dict(), f"{stem}.json")
        client.log_text(run_id, report.to_text(), f"{stem}.md")


def _aliases_of(client: MlflowClient, name: str) -> dict[str, int]:
    """Alias → version of a registered model, which must exist."""
    try:
        model = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != _MISSING:
            raise
        there = (each.name for each in client.search_registered_models())
        raise RefusedInputError(
            f"there is no registered model {name!r}; there are: {_listed(there)}",
            f"`sseml models register FOLDER --name {name}` makes it",
        ) from error
    return {str(alias): int(version) for alias, version in model.aliases.items()}


def _get_version(client: MlflowClient, name: str, version: int) -> ModelVersion:
    """A version by its number; it must exist."""
    try:
        return client.get_model_version(name, str(version))
    except MlflowException as error:
        if error.error_code != _MISSING:
            raise
        there = (each.version for each in reversed(_all_versions(client, name)))
        raise RefusedInputError(
            f"{name} has no version {version}; there are: {_listed(there)}"
        ) from error


def _all_versions(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Every version, the latest first."""
    quoted = name.replace("'", "''")
    found: list[ModelVersion] = []
    token: str | None = None
    while token != "":
        page = client.search_model_versions(f"name='{quoted}'", page_token=token)
        found += page
        token = page.token or ""
    return sorted(found, key=lambda each: -int(each.version))


def _make_model(client: MlflowClient, name: str) -> None:
    """Make a registered model if it does not exist."""
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _past_champions(client: MlflowClient, name: str) -> list[int]:
    """Earlier champions, the latest last."""
    noted = client.get_registered_model(name).tags.get(PAST_TAG, "[]")
    return [int(version) for version in json.loads(noted)]


def _move_champion(
    client: MlflowClient,
    name: str,
    before: int | None,
    after: int,
    past: Sequence[int],
    *,
    back: bool = False,
) -> None:
    """Move the champion's alias to a version, or `back` to an earlier champion not in `past`.

    There is a champion at every moment. If the process stops between the two writes, the champion
    is also the last of the past ones; a later rollback skips it there.

    Raises `RefusedInputError` if the champion is no longer `before`.
    """
    now = _aliases_of(client, name).get(CHAMPION)
    if now != before:
        raise RefusedInputError(
            f"the champion of {name} became version {now} while version {after} was checked",
            "send it through the gate again",
        )
    noted = json.dumps(list(past))
    if back:
        client.set_registered_model_alias(name, CHAMPION, str(after))
        client.set_registered_model_tag(name, PAST_TAG, noted)
    else:
        client.set_registered_model_tag(name, PAST_TAG, noted)
        client.set_registered_model_alias(name, CHAMPION, str(after))


def _as_version(found: ModelVersion, aliases: Mapping[str, int]) -> Version:
    """The record of a version that MLflow returned; `aliases` is alias → version."""
    number, tags = int(found.version), dict(found.tags)
    created = datetime.fromtimestamp(found.creation_timestamp / 1000, tz=UTC)
    return Version(
        model=str(found.name),
        version=number,
        aliases=tuple(sorted(alias for alias, version in aliases.items() if version == number)),
        bundle=tags.get(NAME_TAG, ""),
        digest=tags.get(DIGEST_TAG, ""),
        training_data_sha256=tags.get(DATA_TAG, ""),
        run_id=str(found.run_id or ""),
        created=created.isoformat(timespec="seconds"),
        verdict=tags.get(GATE_TAG, ""),
    )


def _listed(names: Iterable[object]) -> str:
    """Names for a message."""
    return ", ".join(str(name) for name in names) or "none"
