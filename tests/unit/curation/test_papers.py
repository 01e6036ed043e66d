"""Papers: one name each, an article's DOI first, and a reference wherever the source is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sseml.curation.interpret import read_dois
from sseml.curation.papers import (
    citation_key,
    listed_dois,
    merge_papers,
    paper_name,
    share_years,
    shown_doi,
    stated_reference,
)
from sseml.curation.rows import RawMeasurement
from sseml.curation.sources import UnknownSourceError

ROW = RawMeasurement(
    source="literature",
    source_id="P130#L0001",
    formula="Li3PS4",
    conductivity="1e-4",
    temperature_C="25",
    licence="facts",
    series="P130",
)


def other(**facts: object) -> RawMeasurement:
    return replace(ROW, source_id="P131#L0002", series="P131", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ({"doi": "10.1000/A"}, {"doi": "10.1000/a"}, True),
        (
            {"reference": "Solid State Ionics 2017, 304, 85-89"},
            {"reference": "Fukushima et al. Solid State Ionics 2017 304 85"},
            True,
        ),
        (
            {"reference": "J. Non-Cryst. Solids 103 (1988) 101"},
            {"reference": "J. Non-Cryst. Solids 103 (1988) 101-7"},
            True,
        ),
        ({"read_at": "https://a.org/1"}, {"read_at": "https://a.org/1"}, True),
        ({"read_at": "https://a.org/1"}, {"read_at": "https://a.org/1", "is_quoted": True}, False),
        (
            {"reference": "quoted in 10.1002/adma.201901131"},
            {"reference": "quoted in 10.1002/adma.201901131"},
            False,
        ),
        ({"reference": "Chem. Mater. 2010"}, {"reference": "Chem. Mater. 2010"}, False),
    ],
)
def test_two_numbers_of_one_paper_become_one(
    first: dict[str, object], second: dict[str, object], are_one: bool
) -> None:
    one, two = merge_papers([replace(ROW, **first), other(**second)])  # type: ignore[arg-type]
    assert (one.series == two.series) is are_one
    assert two.source_id == ("P130#L0002" if are_one else "P131#L0002")


def test_a_page_of_several_papers_joins_none_of_them() -> None:
    page = "https://a.org/collection"
    dois = ["10.1000/a", "10.1000/b"]
    rows = [replace(ROW, doi=dois[0], read_at=page), other(doi=dois[1], read_at=page)]
    assert merge_papers(rows) == rows


def test_a_doi_known_of_a_paper_is_that_of_all_its_rows() -> None:
    rows = [replace(ROW, doi="10.1000/a"), replace(ROW, source_id="P130#L0003")]
    assert [row.doi for row in merge_papers(rows)] == ["10.1000/a"] * 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.1002/chin.198639014|10.1149/1.2108704", "10.1149/1.2108704"),
        ("10.1002/AENM.201570062 | 10.1002/aenm.201500096", "10.1002/aenm.201500096"),
        ("10.1000/b|10.1000/a", "10.1000/b"),
        ("10.1002/chin.198639014", "10.1002/chin.198639014"),
    ],
)
def test_an_article_comes_first_and_the_others_are_kept(text: str, shown: str) -> None:
    dois = read_dois(text)
    assert shown_doi("|".join(dois)) == dois[0] == shown
    assert len(dois) == text.count("|") + 1


@pytest.mark.parametrize(
    ("stored", "dois"),
    [
        (["10.1000/b", "10.1000/a"], ("10.1000/b", "10.1000/a")),
        ("10.1000/b|10.1000/a", ("10.1000/b", "10.1000/a")),
        ([], ()),
        ("", ()),
        (None, ()),
    ],
)
def test_dois_are_read_from_lists_and_from_the_texts_of_earlier_releases(
    stored: list[str] | str | None, dois: tuple[str, ...]
) -> None:
    assert listed_dois(stored) == dois


def test_a_source_that_is_not_listed_has_no_reference_and_no_paper() -> None:
    with pytest.raises(UnknownSourceError, match="'hearsay'"):
        stated_reference("hearsay", "1", None)
    with pytest.raises(UnknownSourceError, match="'hearsay'"):
        paper_name(["10.1000/a"], "hearsay", "1")


def test_no_row_of_a_known_source_is_without_a_reference() -> None:
    assert stated_reference("literature", "P017#L0123", "Z. Anorg. Allg. Chem. 2011") == (
        "Z. Anorg. Allg. Chem. 2011"
    )
    assert "10.1039/D2EE03499A" in str(stated_reference("laskowski", "278", None))
    assert "ARG-07" in str(stated_reference("own", "ARG-07#8f3a01c2", None))
    assert "P017" in str(stated_reference("literature", "P017#L0123", None))
    assert stated_reference("obelix", "abc", None) is None


def test_what_must_not_be_split_has_one_name() -> None:
    assert paper_name("10.1000/a|10.1000/b", "obelix", "x") == "10.1000/a|10.1000/b"
    assert paper_name(None, "literature", "P017#L0123") == "literature:P017"
    assert paper_name("10.1000/a", "own", "S#1") == "10.1000/a|own:S"
    assert paper_name(None, "seeds", "S2-064", "Kwak 2023") == "seeds:Kwak 2023"
    assert paper_name(None, "laskowski", "278", "compiled") is None


@pytest.mark.parametrize(
    ("other_years", "year"), [(("",), "2014"), (("2014", ""), "2014"), (("2015", ""), "")]
)
def test_a_year_that_a_table_states_is_that_of_its_doi_everywhere(
    other_years: tuple[str, ...], year: str
) -> None:
    """A DOI made on submission would say the year before."""
    rows = [replace(ROW, doi="10.1039/C3EE41655K", year="2014")]
    rows += [other(doi="10.1039/c3ee41655k", year=each) for each in other_years]
    apart = other(doi="10.1039/c3ee41655k|10.1016/j.ssi.2006.04.017")
    *_, last, joined = share_years([*rows, apart])
    assert last.year == year
    assert joined.year == "", "of several papers none is said to be the one"


def test_what_only_quotes_a_paper_is_no_place_of_it() -> None:
    assert citation_key("quoted in Li and Du, ACS Nano 2025, 19, 4121") is None
    assert citation_key("Hu et al. 2024, quoted in Li and Du, ACS Nano 2025, 19, 4121") is None


def test_a_citation_without_a_page_names_no_place() -> None:
    assert citation_key("Nat. Commun. 2023") is None
    assert citation_key("J. Solid State Chem. 180 (2007) 1306") == ("2007", "180", "1306")
