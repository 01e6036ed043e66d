"""Note the digests of bundles that are released, so that `sseml models verify` knows them.

`python tools/release.py models/composition-6`, once the folder will not change any more. Lines of
earlier releases stay: their bundles are out there.
"""

from __future__ import annotations

import csv
import sys
from importlib.resources import files
from pathlib import Path

from sseml.model.folder import RELEASED, bundle_digest, released_as, unlisted

TABLE = Path(str(files("sseml.model").joinpath(RELEASED)))


def main(folders: list[str]) -> None:
    """Add a line for each bundle that is not in the table yet."""
    for folder in map(Path, folders):
        if others := unlisted(folder):
            sys.exit(f"{folder} holds what its checksums do not list: {', '.join(others)}")
        digest = bundle_digest(folder)
        if released_as(digest) is None:
            with TABLE.open("a", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerow([folder.name, digest])


if __name__ == "__main__":
    main(sys.argv[1:])
