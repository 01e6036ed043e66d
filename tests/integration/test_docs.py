"""What the README and the pages on training, evaluation and the API say is true."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sseml.cli import main
from sseml.curation.table import load_measurements
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.polymer import POLYMER_BENCHMARK
from sseml.evaluate.run import Report, goals
from sseml.model.dataset import Recipe, training_set
from sseml.model.folder import MANIFEST
from sseml.released import DEFAULT_BUNDLE, POLYMER_BUNDLE, released_folder

DOCS = Path(__file__).parents[2] / "docs"


def test_own_rows_are_appended_as_the_page_shows(
    measurements: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (DOCS / "train.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # the page is ours, and this is what its reader will do
    table = load_measurements(tmp_path / "measurements.parquet")
    assert len(table) == len(measurements) + 2
    data = training_set(table, Recipe())
    own = np.isin(data.rows, [len(table) - 2, len(table) - 1])
    assert own.sum() == 2
    np.testing.assert_allclose(data.target[own][0], np.log10(9.4e-3))
    assert np.isnan(data.activation_energy_eV[own]).tolist() == [False, True]


def test_every_benchmark_and_kind_of_figure_is_explained() -> None:
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    for name in (*BENCHMARKS, POLYMER_BENCHMARK):
        assert f"| `{name}` |" in page
    variants = re.findall(r"`… (.*?)`", page)
    beginnings = re.findall(r"`([^`…|]+) …`", page)
    for benchmark, figure in goals():
        base = figure
        if benchmark == POLYMER_BENCHMARK:
            for beginning in beginnings:
                base = base.removeprefix(f"{beginning} ")
        for _ in variants:  # a figure may have several, in any order
            for variant in variants:
                base = base.removesuffix(f" {variant}")
        assert f"| `{base}` |" in page, figure


def test_every_public_name_is_where_the_page_says() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(sseml[\w.]*)` \|[^|]*\| (.*) \|$", page, re.MULTILINE)
    assert len(listed) > 10
    for module, names in listed:
        found = importlib.import_module(module)
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(found, name), f"{module}.{name}"


def test_the_report_of_the_example_list_is_what_the_command_makes(tmp_path: Path) -> None:
    def contents(page: Path) -> dict[str, Any]:
        found = re.search(r'id="contents">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
        assert found is not None
        return {**json.loads(found[1]), "made_on": "", "settings": []}

    root = DOCS.parent
    made = tmp_path / "made.html"
    assert (
        main(["predict", "-i", str(root / "examples" / "candidates.txt"), "--report", str(made)])
        == 0
    )
    assert contents(made) == contents(DOCS / "candidates.html")


def test_which_three_to_make_is_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / "screen.md").read_text(encoding="utf-8")
    section = page.partition("## Which three to make\n")[2].partition("\n## ")[0]
    [command] = re.findall(r"```bash\nsseml (.*?)```", section, re.DOTALL)
    left_out, chosen = re.findall(r"```text\n(.*?)```", section, re.DOTALL)[:2]
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command.replace("\\\n", ""))) == 0
    out, err = capsys.readouterr()
    assert left_out in err
    shown = [re.split(r" {2,}", line) for line in chosen.splitlines()]
    for line, ours in zip(out.splitlines(), shown, strict=True):
        assert set(ours) <= set(re.split(r" {2,}", line))
    assert len(shown) == 1 + 3
    assert {file.name for file in tmp_path.iterdir()} == {"three.html", "three.png"}


def test_the_page_of_figures_is_what_the_released_bundle_measured() -> None:
    metrics = json.loads((released_folder() / DEFAULT_BUNDLE / MANIFEST).read_text("utf-8"))[
        "metrics"
    ]
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    table = page.partition("<!-- evaluate:begin -->\n")[2].partition("<!-- evaluate:end -->")[0]
    assert table == Report.from_dict(metrics).to_text()


def test_the_page_of_polymers_is_what_the_released_bundle_measured() -> None:
    metrics = json.loads((released_folder() / POLYMER_BUNDLE / MANIFEST).read_text("utf-8"))[
        "metrics"
    ]
    page = (DOCS / "polymers.md").read_text(encoding="utf-8")
    table = page.partition("<!-- evaluate:begin -->\n")[2].partition("<!-- evaluate:end -->")[0]
    assert table == Report.from_dict(metrics).to_text()


@pytest.mark.parametrize("number", range(22, 37))
def test_every_family_of_the_reviews_is_asked_and_the_page_says_what_came(number: int) -> None:
    page = (DOCS / "polymers.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| {number} \| .* \| (yes|no|–) \|$", page, re.MULTILINE)
    assert rows


def test_the_table_of_families_is_what_the_released_bundle_answers() -> None:
    tool = DOCS.parent / "tools" / "document_seeds.py"
    ran = subprocess.run([sys.executable, tool, "--check"], check=False)
    assert ran.returncode == 0


README_FIGURES = (
    ("official", "MAE15"),
    ("papers", "MAE10c rows with a DOI"),
    ("clusters", "MAE10c"),
    ("time", "MAE10c"),
    ("papers", "coverage"),
    ("energies", "MAE eV"),
    ("windows", "V_ox MAE 2015"),
)


def test_the_figures_of_the_readme_are_those_of_the_page() -> None:
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| ([^:|]+): [^|]* \| ([\d.]+) \|", page, re.MULTILINE)
    measured = {(benchmark, figure): value for benchmark, figure, value in rows}
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Measured")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| [^|]+ \| ([\d.]+)[^|]* \| ([^|]*) \|$", section, re.MULTILINE)
    assert [value for value, _ in shown] == [measured[key] for key in README_FIGURES]
    for (benchmark, figure), (_, beside) in zip(README_FIGURES, shown, strict=True):
        if "always the median" in beside:
            assert beside.startswith(measured[benchmark, f"{figure} constant"])
