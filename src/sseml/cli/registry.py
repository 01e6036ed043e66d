"""`sseml models register`, `promote`, `rollback` and `history`: the registry, from the shell."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from sseml.cli.exits import ANSWERED, REFUSED
from sseml.cli.extras import needing
from sseml.cli.help import Commands
from sseml.cli.lists import add_format, show
from sseml.cli.progress import say, say_on_the_way
from sseml.cli.streams import standard_output

if TYPE_CHECKING:
    from sseml.tracking.gate import GateReport

_NEEDS = "train,mlflow"
_STORE = "The registry is at MLFLOW_TRACKING_URI, or in sqlite:///mlflow.db where that is not set."

_REGISTER = """\
examples:
  sseml models register runs/mine                      a bundle's folder
  sseml models register "$(sseml train --track -o runs/mine)"
                                                       what a tracked training logged
"""
_PROMOTE = """\
examples:
  sseml models promote              the challenger
  sseml models promote 3            version 3
  sseml models promote --json       the report as JSON

the gate, in this order:
  checksums    every file is as it was registered
  smoke list   it loads in a fresh process and answers some thirty formulas soundly
  comparison   on the same held-out papers it is not worse than the champion

exit codes:
  0  it is the champion now
  1  a check failed; the champion is who it was
  2  there is no such model or version, or the registry does not answer
"""


def add_actions(actions: Commands) -> None:
    """Add the actions of the registry to those of `models`."""
    register = actions.add_parser(
        "register",
        help="Make a new version in MLflow's registry; it becomes the challenger.",
        description=f"Make a new version in MLflow's registry; it becomes the challenger. {_STORE}",
        examples=_REGISTER,
    )
    register.add_argument("source", metavar="FOLDER|RUN_ID", help="a bundle, or a tracked run")
    register.add_argument(
        "--experiment", default="sseml", metavar="NAME", help="where a folder's run goes"
    )
    register.set_defaults(run=_register)

    promote = actions.add_parser(
        "promote",
        help="Make a version the champion, if it passes the gate.",
        description=f"Make a version the champion, if it passes the gate. {_STORE}",
        examples=_PROMOTE,
    )
    promote.add_argument(
        "version", nargs="?", type=int, metavar="VERSION", help="default: the challenger"
    )
    promote.set_defaults(run=_promote)

    description = "Make the champion before this one champion again, if it is sound."
    rollback = actions.add_parser(
        "rollback", help=description, description=f"{description} {_STORE}"
    )
    rollback.set_defaults(run=_rollback)

    description = "List versions, aliases, digests and what the gate said."
    history = actions.add_parser("history", help=description, description=f"{description} {_STORE}")
    add_format(history)
    history.set_defaults(run=_history)

    for parser in (promote, rollback):
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
    for parser in (register, promote, rollback, history):
        parser.add_argument(
            "--name", default="sseml", help="of the registered model (default: sseml)"
        )


def _register(arguments: argparse.Namespace) -> int:
    with needing(_NEEDS):
        from sseml.tracking.registry import register  # noqa: PLC0415 - MLflow takes a second
    made = register(arguments.source, name=arguments.name, experiment=arguments.experiment)
    say(f"{made.bundle} is version {made.version} of {made.model}, its {made.aliases[0]}")
    standard_output().write(f"{made.version}\n")
    return ANSWERED


def _promote(arguments: argparse.Namespace) -> int:
    with needing(_NEEDS):
        from sseml.tracking.registry import promote  # noqa: PLC0415
    report = promote(arguments.version, name=arguments.name, progress=say_on_the_way)
    return _ended(report, arguments)


def _rollback(arguments: argparse.Namespace) -> int:
    with needing(_NEEDS):
        from sseml.tracking.registry import rollback  # noqa: PLC0415
    return _ended(rollback(name=arguments.name, progress=say_on_the_way), arguments)


def _ended(report: GateReport, arguments: argparse.Namespace) -> int:
    if arguments.json:
        shown = json.dumps(report.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        standard_output().write(shown + "\n")
    else:
        standard_output().write(report.to_text())
    if report.passed:
        return ANSWERED
    say(f"sseml: {report.verdict}")
    return REFUSED


def _history(arguments: argparse.Namespace) -> int:
    with needing(_NEEDS):
        from sseml.tracking.registry import versions  # noqa: PLC0415
    rows = [
        {
            "version": str(each.version),
            "aliases": ", ".join(each.aliases),
            "bundle": each.bundle,
            "registered": each.created,
            "digest": each.digest[:12],
            "data": each.training_data_sha256[:12],
            "run": each.run_id,
            "gate": each.verdict,
        }
        for each in versions(name=arguments.name)
    ]
    return show(rows, arguments.format)
