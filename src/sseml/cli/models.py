"""`sseml models`: which bundles there are, what their cards say, whether they are undamaged."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sseml._version import __version__
from sseml.cli import registry
from sseml.cli.exits import ANSWERED, UNUSABLE, CommandError
from sseml.cli.help import Commands
from sseml.cli.lists import add_format, show
from sseml.cli.progress import say
from sseml.cli.streams import standard_output
from sseml.records import BundleError

_EXAMPLES = """\
examples:
  sseml models list                      name, kind, target and versions of every bundle
  sseml models show                      the card of the released bundle
  sseml models show composition-4        the card of one bundle
  sseml models verify                    what the checksums of every file prove
  sseml models verify --folder runs      of bundles somewhere else
  sseml models register runs/mine        a new version in MLflow's registry, the challenger
  sseml models promote                   the challenger becomes champion, if it passes the gate
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
    registry.add_actions(actions)


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
    """What the checksums prove: whoever changes a file can change its checksum too."""
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
    from sseml.curation.released import released_folder  # noqa: PLC0415
    from sseml.model.folder import MANIFEST  # noqa: PLC0415

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
