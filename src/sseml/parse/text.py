"""One line or table cell, a formula with its conditions, becomes queries or a refusal."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping

from sseml.classes import replace
from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.brackets import without_remarks
from sseml.parse.line import PHASE, REMARK, split_line
from sseml.parse.material import parse_material, with_checked_hint
from sseml.parse.names import lookup
from sseml.parse.normalise import normalise, without_phase
from sseml.parse.plain import plain_material
from sseml.parse.qualifiers import (
    LATTICE,
    MAX_SWEEP_POINTS,
    Qualifiers,
    canonical_key,
    checked_volume,
    close_key,
    with_qualifier,
)
from sseml.parse.recipe_line import names_recipe, require_temperature, split_recipe_line
from sseml.parse.space_groups import find_polymorph, form_of, space_group_symbols
from sseml.records import (
    CONDUCTIVITY_KINDS,
    Composition,
    Query,
    Refusal,
    RefusedInputError,
    RefusedQualifierError,
)

_NO_QUALIFIERS = Qualifiers()
_NO_FACTS = (None,) * 4


def parse_line(
    row: int,
    text: str,
    defaults: Qualifiers = _NO_QUALIFIERS,
    columns: Mapping[str, object] | None = None,
) -> list[Query | Refusal]:
    """Read one electrolyte with its conditions; a sweep gives several queries.

    `text` is such as ``LLZO 298 K space_group=Ia-3d`` or ``La2/3-xLi3xTiO3 x=0:0.16:0.02``, and
    `row` its number, from 1. `defaults` hold where the line says nothing; `columns` are kept.
    """
    kept = dict(columns or {})
    if not isinstance(text, str):  # a missing cell of a data frame
        reason = f"{text!r} is not text"
        return [Refusal(row, str(text), reason, "write a formula", kept, "unreadable_row")]
    if _say_nothing_of_crystals(defaults) and (plain := plain_material(text)) is not None:
        return [_query(row, text, plain, defaults, kept)]
    try:
        if names_recipe(text):
            return [_recipe_query(row, text, defaults, kept)]
        formula, written = _taken_apart(text)
        qualifiers = read_qualifiers(written, defaults)
        points = list(_points(formula, qualifiers, written))
    except RefusedInputError as refusal:
        hint = refusal.suggestion if names_recipe(text) else with_checked_hint(refusal).suggestion
        return [Refusal(row, text, refusal.reason, hint, kept, refusal.code)]

    remarks = [f"({remark}) was not used" for remark in qualifiers.remarks]

    def answer(point: Mapping[str, float]) -> Query | Refusal:
        try:
            material = _with_crystal_facts(parse_material(formula, **point), qualifiers)
            material, notes = _with_phase(material, qualifiers.phase)
        except RefusedInputError as refusal:
            here = ", ".join(f"{name}={value:g}" for name, value in point.items())
            reason = f"{here}: {refusal.reason}" if len(points) > 1 else refusal.reason
            return Refusal(row, text, reason, refusal.suggestion, kept, refusal.code)
        return _query(row, text, material, qualifiers, kept, notes=(*remarks, *notes))

    return [answer(point) for point in points]


def _say_nothing_of_crystals(given: Qualifiers) -> bool:
    """Whether qualifiers leave a material as its formula says, and have nothing to note."""
    facts = given.space_group_number, given.volume_per_atom_A3, given.form, given.phase
    return facts == _NO_FACTS and not given.lattice and not given.remarks


def _query(
    row: int,
    text: str,
    material: Composition,
    qualifiers: Qualifiers,
    columns: Mapping[str, object],
    *,
    notes: tuple[str, ...] = (),
) -> Query:
    return Query(
        row=row,
        input=text,
        material=material,
        temperature_C=qualifiers.temperature_C,
        conductivity_kind=qualifiers.conductivity_kind,
        activation_energy_eV=qualifiers.activation_energy_eV,
        columns=columns,
        notes=notes,
    )


def _recipe_query(
    row: int, text: str, defaults: Qualifiers, columns: Mapping[str, object]
) -> Query:
    """The query of a line that names a polymer; conditions of crystals are not used, and said."""
    from sseml.parse.recipe import read_recipe  # noqa: PLC0415 - start-up: 8 ms

    recipe, written = split_recipe_line(text)
    qualifiers = read_qualifiers(written, defaults)
    reading = read_recipe(recipe)
    require_temperature(qualifiers.temperature_C)
    unused = {
        "space_group": qualifiers.space_group_number is not None,
        "form": qualifiers.form is not None,
        "conductivity_kind": qualifiers.conductivity_kind is not None,
        "activation energy": qualifiers.activation_energy_eV is not None,
        "volume": qualifiers.volume_per_atom_A3 is not None or bool(qualifiers.lattice),
        f"{qualifiers.phase!r}": qualifiers.phase is not None,
    }
    said = [name for name, is_given in unused.items() if is_given]
    notes = [f"not used for a polymer: {', '.join(said)}"] if said else []
    return Query(
        row=row,
        input=text,
        material=reading.material,
        temperature_C=qualifiers.temperature_C,
        columns=columns,
        notes=(*reading.notes, *(f"({r}) was not used" for r in qualifiers.remarks), *notes),
    )


def _taken_apart(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The formula of a line, and what stands before it, behind it and in brackets."""
    formula, written = split_line(text)
    if formula.lstrip(" \"'").startswith("=") or lookup(formula, exact_case=True):
        return formula, written
    formula, said = without_remarks(formula)
    if lookup(formula, exact_case=True):
        return formula, written + said
    plain, phase = without_phase(formula)
    if phase:
        return plain, [*written, *said, (PHASE, phase)]
    return formula, written + said


