"""Mixtures by ratio, mass or percentage become mol; polymers and structures are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import composition
from sseml.parse.names import lookup
from sseml.patterns import late
from sseml.records import Composition, RefusedInputError, UnsupportedMaterialError

_LONGEST_RATIO = 80
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_RATIO = late(
    rf"(?P<before>[A-Za-z ]{{0,20}}?):? ?(?P<numbers>{_NUMBER}(?: ?[:/-] ?{_NUMBER})+)"
    r"(?P<after>[A-Za-z%./ -]{0,20})"
)
_PERCENTAGE = late(
    rf"(?P<number>{_NUMBER}) ?(?P<unit>[a-z]{{0,6}})\.?[ -]?%(?: (?P<of>\S{{1,60}}))?"
)
_UNIT_ALONE = late(r"(?:in )?(?P<unit>mol|mole|molar|wt|mass|weight)\.?[ -]?(?:%|ratio)?")
_SAID_OF_MOL = frozenset(("", "mol", "mole", "molar", "ratio", "in", "by", "%"))
_SAID_OF_MASS = frozenset(("wt", "mass", "weight", "w/w"))
_PART_WITH_AMOUNT = late(rf"(?P<amount>{_NUMBER}) ?(?P<part>[A-Za-z(\[{{].*)")
_BEHIND = late(
    rf"(?P<part>[A-Z][A-Za-z\d.]{{2,60}})"
    rf"(?: ?\((?P<amount>{_NUMBER}) ?(?P<unit>(?:mol|mole|wt|mass)?\.?[ -]?%)?\)"
    rf"| (?P<bare>{_NUMBER}) ?(?P<bare_unit>(?:mol|mole|wt|mass)?\.?[ -]?%))"
    r"(?: ?[-+:,/·;] ?| |$)"
)
"""One part with its amount behind it, and the sign or blank before the next."""

_UNIT_BEHIND = late(r"(?:mol|mole|molar|wt|mass|weight)\.?[ -]?%")

_PERCENT = late(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(wt|mass|weight|mol|mole|at|vol)?\.?\s*-?\s*%\s*")
_BY_MASS = {"wt", "mass", "weight"}
_BY_AMOUNT = {"mol", "mole"}
_POLYMER = late(
    r"(?<![A-Za-z0-9])(?:P?\(?PEO|PEGDA|PEGDME|PEGMA|PEG|PVDF|P\(VDF|PAN|PMMA|PPC|PEC|PVC|PVA|PVP"
    r"|PDMS|PTFE|PTMC|PCL|PVCA|PEI|PBI|TEGDMA|ETPTA|NBR|SEO|PPO|PEMO|PolyIL|PIL|LiTFSI|LiFSI|LiBETI"
    r"|LiDFOB|LiBOB|LiOTf|LiTDI|SBR|COF|MOF|UiO)(?![a-z])"
    r"|EO\s*:\s*Li|\b[Pp]oly\s?[-(]?[a-z]+|ionic liquid|\[\*\]"
    r"|\b(?:peo|peg|pegda|pvdf|pan|pmma|ptfe|pdms|ppc|pec|litfsi|lifsi)\b",
)
_STRUCTURE = late(
    r"\.(?:m?cif|vasp|poscar|xyz|pdb|res|json|zip|(?:cif|json)\.gz)$|(?:^|/)(?:POSCAR|CONTCAR)"
    r"|^(?:mp|mvc|icsd|cod|csd)[- #]{1,3}\d+$",
    re.IGNORECASE,
)


def with_ratio_in_front(text: str) -> str:
    """Write a mixture with a coefficient before each part; any other text stays as it is.

    ``Li2S:P2S5 = 75:25`` becomes ``75(Li2S)-25(P2S5)``, and ``Li2S-P2S5 (75/25 wt%)`` becomes
    ``75 wt% Li2S - 25 wt% P2S5``. A ratio of as many numbers as there are parts is needed.
    """
    if mixed := _amounts_in_front(text):
        return mixed
    head, ratio = _taken_apart(text)
    read = _read_ratio(ratio) if ratio else None
    if read is None:
        return _with_dashes(text)
    head = _with_dashes(head)
    numbers, by_mass, first = read
    parts = _parts(head)
    if not numbers:  # of 75Li2S-25P2S5 (wt%): coefficients are there, and only their unit is said
        pairs = _with_amounts(parts)
        return _mixed(pairs, by_mass=True) if by_mass and pairs else head
    if len(numbers) == 1 and len(parts) == 2 and float(numbers[0]) < 100:
        rest = f"{100 - float(numbers[0]):.10g}"
        numbers = [rest, *numbers] if first == parts[1] else [*numbers, rest]
    if len(parts) == len(numbers) == 1 and first:
        return f"{head} - {numbers[0]} {'wt' if by_mass else 'mol'}% {first}"
    if len(parts) < 2 and "-" in ratio:
        return text
    if len(numbers) != len(parts) or len(parts) < 2:
        raise RefusedInputError(
            f"the ratio {ratio!r} has {len(numbers)} numbers, and {head!r} has {len(parts)} parts",
            "write a coefficient before each part, such as 75Li2S-25P2S5",
        )
    return _mixed(zip(numbers, parts, strict=True), by_mass=by_mass)


def _taken_apart(text: str) -> tuple[str, str]:
    """Split off what may be a ratio: in the last bracket, behind an equals sign or a blank."""
    if text.endswith((")", "]")):
        head, _, ratio = text[:-1].rpartition("(" if text.endswith(")") else "[")
    elif "=" in text:
        head, _, ratio = text.rpartition("=")
    else:
        head, _, ratio = text.rpartition(" ")
        is_unit = _UNIT_BEHIND.fullmatch(ratio) is not None
        if is_unit and not _with_amounts(_parts(head)):
            head, _, numbers = head.rpartition(" ")
            is_unit, ratio = False, f"{numbers} {ratio}"
        if not is_unit and not _RATIO.fullmatch(ratio):
            return text, ""
    head, ratio = head.strip(), ratio.strip()
    return (head, ratio) if head and len(ratio) <= _LONGEST_RATIO else (text, "")


def _read_ratio(ratio: str) -> tuple[list[str], bool, str] | None:
    """Numbers, whether by mass, and the part that a single percentage is of."""
    if found := _UNIT_ALONE.fullmatch(ratio):
        return [], found["unit"] in _SAID_OF_MASS, ""
    if found := _PERCENTAGE.fullmatch(ratio):
        if found["unit"] not in _SAID_OF_MOL | _SAID_OF_MASS:
            return None
        return [found["number"]], found["unit"] in _SAID_OF_MASS, found["of"] or ""
    found = _RATIO.fullmatch(ratio)
    if found is None:
        return None
    words = f"{found['before']} {found['after'].replace('%', ' % ')}".casefold()
    said = {word.strip(".-") for word in words.split()}
    if not said <= _SAID_OF_MOL | _SAID_OF_MASS:
        return None
    return re.split(" ?[:/-] ?", found["numbers"]), bool(said & _SAID_OF_MASS), ""


def _parts(head: str) -> list[str]:
    """Split at the signs between parts, outside brackets."""
    parts, depth, begun = [], 0, 0
    for position, character in enumerate(head):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in "+-:/·*":
            parts.append(head[begun:position])
            begun = position + 1
    return [part.strip() for part in (*parts, head[begun:]) if part.strip()]


def _with_amounts(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Amount and formula of each of several parts; empty where one has no amount."""
    found = [match for part in parts if (match := _PART_WITH_AMOUNT.fullmatch(part))]
    if len(found) < max(len(parts), 2):
        return []
    return [(match["amount"], match["part"]) for match in found]


