"""What one raw row means on its own: text to numbers, formula to composition, or why not."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

from sseml.curation.numbers import Quantity, read_conductivity, read_float, read_quantity
from sseml.curation.papers import articles_first, paper_year, stated_reference
from sseml.curation.plausible import cell_volume, is_possible
from sseml.curation.rows import Draft, Dropped, RawMeasurement, Upstream
from sseml.parse.charge import CHARGE_TOLERANCE, charge_imbalance
from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.parse.mixture import refuse_polymer
from sseml.records import Composition, RefusedInputError

_TABLE = "misprints.csv"

_ZERO_AS_LETTER = re.compile(r"(?<=La|Li)o(?=\.\d)")
_BARE_LITHIUM = re.compile(r"(?<=\d)Li2(?=-\d*\.?\d+SiS2)")
_SHORT_TITANIUM = re.compile(
    r"Li(?P<li>[\d.]*)(?:(?P<metal>Al|Cr|Fe)(?P<x>[\d.]+))?Ti(?P<ti>[\d.]*)\(PO4\)3"
)
_SHORT_LITHIUM = re.compile(r"Li6P(?P<p>0\.\d+)Ge(?P<ge>0\.\d+)S5I")
_WRAPPING_QUOTES = re.compile(r'^"+|"+$')
_PHASE_PREFIX = re.compile(r"^(?:[αβγδ]|r)-(?=[A-Z(])")
_SAME_AMOUNT = 1e-9


def corrected_formula(source: str, formula: str) -> tuple[str, bool]:
    """The formula meant, and whether it differs from the printed one, quotes and phase left aside.

    A misprint is known for one source, not in general.
    """
    plain = _without_decoration(formula)
    meant = _misprints().get((source, plain), plain)
    if source == "laskowski":
        meant = _BARE_LITHIUM.sub("Li2S", _ZERO_AS_LETTER.sub("0", meant).replace("(P04)", "(PO4)"))
        meant = _with_lithium(_with_titanium(meant))
    return meant, meant != plain


@cache
def _misprints() -> dict[tuple[str, str], str]:
    """Source and formula as reported → formula meant."""
    text = files("sseml.curation").joinpath(_TABLE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["source"], row["formula_reported"]): row["formula"] for row in rows}


def _without_decoration(formula: str) -> str:
    """Drop quotes around a formula, soft hyphens, phase prefixes (β-) and doubled blanks."""
    plain = _WRAPPING_QUOTES.sub("", formula.strip()).replace("\u00ad", "")
    return " ".join(_PHASE_PREFIX.sub("", plain).split())


def _with_titanium(formula: str) -> str:
    """Give LiTi2(PO4)3-type formulas back the titanium atom that Laskowski's rows 391-405 lack.

    ``Li1.3Al0.3Ti0.7(PO4)3`` is four charges short; Li1+xMxTi2-x(PO4)3 was meant.
    """
    match = _SHORT_TITANIUM.fullmatch(formula)
    if match is None:
        return formula
    x, titanium = float(match["x"] or 0.0), float(match["ti"] or 1.0)
    if abs(x + titanium - 1.0) > _SAME_AMOUNT:
        return formula
    metal = f"{match['metal']}{match['x']}" if match["metal"] else ""
    return f"Li{match['li']}{metal}Ti{titanium + 1.0:g}(PO4)3"


def _with_lithium(formula: str) -> str:
    """Give Li6P(1-x)Ge(x)S5I the x lithium that Laskowski's rows 494-502 lack.

    Germanium for phosphorus takes one lithium along; OBELiX prints the same series with it.
    """
    match = _SHORT_LITHIUM.fullmatch(formula)
    if match is None or abs(float(match["p"]) + float(match["ge"]) - 1.0) > _SAME_AMOUNT:
        return formula
    return f"Li{6.0 + float(match['ge']):g}P{match['p']}Ge{match['ge']}S5I"


_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_WEIGHT_PERCENT = re.compile(r"wt\.?\s*%", re.IGNORECASE)
_ELEMENT_BY_MASS = re.compile(r"wt\.?\s*%\s*[A-Z][a-z]?$")
_IODIDE_ON_ALUMINA = re.compile(r"LiI-[\d.]*Al2O3$")
_AMOUNT_MISMATCH = 0.02


def read_value(raw: Upstream) -> tuple[Quantity, float] | Dropped:
    """Conductivity and temperature of an upstream row, or the rule that keeps it out."""
    if raw.unusable is not None:
        return Dropped(raw, raw.unusable)
    quantity = read_conductivity(raw.conductivity)
    if quantity is None:
        known = read_quantity(raw.conductivity) is not None
        reason = "impossible_conductivity" if known else "no_conductivity"
        return Dropped(raw, reason, raw.conductivity)
    temperature_C = read_float(raw.temperature_C)
    if temperature_C is None:
        return Dropped(raw, "no_temperature", raw.temperature_C)
    return quantity, temperature_C


def interpret(raw: RawMeasurement) -> Draft | Dropped:
    """Turn one upstream row into a draft measurement, or say which rule keeps it out.

    Reasons of `Dropped`: the raw row's own, ``no_conductivity``, ``impossible_conductivity``,
    ``no_temperature``, ``no_amounts``, ``polymer``, ``unparsed_formula``, ``no_lithium``.
    """
    value = read_value(raw)
    if isinstance(value, Dropped):
        return value
    quantity, temperature_C = value
    formula, corrected = corrected_formula(raw.source, raw.formula)
    composition = _composition(raw, formula)
    if isinstance(composition, Dropped):
        return composition
    dois = read_dois(raw.doi)
    draft = Draft(
        raw=raw,
        composition=composition,
        sigma_S_cm=quantity.value,
        relation=quantity.relation,
        temperature_C=temperature_C,
        activation_energy_eV=read_float(raw.activation_energy_eV),
        space_group_number=read_space_group(raw.space_group),
        dois=dois,
        reference=stated_reference(raw.source, raw.source_id, raw.reference),
        year=int(raw.year) if raw.year else paper_year(dois),
        flags=set(raw.flags),
    )
    if quantity.corrected:
        draft.flags.add("corrected_value")
    if corrected:
        draft.flags.add("corrected_formula")
    if is_composite(formula):
        draft.flags.add("composite")
    if charge_imbalance(composition.amounts) > CHARGE_TOLERANCE:
        draft.flags.add("charge_imbalance")
    _read_lattice(draft)
    return draft


def _composition(raw: RawMeasurement, formula: str) -> Composition | Dropped:
    if lacks_amounts(formula):
        return Dropped(raw, "no_amounts", raw.formula)
    try:
        refuse_polymer(formula)
    except RefusedInputError as error:
        return Dropped(raw, "polymer", error.reason)
    try:
        composition = parse_material(formula)
    except RefusedInputError as error:
        return Dropped(raw, "unparsed_formula", error.reason)
    if "Li" not in composition.amounts:
        return Dropped(raw, "no_lithium", composition.formula)
    return composition


def is_composite(formula: str) -> bool:
    """Tell whether a formula names two phases side by side: a compound added by mass, LiI on Al2O3.

    An element added by mass (``Li7La3Zr2O12-0.9wt% Al``) is a dopant, not a phase.
    """
    by_mass = _WEIGHT_PERCENT.search(formula) and not _ELEMENT_BY_MASS.search(formula)
    return bool(by_mass or _IODIDE_ON_ALUMINA.search(formula))


def lacks_amounts(formula: str) -> bool:
    """Tell whether a mixture names its components without amounts: ``Li2S*P2S5``, not a hydrate."""
    parts = [part.strip() for part in formula.split("*")]
    starred = len(parts) > 1 and not any("H2O" in part for part in parts)
    return starred and not any(part[:1].isdigit() or part[:1] == "." for part in parts)


def read_space_group(text: str) -> int | None:
    """Read an international space-group number; None outside 1-230."""
    number = read_float(text)
    if number is None or number != int(number) or not 1 <= number <= 230:
        return None
    return int(number)


def read_dois(text: str) -> tuple[str, ...]:
    """Read DOIs joined by ``|``: lower case, without a resolver's address; other text is no DOI.

    Those of articles come first, before abstract services and covers.
    """
    candidates = (_DOI_PREFIX.sub("", part.strip()).lower() for part in text.split("|"))
    return articles_first(dict.fromkeys(doi for doi in candidates if _DOI.fullmatch(doi)))


def _read_lattice(draft: Draft) -> None:
    numbers = [read_float(text) for text in draft.raw.lattice]
    lattice = tuple(number for number in numbers if number is not None)
    if len(lattice) != 6:
        return
    volume, atoms = cell_volume(lattice), _atoms_per_cell(draft)
    if volume and atoms and is_possible(volume / atoms, draft.composition.amounts):
        draft.lattice, draft.volume_per_atom_A3 = lattice, volume / atoms
    else:
        draft.flags.add("lattice_dropped")


def _atoms_per_cell(draft: Draft) -> float | None:
    """Atoms in the cell: its stated content where it fits the formula, else formula units."""
    formula_units = read_float(draft.raw.formula_units)
    atoms = sum(draft.composition.amounts.values())
    from_units = atoms * formula_units if formula_units else None
    try:
        stated = sum(parse_formula(draft.raw.cell_content).amounts.values())
    except RefusedInputError:
        return from_units
    if from_units is not None and abs(stated / from_units - 1.0) > _AMOUNT_MISMATCH:
        draft.flags.add("cell_content_mismatch")
        return from_units
    return stated
