"""The text of a design space becomes a `Space`, or a refusal before any work."""

from __future__ import annotations

from sseml.parse.line import MAX_LINE_LENGTH
from sseml.screen.doping import names_doping, read_doping
from sseml.screen.neutral import names_elements, read_neutral
from sseml.screen.space import Space, refused
from sseml.screen.spelling import in_plain_signs
from sseml.screen.template import read_template


def read_space(text: str) -> Space:
    """Read a design space.

    Parameters
    ----------
    text
        A sweep, choices in braces, doping, elements, or recipes on a grid:
        ``Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.02``, ``Li3{Y,Er,In,Sc}{Cl,Br}6``,
        ``Li7La3Zr2O12 dope Zr: Ta,Nb,W,Te 0:0.6:0.1``, ``elements Li,P,S,Cl atoms<=12``,
        ``PEO + {LiTFSI,LiFSI}, EO:Li=[8:24:4]``.

    Raises
    ------
    SpaceRefusedError
        If it cannot be read; it names the text, the place, the reason and the fix.

    Examples
    --------
    >>> list(read_space("Li6PS5{Cl,Br,I}"))
    ['Li6PS5Cl', 'Li6PS5Br', 'Li6PS5I']
    """
    if len(text) > MAX_LINE_LENGTH:
        raise refused(
            f"{text[:40]}…", 0, f"it is {len(text)} characters long", "write several spaces"
        )
    plain = in_plain_signs(text)
    if not plain.strip():
        raise refused(text, 0, "it is empty", "write one, such as Li6PS5{Cl,Br,I}")
    if names_elements(plain):
        return read_neutral(plain)
    if names_doping(plain):
        return read_doping(plain)
    return read_template(plain)
