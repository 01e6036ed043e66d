"""Where runs and models are kept: reach MLflow's store quietly, and say plainly why it fails."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import RequestException
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

_PASSWORD = re.compile(r"([\w+.-]+://[^\s/:@?#]*):(?!\d+(?:[/?#\s]|$))(\S*)@")
"""In an address; a port is none. With more than one ``@``, the last ends it."""

_QUERY_VALUE = re.compile(r"([?&][^\s=&?]+)=[^\s&;]+")
_SHORTEST_SECRET = 4
"""Shorter ones are hidden inside of addresses only: they may be part of any word."""

_DRIVERS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}
"""Module → what `pip` knows it as."""


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
        except (MlflowException, SQLAlchemyError, RequestException) as error:
            said = f"MLflow at {shown(where)} says: {reason(error, where)}"
            raise StoreError(said) from _harmless(error, where)
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
    """An address without the password and the values of the query that it may carry."""
    return without_secrets(uri, uri)


def without_secrets(text: str, uri: str) -> str:
    """A text without passwords and query values: those of any address in it, and those of `uri`.

    Parameters
    ----------
    text
        Such as the message of an error.
    uri
        The store's address; what is secret in it is hidden wherever it stands in the text.
    """
    for secret in _secrets(uri):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return _QUERY_VALUE.sub(r"\1=…", _PASSWORD.sub(r"\1:…@", text))


def reason(error: Exception, uri: str) -> str:
    """The first line of what an error says, in reasonable length and without secrets."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = without_secrets(line.partition(": Max retries exceeded")[0], uri)
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def _secrets(uri: str) -> list[str]:
    """As they are written and as they are meant, the longest first."""
    password = _PASSWORD.match(uri)
    written = [password.group(2)] if password else []
    query = uri.partition("?")[2]
    written += [part.partition("=")[2] for part in query.split("&")]
    meant = [unquote(each) for each in written] + [value for _, value in parse_qsl(query)]
    return sorted({*written, *meant} - {""}, key=len, reverse=True)


def _harmless(error: Exception, where: str) -> Exception | None:
    """The error as a cause to be shown in a traceback; none where it would show a secret."""
    return None if _secrets(where) else error


def _require_usable(where: str) -> None:
    if where.startswith(("file:", "/", "./")) or "://" not in where:
        raise StoreError(
            f"{shown(where)} would be MLflow's file store, which is no longer kept up",
            f"name a database such as {DEFAULT_URI}, or the address of an MLflow server",
        )
    if where.startswith(_SQLITE) and not _sqlite_path(where).parent.is_dir():
        raise StoreError(
            f"{shown(where)}: there is no folder {_sqlite_path(where).parent}",
            "make the folder first",
        )


def _sqlite_path(where: str) -> Path:
    """Path of a SQLite store's file; of any other database, one in the working folder."""
    return Path(where.removeprefix(_SQLITE) if where.startswith(_SQLITE) else "mlflow.db")


def _reached(where: str) -> MlflowClient:
    with _environment(_IMPATIENT):
        try:
            client = MlflowClient(where)
            client.search_experiments(max_results=1)
        except ImportError as error:
            module = error.name or "its driver"
            raise StoreError(
                f"{shown(where)} needs {module!r}, which is not installed",
                _driver_advice(where, module),
            ) from error
        except (MlflowException, SQLAlchemyError, OSError, ValueError) as error:
            raise StoreError(
                f"no MLflow answers at {shown(where)} ({reason(error, where)})",
                f"start it with `mlflow server`, or name another store with {URI_VARIABLE}",
            ) from _harmless(error, where)
    return client


def _driver_advice(where: str, module: str) -> str:
    install = f"pip install '{_DRIVERS.get(module, module)}'"
    if where.startswith("postgresql://"):
        return f"{install}; or pip install psycopg2-binary, and write postgresql+psycopg2://…"
    return install


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
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "git", "urllib3")]
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
