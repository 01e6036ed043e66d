"""One line is taken apart: the formula, the conditions as keys, and the words beside it."""

from __future__ import annotations

import re
from functools import cache

from sseml.parse.qualifiers import AT_ROOM, CELSIUS, canonical_key
from sseml.parse.space_groups import GREEK_WORDS, SYSTEM_WORDS, space_group_number
from sseml.patterns import late
from sseml.records import RefusedInputError, RefusedQualifierError

MAX_LINE_LENGTH = 4096
"""Longest line that is read, in characters: as long as the path of a file may be."""

PHASE = "phase"
"""Key of a phase word such as ``cubic``."""

REMARK = "(remark)"
"""Key of what is read and not used."""

_KEY = late(
    r"(?:^|(?<=[\s,;|(\[]))(?:(space group|[A-Za-z][\w#]*)\s*=\s*"
    r"|(space group|temperature|sg|form|[Txyz]) ?(?::| in\b|∈)\s*)",
    re.IGNORECASE,
)
_RATIO = late(r"[\d.]+ ?[:/\u2013\u2014-]")
_TAIL = 60
"""What stands bare at the end of a line is looked for in so many characters."""

_TEMPERATURE = rf"[+\u2013\u2212-]?\d+(?:\.\d+)?\s{{0,3}}(?:K|kelvin|{CELSIUS}|C)"
_BARE_TEMPERATURE = late(rf"[@,;|\s]({_TEMPERATURE})$")
_FORM_WORD = late(
    r"(?:glass[-\u2013 ]ceramics?|glass|(?:single )?crystal|(?:thin )?film|bulk|total)",
    re.IGNORECASE,
)
_REMARK_WORD = "pellets?|powder|pristine|pure|undoped|nominal|this work"
_PHASE_WORD = late(
    rf"(?:{'|'.join((*SYSTEM_WORDS, *GREEK_WORDS))}|amorphous|glassy|crystalline|[αβγδε][′']?)"
    r"(?:[- ]phase)?",
    re.IGNORECASE,
)
_ROOM = "|".join(re.escape(word) for word in AT_ROOM)
_BARE_WORD = late(
    rf"(?:[@,;|(\s])({_FORM_WORD.pattern}|{_PHASE_WORD.pattern}|{_ROOM}|{_REMARK_WORD})$",
    re.IGNORECASE,
)
_JOINING = late(r"(?:^|[\s,])(?:measured at|at|measured|with|for|where)$")
_MINUS = str.maketrans("\u2013\u2212", "--")
_AT = late(r"(?:measured )?at ", re.IGNORECASE)
_SPACE_GROUP = late(
    r"[\s,;|](?:(?:space group|SG|S\.G\.):? ?)?"
    r"((?=\S{0,12}[-/mnabcd_]|P\d{3})[PIFCRABH][-\u2013\u2212]?[\dmnabcd_][-\u2013\u2212\u0304\u0305/\dmnabcd_]{0,8})$"
)

_TREATMENT_WORDS = (
    r"(?:as|pre|post|co|re|un)?-?"
    r"(?:(?:ball|planetary|high-energy|hand)[- ]?(?:ball[- ]?)?mill|mill|anneal|sinter|calcin"
    r"|quench|(?:hot|cold|warm)[- ]?press|heat|crystalli[sz]|synthesi[sz]|melt|fir|dri|prepar"
    r"|ground|grind|spark[- ]plasma|solid[- ]state|sol[- ]gel|mechanochemical|mechanosynthesis"
    r"|treat|densifi|process|made|obtain|cool|bak|fabricat|consolidat|deposit|grown|aged)"
    r"[a-z]{0,8}(?:[- ](?:treat|quench|synthesi[sz]|sinter|mill|press)[a-z]{0,5})?"
    r"(?![A-Za-z\d])"
)
_METHODS = r"(?:SPS|HP|HIP|CIP|BM|FAST|SSR|HEBM|UHS)"
_DEGREES = r"\d(?:[\d.]{0,7})\s{0,3}(?:K|[°º˚]\s?C|℃|C|degC)(?![A-Za-z\d])"
_NEAR = 80


@cache
def _treatment() -> re.Pattern[str]:
    return re.compile(
        rf"(?<=[\s,;|(\[_-])(?:(?i:{_TREATMENT_WORDS})|{_METHODS}(?=[\s,]{{1,3}}{_DEGREES})"
        rf"|(?<=[(\[]){_METHODS}(?=[\s,;)\]]))"
    )


@cache
def _degrees() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z\d.]){_DEGREES}")


@cache
def _in_front() -> re.Pattern[str]:
    return re.compile(rf"(?i:{_TREATMENT_WORDS}|nanoporous|nano(?:crystalline)?) (?=\S)")