def _amounts_in_front(text: str) -> str:
    """Read ``Li2S(75)-P2S5(25)``, ``Li2S (80 mol%) - P2S5 (20 mol%)``; empty where it is none."""
    found, end = [], 0
    while end < len(text):
        match = _BEHIND.match(text, end)
        if match is None:
            return ""
        found.append(match)
        end = match.end()
    units = {(match["unit"] or match["bare_unit"] or "").strip(" -.%") for match in found}
    percent = {bool(match["unit"] or match["bare_unit"]) for match in found}
    if len(found) < 2 or len(units) > 1 or len(percent) > 1:
        return ""
    pairs = [(match["amount"] or match["bare"], match["part"]) for match in found]
    if percent == {True} and units <= {"", "mol", "mole"}:
        return " - ".join(f"{number} mol% {part}" for number, part in pairs)
    return _mixed(pairs, by_mass=units <= {"wt", "mass"})


def _with_dashes(text: str) -> str:
    """Read ``75Li2S:25P2S5`` with dashes between its parts, each of which has a coefficient."""
    parts = [part.strip() for part in text.split(":")]
    pairs = _with_amounts(parts)
    return "-".join(parts) if pairs and all(len(part) > 2 for _, part in pairs) else text


def _mixed(pairs: Iterable[tuple[str, str]], *, by_mass: bool) -> str:
    """Write amounts and formulas or names as a mixture by mass or in mol."""
    formulas = [(n, entry.formula if (entry := lookup(part)) else part) for n, part in pairs]
    if by_mass:
        return " - ".join(f"{number} wt% {formula}" for number, formula in formulas)
    return "-".join(f"{number}({formula})" for number, formula in formulas)


