"""Print how large the project is: lines and Python files by room, words of the documents, tests.

Run as `python tools/counts.py`. `--against REV` shows another git revision beside it, read without
a checkout; `--tests` also counts the tests that pytest collects, by folder.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "src/sseml/"
ROOMLESS = "(modules)"
"""Modules that stand in no package below `sseml`."""
README = "README.md"
RENDERED = "docs/notebooks/*.md"
GENERATED = "rendered notebooks"
DOCUMENTS = ("*.md", "docs/*.md", "data/README.md", "models/README.md", "notebooks/README.md")
"""A `*` of `docs/*.md` also goes into folders, that of `*.md` does not."""

Tree = Mapping[str, bytes]
Table = Mapping[str, tuple[int, ...]]


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def working_tree() -> Tree:
    """Contents of all files that git knows or would add, by path."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    paths = {name: ROOT / name for name in listed.split("\0") if name}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def revision_tree(revision: str) -> Tree:
    """Contents of all files of a git revision, by path."""
    packed = io.BytesIO(_git("archive", "--format=tar", revision))
    with tarfile.open(fileobj=packed) as archive:
        opened = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: stream.read() for name, stream in opened if stream}


def rooms(tree: Tree) -> Table:
    """Lines and Python files of each room of the package, and in total."""
    lines: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for path, content in tree.items():
        if path.startswith(SOURCE) and path.endswith(".py"):
            room, below, _ = path.removeprefix(SOURCE).partition("/")
            for name in (room if below else ROOMLESS, "total"):
                lines[name] += content.count(b"\n")
                files[name] += 1
    return {name: (lines[name], files[name]) for name in lines}


def documents(tree: Tree) -> Table:
    """Words of the README, of the rendered notebooks, and of all documents."""
    words: Counter[str] = Counter()
    for path, content in tree.items():
        if not any(fnmatch(path, form) and ("/" in form) == ("/" in path) for form in DOCUMENTS):
            continue
        count = len(content.decode().split())
        words["total"] += count
        words[README] += count if path == README else 0
        words[GENERATED] += count if fnmatch(path, RENDERED) else 0
    return {name: (words[name],) for name in (README, GENERATED, "total")}


def collected_tests() -> Table:
    """Number of tests that pytest collects in each folder of `tests`, the slow ones included."""
    options = ["--collect-only", "-qq", "--import-mode=importlib", "-o", "addopts="]
    command = [sys.executable, "-m", "pytest", *options]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts: Counter[str] = Counter()
    for folder, number in re.findall(r"^tests/([^/:]+)\S*: (\d+)$", ran.stdout, re.MULTILINE):
        counts[folder] += int(number)
        counts["total"] += int(number)
    if ran.returncode or not counts:
        sys.exit(f"pytest could not collect the tests:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return {name: (count,) for name, count in counts.items()}


def drawn(heads: Sequence[str], tables: Sequence[Table]) -> str:
    """Tables beside each other, a row for every name in any of them, the total last."""
    width = len(heads) // len(tables)
    names = [*sorted({name for table in tables for name in table} - {"total"}), "total"]
    rows = [["", *heads]]
    for name in names:
        cells = (table.get(name, (0,) * width) for table in tables)
        rows.append([name, *(f"{number:,}" for numbers in cells for number in numbers)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="REV", help="also the counts of this git revision")
    parser.add_argument("--tests", action="store_true", help="also the number of tests (slow)")
    arguments = parser.parse_args()
    trees = {"now": working_tree()}
    if arguments.against:
        trees[arguments.against] = revision_tree(arguments.against)
    sizes = [f"{what}, {name}" for name in trees for what in ("lines", "files")]
    words = [f"words, {name}" for name in trees]
    parts = [
        drawn(sizes, [rooms(tree) for tree in trees.values()]),
        drawn(words, [documents(tree) for tree in trees.values()]),
    ]
    if arguments.tests:
        parts.append(drawn(["tests, now"], [collected_tests()]))
    sys.stdout.write("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
