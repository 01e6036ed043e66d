"""`sseml serve`: a bundle behind an HTTP endpoint."""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sseml.cli.command import ANSWERED, UNUSABLE, CommandError, Commands, needing
from sseml.cli.streams import say, standard_output
from sseml.serving.settings import DEFAULT_PORT, Limits

if TYPE_CHECKING:
    from sseml.serving.settings import Settings

_EXAMPLES = """\
examples:
  sseml serve                                  the released bundle, for this machine alone
  sseml serve -m models:/sseml@champion        a model of the registry
  sseml serve --host 0.0.0.0 --token-file serve.token --workers 2
                                               for others: needs a token, and nginx in front for TLS
  sseml serve --ui                             with a page for colleagues, at the root
  sseml serve --openapi                        print the description of the endpoint
  curl -s localhost:5001/invocations -H 'Content-Type: application/json' \\
       -d '{"inputs": ["LLZO", "PEO + LiTFSI, EO:Li=18"]}'
                                               ask

SIGTERM or Ctrl-C ends it once what is under way is answered; SIGHUP looks the model and the tokens
up again and replaces one worker after another.
"""
_LONGEST_S = 3600
_WORKERS_PER_CORE = 4
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SIZE = re.compile(r"(\d+)\s*([kmg]i?b|)", re.IGNORECASE)


def add_commands(commands: Commands) -> None:
    """Add `serve`."""
    limits = Limits()
    parser = commands.add_parser(
        "serve",
        help="answer over HTTP",
        description="Serve a bundle over HTTP, through MLflow. Needs the extra `mlflow`.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "-m",
        "--model",
        metavar="MODEL",
        help="a bundle's folder, or such as models:/sseml@champion (default: the released bundle "
        "of compositions); the released bundles answer about the other kinds of material",
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument(
        "--workers", type=_workers, default=1, metavar="N", help="processes (default: 1)"
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="bearer tokens, one a line; or one in the environment variable SSEML_SERVE_TOKEN",
    )
    parser.add_argument(
        "--max-body",
        type=_size,
        default=limits.body_bytes,
        metavar="SIZE",
        help="of one request, such as 4MB (default: 4MB)",
    )
    parser.add_argument(
        "--max-rows",
        type=_count,
        default=limits.rows,
        metavar="N",
        help="of one request (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=limits.timeout_s,
        metavar="SECONDS",
        help="from the head of a request to its answer (default: 60)",
    )
    parser.add_argument(
        "--max-waiting",
        type=_count,
        default=limits.waiting,
        metavar="N",
        help="requests that a worker takes in at a time; more are told to come back "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--ui", action="store_true", help="serve a page to ask and answer in a browser, too"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no line for every request")
    parser.add_argument("--openapi", action="store_true", help="print the OpenAPI description")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    limits = Limits(
        arguments.max_body, arguments.max_rows, arguments.timeout, arguments.max_waiting
    )
    if arguments.openapi:
        return _describe(limits)
    # One thread a worker: processes, not threads, share the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with needing("mlflow"):
        from sseml.serving import server  # noqa: PLC0415

    tokens = _tokens(arguments)
    try:
        listener = server.bind(arguments.host, arguments.port)
    except OSError as error:
        where = f"{arguments.host} port {arguments.port}"
        raise CommandError(f"{where}: {error.strerror or error}") from None
    # a registered model may still be on its way into it when the server is told to stop
    folder = tempfile.TemporaryDirectory(prefix="sseml-serve-", ignore_cleanup_errors=True)
    with listener, folder as name:
        if not (server.is_loopback(listener) or tokens):
            raise CommandError(
                f"{arguments.host} can be reached from other machines, and there is no token: make "
                "one with `openssl rand -hex 32 > serve.token` and say --token-file serve.token"
            )
        look_up = functools.partial(_settings, arguments, Path(name))
        settings = look_up()
        model = f"{settings.model.name} ({settings.model.digest[:12]})"
        page = " (open it in a browser)" if arguments.ui else ""
        served = server.serve(
            listener,
            settings,
            limits,
            arguments.workers,
            look_up=look_up,
            announce=lambda: say(f"serving {model} at {server.url(listener)}{page}"),
            quiet=arguments.quiet,
            page=arguments.ui,
        )
    return ANSWERED if served else UNUSABLE


def _describe(limits: Limits) -> int:
    from sseml.serving.description import description  # noqa: PLC0415

    standard_output().write(json.dumps(description(limits), indent=2, ensure_ascii=False) + "\n")
    return ANSWERED


def _settings(arguments: argparse.Namespace, folder: Path) -> Settings:
    """Look up the model, which is put into the folder if it has to be fetched, and the tokens."""
    from sseml.serving.settings import Settings, find_bundle, identify, identify_others  # noqa: PLC0415

    bundle = find_bundle(arguments.model, folder)
    model = identify(bundle)
    return Settings(bundle, model, identify_others(model.kind), _tokens(arguments))


def _tokens(arguments: argparse.Namespace) -> tuple[str, ...]:
    from sseml.serving.settings import TOKEN_VARIABLE, read_tokens  # noqa: PLC0415

    return read_tokens(arguments.token_file, os.environ.get(TOKEN_VARIABLE))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _workers(text: str) -> int:
    cores = os.cpu_count() or 1
    if _count(text) > _WORKERS_PER_CORE * cores:
        raise argparse.ArgumentTypeError(
            f"{text} processes are too many for {cores} cores; each takes a model of its own and "
            f"about 300 MB: at most {_WORKERS_PER_CORE * cores}"
        )
    return _count(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535; 0: any free one)")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time from 0 to {_LONGEST_S} s")
    return value


def _size(text: str) -> int:
    matched = _SIZE.fullmatch(text.strip())
    if matched is None or not int(matched[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 4MB or 500kB")
    return int(matched[1]) * _UNITS[matched[2].casefold()]
