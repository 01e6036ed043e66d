"""Which paper a measurement is of: its name, its year, and which names are one paper."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache

from sseml.classes import replace
from sseml.curation.rows import SERIES_END, RawMeasurement
from sseml.curation.sources import source_record
from sseml.files import packaged
from sseml.patterns import late

_DOI_YEARS = "doi_years.csv"

_NO_ARTICLE = late(
    r"10\.1002/(?:chin\.\d+|[a-z]+\.(?:19|20)\d\d7\d{4})"  # ChemInform; covers of Wiley's journals
)
_NUMBER = late(r"\d+")
_YEAR = late(r"\b(?:19|20)\d\d\b")
_ADDRESS = late(r"https?://|\b10\.\d{4,9}/")
_QUOTED = "quoted in "
_NUMBERS_OF_A_CITATION = 2
_EARLIEST_TWO_DIGIT_YEAR = 1950


def articles_first(dois: Iterable[str]) -> tuple[str, ...]:
    """The same DOIs: articles, then abstract services and journal covers, each in their order."""
    return tuple(sorted(dois, key=lambda doi: _NO_ARTICLE.fullmatch(doi.lower()) is not None))


def listed_dois(stored: Iterable[str] | str | None) -> tuple[str, ...]:
    """DOIs as they are stored: a list, or the text joined by ``|`` of earlier releases, or none."""
    parts = stored.split("|") if isinstance(stored, str) else stored or ()
    return tuple(filter(None, parts))


def shown_doi(dois: str | None) -> str | None:
    """The one of several DOIs joined by ``|`` that is shown: the first of an article."""
    return articles_first(dois.split("|"))[0] if dois else None


def stated_reference(source: str, source_id: str, reference: str | None) -> str | None:
    """What says where a row is from beside its DOI: its own citation, else what its source says."""
    return reference or source_record(source).stated_reference(source_id)


def paper_name(
    dois: Iterable[str] | str | None, source: str, source_id: str, reference: str | None = None
) -> str | None:
    """What a row must not be split from, as text joined by ``|``; None where nothing is known.

    Its DOIs; of a lab's own row also the series, as ``own:SERIES``; without a DOI what stands for
    the paper in its source: the series (``literature:PAPER``) or the citation (``seeds:…``).
    """
    record = source_record(source)
    names = [*listed_dois(dois)]
    stands_in = "" if names else record.paper_without_doi
    if record.joins_series or stands_in == "series":
        names.append(f"{source}:{source_id.rpartition(SERIES_END)[0]}")
    elif stands_in == "reference" and reference:
        names.append(f"{source}:{reference}")
    return "|".join(names) or None


def citation_key(reference: str) -> tuple[str, str, str] | None:
    """Year, volume and first page of a citation, by which two spellings of it are one.

    None where it does not say them, or where it is the text that quotes the paper or its address.

    Examples
    --------
    >>> citation_key("Fukushima et al. Solid State Ionics 2017 304 85")
    ('2017', '304', '85')
    """
    year = _YEAR.search(reference)
    if year is None or _QUOTED in reference or _ADDRESS.search(reference):
        return None
    numbers = _NUMBER.findall(reference[: year.start()] + " " + reference[year.end() :])
    return (year[0], numbers[0], numbers[1]) if len(numbers) >= _NUMBERS_OF_A_CITATION else None


def merge_papers(raws: Sequence[RawMeasurement]) -> list[RawMeasurement]:
    """Give the rows of one paper one name, and its DOI where a single one is known.

    Of the rows that may lack a DOI and say in which series they were published, or what they cite:
    one paper is what shares a DOI, a citation (year, volume and page), the number of the paper, or
    the page it was read on, where that page is of one paper alone.
    """
    own_pages = _pages_of_one_paper(raws)
    owners: dict[Hashable, Hashable] = {}

    def root(key: Hashable) -> Hashable:
        while (parent := owners.setdefault(key, key)) != key:
            key = parent
        return key

    names_of = [_names(raw, own_pages) for raw in raws]
    for names in names_of:
        for name in names[1:]:
            owners[root(name)] = root(names[0])
    series: dict[Hashable, str] = {}
    dois: dict[Hashable, dict[str, None]] = defaultdict(dict)
    papers = [root(names[0]) if names else None for names in names_of]
    for raw, paper in zip(raws, papers, strict=True):
        if paper is not None:
            dois[paper].update(dict.fromkeys(_dois(raw)))
        if raw.series:
            series.setdefault(paper, raw.series)
    return [
        _renamed(raw, series.get(paper, ""), dois[paper])
        for raw, paper in zip(raws, papers, strict=True)
    ]


def _renamed(raw: RawMeasurement, series: str, dois: Mapping[str, None]) -> RawMeasurement:
    """The row under the series of its paper, with the DOI of the paper if it has a single one."""
    doi, source_id = raw.doi, raw.source_id
    if not doi and len(dois) == 1:
        doi = next(iter(dois))
    if not raw.series:
        series = raw.series
    elif series != raw.series:
        source_id = f"{series}{SERIES_END}{source_id.rpartition(SERIES_END)[2]}"
    return replace(raw, doi=doi, series=series, source_id=source_id)


def share_years(raws: Sequence[RawMeasurement]) -> list[RawMeasurement]:
    """Give the rows of one DOI the year that one of them states, if all that state one agree."""
    stated: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for raw in raws:
        if raw.year:
            stated[_dois(raw)].add(raw.year)
    agreed = {dois: min(years) for dois, years in stated.items() if dois and len(years) == 1}
    return [raw if raw.year else replace(raw, year=agreed.get(_dois(raw), "")) for raw in raws]


def _names(raw: RawMeasurement, own_pages: frozenset[str]) -> list[Hashable]:
    """All that a row's paper goes by; empty for sources that name papers by DOI alone."""
    if not (raw.series or raw.reference):
        return []
    names: list[Hashable] = [("doi", doi) for doi in _dois(raw)]
    if raw.series:
        names.append(("series", raw.series))
    if cited := citation_key(raw.reference):
        names.append(("cited", cited))
    if raw.read_at in own_pages and not raw.is_quoted:
        names.append(("page", raw.read_at))
    return names