def refuse_polymer(text: str) -> None:
    """Refuse a text that names a polymer, a polymer salt or a polymer composite."""
    if found := _POLYMER.search(text):
        raise UnsupportedMaterialError(
            f"{found.group()!r} in {text!r} belongs to a polymer or a polymer composite, which has"
            " no composition",
            "write the formula of the inorganic solid alone",
        )


def names_polymer(text: str) -> bool:
    """Tell whether a text names a polymer, a polymer salt or a polymer composite."""
    return _POLYMER.search(text) is not None


def names_structure(text: str) -> bool:
    """Tell whether a text names a structure file or an entry of a structure database."""
    return _STRUCTURE.search(text) is not None


def refuse_structure(text: str) -> None:
    """Refuse a text that names a structure file or an entry of a structure database."""
    if names_structure(text):
        raise UnsupportedMaterialError(
            f"{text!r} names a crystal structure, which is not opened here",
            "`sseml predict` and `sseml.predict` read .cif, POSCAR and pymatgen .json; else write"
            " the formula, with space_group= if you know it",
        )


def read_percentages(
    text: str, read_part: Callable[[str], Composition], read_in_mol: Callable[[str], Composition]
) -> Composition | None:
    """Read ``Li3PS4 - 10 wt% Al2O3`` or ``75 mol% Li2S - 25 mol% P2S5``; None without percentages.

    They are of the whole mixture; one part may stand without and is the rest. `read_part` reads one
    part, and `read_in_mol` a mixture with a coefficient before each part.
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
    if by_mass:
        return _mix_by_mass([(share, read_part(part)) for share, part in shares])
    for _, part in shares:
        if part in MOLAR_MASS_G_MOL:  # of LLZO + 0.5 mol% Al: what it takes the place of is open
            raise RefusedInputError(
                f"how much {part} there is in a formula unit, is not said in {text!r}",
                f"write the formula of the {part}-containing material with its amounts",
            )
    return read_in_mol("-".join(f"{share:.12g}({part})" for share, part in shares))


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
    """Molar mass of one formula unit in g/mol."""
    return sum(MOLAR_MASS_G_MOL[symbol] * amount for symbol, amount in amounts.items())
