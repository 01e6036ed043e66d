"""The table of published windows: what is in it, and what a row must not be."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from sseml.physics.published_windows import CALCULATED, COLUMNS, LICENCES, read_windows
from sseml.records import RefusedInputError

TABLE = Path(__file__).parents[3] / "data" / "literature" / "windows.csv"
README = TABLE.parents[1] / "README.md"

SOUND = dict.fromkeys(COLUMNS, "") | {
    "formula": "Li6PS5Cl", "ion": "Li", "V_red": "1.71", "V_ox": "2.01", "relation": "=",
    "method": "CV with carbon", "doi": "10.1000/one", "licence": "facts",
}  # fmt: skip

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
        path = tmp_path / "own.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, columns, extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
        return path

    return written


def test_every_row_of_our_own_table_passes() -> None:
    windows = read_windows(TABLE)
    assert len(windows) >= 55
    assert {window.licence for window in windows} == set(LICENCES)
    assert sum(not window.is_calculated for window in windows) >= 12


def test_the_sets_of_the_benchmark_are_whole() -> None:
    windows = read_windows(TABLE)
    counted = {
        name: sum(window.benchmark == name for window in windows)
        for name in ("2015", "2020", "2021")
    }
    assert counted == {"2015": 19, "2020": 12, "2021": 12}


def test_a_published_window_is_read_as_it_is_printed() -> None:
    """Zhu, He and Mo 2015, Table 1: Li6PS5Cl from 1.71 to 2.01 V."""
    [window] = [
        window
        for window in read_windows(TABLE)
        if (window.formula, window.doi) == ("Li6PS5Cl", "10.1021/acsami.5b07517")
    ]
    assert (window.V_red, window.V_ox, window.method) == (1.71, 2.01, CALCULATED)
    assert window.year == 2015


def test_the_readme_explains_every_column() -> None:
    section = README.read_text(encoding="utf-8").partition("## literature/windows.csv")[2]
    section = section.partition("\n## ")[0]
    for column in COLUMNS:
        assert f"`{column}`" in section, column


def test_a_limit_may_be_missing_and_stays_missing(write: Write) -> None:
    [window] = read_windows(write(SOUND | {"V_red": ""}))
    assert (window.V_red, window.V_ox, window.year) == (None, 2.01, None)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"formula": "Li6PS5Cx"}, "'Li6PS5Cx'"),
        ({"formula": ""}, "the formula is empty"),
        ({"V_red": "2.01"}, r"V_red 2\.01 is not below V_ox 2\.01"),
        ({"V_red": "2.5"}, r"V_red 2\.5 is not below"),
        ({"V_ox": "12"}, r"V_ox 12 is outside -0\.1 to 10 V"),
        ({"V_red": "-0.2"}, r"V_red -0\.2 is outside"),
        ({"V_ox": "about 2"}, "V_ox 'about 2' is no number"),
        ({"V_ox": "nan"}, "V_ox 'nan' is no number"),
        ({"V_red": "", "V_ox": ""}, "neither V_red nor V_ox"),
        ({"method": "magic"}, "method 'magic' is not known .*CV with carbon"),
        ({"relation": ">"}, "relation '>' is not known .*within"),
        ({"licence": ""}, "licence '' is not known"),
        ({"doi": "https://doi.org/10.1000/one"}, "is no DOI"),
        ({"doi": "", "read_in": "a review"}, "'a review' is neither a DOI nor an address"),
        ({"doi": ""}, "no source"),
        ({"ion": "Na"}, "there is no 'Na' in 'Li6PS5Cl'"),
        ({"method": "calculated"}, "without its basis"),
        ({"benchmark": "2015"}, "benchmark '2015' of a window that is not calculated"),
        ({"year": "last"}, "year 'last' is no year"),
        ({"year": "20015"}, "year 20015 cannot be"),
    ],
)
def test_a_doubtful_row_is_refused_by_number_and_formula(
    write: Write, changed: dict[str, str], complaint: str
) -> None:
    with pytest.raises(RefusedInputError, match=complaint) as refused:
        read_windows(write(SOUND | {"formula": "Li3PS4"}, SOUND | changed))
    assert f"own.csv, row 2 ({changed.get('formula', 'Li6PS5Cl')}): " in refused.value.reason
    assert refused.value.suggestion


def test_the_same_fact_twice_is_refused_however_it_is_spelt(write: Write) -> None:
    again = SOUND | {"formula": "Li12P2S10Cl2", "doi": "10.1000/ONE", "V_ox": "2.5"}
    with pytest.raises(RefusedInputError, match=r"row 2 .*as row 1"):
        read_windows(write(SOUND, again))


def test_another_method_of_the_same_paper_is_another_fact(write: Write) -> None:
    assert len(read_windows(write(SOUND, SOUND | {"method": "CV", "V_ox": "5"}))) == 2


def test_a_missing_column_is_named(write: Write) -> None:
    without = tuple(column for column in COLUMNS if column != "relation")
    with pytest.raises(RefusedInputError, match="no column 'relation'"):
        read_windows(write(SOUND, columns=without))


def test_a_comma_without_quotes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    row = ",".join(SOUND[column] for column in COLUMNS)
    path.write_text(f"{','.join(COLUMNS)}\n{row},and more\n", encoding="utf-8")
    with pytest.raises(RefusedInputError, match="more cells than columns"):
        read_windows(path)


def test_every_window_says_where_it_stands_and_whose_it_is() -> None:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            assert row["read_in"], row
            assert row["doi"] or row["reference"], row
