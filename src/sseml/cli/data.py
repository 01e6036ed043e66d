"""`sseml data`: fetch, list and curate the published datasets, and add one's own measurements."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sseml.cli.command import ANSWERED, REFUSED, CommandError, Commands, needing
from sseml.cli.evaluate import add_table
from sseml.cli.lists import add_format, show
from sseml.cli.questions import add_columns
from sseml.cli.streams import say, standard_output

_DATA = Path("data")
_CURATED = _DATA / "curated"
_LITERATURE = _DATA / "literature"

_EXAMPLES = """\
examples:
  sseml data list                        the datasets: what, licence, citation
  sseml data pull                        fetch them into data/, pinned and checked
  sseml data pull --from ../datasets     the same from a local copy, without a network
  sseml data curate                      data/ becomes data/curated/measurements.parquet,
                                         and polymers.parquet
  sseml data add lab.csv -o data/mine    your own measurements beside the released ones
  sseml data phases energies.csv -o models/phases-mine
                                         computed energies become a phase table for `sseml window`
"""
_PULL_EXAMPLES = """\
examples:
  sseml data pull                        all but chemarr_full, into data/
  sseml data pull obelix                 one of them
  sseml data pull --from ../datasets     from a folder with a sub-folder for each source

Every file is pinned to a commit and checked against its SHA-256 or git blob id; its licence is
shown. chemarr_full (6 MB) is fetched only when it is named, and nothing needs it.
"""
_CURATE_EXAMPLES = """\
examples:
  sseml data curate                      data/ becomes data/curated/
  sseml data curate -i downloads -o out  other folders
  sseml data curate --json > report.json what every rule did, row by row
"""
_ADD_EXAMPLES = """\
examples:
  sseml data add lab.csv -o data/mine                      to what the released bundle carries
  sseml data add lab.csv -i data/curated -o data/mine      to a table made by `sseml data curate`
  sseml data add august.csv -i data/mine -o data/mine      to what was added before
  sseml data add lab.csv -o data/mine --json > added.json  what became of each row

The file holds a formula and a conductivity in every row: `formula,sigma_S_cm,temperature,series`.
Rows of one `series` are held out together. A row that is refused is named; the others go on.
Rows that name a polymer electrolyte go to polymers.parquet, the others to measurements.parquet.
"""

_PHASES_EXAMPLES = """\
examples:
  sseml data phases near_hull.parquet -o runs/phases-1
  sseml data phases mine.csv -o runs/phases-mine --source "our DFT, PBE" --licence CC-BY-4.0
  sseml data phases mine.csv -o runs/phases-mine --windows data/literature/windows.csv