def read_qualifiers(written: list[tuple[str, str]], defaults: Qualifiers) -> Qualifiers:
    """Add what a line says beside its formula, as `split_line` gives it, to the defaults.

    A key that is unknown or written twice, and a value that its key does not take, are refused.
    """
    qualifiers, seen = defaults, set[str]()
    for name, value in written:
        if name == PHASE:
            qualifiers = replace(qualifiers, phase=value)
            continue
        if name == REMARK:
            qualifiers = replace(qualifiers, remarks=(*qualifiers.remarks, value))
            continue
        _refuse_element_for_letter(name, value)
        key = canonical_key(name)
        if key is None:
            is_old_key = name.casefold() == "kind" and value.casefold() in CONDUCTIVITY_KINDS
            hint = f"write conductivity_kind={value}" if is_old_key else close_key(name)
            raise RefusedQualifierError(f"{name!r} is not a qualifier", hint)
        quantity = key.removesuffix("_K").removesuffix("_C")
        if quantity in seen:
            raise RefusedQualifierError(f"{name!r} is written twice", "leave one out")
        if not value:
            raise RefusedQualifierError(f"{name!r} has no value", f"write {name}=… or leave it out")
        seen.add(quantity)
        qualifiers = with_qualifier(qualifiers, key, value)
    return qualifiers


def _refuse_element_for_letter(name: str, value: str) -> None:
    """Refuse ``Li3OX (X = Cl, Br)``, where a letter stands for elements."""
    elements = re.split("[,;/ ]+", value)
    if name[:1].isupper() and len(name) <= 2 and all(e in MOLAR_MASS_G_MOL for e in elements):
        raise RefusedQualifierError(
            f"{name!r} stands for an element", f"write {value} in its place, one formula a row"
        )


def _points(
    formula: str, qualifiers: Qualifiers, written: list[tuple[str, str]]
) -> Iterator[dict[str, float]]:
    """Give the values of x, y, z for each query, the first variable changing slowest."""
    used = variables_in(formula)
    stated = {canonical_key(name) for name, _ in written}
    if unused := [name for name in qualifiers.sweeps if name in stated and name not in used]:
        raise RefusedQualifierError(
            f"{unused[0]} has a value, but {formula!r} holds no {unused[0]}",
            f"leave {unused[0]} out, or write it in the formula",
        )
    names = [name for name in qualifiers.sweeps if name in used]
    count = math.prod(len(qualifiers.sweeps[name]) for name in names)
    if count > MAX_SWEEP_POINTS:
        raise RefusedQualifierError(
            f"the sweeps make {count} points, more than {MAX_SWEEP_POINTS}", "write larger steps"
        )
    for values in itertools.product(*(qualifiers.sweeps[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def variables_in(formula: str) -> set[str]:
    """Names of the variables x, y, z that a formula text holds."""
    return set("xyz") & set(normalise(formula).replace("Dy", ""))


def _with_phase(material: Composition, phase: str | None) -> tuple[Composition, tuple[str, ...]]:
    """Take a phase word as the space group or form it stands for; say what was not used."""
    if phase is None or material.space_group_number is not None:
        return material, ()
    if material.form is None and (form := form_of(phase)):
        return replace(material, form=form), ()
    known = find_polymorph(material, phase)
    if known is None:
        return material, (
            f"{phase!r} was not used: no space group is listed for it; give space_group if known",
        )
    number = known.space_group_number
    symbol = space_group_symbols()[number]
    note = f"{phase!r} is taken as space group {number} ({symbol}), doi:{known.doi}"
    return replace(material, space_group_number=number), (note,)


def _with_crystal_facts(material: Composition, qualifiers: Qualifiers) -> Composition:
    volume_A3 = qualifiers.volume_per_atom_A3
    if volume_A3 is None and qualifiers.lattice:
        volume_A3 = _volume_per_atom(material, qualifiers)
    return replace(
        material,
        space_group_number=qualifiers.space_group_number,
        volume_per_atom_A3=volume_A3,
        form=qualifiers.form,
    )


def _volume_per_atom(material: Composition, qualifiers: Qualifiers) -> float:
    """Cell volume per atom in Å³ of a whole lattice and the formula units in its cell."""
    lattice, formula_units = qualifiers.lattice, qualifiers.formula_units_per_cell
    missing = [name for name in LATTICE if name not in lattice]
    if missing or formula_units is None:
        raise RefusedQualifierError(
            f"the lattice lacks {', '.join(missing) or 'Z'}",
            "give a, b, c (Å), alpha, beta, gamma (degrees) and Z, or volume_per_atom_A3",
        )
    ca, cb, cg = (math.cos(math.radians(lattice[name])) for name in LATTICE[3:])
    squared = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg
    if squared <= 0 or any(lattice[name] >= 180 for name in LATTICE[3:]):
        raise RefusedQualifierError("the lattice angles enclose no volume", "write them in degrees")
    cell_A3 = lattice["a"] * lattice["b"] * lattice["c"] * math.sqrt(squared)
    atoms = formula_units * sum(material.amounts.values())
    return checked_volume(cell_A3 / atoms, f"a cell of {cell_A3:.4g} Å³ with {atoms:.4g} atoms")
