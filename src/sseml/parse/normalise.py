"""The many ways a formula is typed, pasted or typeset, brought to one plain spelling."""

from __future__ import annotations

import re
import unicodedata

from sseml.parse.names import lookup
from sseml.patterns import late
from sseml.records import RefusedInputError

MAX_LENGTH = 1000
"""Longest text read as one formula, in characters."""

_PLAIN_CHARACTERS = {
    "-": "‐‑‒–—―−﹣－₋",
    "·": "•∙⋅‧・∗⁎✕×⸱",
    "": "\u00ad\u200b\u200c\u200d\u2060\ufeff",
    '"': "“”„«»`",
    "+": "﹢",
    "/": "⁄∕",
    "□": "◻▢☐⬜▯⎕",
}
_CHARACTERS = str.maketrans(
    {typed: plain for plain, many in _PLAIN_CHARACTERS.items() for typed in many}
)
_SUPERSCRIPT_CHARGE = late("[⁺⁻]")
_RAISED_NUMBER = late(r"(?<=[A-Za-z)\]])[⁰¹²³⁴-⁹]+(?![⁺⁻])")
_ISOTOPE = late(
    r"(?:<sup>\s?[67]\s?</sup>|\$?\^\{?[67]\}?\$?|[⁶⁷])(?=Li)|(?<=[(\[])[67](?=Li[)\]])"
)
_HTML_CHARGE = late("<sup>", re.IGNORECASE)
_HTML_TAG = late(r"</?(?:sub|sup|i|b|em|strong|span)\b[^<>]*>", re.IGNORECASE)
_LATEX_WRAPPER = late(
    r"\\(?:mathrm|mathregular|mathit|mathbf|text|textrm|ensuremath|ce)\s*\{([^{}]*)\}|\\rm\b"
)
_LATEX_SUBSCRIPT = late(r"(?:_|\\textsubscript)\s*\{([^{}]*)\}")
_SUBSCRIPT = late(r"_(?=[\dxyz(.])")
_INDEX = late(r"(?<=\d)_\w*|(?<=[A-Za-z)\]}])_(?:1|\d{3,}\s?°?[CK])$")
_INDEX_AMONG_AMOUNTS = late(r"(?<=\d)_\w*|(?<=[A-Za-z)\]}])_\d+(?:\s?°?[CK]|\s?h)?$")
_PLAIN_AMOUNT = late(r"[A-Za-z)\]]\d")
_LATEX_SPACE = late(r"\\[,;:! ]|~")
_PLAIN_NUMBER = late(r"\s*\d+(?:\.\d+)?\s*")
_PHASE_PREFIX = late(
    r"(?:(?i:alpha|beta|gamma|delta|epsilon|cubic|tetragonal|rhombohedral|orthorhombic|monoclinic"
    r"|hexagonal|trigonal|triclinic|amorphous|glassy|crystalline)(?: ?- ?| )"
    r"|(?:[ctrohmagb]|[LHR]T) ?- ?|[α-ω]['′″]{0,3} ?-? ?)(?:phase )?"
)
_WATER = r"(?:H2O|D2O)(?![\d.A-Za-z])"
_HYDRATE_POINT = late(
    rf"(?<=[A-Za-z)\]}}])\.(?=\d*{_WATER})|(?<=[A-Za-z\d)\]}}])\.(?=[xyz]?{_WATER})"
    rf"|(?<=[A-Za-z\d)\]}}])\.(?=\d+\.\d+{_WATER})"
)
_UNCLEAR_POINT = late(rf"(?<=[A-Za-z)\]}}])\d+\.(\d+{_WATER})")
_VACANCY = late(r"Vac(?![a-z])|\[ ?\]")
_GREEK_COMMAND = late(r"\\(alpha|beta|gamma|delta|epsilon)\b\s*")


def normalise(text: str) -> str:
    """Bring Unicode, HTML and LaTeX spellings of a formula to plain characters.

    ``Li₁₊ₓAlₓTi₂₋ₓ(PO₄)₃`` becomes ``Li1+xAlxTi2-x(PO4)3``; a phase prefix is left out.
    """
    return without_phase(text)[0]


