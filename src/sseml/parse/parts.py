"""The parts of a mixture in mol: refused where it is not clear how much there is of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sseml.parse.charge import CHARGE_TOLERANCE, charge_imbalance, is_salt
from sseml.parse.tokens import DOT, SIGN, Token, TokenStream

_MOLECULES_OF = frozenset("CHNO")
"""Elements of what crystallises with a salt one to one: H2O, NH3, CH3OH."""

_LIKE_A_PERCENTAGE = 10.0
_OPENING = frozenset("([{")


class Part(NamedTuple):
    """One part of a mixture, as it stands in the text, and the separator before it."""

    coefficient: float | None
    amounts: Mapping[str, float]
    started: Token
    text: str
    separator: Token | None


def are_percentages(parts: Sequence[Part]) -> bool:
    """Tell whether the coefficients of all parts add up to 100: percentages, of one mol in all."""
    coefficients = [part.coefficient for part in parts if part.coefficient is not None]
    return len(coefficients) == len(parts) > 1 and abs(sum(coefficients) - 100.0) <= 1.0


def is_adduct(parts: Sequence[Part]) -> bool:
    """Tell whether molecules are bound to one formula, whose amounts stay: ``Li3InCl6·0.5H2O``."""
    return parts[0].coefficient is None and all(
        part.separator is not None
        and part.separator.kind == DOT
        and part.amounts.keys() <= _MOLECULES_OF
        for part in parts[1:]
    )


def refuse_unclear_ratio(stream: TokenStream, parts: Sequence[Part], *, in_bracket: bool) -> None:
    """Refuse parts whose amounts are not said: ``Li-La-Zr-O``, ``Li2S-P2S5``, ``Al-Li7La3Zr2O12``.

    A molecule is bound one to one (``LiCl·H2O``), and so are whole compounds with a plus and
    blanks between them (``LiCl + AlCl3``), in brackets (``0.6(SiS2-Li2S)-0.4LiCl``) or each a
    mixture of its own.
    """
    bare = [part for part in parts if part.coefficient is None]
    alone = [part for part in bare if part.text in part.amounts]
    _refuse_charges(stream, parts)
    if len(alone) == len(parts):
        raise stream.refusal(
            f"{stream.text!r} names the elements of a chemical system and no amounts, beginning",
            "write the formula of one compound of it",
            alone[0].started,
        )
    if alone:
        raise stream.refusal(
            f"how much {alone[0].text} there is, is not said",
            f"write the formula of the {alone[0].text}-containing material with its amounts",
            alone[0].started,
        )
    if len(bare) == len(parts):
        if not in_bracket:
            _refuse_no_ratio(stream, parts)
    elif bare and _holds_percentages(parts):
        _refuse_label(stream, parts[-1])
        raise stream.refusal(
            f"{bare[0].text!r} has no coefficient, and the other parts have percentages",
            "write a coefficient before each part, such as 75Li2S-25P2S5",
            bare[0].started,
        )


def _refuse_charges(stream: TokenStream, parts: Sequence[Part]) -> None:
    """Refuse ``Li3Y3+Cl6`` and ``LiCo3+O2``, where the plus is a charge."""
    if not any(part.separator and part.separator.text == "+" for part in parts):
        return
    for part in parts:
        whole = part.coefficient is not None or _is_compound(part.amounts)
        if not whole:
            plus = next(p.separator for p in parts if p.separator and p.separator.text == "+")
            raise stream.refusal(
                f"'+' looks like a charge, as {part.text!r} is no compound",
                "write the neutral formula without charges",
                plus,
            )


def _is_compound(amounts: Mapping[str, float]) -> bool:
    return is_salt(amounts) and charge_imbalance(amounts) <= CHARGE_TOLERANCE


def _refuse_no_ratio(stream: TokenStream, parts: Sequence[Part]) -> None:
    pluses = [part.separator for part in parts if part.separator]
    added = all(sign.text == "+" and sign.spaced for sign in pluses)
    mixtures = all(part.started.text in _OPENING and "-" in part.text for part in parts)
    if added or mixtures or any(_is_molecule(part) for part in parts[1:]):
        return
    raise stream.refusal(
        f"{' and '.join(part.text for part in parts)} are named without their amounts",
        "write a coefficient before each part, such as 75Li2S-25P2S5; as much of each is"
        f" {'-'.join(f'1{part.text}' for part in parts)}",
        parts[0].started,
    )


def _is_molecule(part: Part) -> bool:
    """Tell ``LiCl·H2O`` from ``Li3PS4-C2``, which is a label."""
    return len(part.amounts) > 1 and part.amounts.keys() <= _MOLECULES_OF


def _refuse_label(stream: TokenStream, last: Part) -> None:
    """Refuse ``Li6PS5Cl-550C``, which names a treatment."""
    if last.separator and last.amounts.keys() <= {"C", "K", "H"}:
        before = stream.text[: last.separator.position].strip()
        label = stream.text[last.separator.position :]
        raise stream.refusal(
            f"{label!r} looks like a label", f"leave it out: write {before}", last.separator
        )


def _holds_percentages(parts: Sequence[Part]) -> bool:
    """Tell ``Li2S-25P2S5`` from ``LiTi2(PO4)3-0.2Li2O`` and ``LiI·12H2O``."""
    joined = any(part.separator and part.separator.kind == SIGN for part in parts)
    return joined and sum(part.coefficient or 0.0 for part in parts) >= _LIKE_A_PERCENTAGE
