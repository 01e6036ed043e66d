"""Which paper a measurement is of: its name, its year, and which names are one paper."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from sseml.curation.rows import RawMeasurement

OWN: Final = "own"
"""Source of a lab's own measurements."""

LITERATURE: Final = "literature"
"""Source of our own table of measurements read in papers."""

SERIES_END: Final = "#"
"""Ends what was made or published together in the `source_id` of a row that is a lab's own or from
our literature table: ``LPSCl-2026-07#8f3a01c2``, ``P017#L0123``."""

COMPILED: Mapping[str, str] = MappingProxyType(
    {"laskowski": "compiled by Laskowski et al. (10.1039/D2EE03499A), row {row}; names no paper"}
)
"""Source that names no paper → what can be said of where its rows are from."""

_NO_ARTICLE = re.compile(
    r"10\.1002/(?:chin\.\d+|[a-z]+\.(?:19|20)\d\d7\d{4})"  # ChemInform; covers of Wiley's journals
)
_NUMBER = re.compile(r"\d+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ADDRESS = re.compile(r"https?://|\b10\.\d{4,9}/")
_QUOTED = "quoted in "
_NUMBERS_OF_A_PLACE = 2


def is_article(doi: str) -> bool:
    """Tell an article's DOI from that of an abstract service or of a journal's cover.

    Examples
    --------
    >>> is_article("10.1002/aenm.201500096"), is_article("10.1002/aenm.201570062")
    (True, False)
    """
    return _NO_ARTICLE.fullmatch(doi.lower()) is None


def articles_first(dois: Iterable[str]) -> tuple[str, ...]:
    """The same DOIs, those of articles before the others, each kind in the order given."""
    return tuple(sorted(dois, key=lambda doi: not is_article(doi)))


def shown_doi(dois: str | None) -> str | None:
    """The one of several DOIs joined by ``|`` that is shown: the first of an article."""
    return articles_first(dois.split("|"))[0] if dois else None


def stated_reference(source: str, source_id: str, reference: str | None) -> str | None:
    """What says where a row is from beside its DOI; None where nothing is known.

    Parameters
    ----------
    source, source_id
        Dataset, and the row in it.
    reference
        The citation or the address that the dataset itself gives.
    """
    if reference:
        return reference
    if source == OWN:
        return f"own measurement, series {source_id.rpartition(SERIES_END)[0]}"
    if source == LITERATURE:
        return f"our literature table, {source_id.replace(SERIES_END, ', row ')}"
    return COMPILED[source].format(row=source_id) if source in COMPILED else None


def paper_name(
    dois: str | None, source: str, source_id: str, reference: str | None = None
) -> str | None:
    """What a row must not be split from, as text joined by ``|``; None where nothing is known.

    Its DOIs; of a lab's own row also the series, as ``own:SERIES``; without a DOI the paper of our
    literature table, as ``literature:PAPER``, or the citation that the seeds give.
    """
    own = source == OWN or (source == LITERATURE and not dois)
    series = f"{source}:{source_id.rpartition(SERIES_END)[0]}" if own else None
    cited = f"{source}:{reference}" if source == "seeds" and reference and not dois else None
    return "|".join(name for name in (dois, series, cited) if name) or None


def place(reference: str) -> tuple[str, str, str] | None:
    """Year, volume and first page of a citation, by which two spellings of it are one.

    None where it does not say them, or where it is the text that quotes the paper or its address.

    Examples
    --------
    >>> place("Solid State Ionics 2017, 304, 85-89")
    ('2017', '304', '85')
    >>> place("Fukushima et al. Solid State Ionics 2017 304 85")
    ('2017', '304', '85')
    """
    year = _YEAR.search(reference)
    if year is None or _QUOTED in reference or _ADDRESS.search(reference):
        return None
    rest = reference[: year.start()] + " " + reference[year.end() :]
    numbers = _NUMBER.findall(rest)
    return (year[0], numbers[0], numbers[1]) if len(numbers) >= _NUMBERS_OF_A_PLACE else None


def unite_papers(raws: Sequence[RawMeasurement]) -> list[RawMeasurement]:
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

    keys = [_names(raw, own_pages) for raw in raws]
    for names in keys:
        for name in names[1:]:
            owners[root(name)] = root(names[0])
    series: dict[Hashable, str] = {}
    dois: dict[Hashable, dict[str, None]] = defaultdict(dict)
    for raw, names in zip(raws, keys, strict=True):
        if names:
            if raw.series:
                series.setdefault(root(names[0]), raw.series)
            dois[root(names[0])].update(dict.fromkeys(_dois(raw)))
    united = []
    for raw, names in zip(raws, keys, strict=True):
        known = dois[root(names[0])] if names else {}
        doi = raw.doi or (next(iter(known)) if len(known) == 1 else "")
        one = replace(raw, doi=doi) if doi != raw.doi else raw
        if raw.series and series[root(names[0])] != raw.series:
            name = series[root(names[0])]
            row = raw.source_id.rpartition(SERIES_END)[2]
            one = replace(one, series=name, source_id=f"{name}{SERIES_END}{row}")
        united.append(one)
    return united


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
    cited = place(raw.reference)
    return [
        *(("doi", doi) for doi in _dois(raw)),
        *([("series", raw.series)] if raw.series else []),
        *([("cited", cited)] if cited else []),
        *([("page", raw.read_at)] if raw.read_at in own_pages and not raw.is_quoted else []),
    ]


def _pages_of_one_paper(raws: Sequence[RawMeasurement]) -> frozenset[str]:
    """Addresses at which the paper itself was read, and no other: at most one DOI and citation."""
    papers: dict[str, set[Hashable]] = defaultdict(set)
    for raw in raws:
        if raw.read_at and not raw.is_quoted:
            papers[raw.read_at].update(_dois(raw) or ([place(raw.reference)]))
    return frozenset(page for page, names in papers.items() if len(names - {None}) <= 1)


def _dois(raw: RawMeasurement) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in raw.doi.split("|") if part.strip())


