"""A SMILES text becomes atoms and bonds: enough for masses and groups, without a toolkit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.records import RefusedInputError

END = "*"
"""Symbol of the end of a repeat unit."""

_ATOM = re.compile(
    r"\[(?P<isotope>\d*)(?P<symbol>[A-Z][a-z]?|[bcnops]|se|as|\*)(?P<chiral>@{0,2})"
    r"(?:H(?P<hydrogens>\d*))?(?P<charge>[+-]\d*|\++|-+)?(?::\d+)?\]"
    r"|(?P<organic>Cl|Br|[BCNOPSFI]|[bcnops]|\*)"
)
_BOND_ORDERS = {"-": 1.0, "=": 2.0, "#": 3.0, ":": 1.0, "/": 1.0, "\\": 1.0}
_RING = re.compile(r"%(\d\d)|(\d)")
_VALENCES = {
    "B": (3,), "C": (4,), "N": (3, 5), "O": (2,), "P": (3, 5), "S": (2, 4, 6), "F": (1,),
    "Cl": (1,), "Br": (1,), "I": (1,),
}  # fmt: skip


@dataclass(slots=True)
class Atom:
    """An atom with its hydrogens; `neighbours` holds (index, bond order)."""

    symbol: str
    is_aromatic: bool = False
    charge: int = 0
    hydrogens: int | None = None
    """None until the valence is filled."""
    neighbours: list[tuple[int, float]] = field(default_factory=list)


def read_smiles(text: str) -> list[Atom]:
    """Read the atoms of a SMILES or PSMILES.

    Raises
    ------
    RefusedInputError
        If brackets or rings are not closed, or a character is none of SMILES.
    """
    return _Reader(text).read()


class _Reader:
    """Goes through a SMILES once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.atoms: list[Atom] = []
        self.branches: list[int | None] = []
        self.rings: dict[str, tuple[int, float | None]] = {}
        self.previous: int | None = None
        self.order: float | None = None

    def read(self) -> list[Atom]:
        position = 0
        while position < len(self.text):
            position = self._next(position)
        if self.branches or self.rings:
            what = "a bracket" if self.branches else f"the ring {next(iter(self.rings))}"
            raise RefusedInputError(f"{what} of {self.text!r} is never closed", "close it")
        for atom in self.atoms:
            if atom.hydrogens is None:
                atom.hydrogens = _implicit_hydrogens(atom)
        return self.atoms

    def _next(self, position: int) -> int:
        if found := _ATOM.match(self.text, position):
            self.atoms.append(_atom(found))
            if self.previous is not None:
                _bond(self.atoms, self.previous, len(self.atoms) - 1, self.order or 1.0)
            self.previous, self.order = len(self.atoms) - 1, None
            return found.end()
        if self.previous is not None and (ring := _RING.match(self.text, position)):
            self._close_ring(ring[1] or ring[2], self.previous)
            return ring.end()
        self._sign(position)
        return position + 1

    def _sign(self, position: int) -> None:
        character = self.text[position]
        if character == "(":
            self.branches.append(self.previous)
        elif character == ")" and self.branches:
            self.previous = self.branches.pop()
        elif character == ".":
            self.previous = None
        elif character in _BOND_ORDERS:
            self.order = _BOND_ORDERS[character]
        else:
            raise RefusedInputError(
                f"{self.text[position:]!r} in {self.text!r} is no SMILES",
                "check the brackets and symbols",
            )

    def _close_ring(self, label: str, here: int) -> None:
        if label not in self.rings:
            self.rings[label] = (here, self.order)
        else:
            there, opened_as = self.rings.pop(label)
            _bond(self.atoms, there, here, self.order or opened_as or 1.0)
        self.order = None


def _atom(found: re.Match[str]) -> Atom:
    if organic := found["organic"]:
        symbol = organic.upper() if organic.islower() else organic
        return Atom(symbol, organic.islower(), hydrogens=0 if symbol == END else None)
    symbol = found["symbol"].capitalize()
    hydrogens = found["hydrogens"]
    count = 0 if hydrogens is None else int(hydrogens or 1)
    return Atom(symbol, found["symbol"].islower(), _charge(found["charge"] or ""), count)


