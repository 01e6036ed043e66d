"""The year of a paper where its DOI carries it; many DOIs do not, and then nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

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
