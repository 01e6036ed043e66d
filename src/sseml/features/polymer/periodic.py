"""A polymer's repeat unit as a periodic chain: its smallest period, its key, rings of repeats.

Needs RDKit (extra ``polymer``), which is imported when a function is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sseml.records import RefusedInputError

HEAD, TAIL = 1, 2
"""Isotope labels of the two ends while directed pieces of a chain are compared."""

_DUMMY, _COPPER, _GOLD, _CALCIUM, _LITHIUM, _CARBON = 0, 29, 79, 20, 3, 6
_WRITE_BOTH_ENDS = "mark the two ends of the repeat unit, as in PSMILES:[*]CCO[*]"


def chemistry_toolkit() -> Any:
    """RDKit's `Chem`.

    Raises
    ------
    RefusedInputError
        If RDKit is not installed: only listed polymers and salts are answered without it.
    """
    try:
        from rdkit import Chem, RDLogger  # noqa: PLC0415 - an extra, slow to import
    except ModuleNotFoundError:
        raise RefusedInputError(
            "a repeat unit or salt that is not listed needs RDKit, which is not installed",
            "pip install 'sseml[polymer]', or name a listed one (sseml names --kind polymer)",
        ) from None
    RDLogger.DisableLog("rdApp.*")
    return Chem


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A piece of a polymer chain.

    Attributes
    ----------
    molecule
        RDKit molecule with its two end atoms.
    path
        Atoms from one end to the other, end atoms included.
    counter_ions
        Canonical SMILES of the ions beside the chain, without Li+, sorted.
    """

    molecule: Any
    path: tuple[int, ...]
    counter_ions: tuple[str, ...] = ()


def polymer_key(psmiles: str) -> str:
    """Canonical PSMILES of the smallest period: equal for all spellings of one polymer.

    Ends may be written ``[*]``, ``*`` or ``[Cu]`` … ``[Au]``. The number of repeats, the bond that
    is cut, the direction, stereochemistry, isotopes and whether ``.[Li+]`` is written do not
    matter. The key is itself a PSMILES with that key.

    Raises
    ------
    RefusedInputError
        If the text is no repeat unit with two ends.
    """
    return _key(psmiles.strip())


@lru_cache(maxsize=4096)
def _key(psmiles: str) -> str:
    Chem = chemistry_toolkit()
    chain = _smallest_period(read_chain(psmiles))
    spellings = [Chem.MolToSmiles(piece) for piece in _rotations(chain)]
    best = min(spellings, key=lambda text: (len(text), text))
    return ".".join([best.replace("[*]", "*"), *chain.counter_ions])


def read_chain(psmiles: str) -> Chain:
    """Read a PSMILES; see `polymer_key` for what may be written and what is refused."""
    Chem = chemistry_toolkit()
    molecule = Chem.MolFromSmiles(psmiles)
    if molecule is None:
        raise RefusedInputError(f"{psmiles!r} is no valid SMILES", _WRITE_BOTH_ENDS)
    molecule = with_free_lithium(molecule)
    Chem.RemoveStereochemistry(molecule)
    for atom in molecule.GetAtoms():
        atom.SetIsotope(0)
        atom.SetAtomMapNum(0)
    fragments = Chem.GetMolFrags(molecule, asMols=True)
    bearing = [fragment for fragment in fragments if _ends(fragment)]
    if len(bearing) != 1 or len(_ends(bearing[0])) != 2:
        raise RefusedInputError(
            f"{psmiles!r} does not have two ends in one chain", _WRITE_BOTH_ENDS
        )
    ions = [fragment for fragment in fragments if fragment is not bearing[0]]
    others = sorted(Chem.MolToSmiles(ion) for ion in ions)
    chain = _with_plain_ends(Chem, bearing[0])
    path = Chem.GetShortestPath(chain, *_ends(chain))
    if len(path) < 3:
        raise RefusedInputError(f"{psmiles!r} has nothing between its ends", _WRITE_BOTH_ENDS)
    return Chain(chain, tuple(path), tuple(ion for ion in others if ion != "[Li+]"))


def with_free_lithium(molecule: Any) -> Any:
    """The same molecule with every bond to lithium written as ions: C(=O)O[Li] is C(=O)[O-].[Li+].

    Parameters
    ----------
    molecule
        RDKit molecule, not changed.
    """
    Chem = chemistry_toolkit()
    editable = Chem.RWMol(molecule)
    for atom in editable.GetAtoms():
        if atom.GetAtomicNum() == _LITHIUM:
            for neighbour in list(atom.GetNeighbors()):
                editable.RemoveBond(atom.GetIdx(), neighbour.GetIdx())
                neighbour.SetFormalCharge(neighbour.GetFormalCharge() - 1)
                atom.SetFormalCharge(atom.GetFormalCharge() + 1)
    free = editable.GetMol()
    Chem.SanitizeMol(free)
    return free


