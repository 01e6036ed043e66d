"""Connect to MLflow's tracking store quietly; errors are plain and hold no secrets."""

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
_FIRST_REQUEST = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Later requests may wait for a busy server as long as MLflow allows."""

_SQLITE = "sqlite:///"
_LONGEST_REASON = 300

_PASSWORD = re.compile(r"([\w+.-]+://[^\s/:@?#]*):(?!\d+(?:[/?#\s]|$))(\S*)@")
"""In an address; a port is no password. With more than one ``@``, the last ends it."""

_QUERY_VALUE = re.compile(r"([?&][^\s=&?]+)=[^\s&;]+")
_SHORTEST_SECRET = 4
"""Shorter secrets are hidden in addresses only: they may be part of any word."""

_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""Module → package of `pip`."""


class StoreError(RefusedInputError):
    """The tracking server or database does not answer, or refuses a request."""


def tracking_uri(uri: str | None = None) -> str:
    """Address of the store: `uri`, else ``MLFLOW_TRACKING_URI``, else ``sqlite:///mlflow.db``."""
    return uri or os.environ.get(URI_VARIABLE) or DEFAULT_URI


@contextmanager
def connected(uri: str | None = None) -> Iterator[MlflowClient]:
    """Connect to the store of `tracking_uri`; MLflow's global settings are restored afterwards.

    Raises `StoreError` if the store does not answer, or if MLflow refuses a request.
    """
    where = tracking_uri(uri)
    _require_usable(where)
    before = os.environ.get(URI_VARIABLE)
    with _environment(_QUIET), _silence():
        mlflow.set_tracking_uri(where)
        try:
            yield _reached(where)
        except (MlflowException, SQLAlchemyError, RequestException) as error:
            message = f"MLflow at {shown(where)} says: {reason(error, where)}"
            raise StoreError(message) from _cause(error, where)
        finally:
            mlflow.set_tracking_uri(before)  # type: ignore[arg-type]


def experiment_id(client: MlflowClient, name: str, uri: str | None = None) -> str:
    """Id of the experiment of this name, which is made if it does not exist.

    A server chooses where artifacts go; without one they go to ``mlartifacts``.
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
    """An address without its password and the values of its query."""
    return without_secrets(uri, uri)


def without_secrets(text: str, uri: str) -> str:
    """A text without the passwords and query values of the addresses in it, and of `uri`."""
    for secret in _secrets(uri):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return _QUERY_VALUE.sub(r"\1=…", _PASSWORD.sub(r"\1:…@", text))


def reason(error: Exception, uri: str) -> str:
    """The first line of an error's message, at most 300 characters and without secrets."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = without_secrets(line.partition(": Max retries exceeded")[0], uri)
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def _secrets(uri: str) -> list[str]:
    """Password and query values, as written and decoded, the longest first."""
    password = _PASSWORD.match(uri)
    written = [password.group(2)] if password else []
    query = uri.partition("?")[2]
    written += [part.partition("=")[2] for part in query.split("&")]
    decoded = [unquote(each) for each in written] + [value for _, value in parse_qsl(query)]
    return sorted({*written, *decoded} - {""}, key=len, reverse=True)


def _cause(error: Exception, where: str) -> Exception | None:
    """The error as a cause in a traceback; none where it would show a secret."""
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
    """Path of a SQLite store's file; for other databases a file in the working folder."""
    return Path(where.removeprefix(_SQLITE) if where.startswith(_SQLITE) else "mlflow.db")


def _reached(where: str) -> MlflowClient:
    with _environment(_FIRST_REQUEST):
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
            ) from _cause(error, where)
    return client


def _driver_advice(where: str, module: str) -> str:
    install = f"pip install '{_DRIVERS.get(module, module)}'"
    if where.startswith("postgresql://"):
        return f"{install}; or pip install psycopg2-binary, and write postgresql+psycopg2://…"
    return install


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Set the variables that the user has not set, and remove them again."""
    ours = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextmanager
def _silence() -> Iterator[None]:
    """Hide MLflow's log and warnings; errors are still shown."""
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