def without_phase(text: str) -> tuple[str, str]:
    """As `normalise`, with the phase prefix that was taken off, empty where there was none.

    ``β-Li3PS4`` gives ``Li3PS4`` and ``β-``.
    """
    if len(text) > MAX_LENGTH:
        raise RefusedInputError(
            f"the text is {len(text)} characters long ({text[:40]!r}…), longer than any formula",
            f"write one formula of at most {MAX_LENGTH} characters",
        )
    if "\n" in text.strip():
        raise RefusedInputError("the text runs over several lines", "write one formula a line")
    text = " ".join(_in_plain_characters(text).split()).rstrip(".,;").strip("\"' ")
    phase = ""
    prefix = _PHASE_PREFIX.match(text)
    if prefix and _begins_formula(text[prefix.end() :]):
        phase, text = prefix.group().strip(), text[prefix.end() :]
    if "2O" in text and "." in text:
        text = _with_hydrate_dots(text)
    return text.strip(), phase


def _begins_formula(text: str) -> bool:
    return "A" <= text[:1] <= "Z" or text.startswith(("(", "[", "{")) or lookup(text) is not None


def _in_plain_characters(text: str) -> str:
    if "Li" in text:
        text = _ISOTOPE.sub("", text)
    if not text.isascii():
        if raised := _RAISED_NUMBER.search(text):
            raise RefusedInputError(
                f"the raised {raised.group()!r} in {text!r} may be a footnote, a charge or an"
                " amount",
                "write amounts on the line, and leave footnotes out",
            )
        text = _SUPERSCRIPT_CHARGE.sub("^", text)
        text = unicodedata.normalize("NFKC", text.translate(_CHARACTERS)).translate(_CHARACTERS)
    if "&" in text:
        import html  # noqa: PLC0415 - start-up: 1 ms, few texts hold entities

        text = html.unescape(text).translate(_CHARACTERS)
    if "<" in text:
        text = _HTML_TAG.sub("", _HTML_CHARGE.sub("^", text))
    if "\\" in text or "_" in text or "$" in text:
        text = _from_latex(text)
    return _VACANCY.sub("□", text)


def _with_hydrate_dots(text: str) -> str:
    """Read the point in ``Li2SO4.H2O`` as a hydrate dot; refuse ``Li2SO4.5H2O``."""
    text = _HYDRATE_POINT.sub("·", text)
    if unclear := _UNCLEAR_POINT.search(text):
        water = unclear.group(1)
        raise RefusedInputError(
            f"the point before {water!r} in {text!r} may be a decimal point or a hydrate dot",
            f"write ·{water} for a hydrate: {text[: unclear.start(1) - 1]}·{water}",
        )
    return text


def _from_latex(text: str) -> str:
    text = text.replace("$", "").replace(r"\(", "").replace(r"\)", "")
    text = _LATEX_SPACE.sub(" ", text)
    text = _GREEK_COMMAND.sub(r"\1", text).replace(r"\cdot", "·").replace(r"\times", "·")
    text = text.replace(r"\square", "□").replace(r"\Box", "□")
    has_plain_amounts = _PLAIN_AMOUNT.search(text) is not None
    text = _LATEX_SUBSCRIPT.sub(_subscript, text)
    unwrapped = _LATEX_WRAPPER.sub(r"\1", text)
    while unwrapped != text:
        text, unwrapped = unwrapped, _LATEX_WRAPPER.sub(r"\1", unwrapped)
    if index := (_INDEX_AMONG_AMOUNTS if has_plain_amounts else _INDEX).search(text):
        raise RefusedInputError(
            f"{index.group()!r} in {text!r} may be an index or an amount",
            f"leave the index out: write {text[: index.start()]}",
        )
    return _SUBSCRIPT.sub("", text)


def _subscript(match: re.Match[str]) -> str:
    """Keep a plain number as it is; give an expression its own brackets."""
    content = match.group(1)
    return content.strip() if _PLAIN_NUMBER.fullmatch(content) else f"({content})"