def _ends(molecule: Any) -> list[int]:
    """Atoms that mark the ends: two ``*``, or one [Cu] and one [Au]."""
    dummies = _atoms_of(molecule, _DUMMY)
    return dummies or _atoms_of(molecule, _COPPER) + _atoms_of(molecule, _GOLD)


def _atoms_of(molecule: Any, number: int) -> list[int]:
    return [
        atom.GetIdx()
        for atom in molecule.GetAtoms()
        if atom.GetAtomicNum() == number and atom.GetDegree() == 1
    ]


def _with_plain_ends(Chem: Any, molecule: Any) -> Any:
    """The same chain with ``*`` at its ends, and CH3 where ChemArr marks a cross-link as [Ca]."""
    editable = Chem.RWMol(molecule)
    for place, number in [(end, _DUMMY) for end in _ends(molecule)] + [
        (mark, _CARBON) for mark in _atoms_of(molecule, _CALCIUM)
    ]:
        atom = Chem.Atom(number)
        atom.SetNoImplicit(number == _DUMMY)
        editable.ReplaceAtom(place, atom)
    plain = editable.GetMol()
    Chem.SanitizeMol(plain)
    return plain


def chained(chain: Chain, repeats: int) -> Chain:
    """Join repeats of a chain head to tail; the ends stay at both sides."""
    Chem = chemistry_toolkit()
    size = chain.molecule.GetNumAtoms()
    joined = Chem.Mol(chain.molecule)
    for _ in range(repeats - 1):
        joined = Chem.CombineMols(joined, chain.molecule)
    editable = Chem.RWMol(joined)
    order = editable.GetBondBetweenAtoms(*chain.path[:2]).GetBondType()
    if editable.GetBondBetweenAtoms(*chain.path[-2:]).GetBondType() != order:
        raise RefusedInputError("the two ends of the repeat unit have different bonds")
    gone = set()
    for copy in range(repeats - 1):
        tail, head = copy * size + chain.path[-2], (copy + 1) * size + chain.path[1]
        editable.AddBond(tail, head, order)
        gone |= {copy * size + chain.path[-1], (copy + 1) * size + chain.path[0]}
    inner = [copy * size + atom for copy in range(repeats) for atom in chain.path[1:-1]]
    path = [chain.path[0], *inner, (repeats - 1) * size + chain.path[-1]]
    for atom in sorted(gone, reverse=True):
        editable.RemoveAtom(atom)
    left = {old: old - sum(each < old for each in gone) for old in path}
    molecule = editable.GetMol()
    _refresh(Chem, molecule)
    return Chain(molecule, tuple(left[atom] for atom in path), chain.counter_ions * repeats)


def _refresh(Chem: Any, molecule: Any) -> None:
    """Bring rings and hydrogens up to date, and keep aromaticity as it was read."""
    molecule.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(molecule)
    Chem.SetConjugation(molecule)
    Chem.SetHybridization(molecule)


def _cuts(chain: Chain) -> list[int]:
    """Places along the path, between atom i and i + 1, of single bonds outside rings."""
    cuts = []
    for place, (first, second) in enumerate(pairwise(chain.path)):
        bond = chain.molecule.GetBondBetweenAtoms(first, second)
        if not bond.IsInRing() and bond.GetBondTypeAsDouble() == 1.0:
            cuts.append(place)
    return cuts


def _piece(chain: Chain, start: int, stop: int) -> Any:
    """The piece between two cuts of the path, its ends labelled `HEAD` and `TAIL`."""
    Chem = chemistry_toolkit()
    editable = Chem.RWMol(chain.molecule)
    inner = chain.path[start + 1], chain.path[stop]
    outer = chain.path[start], chain.path[stop + 1]
    for inside, outside, label in zip(inner, outer, (HEAD, TAIL), strict=True):
        editable.RemoveBond(inside, outside)
        end = Chem.Atom(_DUMMY)
        end.SetIsotope(label)
        end.SetNoImplicit(True)
        editable.AddBond(inside, editable.AddAtom(end), Chem.BondType.SINGLE)
    places: list[tuple[int, ...]] = []
    pieces = Chem.GetMolFrags(
        editable.GetMol(), asMols=True, sanitizeFrags=False, fragsMolAtomMapping=places
    )
    return next(piece for piece, atoms in zip(pieces, places, strict=True) if inner[0] in atoms)


def _smallest_period(chain: Chain) -> Chain:
    """The chain that, repeated, makes the given one; itself where there is no smaller one."""
    Chem = chemistry_toolkit()
    dimer = chained(chain, 2)
    length = len(chain.path) - 2
    cuts = [place for place in _cuts(dimer) if place < 2 * length]
    in_period = sum(place < length for place in cuts)
    if not in_period:
        raise RefusedInputError("the repeat unit has no single bond along its chain")
    for parts in range(in_period, 0, -1):
        shared = all(chain.counter_ions.count(ion) % parts == 0 for ion in chain.counter_ions)
        if in_period % parts or not shared:
            continue
        step = in_period // parts
        starts = [*cuts[:in_period:step], cuts[0] + length]
        pieces = [_piece(dimer, *between) for between in pairwise(starts)]
        if parts == 1 or len({Chem.MolToSmiles(piece) for piece in pieces}) == 1:
            return _as_chain(Chem, pieces[0], chain.counter_ions[::parts])
    raise AssertionError("a chain is at least its own period")


