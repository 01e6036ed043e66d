"""The versions of a registered model: looked up by number or alias, with the names there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from sseml.records import RefusedInputError
from sseml.tracking.logged import DATA_TAG, DIGEST_TAG, NAME_TAG

CHAMPION, CHALLENGER = "champion", "challenger"

GATE_TAG = "sseml.gate"
"""On a version: what the gate said last, in words; figures are in ``sseml.gate.report``."""

REPORT_TAG = "sseml.gate.report"

PAST_TAG = "sseml.past_champions"
"""On the registered model: earlier champions as a JSON list of versions, the latest last."""

_MISSING = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version.

    Attributes
    ----------
    model, version
        Name and number.
    aliases
        Such as ``champion``.
    bundle
        Name of the bundle.
    digest, training_data_sha256
        Of the bundle and of the table it was trained on, as noted at registration.
    run_id
        MLflow's run that logged it; empty if none.
    created
        When it was registered, UTC, ISO 8601.
    verdict
        What the gate said last; empty if it was never asked.
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


def aliases_of(client: MlflowClient, name: str) -> dict[str, int]:
    """Alias → version of a registered model.

    Raises
    ------
    RefusedInputError
        If there is no such model; the message names those there are.
    """
    try:
        model = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != _MISSING:
            raise
        there = (each.name for each in client.search_registered_models())
        raise RefusedInputError(
            f"there is no registered model {name!r}; there are: {listed(there)}",
            f"`sseml models register FOLDER --name {name}` makes it",
        ) from error
    return {str(alias): int(version) for alias, version in model.aliases.items()}


def get_version(client: MlflowClient, name: str, version: int) -> ModelVersion:
    """A version by its number.

    Raises
    ------
    RefusedInputError
        If there is no such version; the message names those there are.
    """
    try:
        return client.get_model_version(name, str(version))
    except MlflowException as error:
        if error.error_code != _MISSING:
            raise
        there = (each.version for each in reversed(all_versions(client, name)))
        raise RefusedInputError(
            f"{name} has no version {version}; there are: {listed(there)}"
        ) from error


def all_versions(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Every version, the latest first."""
    quoted = name.replace("'", "''")
    found: list[ModelVersion] = []
    token: str | None = None
    while token != "":
        page = client.search_model_versions(f"name='{quoted}'", page_token=token)
        found += page
        token = page.token or ""
    return sorted(found, key=lambda each: -int(each.version))


def make_model(client: MlflowClient, name: str) -> None:
    """Make a registered model if it is not there."""
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def past_champions(client: MlflowClient, name: str) -> list[int]:
    """Earlier champions, the latest last."""
    noted = client.get_registered_model(name).tags.get(PAST_TAG, "[]")
    return [int(version) for version in json.loads(noted)]


def move_champion(
    client: MlflowClient, name: str, before: int | None, after: int, past: Sequence[int]
) -> None:
    """Give a version the champion's alias; at no moment is there no champion.

    Stopped in between, `before` is champion and the last of the past ones, too; who goes back
    skips it there.

    Raises
    ------
    RefusedInputError
        If the champion is no longer `before`, to which the version was compared.
    """
    _require_champion(client, name, before, after)
    client.set_registered_model_tag(name, PAST_TAG, json.dumps(list(past)))
    client.set_registered_model_alias(name, CHAMPION, str(after))


def return_champion(
    client: MlflowClient, name: str, before: int, after: int, past: Sequence[int]
) -> None:
    """Give the alias back to an earlier champion, of whom `past` no longer tells.

    Stopped in between, `after` is champion and the last of the past ones, too: nobody is lost.

    Raises
    ------
    RefusedInputError
        If the champion is no longer `before`.
    """
    _require_champion(client, name, before, after)
    client.set_registered_model_alias(name, CHAMPION, str(after))
    client.set_registered_model_tag(name, PAST_TAG, json.dumps(list(past)))


def _require_champion(client: MlflowClient, name: str, before: int | None, after: int) -> None:
    now = aliases_of(client, name).get(CHAMPION)
    if now != before:
        raise RefusedInputError(
            f"the champion of {name} became version {now} while version {after} was checked",
            "send it through the gate again",
        )


def as_version(found: ModelVersion, aliases: Mapping[str, int]) -> Version:
    """What is told of a version."""
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


def listed(names: Iterable[object]) -> str:
    """Names for a message."""
    return ", ".join(str(name) for name in names) or "none"