_FIRST_DECADE_OF_RSC: Final = {"a": 1990, "b": 2000, "c": 2010, "d": 2020}
_FIRST_DECADE_OF_ACS: Final = {"b": 2010, "c": 2020}
_EARLIEST_TWO_DIGIT_YEAR: Final = 1950


def _of_two_digits(text: str) -> int:
    year = 1900 + int(text)
    return year if year >= _EARLIEST_TWO_DIGIT_YEAR else year + 100


def _of_early_acs(text: str) -> int:
    """``cm980736j`` 1998, ``cm060992t`` 2006, ``cm703677q`` 2007, ``cm5008069`` 2014."""
    if text[0] == "0" or text > "94":
        return _of_two_digits(text)
    digit = int(text[0])
    return 2009 + digit if digit < 6 else 2000 + digit


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], int]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        # j.jssc.2013.12.015, fenrg.2016.00012, j.1551-2916.2005.00060.x
        (r"\.((?:19|20)\d\d)\.", lambda m: int(m[1])),
        # zaac.200500231, anie.198000741; 1521-3765(20020118)8:2<349::aid-chem349>3.0.co;2-5
        (r"^10\.1002/[a-z]+\.((?:19|20)\d\d)\d{4,7}$", lambda m: int(m[1])),
        (r"^10\.1002/.*\(((?:19|20)\d\d)\d{2,4}\)", lambda m: int(m[1])),
        # chemrxiv-2023-abcde, ma2024-02105027mtgabs, epjst/e2008-00753-4
        (r"^10\.\d{5}/chemrxiv-(20\d\d)-", lambda m: int(m[1])),
        (r"^10\.1149/ma(20\d\d)-", lambda m: int(m[1])),
        (r"^10\.1140/\w+/e(20\d\d)-", lambda m: int(m[1])),
        # s11581-009-0332-6, s41467-023-39522-1
        (r"^10\.\d{4}/s\d{5}-0(\d\d)-", lambda m: _of_two_digits(m[1])),
        # 0167-2738(87)90048-8, s0167-2738(00)00277-0; s0567740877009443
        (r"^10\.1016/s?\d{4}-\d{3}[\dx]\((\d\d)\)", lambda m: _of_two_digits(m[1])),
        (r"^10\.\d{4}/s\d{7}[\dx](\d\d)\d{5}[\dx]$", lambda m: _of_two_digits(m[1])),
        # acs.chemmater.8b02759, jacs.0c10735, acsami.6b14402
        (r"^10\.1021/[a-z.]+\.(\d)([bc])\d{5}$", lambda m: _FIRST_DECADE_OF_ACS[m[2]] + int(m[1])),
        (r"^10\.1021/[a-z]{2}(\d\d)\d{4}[\da-z]$", lambda m: _of_early_acs(m[1])),
        # c3ee41655k, d1ta00000a, b301189e, a800234g
        (
            r"^10\.1039/([a-d])(\d)(?:[a-z]{2})?\d{5}[\da-z]$",
            lambda m: _FIRST_DECADE_OF_RSC[m[1]] + int(m[2]),
        ),
        # 2.0501412jes (month last), 2.024205esl (year's last digit, month)
        (r"^10\.1149/2\.\d{3}(\d\d)\d\djes$", lambda m: _of_two_digits(m[1])),
        (r"^10\.1149/2\.\d{3}(\d)\d\d(?:jes|[es]sl|eel|jss)$", lambda m: 2010 + int(m[1])),
        (r"^10\.48550/arxiv\.(\d\d)\d\d\.", lambda m: _of_two_digits(m[1])),
    )
)
"""What the publishers' codes say: of a lower-case DOI, the first that fits."""


def doi_year(doi: str) -> int | None:
    """Year that a DOI carries, which may be that of submission: a year before the printed one.

    Parameters
    ----------
    doi
        Lower case, without a resolver's address.

    Examples
    --------
    >>> doi_year("10.1016/j.jssc.2013.12.015")
    2013
    >>> doi_year("10.1038/nmat3066") is None
    True
    """
    for pattern, read in _RULES:
        if match := pattern.search(doi):
            return read(match)
    return None


def paper_year(dois: Iterable[str]) -> int | None:
    """Year of the earliest of several papers, as far as their DOIs carry one."""
    years = [year for year in map(doi_year, dois) if year is not None]
    return min(years, default=None)
