"""`sseml run`: the steps of a recipe, those that are unchanged skipped."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sseml.cli.command import ANSWERED, REFUSED, CommandError, Commands, needing
from sseml.cli.streams import say, say_on_the_way, standard_output
from sseml.records import BundleError, RefusedInputError

if TYPE_CHECKING:
    from sseml.recipes.settings import RecipeSettings

_EXAMPLES = """\
examples:
  sseml run pipelines/end_to_end.toml         measurements in, a bundle out
  sseml run pipelines/train.toml --set train.seed=1 --set 'train.name="second"'
                                              with other settings, for this run
  sseml run pipelines/polymer.toml            the same for polymer electrolytes
  sseml run lab.toml --set 'steps=["table"]'  only the first step

exit codes:
  0  everything is made; the bundle is the champion, if `promote` was asked for
  1  rows of your files were refused, or the bundle did not become the champion
  2  a step failed, or the recipe cannot be used; what was made before stays
others as in `sseml --help`
"""


def add_commands(commands: Commands) -> None:
    """Add `run`."""
    parser = commands.add_parser(
        "run",
        help="a recipe: measurements, figures, bundle, champion; skips what has not changed",
        description="Make everything that a recipe (a TOML) asks for, and skip the steps whose "
        "inputs, settings and outputs have not changed. Needs the extra `train`, and `mlflow` "
        "for the step `promote`.",
        examples=_EXAMPLES,
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml", help="see docs/pipelines.md")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting for this run, as TOML; may be given again",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the steps in order, then say what became of the rows, the bundle and the champion."""
    with needing("train"):
        from sseml.recipes.plan import steps_of  # noqa: PLC0415 - only training needs the learners
        from sseml.recipes.settings import read_settings  # noqa: PLC0415
        from sseml.recipes.steps import exclusive_run, make_step  # noqa: PLC0415
    settings = read_settings(arguments.recipe, arguments.set)
    folder = Path(settings.folder)
    with exclusive_run(folder), needing("train,mlflow"):
        for step in steps_of(settings, say_on_the_way):
            start = time.monotonic()
            with _named(step.name):
                made = make_step(step, folder)
            how = f"made in {time.monotonic() - start:.0f} s" if made else "unchanged"
            _show(f"{step.name}: {how}")
        return _conclude(settings)


@contextmanager
def _named(step: str) -> Iterator[None]:
    """Name the step in its refusal."""
    try:
        yield
    except (RefusedInputError, BundleError) as error:
        raise CommandError(f"{step}: {error}") from error
    except OSError as error:
        problem = f"{error.filename or 'output'}: {error.strerror or error}"
        raise CommandError(f"{step}: {problem}") from error


def _show(line: str) -> None:
    standard_output().write(f"{line}\n")
    standard_output().flush()


def _conclude(settings: RecipeSettings) -> int:
    from sseml.model.folder import bundle_digest  # noqa: PLC0415
    from sseml.recipes.plan import bundle_folder  # noqa: PLC0415
    from sseml.recipes.steps import OWN_REPORT, read_json  # noqa: PLC0415

    code, bundle = ANSWERED, bundle_folder(settings)
    if "table" in settings.steps:
        reports = read_json(Path(settings.folder, OWN_REPORT))
        code = max((_show_own(report) for report in reports), default=ANSWERED)
    if "train" in settings.steps:
        _show(f"bundle {bundle}\nSHA-256 {bundle_digest(bundle)}")
    if "promote" in settings.steps and not settings.promote.tracking_uri:
        say("nothing is registered: [promote] names no tracking_uri")
    elif "promote" in settings.steps:
        from sseml.recipes.registry import GATE  # noqa: PLC0415

        gate = read_json(Path(settings.folder, GATE))
        _show(gate["verdict"])
        code = code if gate["passed"] else REFUSED
    return code


def _show_own(report: dict[str, Any]) -> int:
    """What became of the rows of one own file."""
    added, known, refused, contradicted = (
        len({row["row"] for row in report[part]})
        for part in ("added", "duplicates", "refused", "conflicts")
    )
    _show(
        f"{report['file']}: {added} rows added, {known} already there, {refused} refused, "
        f"{contradicted} contradicted by other reports"
    )
    for row in report["refused"]:
        fix = f"; {row['suggestion']}" if row["suggestion"] else ""
        say(f"{report['file']}: row {row['row']}: {row['input']!r}: {row['reason']}{fix}")
    return REFUSED if refused else ANSWERED