def _charge(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    return sign * (int(digits) if digits else len(text))


def _bond(atoms: list[Atom], first: int, second: int, order: float) -> None:
    atoms[first].neighbours.append((second, order))
    atoms[second].neighbours.append((first, order))


def _implicit_hydrogens(atom: Atom) -> int:
    bonds = sum(order for _, order in atom.neighbours)
    if atom.is_aromatic:
        return max(0, round(3 - bonds)) if atom.symbol == "C" else 0
    valence = next((v for v in _VALENCES[atom.symbol] if v >= bonds), None)
    return 0 if valence is None else round(valence - bonds)


def molar_mass_g_mol(atoms: list[Atom]) -> float:
    """Molar mass in g/mol; the ends of a repeat unit weigh nothing."""
    return sum(
        (0.0 if atom.symbol == END else MOLAR_MASS_G_MOL[atom.symbol])
        + (atom.hydrogens or 0) * MOLAR_MASS_G_MOL["H"]
        for atom in atoms
    )


def site_counts(atoms: list[Atom]) -> dict[str, int]:
    """What of a repeat unit coordinates lithium: counts of EO, CN, CO, O and N.

    EO are ethylene oxide units, O the ether, hydroxyl and carbonyl oxygen, CO the carbonyl groups,
    CN the nitrile groups, and N amine and pyridine nitrogen. The ends of the unit are joined.
    """
    _join_ends(atoms)
    nitriles = sum(_is_nitrile(atoms, atom) for atom in atoms)
    return {
        "EO": sum(_ethylene_oxides(atoms)),
        "CN": nitriles,
        "CO": sum(map(_is_carbonyl, _carbons(atoms), [atoms] * len(atoms))),
        "O": sum(_is_coordinating_oxygen(atoms, atom) for atom in atoms),
        "N": sum(_is_amine(atoms, atom) for atom in atoms),
    }


def _join_ends(atoms: list[Atom]) -> None:
    ends = [number for number, atom in enumerate(atoms) if atom.symbol == END]
    if len(ends) != 2:
        return
    (first, _), *_ = atoms[ends[0]].neighbours
    (second, _), *_ = atoms[ends[1]].neighbours
    for inner, end in ((first, ends[0]), (second, ends[1])):
        atoms[inner].neighbours = [pair for pair in atoms[inner].neighbours if pair[0] != end]
    _bond(atoms, first, second, 1.0)
    for end in ends:
        atoms[end].neighbours = []


def _carbons(atoms: list[Atom]) -> list[Atom]:
    return [atom for atom in atoms if atom.symbol == "C"]


def _is_carbonyl(carbon: Atom, atoms: list[Atom]) -> bool:
    return any(atoms[n].symbol == "O" and order == 2 for n, order in carbon.neighbours)


def _ethylene_oxides(atoms: list[Atom]) -> Iterator[int]:
    """1 for each bond of two CH2 with an oxygen at one end, and oxygen or nitrogen at the other."""
    for number, atom in enumerate(atoms):
        for other, _ in atom.neighbours:
            if other < number or not (_is_methylene(atom) and _is_methylene(atoms[other])):
                continue
            here, there = _hetero(atoms, atom), _hetero(atoms, atoms[other])
            if here and there and "O" in here | there:
                yield 1


def _is_methylene(atom: Atom) -> bool:
    return atom.symbol == "C" and atom.hydrogens == 2


def _hetero(atoms: list[Atom], carbon: Atom) -> set[str]:
    return {atoms[n].symbol for n, _ in carbon.neighbours if atoms[n].symbol in ("O", "N")}


def _is_nitrile(atoms: list[Atom], atom: Atom) -> bool:
    return atom.symbol == "N" and any(
        order == 3 and atoms[n].symbol == "C" for n, order in atom.neighbours
    )


def _is_coordinating_oxygen(atoms: list[Atom], atom: Atom) -> bool:
    if atom.symbol != "O" or atom.charge:
        return False
    partners = [(atoms[n], order) for n, order in atom.neighbours]
    if any(order == 2 for _, order in partners):
        return partners[0][0].symbol == "C"
    on_carbon = all(partner.symbol == "C" for partner, _ in partners)
    return on_carbon and not any(_is_carbonyl(partner, atoms) for partner, _ in partners)


def _is_amine(atoms: list[Atom], atom: Atom) -> bool:
    if atom.symbol != "N" or atom.charge or _is_nitrile(atoms, atom):
        return False
    if atom.is_aromatic:
        return len(atom.neighbours) == 2 and not atom.hydrogens
    partners = [atoms[n] for n, _ in atom.neighbours]
    return all(
        partner.symbol not in ("S", "P") and not _is_carbonyl(partner, atoms)
        for partner in partners
    )
