"""The registry: bundles become versions, a gate decides which is champion, and back again."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from sseml.evaluate.difference import MARGIN_DECADES
from sseml.model.fitting import Progress, silent
from sseml.model.folder import verify_checksums
from sseml.model.mlmodel import MLMODEL
from sseml.records import BundleError, RefusedInputError
from sseml.tracking.gate import (
    CHECKSUMS,
    COMPARISON,
    Check,
    GateReport,
    check_checksums,
    check_comparison,
    check_recipe,
    check_smoke,
)
from sseml.tracking.logged import (
    CODE_TAG,
    DATA_TAG,
    DIGEST_TAG,
    NAME_TAG,
    bundle_inside,
    dataset,
    evidence,
    log_bundle,
    parameters,
    read_manifest,
)
from sseml.tracking.store import EXPERIMENT, connected, experiment_id, reason
from sseml.tracking.versions import (
    CHALLENGER,
    CHAMPION,
    GATE_TAG,
    REPORT_TAG,
    Version,
    aliases_of,
    all_versions,
    as_version,
    get_version,
    listed,
    make_model,
    move_champion,
    past_champions,
    return_champion,
)

MODEL = "sseml"

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESS = re.compile(r"models:/([^/@]+)(?:@([\w-]+)|/(\d+))")


def register(
    source: Path | str,
    *,
    name: str = MODEL,
    experiment: str = EXPERIMENT,
    uri: str | None = None,
) -> Version:
    """Make a new version of a bundle or of what a run logged; it becomes the challenger.

    Parameters
    ----------
    source
        A bundle's folder, or the id of a run.
    name
        Of the registered model, made if it is not there.
    experiment
        Where the run that logs a folder goes.
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
            model_id, run_id = _logged_now(folder, experiment_id(client, experiment, uri))
        else:
            model_id, run_id = _logged_by_run(client, str(source))
        tags = client.get_logged_model(model_id).tags
        kept = {tag: tags[tag] for tag in (DIGEST_TAG, DATA_TAG, NAME_TAG, CODE_TAG) if tag in tags}
        make_model(client, name)
        made = client.create_model_version(
            name, source=f"models:/{model_id}", run_id=run_id, tags=kept, model_id=model_id
        )
        client.set_registered_model_alias(name, CHALLENGER, made.version)
        found = get_version(client, name, int(made.version))
        return as_version(found, {CHALLENGER: int(made.version)})


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
        Which; the challenger if None.
    name
        Of the registered model.
    margin
        Decades by which it may be worse than the champion.
    uri
        See `sseml.tracking.store.tracking_uri`.
    progress
        Told what is being done.

    Returns
    -------
    GateReport
        Also of a version that failed: the champion is then who it was.

    Raises
    ------
    RefusedInputError
        If there is no such model or version, it is the champion already, or the champion changed
        while the gate was at work.
    """
    with connected(uri) as client:
        aliases = aliases_of(client, name)
        candidate = _wanted(client, name, version, aliases)
        champion = aliases.get(CHAMPION)
        if candidate == champion:
            raise RefusedInputError(f"version {candidate} of {name} is the champion already")
        report = _through_the_gate(
            "promote", client, name, candidate, champion, margin=margin, progress=progress
        )
        if report.passed:
            past = past_champions(client, name)
            move_champion(
                client, name, champion, candidate, past if champion is None else [*past, champion]
            )
            if aliases_of(client, name).get(CHALLENGER) == candidate:
                client.delete_registered_model_alias(name, CHALLENGER)
        _keep(client, report)
        return report


def rollback(
    *, name: str = MODEL, uri: str | None = None, progress: Progress = silent
) -> GateReport:
    """Make the champion's predecessor champion again, if it is still undamaged and answers.

    Parameters
    ----------
    name
        Of the registered model.
    uri
        See `sseml.tracking.store.tracking_uri`.
    progress
        Told what is being done.

    Raises
    ------
    RefusedInputError
        If there is no champion, or none before it.
    """
    with connected(uri) as client:
        champion = aliases_of(client, name).get(CHAMPION)
        there = {int(each.version) for each in all_versions(client, name)}
        past = [each for each in past_champions(client, name) if each in there]
        while past and past[-1] == champion:
            past.pop()
        if champion is None or not past:
            now = "has no champion" if champion is None else f"has version {champion} as champion"
            raise RefusedInputError(
                f"{name} {now}, and no earlier one to go back to",
                "`sseml models promote VERSION` sends any version through the gate",
            )
        report = _through_the_gate(
            "rollback", client, name, past[-1], champion, margin=None, progress=progress
        )
        if report.passed:
            return_champion(client, name, champion, past[-1], past[:-1])
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
        aliases = aliases_of(client, name)
        return tuple(as_version(found, aliases) for found in all_versions(client, name))


def resolve(model_uri: str, *, uri: str | None = None, into: Path | None = None) -> Path:
    """Fetch a registered bundle, and verify that it is what was registered.

    Parameters
    ----------
    model_uri
        Such as ``models:/sseml@champion`` or ``models:/sseml/3``.
    uri
        See `sseml.tracking.store.tracking_uri`.
    into
        Where to; a temporary folder, or the store itself where that is on this machine, if None.

    Returns
    -------
    Path
        The bundle's folder.

    Raises
    ------
    RefusedInputError
        If the address names no version there is.
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
        aliases = aliases_of(client, name)
        if alias is not None and alias not in aliases:
            raise RefusedInputError(
                f"{name} has no alias {alias!r}; there are: {listed(sorted(aliases))}"
            )
        version = aliases[alias] if alias is not None else int(number)
        digest = _registered_digest(client, name, version)
        folder = _download(name, version, into)
        check = check_checksums(folder, digest)
        if not check.passed:
            raise BundleError(f"{model_uri}: {check.message}")
        return bundle_inside(folder)


