"""Years come from DOIs that carry them, and from nothing else."""

import csv
from pathlib import Path

import pytest

from sseml.curation.papers import doi_year, paper_year

TABLE = Path(__file__).parents[3] / "data" / "literature" / "measurements.csv"


@pytest.mark.parametrize(
    ("doi", "year"),
    [
        ("10.1016/j.jssc.2013.12.015", 2013),
        ("10.1016/0167-2738(87)90048-8", 1987),
        ("10.1016/s0167-2738(00)00277-0", 2000),
        ("10.1111/j.1151-2916.1990.tb05175.x", 1990),
        ("10.1002/zaac.200500231", 2005),
        ("10.1002/anie.198000741", 1980),
        ("10.1002/1521-3765(20020118)8:2<349::aid-chem349>3.0.co;2-5", 2002),
        ("10.1021/acs.chemmater.8b02759", 2018),
        ("10.1021/jacs.0c10735", 2020),
        ("10.1021/acsami.6c06216", 2026),
        ("10.1021/cm980736j", 1998),
        ("10.1021/cm060992t", 2006),
        ("10.1021/cm703677q", 2007),
        ("10.1021/cm901452z", 2009),
        ("10.1021/cm1006857", 2010),
        ("10.1021/cm5008069", 2014),
        ("10.1039/a800234g", 1998),
        ("10.1039/b301189e", 2003),
        ("10.1039/c3ee41655k", 2013),
        ("10.1039/d5sc08802j", 2025),
        ("10.1007/s11581-009-0332-6", 2009),
        ("10.1038/s41467-023-39522-1", 2023),
        ("10.1038/nenergy.2016.30", 2016),
        ("10.1107/s0567740877009443", 1977),
        ("10.1134/s1063783420030233", 2020),
        ("10.1149/2.0501412jes", 2014),
        ("10.1149/2.024205esl", 2012),
        ("10.48550/arxiv.2604.11957", 2026),
        ("10.26434/chemrxiv-2022-dhvjf", 2022),
    ],
)
def test_a_doi_that_carries_a_year(doi: str, year: int) -> None:
    assert doi_year(doi) == year


@pytest.mark.parametrize(
    "doi",
    [
        "10.1038/nmat3066",
        "10.1149/1.2108425",
        "10.1149/1945-7111/ab6aa0",
        "10.1126/science.adh5115",
        "10.1021/ja00123a045",
        "10.1002/anie.2595440",
        "10.3390/electrochem2030026",
        "10.1016/b978-0-08-021592-1.50024-6",
    ],
)
def test_a_doi_that_carries_none(doi: str) -> None:
    assert doi_year(doi) is None


def test_of_several_papers_the_earliest_counts() -> None:
    assert paper_year(["10.1038/nmat3066", "10.1039/c3ee41655k", "10.1021/cm980736j"]) == 1998
    assert paper_year([]) is None


def test_the_years_of_our_table_agree_with_its_dois() -> None:
    """Two ways to know a year; a DOI made on submission may be one ahead of the printed one."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["doi"] and row["year"]]
    compared = {row["doi"].lower(): int(row["year"]) for row in rows}
    known = {doi: doi_year(doi) for doi in compared}
    apart = [doi for doi, year in known.items() if year and abs(compared[doi] - year) > 1]
    assert apart == []
    assert sum(year is not None for year in known.values()) > 200