The file holds `formula` and `e_form_ev_per_atom` (eV/atom, from the elements), one compound a row.
Oxides and fluorides with more anion charge than their cations can carry are left out and listed.
"""


def add_commands(commands: Commands) -> None:
    """Add the actions of `data`."""
    data = commands.add_parser(
        "data",
        help="fetch, list and curate the published measurements, and add your own",
        description="From the published datasets and your own files to one tidy table.",
        examples=_EXAMPLES,
    )
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)

    pull = actions.add_parser(
        "pull",
        help="fetch the datasets, pinned and checked",
        description="Fetch the published datasets.",
        examples=_PULL_EXAMPLES,
    )
    pull.add_argument(
        "source", nargs="*", metavar="SOURCE", help="which (default: all but chemarr_full)"
    )
    pull.add_argument(
        "--from", dest="origin", type=Path, metavar="DIR", help="copy from here, not the network"
    )
    pull.add_argument(
        "-o", "--output", type=Path, default=_DATA, metavar="DIR", help="default: %(default)s"
    )
    pull.set_defaults(run=_pull)

    list_ = actions.add_parser(
        "list", help="the datasets, with licence and citation", description="List the datasets."
    )
    add_format(list_)
    list_.set_defaults(run=_list)

    curate = actions.add_parser(
        "curate",
        help="make one tidy table of them, and a report",
        description="Curate the datasets into one table: units, limits, duplicates, conflicts.",
        examples=_CURATE_EXAMPLES,
    )
    curate.add_argument(
        "-i", "--input", type=Path, default=_DATA, metavar="DIR", help="default: %(default)s"
    )
    curate.add_argument(
        "-o", "--output", type=Path, default=_CURATED, metavar="DIR", help="default: %(default)s"
    )
    curate.add_argument(
        "--literature",
        type=Path,
        default=_LITERATURE,
        metavar="DIR",
        help="folder of our own table of facts, where there is one (default: %(default)s)",
    )
    curate.add_argument("--json", action="store_true", help="the whole report as JSON")
    curate.set_defaults(run=_curate)

    add = actions.add_parser(
        "add",
        help="add your own measurements to a table",
        description="Check a lab's own measurements by the rules of published ones and add them.",
        examples=_ADD_EXAMPLES,
    )
    add.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, TSV, JSON lines, Parquet or .xlsx"
    )
    add_table(add)
    add.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the new table"
    )
    add_columns(add)
    add.add_argument("--json", action="store_true", help="what became of each row as JSON")
    add.set_defaults(run=_add)

    phases = actions.add_parser(
        "phases",
        help="make a phase table, for `sseml window`, of computed formation energies",
        description="Turn a table of computed formation energies into a phase bundle.",
        examples=_PHASES_EXAMPLES,
    )
    phases.add_argument("file", type=Path, metavar="FILE", help="CSV or Parquet")
    phases.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the new bundle"
    )
    for option, default in (
        ("source", "not stated"),
        ("licence", "not stated"),
        ("credit", "not stated"),
        ("corrections", "as in the source"),
    ):
        phases.add_argument(
            f"--{option}", default=default, help="for the card (default: %(default)s)"
        )
    phases.add_argument(
        "--windows",
        type=Path,
        metavar="FILE",
        help="published windows to go with it: a CSV like data/literature/windows.csv",
    )
    phases.add_argument(
        "--first-scheme",
        action="store_true",
        help="the energies carry the Materials Project's first scheme of corrections, which "
        "`sseml window --corrections` changes; the card then says what is known of it",
    )
    phases.set_defaults(run=_phases)


def _pull(arguments: argparse.Namespace) -> int:
    from sseml.curation.pull import PullError, pull  # noqa: PLC0415

    try:
        pull(arguments.output, arguments.origin, arguments.source or None, progress=say)
    except PullError as error:
        raise CommandError(str(error)) from error
    return ANSWERED


def _list(arguments: argparse.Namespace) -> int:
    from sseml.curation.sources import SOURCES  # noqa: PLC0415

    rows = [
        {
            "name": source.name,
            "licence": source.licence,
            "cite": source.citation_doi,
            "commit": source.commit[:12],
            "title": source.title,
        }
        for source in SOURCES.values()
        if source.files
    ]
    return show(rows, arguments.format)


def _curate(arguments: argparse.Namespace) -> int:
    with needing("train"):
        from sseml.curation.both import curate_all  # noqa: PLC0415
        from sseml.curation.clean import NoSourceError  # noqa: PLC0415
        from sseml.curation.rows import SourceFormatError  # noqa: PLC0415
    literature = arguments.literature if arguments.literature.is_dir() else None
    if literature is None and arguments.literature != _LITERATURE:
        raise CommandError(f"there is no folder {arguments.literature}")
    try:
        done = curate_all(arguments.input, arguments.output, literature=literature)
    except (NoSourceError, SourceFormatError) as error:
        raise CommandError(str(error)) from error
    if arguments.json:
        text = json.dumps(done.to_dict(), ensure_ascii=False, indent=1)
    else:
        text = done.to_text().rstrip("\n")
    standard_output().write(text + "\n")
    if done.polymers_refused is not None:
        say(f"sseml: polymer electrolytes are left out: {done.polymers_refused}")
    say(f"table and report are in {arguments.output}")
    return ANSWERED if done.polymers_refused is None else REFUSED


def _add(arguments: argparse.Namespace) -> int:
    with needing("train"):
        from sseml.curation.both import add_file  # noqa: PLC0415
    reports = add_file(
        arguments.file,
        arguments.input,
        arguments.output,
        column=arguments.column,
        ignored=arguments.ignore_column,
        sheet=arguments.sheet,
    )
    if arguments.json:
        text = json.dumps(reports.to_dict(), ensure_ascii=False, indent=1)
    else:
        text = reports.to_text()
    standard_output().write(text + "\n")
    for refusal in reports.refused:
        say(f"sseml: {refusal.message}")
    say(f"table and report are in {arguments.output}")
    return REFUSED if reports.refused else ANSWERED


def _phases(arguments: argparse.Namespace) -> int:
    from sseml.curation.phases import read_phases  # noqa: PLC0415
    from sseml.model.phases import save_phases  # noqa: PLC0415

    draft = read_phases(arguments.file)
    save_phases(
        arguments.output,
        draft,
        source=arguments.source,
        licence=arguments.licence,
        credit=arguments.credit,
        corrections=arguments.corrections,
        windows=arguments.windows,
        first_scheme=arguments.first_scheme,
    )
    for formula in draft.dropped:
        say(f"left out, more O and F than its cations can carry: {formula}")
    standard_output().write(
        f"{len(draft.phases)} compounds and elements are in {arguments.output}\n"
    )
    return ANSWERED