def _logged_now(folder: Path, experiment: str) -> tuple[str, str]:
    """Log a bundle that was trained without tracking; its model id and run id."""
    verify_checksums(folder)
    manifest = read_manifest(folder)
    choices = {"recipe": manifest.get("recipe", {}), **manifest.get("settings", {})}
    with mlflow.start_run(experiment_id=experiment, run_name=folder.name) as run:
        mlflow.log_params(parameters(choices))
        data = dataset(evidence(folder), str(manifest["training_data_sha256"]), str(folder))
        mlflow.log_input(data, context="training")
        return log_bundle(folder, data), str(run.info.run_id)


def _logged_by_run(client: MlflowClient, source: str) -> tuple[str, str]:
    if not _RUN_ID.fullmatch(source):
        raise RefusedInputError(
            f"{source!r} is neither a folder nor the id of a run",
            "`sseml train --track` prints the id of its run",
        )
    try:
        run = client.get_run(source)
    except MlflowException as error:
        raise RefusedInputError(f"there is no run {source}") from error
    logged = run.outputs.model_outputs if run.outputs is not None else []
    if not logged:
        raise RefusedInputError(
            f"run {source} ({run.info.status.lower()}) logged no model",
            "register the bundle's folder instead",
        )
    return str(logged[-1].model_id), source


def _wanted(client: MlflowClient, name: str, version: int | None, aliases: dict[str, int]) -> int:
    if version is not None:
        return int(get_version(client, name, version).version)
    if CHALLENGER not in aliases:
        raise RefusedInputError(
            f"{name} has no {CHALLENGER}; its aliases are: {listed(sorted(aliases))}",
            "name a version, or register a model first",
        )
    return aliases[CHALLENGER]


def _through_the_gate(
    action: str,
    client: MlflowClient,
    name: str,
    candidate: int,
    champion: int | None,
    *,
    margin: float | None,
    progress: Progress,
) -> GateReport:
    """Check a version until a check fails; where `margin` is None, only that it is sound."""
    digest = _registered_digest(client, name, candidate)
    text = ""
    with tempfile.TemporaryDirectory() as scratch:
        progress(f"version {candidate}: checksums")
        folder, beside = Path(scratch) / "candidate", Path(scratch) / "champion"
        checks = [_fetched(name, candidate, folder) or check_checksums(folder, digest)]
        if checks[-1].passed:
            progress(f"version {candidate}: smoke list in a fresh process")
            checks.append(check_smoke(folder))
        if checks[-1].passed and margin is not None:
            progress(f"version {candidate}: trained anew")
            checks.append(check_recipe(folder, progress))
        if checks[-1].passed and champion is not None and margin is not None:
            if _fetched(name, champion, beside) is not None:
                reason = f"the files of the champion, version {champion}, are gone; roll back first"
                checks.append(Check(COMPARISON, False, reason))
            else:
                check, text = check_comparison(
                    (f"version {champion}", beside),
                    (f"version {candidate}", folder),
                    margin=margin,
                    progress=progress,
                )
                checks.append(check)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return GateReport(action, name, candidate, champion, tuple(checks), at, text)


def _fetched(name: str, version: int, folder: Path) -> Check | None:
    """Download a version; a failed check if its files are not to be had."""
    try:
        _download(name, version, folder)
    except (MlflowException, OSError) as error:
        text = reason(error, mlflow.get_tracking_uri())
        return Check(CHECKSUMS, False, f"cannot be fetched: {text}")
    if not (folder / MLMODEL).is_file():
        return Check(CHECKSUMS, False, "cannot be fetched: its files are gone from the store")
    return None


def _download(name: str, version: int, folder: Path | None) -> Path:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    where = mlflow.artifacts.download_artifacts(
        f"models:/{name}/{version}", dst_path=str(folder) if folder is not None else None
    )
    return Path(where)


def _registered_digest(client: MlflowClient, name: str, version: int) -> str:
    return str(get_version(client, name, version).tags.get(DIGEST_TAG, ""))


def _keep(client: MlflowClient, report: GateReport) -> None:
    """Write a verdict where it is found again: on the version, and with the run that made it."""
    version = str(report.version)
    word = "passed" if report.passed else "refused"
    notes = {
        GATE_TAG: f"{report.action} {word} {report.at}: {report.verdict}",
        REPORT_TAG: json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False),
    }
    for key, value in notes.items():
        client.set_model_version_tag(report.model, version, key, value)
    run_id = get_version(client, report.model, report.version).run_id
    if run_id:
        stem = f"gate/{report.at.replace(':', '')}-{report.action}"
        client.log_dict(run_id, report.to_dict(), f"{stem}.json")
        client.log_text(run_id, report.to_text(), f"{stem}.md")