def _without_treatment(text: str, *, has_temperature: bool) -> tuple[str, list[str]]:
    """Take off what says how the sample was made; give the rest, and what was taken off.

    ``LLZTO sintered at 1100 °C`` gives ``LLZTO`` and ``sintered at 1100 °C``. `text` is a line up
    to its first key. A temperature that may be of the treatment or of the measurement is refused,
    unless a key says that of the measurement (`has_temperature`).
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


def _ends_with_treatment(text: str) -> bool:
    """Tell whether a text ends with a treatment: ``LLZO sintering``, not ``LLZO (sintered)``."""
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


def split_line(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a line into its formula and (key, value) pairs.

    ``Li3YCl6 T=60 glass`` gives ``Li3YCl6`` and the pairs (T, 60) and (form, glass).
    """
    require_length(text)
    if text.lstrip(" \"'").startswith("="):
        return text, []
    keys = [key for key in _KEY.finditer(text) if not _is_ratio(key, text)]
    ends = [*(key.start() for key in keys[1:]), len(text)]
    has_temperature = any(_key_name(key).casefold().startswith("t") for key in keys)
    pairs = []
    for key, end in zip(keys, ends, strict=True) if keys else []:
        _refuse_temperature_of_treatment(key, text[:end])
        value, made = _without_treatment(
            _without_open_end(text[key.end() : end].strip(" ,;|([{")),
            has_temperature=has_temperature,
        )
        value, bare = take_bare(value)
        remarks = [(REMARK, treatment) for treatment in made]
        pairs += [(_key_name(key), _without_open_end(value)), *bare, *remarks]
    head = _JOINING.sub("", text[: keys[0].start()].rstrip(" ,;|\t([")) if keys else text
    head, made = _without_treatment(head.strip(" ,;|\t"), has_temperature=has_temperature)
    head, bare = take_bare(head)
    bare += [(REMARK, treatment) for treatment in made]
    if not head:
        raise RefusedInputError("the formula is empty", "write one, such as Li6PS5Cl")
    return head, bare + pairs


def require_length(text: str) -> None:
    """Refuse a line that is longer than any with one formula."""
    if len(text) > MAX_LINE_LENGTH:
        raise RefusedInputError(
            f"the line is {len(text)} characters long ({text[:40]!r}…)",
            f"write one formula with its conditions in at most {MAX_LINE_LENGTH} characters",
        )


def _key_name(key: re.Match[str]) -> str:
    return key.group(1) or key.group(2)


def _refuse_temperature_of_treatment(key: re.Match[str], text: str) -> None:
    """Refuse ``LLZO sintering temperature: 1100 °C`` and ``LLZO sintered at T = 1100 °C``."""
    name = canonical_key(_key_name(key)) or ""
    if name.startswith("temperature") and _ends_with_treatment(text[: key.start()]):
        raise RefusedQualifierError(
            f"{text[key.start() :].strip()!r} may be of the treatment before it",
            "leave the treatment out, and write the temperature of the measurement as T=60",
        )


def _is_ratio(key: re.Match[str], text: str) -> bool:
    """Tell ``Li2S - P2S5 = 75:25``, where no key stands before the sign."""
    named = canonical_key(_key_name(key)) is not None
    return not named and _RATIO.match(text, key.end()) is not None


def _without_open_end(value: str) -> str:
    """Take off the end of a bracket that began before the key."""
    for opening, closing in ("()", "[]", "{}"):
        if value.endswith(closing) and opening not in value:
            return value[:-1].rstrip(" ,;|")
    return value


def take_bare(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``298 K``, ``glass`` and ``cubic`` from the end of a text, each once."""
    pairs: list[tuple[str, str]] = []
    while True:
        text = text.rstrip()
        closed = text.endswith(")") and "(" in text
        before, bracket, inside = text.rpartition("(") if closed else (text, "", "")
        pair = condition(inside[:-1].strip()) if bracket and before.strip() else None
        if pair is None:
            found = _bare_at_end(text)
            if found is None:
                return text, pairs
            before, pair = found
        if any(pair[0] == taken for taken, _ in pairs):
            if pair[0] == "temperature":
                raise RefusedQualifierError(
                    f"{pair[1]!r} is a second temperature", "leave all but the measurement's out"
                )
            return text, pairs
        pairs.append(pair)
        text = _JOINING.sub("", before.rstrip(" ,;|@"))


def _bare_at_end(text: str) -> tuple[str, tuple[str, str]] | None:
    tail = text[-_TAIL:]
    symbol = _SPACE_GROUP.search(tail)
    found = symbol or _BARE_TEMPERATURE.search(tail) or _BARE_WORD.search(tail)
    if found is None:
        return None
    pair = space_group(found[1]) if symbol else condition(found[1])
    return None if pair is None else (text[: len(text) - len(tail) + found.start()], pair)


def space_group(symbol: str) -> tuple[str, str] | None:
    """Read a space group that needs no key; None where it is none."""
    try:
        space_group_number(symbol)
    except RefusedInputError:
        return None
    return "space_group", symbol


def condition(written: str) -> tuple[str, str] | None:
    """Read a condition that needs no key, such as ``27 °C`` or ``cubic``; None where it is none."""
    if len(written) > _TAIL:
        return None
    written = _AT.sub("", written, count=1) if _AT.match(written) else written
    word = written.lower()
    if re.fullmatch(_TEMPERATURE, written) or word in AT_ROOM:
        return "temperature", written.translate(_MINUS)
    if _FORM_WORD.fullmatch(word):
        if word in ("bulk", "total"):
            return "conductivity_kind", word
        return "form", "glass-ceramic" if "ceramic" in word else word.split()[-1]
    if re.fullmatch(_REMARK_WORD, word):
        return REMARK, written
    return (PHASE, word) if _PHASE_WORD.fullmatch(word) else None
