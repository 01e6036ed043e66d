"""Where runs and models are kept: reach MLflow's store quietly, and say plainly why it fails."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from sseml.records import RefusedInputError

DEFAULT_URI = "sqlite:///mlflow.db"
EXPERIMENT = "sseml"
URI_VARIABLE = "MLFLOW_TRACKING_URI"
ARTIFACTS = "mlartifacts"

_QUIET = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
_IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""For the first question only: later ones may wait for a busy server as long as MLflow likes."""

_SQLITE = "sqlite:///"
_LONGEST_REASON = 300


class StoreError(RefusedInputError):
    """The tracking server or database does not answer, or refuses what it is asked."""


def tracking_uri(uri: str | None = None) -> str:
    """The store that is meant: `uri`, else ``MLFLOW_TRACKING_URI``, else ``sqlite:///mlflow.db``."""
    return uri or os.environ.get(URI_VARIABLE) or DEFAULT_URI


@contextmanager
def connected(uri: str | None = None) -> Iterator[MlflowClient]:
    """Talk to a tracking store; MLflow's global settings are put back afterwards.

    Parameters
    ----------
    uri
        See `tracking_uri`.

    Raises
    ------
    StoreError
        If the store cannot be reached, or MLflow refuses something on the way.
    """
    where = tracking_uri(uri)
    _require_usable(where)
    before = os.environ.get(URI_VARIABLE)
    with _environment(_QUIET), _silence():
        mlflow.set_tracking_uri(where)
        try:
            client = _reached(where)
            yield client
        except (MlflowException, SQLAlchemyError) as error:
            raise StoreError(f"MLflow at {shown(where)} says: {_first_line(error)}") from error
        finally:
            mlflow.set_tracking_uri(before)  # type: ignore[arg-type]


def experiment_id(client: MlflowClient, name: str, uri: str | None = None) -> str:
    """The experiment of this name, made if it is not there.

    A server decides by itself where artifacts go; beside a SQLite file they go to ``mlartifacts``.
    """
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    where = tracking_uri(uri)
    location = None
    if not where.startswith(("http://", "https://")):
        location = (_sqlite_path(where).parent / ARTIFACTS).resolve().as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def shown(uri: str) -> str:
    """An address without the password it may carry."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:…@{host}"))


def _require_usable(where: str) -> None:
    if where.startswith(("file:", "/", "./")) or "://" not in where:
        raise StoreError(
            f"{where} would be MLflow's file store, which is no longer kept up",
            f"name a database such as {DEFAULT_URI}, or the address of an MLflow server",
        )
    if where.startswith(_SQLITE) and not _sqlite_path(where).parent.is_dir():
        raise StoreError(
            f"{where}: there is no folder {_sqlite_path(where).parent}", "make the folder first"
        )


def _sqlite_path(where: str) -> Path:
    """Path of a SQLite store's file; of any other database, one in the working folder."""
    return Path(where.removeprefix(_SQLITE) if where.startswith(_SQLITE) else "mlflow.db")


def _reached(where: str) -> MlflowClient:
    client = MlflowClient(where)
    with _environment(_IMPATIENT):
        try:
            client.search_experiments(max_results=1)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise StoreError(
                f"no MLflow answers at {shown(where)} ({_first_line(error)})",
                f"start it with `mlflow server`, or name another store with {URI_VARIABLE}",
            ) from error
    return client


def _first_line(error: Exception) -> str:
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = line.partition(": Max retries exceeded")[0]
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Set what the person has not set, and take it away again."""
    ours = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep back MLflow's notes on what it does; errors still come through."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "git")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"mlflow(\..*)?")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
