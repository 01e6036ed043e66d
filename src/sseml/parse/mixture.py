"""Mixtures by mass or by percentage become mol; polymers and structures are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sseml.parse.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import composition
from sseml.records import Composition, RefusedInputError, UnsupportedMaterialError

_PERCENT = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s*(wt|mass|weight|mol|mole|at|vol)?\.?\s*-?\s*%\s*"
)
_BY_MASS = {"wt", "mass", "weight"}
_BY_AMOUNT = {"mol", "mole"}
_POLYMER = re.compile(
    r"(?<![A-Za-z0-9])(?:P?\(?PEO|PEGDA|PEGDME|PEGMA|PEG|PVDF|P\(VDF|PAN|PMMA|PPC|PEC|PVC|PVA|PVP"
    r"|PDMS|PTFE|PTMC|PCL|PVCA|PEI|PBI|TEGDMA|ETPTA|NBR|SEO|PPO|PEMO|PolyIL|PIL|LiTFSI|LiFSI|LiBETI"
    r"|LiDFOB|LiBOB|LiOTf|LiTDI|SBR|COF|MOF|UiO)(?![a-z])"
    r"|EO\s*:\s*Li|\b[Pp]oly\s?[-(]?[a-z]+|ionic liquid|\[\*\]"
    r"|\b(?:peo|peg|pegda|pvdf|pan|pmma|ptfe|pdms|ppc|pec|litfsi|lifsi)\b",
)
_STRUCTURE = re.compile(
    r"\.(?:m?cif|vasp|poscar|xyz|pdb|res|json|zip|(?:cif|json)\.gz)$|(?:^|/)(?:POSCAR|CONTCAR)"
    r"|^(?:mp|mvc|icsd|cod|csd)[- #]{1,3}\d+$",
    re.IGNORECASE,
)


def refuse_polymer(text: str) -> None:
    """Refuse a text that names a polymer, a polymer salt or a polymer composite.

    Raises
    ------
    UnsupportedMaterialError
        If it does; the message quotes the word.
    """
    if found := _POLYMER.search(text):
        raise UnsupportedMaterialError(
            f"{found.group()!r} in {text!r} belongs to a polymer or a polymer composite, which the"
            " composition model of this release does not answer",
            "write the formula of the inorganic solid alone",
        )


def refuse_structure(text: str) -> None:
    """Refuse a text that names a structure file or an entry of a structure database.

    Raises
    ------
    UnsupportedMaterialError
        If it does.
    """
    if _STRUCTURE.search(text):
        raise UnsupportedMaterialError(
            f"{text!r} names a crystal structure, which is not opened here",
            "`sseml predict` and `sseml.predict` read .cif, POSCAR and pymatgen .json; else write"
            " the formula, with space_group= if you know it",
        )


def read_percentages(
    text: str, read_part: Callable[[str], Composition], read_in_mol: Callable[[str], Composition]
) -> Composition | None:
    """Read a mixture with percentages; None where the text holds none.

    The percentages are of the whole mixture; one part may stand without and is the rest.

    Parameters
    ----------
    text
        Such as ``Li3PS4 - 10 wt% Al2O3`` or ``75 mol% Li2S - 25 mol% P2S5``.
    read_part
        How to read the name or formula of one part.
    read_in_mol
        How to read a mixture that has a coefficient before each part.

    Raises
    ------
    RefusedInputError
        If the percentages are of volume, do not add up to 100 or are of several sorts.
    """
    marks = list(_PERCENT.finditer(text))
    if not marks:
        return None
    by_mass = _is_by_mass(marks, text)
    parts: list[tuple[float | None, str]] = []
    if before := text[: marks[0].start()].strip(" -+·*,").removesuffix(" with"):
        parts.append((None, before))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        written = text[mark.end() : end].strip(" +·*,").removesuffix("-").strip()
        if not written:
            raise RefusedInputError(
                f"no formula follows {mark.group().strip()!r} in {text!r}",
                "write A - 10 wt% B",
            )
        parts.append((float(mark.group(1)), written))
    shares = _shares(text, parts)
    if not by_mass:
        _refuse_element(text, shares)
    if by_mass:
        return _mix_by_mass([(share, read_part(part)) for share, part in shares])
    return read_in_mol("-".join(f"{share:.12g}({part})" for share, part in shares))


def _refuse_element(text: str, shares: list[tuple[float, str]]) -> None:
    """Refuse ``LLZO + 0.5 mol% Al``: what the atoms take the place of is not said."""
    for _, part in shares:
        if part in MOLAR_MASS_G_MOL:
            raise RefusedInputError(
                f"how much {part} there is in a formula unit, is not said in {text!r}",
                f"write the formula of the {part}-containing material with its amounts",
            )


def _is_by_mass(marks: list[re.Match[str]], text: str) -> bool:
    units = {mark.group(2) for mark in marks}
    if units <= _BY_MASS:
        return True
    if units <= _BY_AMOUNT:
        return False
    if "vol" in units:
        raise RefusedInputError(
            f"volume percentages in {text!r} cannot be converted without densities",
            "write wt% or mol%",
        )
    raise RefusedInputError(
        f"the percentages in {text!r} are neither all by mass nor all in mol",
        "write wt% or mol% throughout",
    )


def _shares(text: str, parts: list[tuple[float | None, str]]) -> list[tuple[float, str]]:
    """The percentage of every part; that of one may be the rest."""
    stated = sum(percent for percent, _ in parts if percent is not None)
    if any(percent == 0 for percent, _ in parts):
        raise RefusedInputError(f"a percentage in {text!r} is zero", "leave that part out")
    has_rest = any(percent is None for percent, _ in parts)
    if stated >= 100 if has_rest else abs(stated - 100) > 1:
        raise RefusedInputError(
            f"the percentages in {text!r} add up to {stated:g}",
            "let them add up to 100, or leave out the percentage of the main part",
        )
    return [(100 - stated if percent is None else percent, written) for percent, written in parts]


def _mix_by_mass(parts: list[tuple[float, Composition]]) -> Composition:
    """Per formula unit of the first part, which keeps its amounts readable."""
    total: dict[str, float] = {}
    first_mol = 0.0
    for share, part in parts:
        mol = share / molar_mass_g_mol(part.amounts)
        first_mol = first_mol or mol
        for symbol, amount in part.amounts.items():
            total[symbol] = total.get(symbol, 0.0) + mol * amount
    return composition({symbol: amount / first_mol for symbol, amount in total.items()})


def molar_mass_g_mol(amounts: Mapping[str, float]) -> float:
    """Molar mass of one formula unit in g/mol.

    Examples
    --------
    >>> round(molar_mass_g_mol({"Li": 3.0, "P": 1.0, "S": 4.0}), 2)
    180.06
    """
    return sum(MOLAR_MASS_G_MOL[symbol] * amount for symbol, amount in amounts.items())
