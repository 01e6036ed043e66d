"""Execute the notebooks and write copies with their outputs and pictures to `docs/notebooks`.

Run as `python tools/render_notebooks.py [NAME ...]`. With `--check` nothing is executed, and the
exit code is 1 where a copy does not belong to the notebook as it is now.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
NOTEBOOKS, COPIES = ROOT / "notebooks", ROOT / "docs" / "notebooks"
CODE_LINES = 6
"""Longer cells of code are left out of the copy."""
TABLE_ROWS = 12
TEXT_LINES = 40
PICTURE_BYTES, PICTURE_WIDTH = 100_000, 1100
_SECONDS = 3600
_MACHINE_PATH = r"(?<![\w/])(?:/(?:tmp|home|work|root|var|Users)|[A-Z]:\\)[^\s`'\"),;]*"
_OF_A_RUN = (
    r"\b[0-9a-f]{32,}\b",  # numbers of runs, digests
    r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b",  # the first digits of a digest
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?",
    r"\b\d+(?:\.\d+)? (?:s|seconds|minutes)\b(?!/)",
)


class _Table(HTMLParser):
    """The cells of the first HTML table of an output, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.caption = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        """Open a row or a cell."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("td", "th", "caption", "style"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Close what holds text."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Add text to the cell or the caption that is open."""
        if self._inside == "caption":
            self.caption += data
        elif self._inside in ("td", "th"):
            self.rows[-1][-1] += data


def digest(name: str) -> str:
    """SHA-256 of the sources of a notebook, in hexadecimal digits."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def mark(name: str) -> str:
    """Return the first line of the copy that belongs to a notebook as it is now."""
    return f"<!-- written by tools/render_notebooks.py from sources sha256:{digest(name)} -->"


def is_current(name: str) -> bool:
    """Whether the copy of a notebook was made from its sources as they are now."""
    page = COPIES / f"{name}.md"
    return page.exists() and page.read_text(encoding="utf-8").startswith(mark(name) + "\n")


def executed(name: str) -> NotebookNode:
    """Run a notebook in a temporary folder, with a kernel of this interpreter."""
    # Here, so that --check needs the standard library alone.
    import nbformat  # noqa: PLC0415
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415
    from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415
    from nbclient import NotebookClient  # noqa: PLC0415

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(NOTEBOOKS / "data", Path(folder, "data"))
        # Without folders to look into, "python3" is the interpreter that runs this.
        specs = KernelSpecManager(kernel_dirs=[])
        kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
        here = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, km=kernel, timeout=_SECONDS, resources=here)
        client.execute(env={**os.environ, "IPYTHONDIR": str(Path(folder, "ipython"))})
    return notebook


def cleaned(text: str) -> str:
    """Text of an output without what differs from machine to machine and from run to run."""
    for pattern in (_MACHINE_PATH, *_OF_A_RUN):
        text = re.sub(pattern, "…", text)
    return text.replace("……", "…")


def markdown_table(html: str) -> str:
    """A table of pandas as Markdown; columns without a heading and a text are left out."""
    parser = _Table()
    parser.feed(html)
    rows = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in parser.rows]
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows if any(row)]
    if len(rows) > 1 and rows[1][0] and not any(rows[1][1:]) and not rows[0][0]:
        rows[0][0] = rows.pop(1)[0]  # pandas gives the name of an index a row of its own
    body = rows[1:]
    kept = [i for i in range(width) if rows[0][i] or not all(r[i].isdigit() for r in body)]
    lines = ["| " + " | ".join(row[i] for i in kept) + " |" for row in rows[: TABLE_ROWS + 1]]
    lines.insert(1, "|" + "---|" * len(kept))
    if len(body) > TABLE_ROWS:
        lines.append(f"\n… and {len(body) - TABLE_ROWS} more rows")
    return "\n".join([f"*{parser.caption}*\n", *lines] if parser.caption else lines)


def small_png(picture: bytes) -> bytes:
    """Reduce the colours of a picture, and its width until it is small enough."""
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib; not needed by --check

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for width in range(min(image.width, PICTURE_WIDTH), 0, -100):
        size = (width, round(image.height * width / image.width))
        scaled = image.resize(size, Image.Resampling.LANCZOS)
        packed = io.BytesIO()
        # The octree keeps rare colours, such as those of the smaller families.
        scaled.quantize(128, Image.Quantize.FASTOCTREE).save(packed, "PNG", optimize=True)
        if packed.tell() < PICTURE_BYTES:
            break
    return packed.getvalue()


def shortened(text: str) -> str:
    """Plain text as a block, cut after the first lines."""
    lines = text.strip().splitlines()
    more = [f"… {len(lines) - TEXT_LINES} more lines"] if len(lines) > TEXT_LINES else []
    return "\n".join(["```text", *lines[:TEXT_LINES], *more, "```"])


def page_of(name: str, notebook: NotebookNode) -> tuple[str, dict[str, bytes]]:
    """The copy as Markdown, and its pictures by the name of their files."""
    blocks: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source)
            continue
        if len(cell.source.splitlines()) <= CODE_LINES:
            blocks.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                file = f"{name}-{cell.id}.png"
                pictures[file] = small_png(base64.b64decode(data["image/png"]))
                blocks.append(f"![{cell.id}]({file})")
            elif "text/markdown" in data:
                lower = re.sub(r"^# ", "### ", data["text/markdown"], flags=re.MULTILINE)
                blocks.append(cleaned(lower).strip())
            elif "<table" in data.get("text/html", ""):
                blocks.append(cleaned(markdown_table(data["text/html"])))
            elif text := data.get("text/plain", output.get("text", "")):
                blocks.append(shortened(cleaned(text)))
    note = (
        f"*A copy of [{name}.ipynb](../../notebooks/{name}.ipynb) with its outputs. "
        f"Code of more than {CODE_LINES} lines is left out.*"
    )
    title, _, rest = blocks[0].partition("\n")
    blocks[0] = f"{mark(name)}\n{title}\n\n{note}\n{rest}"
    return "\n\n".join(blocks) + "\n", pictures


def write(name: str) -> None:
    """Execute a notebook and replace its copy and pictures."""
    page, pictures = page_of(name, executed(name))
    COPIES.mkdir(parents=True, exist_ok=True)
    for old in COPIES.glob(f"{name}-*.png"):
        old.unlink()
    for file, content in pictures.items():
        (COPIES / file).write_bytes(content)
    (COPIES / f"{name}.md").write_text(page, encoding="utf-8")


def main() -> int:
    """Write or check the copies."""
    names = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks; all by default")
    parser.add_argument("--check", action="store_true", help="execute and write nothing")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no notebook {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    old = []
    for name in arguments.names or names:
        if arguments.check:
            old += [] if is_current(name) else [name]
        else:
            write(name)
    if old:
        sys.stderr.write(f"not the copy of the notebook as it is now: {', '.join(old)}\n")
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
