"""`sseml models`: the bundles of a folder and the versions of the registry."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sseml._version import __version__
from sseml.cli.command import ANSWERED, REFUSED, UNUSABLE, CommandError, Commands, needing
from sseml.cli.lists import add_format, show
from sseml.cli.output import write_report
from sseml.cli.streams import say, say_on_the_way, standard_output
from sseml.records import BundleError

if TYPE_CHECKING:
    from sseml.tracking.gate import GateReport


_EXAMPLES = """\
examples:
  sseml models list                      name, kind, target and versions of every bundle
  sseml models show                      the card of the released bundle
  sseml models show composition-6        the card of one bundle
  sseml models verify                    what the checksums of every file prove
  sseml models verify --folder runs      of bundles somewhere else
  sseml models register runs/mine        a new version in MLflow's registry, the challenger
  sseml models promote                   the challenger becomes champion, if it passes the gate
  sseml models promote --name sseml-polymer
                                         the same for polymers, which are registered by that name
  sseml models rollback                  the champion before it is champion again
  sseml models history                   versions, aliases, digests and what the gate said
"""


def add_commands(commands: Commands) -> None:
    """Add `models` and its actions."""
    models = commands.add_parser(
        "models",
        help="list, show, verify, register and promote model bundles",
        description="The model bundles: plain data with a card, evidence and checksums; and "
        "MLflow's registry of them.",
        examples=_EXAMPLES,
    )
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, description, run in (
        ("list", "List the bundles.", _list),
        ("show", "Print the card of a bundle.", _show),
        (
            "verify",
            "Compare every file with its checksum, and the whole with what was released.",
            _verify,
        ),
    ):
        parser = actions.add_parser(name, help=description, description=description)
        if name == "list":
            add_format(parser)
        else:
            parser.add_argument("name", nargs="?", metavar="NAME", help="default: all of them")
        parser.add_argument(
            "--folder", type=Path, metavar="DIR", help="default: the released bundles"
        )
        parser.set_defaults(run=run)
    _add_registry_actions(actions)


def _list(arguments: argparse.Namespace) -> int:
    return show([_summary(folder) for folder in _bundles(arguments)], arguments.format)


def _summary(folder: Path) -> dict[str, str]:
    from sseml.model.folder import MANIFEST  # noqa: PLC0415 - help needs no arrays

    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder}: {MANIFEST} cannot be read ({error})") from error
    wanted = ("kind", "target", "schema_version", "code_version")
    return {"name": folder.name} | {name: str(manifest.get(name, "")) for name in wanted}


def _show(arguments: argparse.Namespace) -> int:
    from sseml.model.folder import CARD, verify_checksums  # noqa: PLC0415

    for folder in _bundles(arguments):
        verify_checksums(folder)
        standard_output().write((folder / CARD).read_text(encoding="utf-8").rstrip("\n") + "\n")
    return ANSWERED


def _verify(arguments: argparse.Namespace) -> int:
    damaged = 0
    for folder in _bundles(arguments):
        try:
            verdict = _verdict(folder)
        except BundleError as error:
            damaged += 1
            say(f"sseml: {error}")
        else:
            standard_output().write(f"{folder.name}: {verdict}\n")
    return UNUSABLE if damaged else ANSWERED


def _verdict(folder: Path) -> str:
    """What the checksums prove: who changes a file can change its checksum too."""
    from sseml.model.folder import CHECKSUMS, bundle_digest, released_as, unlisted  # noqa: PLC0415

    digest = bundle_digest(folder)
    if name := released_as(digest):
        verdict = f"as released (every file is that of {name}, digest {digest[:12]})"
    else:
        verdict = (
            f"consistent (every file agrees with {CHECKSUMS}; digest {digest[:12]} is that of no "
            f"release that sseml {__version__} knows)"
        )
    if others := unlisted(folder):
        verdict += f"; not listed and not verified: {', '.join(others)}"
    return verdict


def _bundles(arguments: argparse.Namespace) -> Iterator[Path]:
    from sseml.model.folder import MANIFEST  # noqa: PLC0415
    from sseml.released import released_folder  # noqa: PLC0415

    parent = arguments.folder or released_folder()
    found = {path.parent.name: path.parent for path in sorted(parent.glob(f"*/{MANIFEST}"))}
    if (parent / MANIFEST).is_file():
        found = {parent.name: parent}
    name = getattr(arguments, "name", None)
    if name is not None and name not in found:
        raise CommandError(f"there is no bundle {name!r}; there are: {', '.join(found) or 'none'}")
    if not found:
        raise CommandError(f"{parent} holds no bundle")
    return iter([found[name]] if name is not None else found.values())


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
  smoke list   it loads in a fresh process and answers some thirty formulas, or a dozen recipes,
               soundly
  kind         it answers about the same kind of material as the champion
  recipe       trained anew, it predicts the same
  comparison   on the same held-out papers, or polymers, it is not worse than the champion

exit codes:
  0  it is the champion now
  1  a check failed; the champion is who it was
  2  there is no such model or version, or the registry does not answer
"""


def _add_registry_actions(actions: Commands) -> None:
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
    register.add_argument(
        "--name",
        help="of the registered model (default: sseml, and sseml-polymer for a bundle of polymers)",
    )
    for parser in (promote, rollback, history):
        parser.add_argument(
            "--name",
            default="sseml",
            help="of the registered model (default: sseml; of polymers: sseml-polymer)",
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
    write_report(report, as_json=arguments.json)
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