def _as_chain(Chem: Any, piece: Any, counter_ions: tuple[str, ...]) -> Chain:
    ends = {atom.GetIsotope(): atom.GetIdx() for atom in piece.GetAtoms() if atom.GetIsotope()}
    for end in ends.values():
        piece.GetAtomWithIdx(end).SetIsotope(0)
    _refresh(Chem, piece)
    return Chain(piece, tuple(Chem.GetShortestPath(piece, ends[HEAD], ends[TAIL])), counter_ions)


def _rotations(chain: Chain) -> Iterator[Any]:
    """The period cut at each bond of the kind that occurs least often along it."""
    dimer = chained(chain, 2)
    length = len(chain.path) - 2
    kinds: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for place in _cuts(dimer):
        if 0 < place <= length:
            kinds.setdefault(_kind(dimer, place), []).append(place)
    rarest = min(kinds.items(), key=lambda item: (len(item[1]), item[0]))[1]
    for place in rarest:
        piece = _piece(dimer, place, place + length)
        for atom in piece.GetAtoms():
            atom.SetIsotope(0)
        yield piece


def _kind(chain: Chain, place: int) -> tuple[tuple[int, ...], ...]:
    """What a bond of the path lies between, whatever the direction."""
    atoms = (chain.molecule.GetAtomWithIdx(chain.path[at]) for at in (place, place + 1))
    return tuple(
        sorted((atom.GetAtomicNum(), atom.GetDegree(), atom.GetTotalNumHs()) for atom in atoms)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """A ring of repeats of the smallest period: a chain without ends.

    Every atom of `molecule` carries the properties ``unit_atom`` (which atom of the period it is),
    ``copy`` (of which repeat), ``in_ring`` (of the period's own rings) and ``main_chain`` (on the
    path along the chain, or in a ring that the path runs through), and every bond ``in_ring``.
    """

    molecule: Any
    repeats: int
    backbone_atoms: int


def ring_of(key: str, least_backbone_atoms: int) -> Ring:
    """Close as many repeats of a key as bring the path around the ring to a least length."""
    Chem = chemistry_toolkit()
    chain = read_chain(key)
    backbone = len(chain.path) - 2
    repeats = -(-least_backbone_atoms // backbone)
    _mark(chain)
    closed = Chem.RWMol(chained(chain, repeats).molecule)
    head, tail = _ends(closed)
    inner = [closed.GetAtomWithIdx(end).GetNeighbors()[0].GetIdx() for end in (head, tail)]
    closed.AddBond(*inner, closed.GetBondBetweenAtoms(head, inner[0]).GetBondType())
    for end in sorted((head, tail), reverse=True):
        closed.RemoveAtom(end)
    molecule = closed.GetMol()
    for bond in molecule.GetBonds():
        if not bond.HasProp("in_ring"):
            bond.SetIntProp("in_ring", 0)
    _number_copies(molecule)
    for ion in chain.counter_ions * repeats:
        molecule = Chem.CombineMols(molecule, _marked_ion(Chem, ion))
    _refresh(Chem, molecule)
    return Ring(molecule, repeats, backbone)


def _mark(chain: Chain) -> None:
    path = set(chain.path)
    rings = [set(ring) for ring in chain.molecule.GetRingInfo().AtomRings()]
    along = path.union(*(ring for ring in rings if len(ring & path) > 1))
    for atom in chain.molecule.GetAtoms():
        place = atom.GetIdx()
        atom.SetIntProp("unit_atom", place)
        atom.SetIntProp("in_ring", int(atom.IsInRing()))
        atom.SetIntProp("main_chain", int(place in along))
    for bond in chain.molecule.GetBonds():
        bond.SetIntProp("in_ring", int(bond.IsInRing()))


def _marked_ion(Chem: Any, ion: str) -> Any:
    molecule = Chem.MolFromSmiles(ion)
    for atom in molecule.GetAtoms():
        atom.SetIntProp("unit_atom", -1)
        atom.SetIntProp("copy", -1)
        atom.SetIntProp("in_ring", int(atom.IsInRing()))
        atom.SetIntProp("main_chain", 0)
    for bond in molecule.GetBonds():
        bond.SetIntProp("in_ring", int(bond.IsInRing()))
    return molecule


def _number_copies(molecule: Any) -> None:
    """Atoms of each copy keep the order of the period: the n-th of its kind is in copy n."""
    seen: dict[int, int] = {}
    for atom in molecule.GetAtoms():
        place = atom.GetIntProp("unit_atom")
        seen[place] = seen.get(place, -1) + 1
        atom.SetIntProp("copy", seen[place])