def _pages_of_one_paper(raws: Sequence[RawMeasurement]) -> frozenset[str]:
    """Addresses at which the paper itself was read, and no other: at most one DOI and citation."""
    papers: dict[str, set[Hashable]] = defaultdict(set)
    for raw in raws:
        if raw.read_at and not raw.is_quoted:
            papers[raw.read_at].update(_dois(raw) or [citation_key(raw.reference)])
    return frozenset(page for page, names in papers.items() if len(names - {None}) <= 1)


def _dois(raw: RawMeasurement) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in raw.doi.split("|") if part.strip())


def doi_year(doi: str) -> int | None:
    """Year that a lower-case DOI carries, which may be that of submission: a year earlier.

    Examples
    --------
    >>> doi_year("10.1016/j.jssc.2013.12.015")
    2013
    >>> doi_year("10.1038/nmat3066") is None
    True
    """
    for pattern, read in _doi_patterns():
        if match := pattern.search(doi):
            return read(match)
    return None


def paper_year(dois: Iterable[str]) -> int | None:
    """Year of the earliest of several papers, as far as their DOIs carry one."""
    years = [year for year in map(doi_year, dois) if year is not None]
    return min(years, default=None)


@cache
def _doi_patterns() -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], int]]]:
    """Publishers' DOI patterns and how the year is read of a match; the first that fits counts."""
    text = packaged(f"curation/{_DOI_YEARS}").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [(re.compile(row["pattern"]), _READINGS[row["reading"]]) for row in rows]


def _of_two_digits(text: str) -> int:
    year = 1900 + int(text)
    return year if year >= _EARLIEST_TWO_DIGIT_YEAR else year + 100


def _of_early_acs(text: str) -> int:
    """Two digits of the year up to 2006; then the year's last digit and a digit of the number."""
    if text[0] == "0" or text > "94":
        return _of_two_digits(text)
    digit = int(text[0])
    return 2009 + digit if digit < 6 else 2000 + digit


_ACS_DECADES = {"b": 2010, "c": 2020}
_RSC_DECADES = {"a": 1990, "b": 2000, "c": 2010, "d": 2020}
_READINGS: Mapping[str, Callable[[re.Match[str]], int]] = {
    "year": lambda match: int(match[1]),
    "two digits": lambda match: _of_two_digits(match[1]),
    "digit of the 2010s": lambda match: 2010 + int(match[1]),
    "early ACS": lambda match: _of_early_acs(match[1]),
    "ACS decade and digit": lambda match: _ACS_DECADES[match["decade"]] + int(match["digit"]),
    "RSC decade and digit": lambda match: _RSC_DECADES[match["decade"]] + int(match["digit"]),
}
