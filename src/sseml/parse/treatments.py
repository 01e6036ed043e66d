"""How a sample was made, beside its formula: its temperature is not the measurement's."""

from __future__ import annotations

import re
from functools import cache

from sseml.records import RefusedInputError, RefusedQualifierError

_WORDS = (
    r"(?:as|pre|post|co|re|un)?-?"
    r"(?:(?:ball|planetary|high-energy|hand)[- ]?(?:ball[- ]?)?mill|mill|anneal|sinter|calcin"
    r"|quench|(?:hot|cold|warm)[- ]?press|heat|crystalli[sz]|synthesi[sz]|melt|fir|dri|prepar"
    r"|ground|grind|spark[- ]plasma|solid[- ]state|sol[- ]gel|mechanochemical|mechanosynthesis"
    r"|treat|densifi|process|made|obtain|cool|bak|fabricat|consolidat|deposit|grown|aged)"
    r"[a-z]{0,8}(?:[- ](?:treat|quench|synthesi[sz]|sinter|mill|press)[a-z]{0,5})?"
    r"(?![A-Za-z\d])"
)
_SHORT = r"(?:SPS|HP|HIP|CIP|BM|FAST|SSR|HEBM|UHS)"
_DEGREES = r"\d(?:[\d.]{0,7})\s{0,3}(?:K|[°º˚]\s?C|℃|C|degC)(?![A-Za-z\d])"
_NEAR = 80


@cache
def _treatment() -> re.Pattern[str]:
    return re.compile(
        rf"(?<=[\s,;|(\[_-])(?:(?i:{_WORDS})|{_SHORT}(?=[\s,]{{1,3}}{_DEGREES})"
        rf"|(?<=[(\[]){_SHORT}(?=[\s,;)\]]))"
    )


@cache
def _degrees() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z\d.]){_DEGREES}")


@cache
def _in_front() -> re.Pattern[str]:
    return re.compile(rf"(?i:{_WORDS}|nanoporous|nano(?:crystalline)?) (?=\S)")


def without_treatment(text: str, *, has_temperature: bool) -> tuple[str, list[str]]:
    """Take off what says how the sample was made; give the rest, and what was taken off.

    Parameters
    ----------
    text
        A line up to its first key.
    has_temperature
        Whether a key says the temperature of the measurement.

    Raises
    ------
    RefusedQualifierError
        If a temperature may be of the treatment or of the measurement.

    Examples
    --------
    >>> without_treatment("Li6PS5Cl (ball-milled, 550 °C)", has_temperature=False)
    ('Li6PS5Cl', ['ball-milled, 550 °C'])
    >>> without_treatment("LLZTO sintered at 1100 °C", has_temperature=False)
    ('LLZTO', ['sintered at 1100 °C'])
    """
    said = []
    if front := _in_front().match(text):
        said.append(front.group().strip())
        text = text[front.end() :]
    found = _treatment().search(text)
    opened = _opened_before(text, found.start()) if found else 0
    if found is None:
        rest = text
    elif opened:
        rest, inside = _without_bracket(text, opened - 1)
        said.append(inside)
    else:
        rest = text[: found.start()]
        said.append(text[found.start() :].strip())
    if said:
        rest = rest.rstrip(" ,;|\t([_-")
        if not has_temperature:
            _require_one_meaning(rest, said, in_bracket=opened > 0)
    return rest, said


def is_of_treatment(text: str) -> bool:
    """Tell whether a text ends with a treatment, so that a temperature behind it is of that one.

    Examples
    --------
    >>> is_of_treatment("LLZO sintering "), is_of_treatment("LLZO (sintered) ")
    (True, False)
    """
    tail = re.sub(r"[\s,:]+(?:at)?[\s,:]*$", "", f"{text[-_NEAR:]} ")
    return any(found.end() == len(tail) for found in _treatment().finditer(tail))


def _opened_before(text: str, position: int) -> int:
    """One more than where the bracket opens that holds a position; 0 where none does."""
    opened = max(text.rfind("(", 0, position), text.rfind("[", 0, position))
    closed = max(text.rfind(")", 0, position), text.rfind("]", 0, position))
    return opened + 1 if opened > closed else 0


def _without_bracket(text: str, opened: int) -> tuple[str, str]:
    closing = ")" if text[opened] == "(" else "]"
    end = text.find(closing, opened)
    if end < 0:
        raise RefusedInputError(
            f"the bracket {text[opened : opened + _NEAR]!r} is never closed", f"add {closing!r}"
        )
    return text[:opened].rstrip() + text[end + 1 :], text[opened + 1 : end].strip()


def _require_one_meaning(rest: str, said: list[str], *, in_bracket: bool) -> None:
    """Refuse ``Li6PS5Cl (BM) 550 °C`` and ``Li6PS5Cl annealed at 550 °C, 60 °C``."""
    outside = _degrees().findall(rest)
    of_treatment = _degrees().findall(" ".join(said))
    clear = (len(outside) < 2 and of_treatment) if in_bracket else len(of_treatment) < 2
    if (outside and not (in_bracket and clear)) or not (clear or in_bracket):
        unclear = (outside or of_treatment)[-1]
        raise RefusedQualifierError(
            f"{unclear} beside {said[-1]!r} may be of the treatment or of the measurement",
            f"write T={unclear.replace(' ', '')} if it was measured there, or leave it out",
        )
