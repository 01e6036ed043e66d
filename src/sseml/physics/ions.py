"""What the elements of a material are as ions: charge, valence shell and covalent radius."""

from __future__ import annotations

from sseml.physics.charges import balance
from sseml.physics.elements import elements, magpie_table
from sseml.physics.site_energy import Ion
from sseml.physics.slots import pack
from sseml.records import Composition

_COVALENT_RADIUS_PM = 6
"""Column of the Magpie table; values of Cordero and others, doi 10.1039/b801115j."""


def ions_of(material: Composition) -> tuple[dict[str, Ion], float]:
    """Balance a formula, and look up what a site energy needs of each element.

    Parameters
    ----------
    material
        Any material; an element has one charge throughout it, the mean where it has several.

    Returns
    -------
    dict
        Element symbol → ion.
    float
        Charge per atom that no assignment could balance; positive where cations carry too much.
    """
    slots = pack([material])
    balanced, table, magpie = balance(slots), elements(), magpie_table()
    ions = {
        table.symbols[z]: Ion(charge, int(table.period[z]), magpie[z, _COVALENT_RADIUS_PM] / 100)
        for z, charge in zip(slots.number[0].tolist(), balanced.charge[0].tolist(), strict=True)
        if z
    }
    return ions, float(balanced.residue[0])
