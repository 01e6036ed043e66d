"""The amounts of a recipe become molality, weight shares and percent of the total mass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sseml.parse.recipe_names import LITHIUM_ION, ListedPolymer, ListedSalt
from sseml.parse.recipe_parts import Part, Written
from sseml.parse.smiles import molar_mass_g_mol, read_smiles, site_counts
from sseml.records import NoLithiumError, RefusedInputError

ASSUMED_MOLALITY_MOL_KG = 1.2
"""Of a salt whose amount is not stated: EO:Li about 18 in PEO, amid the measured recipes."""

_WHOLE_TOLERANCE = 0.5
_LEAST_OF_HOST = 50.0
"""A solid lithium conductor of so many wt% is the electrolyte, and the polymer its binder."""

_UNIT_WORDS = ("monomer", "unit", "repeat unit", "repeating unit")
_OXYGEN_SITES = ("EO", "O", "CO")
_WORDS_OF_SITES = {
    "EO": ("EO", "O"), "PO": ("O",), "O": _OXYGEN_SITES, "CO": ("CO",), "C=O": ("CO",),
    "CN": ("CN",), "AN": ("CN",), "C≡N": ("CN",), "N": ("N",), "nitrile": ("CN",),
    "carbonyl": ("CO",), "carbonate": ("CO",), "ether oxygen": ("EO", "O"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Substance:
    """What the arithmetic needs to know of a polymer: per kg, its sites, lithium and units."""

    name: str
    sites_mol_kg: dict[str, float]
    main_site: str
    lithium_mol_kg: float
    units_mol_kg: float


@dataclass(slots=True)
class Amounts:
    """A recipe in numbers, part for part: shares sum to 1; percent are of the total mass."""

    polymer_shares: list[float]
    molalities_mol_kg: list[float]
    liquid_percent: list[float]
    filler_percent: list[float | None]
    notes: list[str] = field(default_factory=list)


def substance(part: Part) -> Substance:
    """Look a polymer up, or count the groups of a repeat unit of the person's own."""
    if isinstance(part.entry, ListedPolymer):
        entry = part.entry
        sites = {entry.site: entry.sites_mol_kg} if entry.site else {}
        units = 1000.0 / entry.unit_molar_mass_g_mol
        return Substance(entry.name, sites, entry.site, entry.lithium_mol_kg, units)
    atoms = read_smiles(part.smiles)
    per_kg = 1000.0 / molar_mass_g_mol(atoms)
    counts = {site: n * per_kg for site, n in site_counts(atoms).items() if n}
    lithium = part.smiles.count(LITHIUM_ION) * per_kg
    return Substance(part.text, counts, next(iter(counts), ""), lithium, per_kg)


def salt_facts(part: Part) -> tuple[float, int]:
    """Molar mass in g/mol and lithium atoms of a salt."""
    if isinstance(part.entry, ListedSalt):
        return part.entry.molar_mass_g_mol, part.entry.lithium
    return molar_mass_g_mol(read_smiles(part.smiles)), part.smiles.count(LITHIUM_ION)


def amounts(written: Written) -> Amounts:
    """Work out the amounts of a recipe.

    Raises
    ------
    RefusedInputError
        If an amount is missing, contradicts another, or cannot be converted.
    """
    _require_liquids_measured(written)
    shares, notes = _polymer_shares(written)
    substances = [substance(part) for part in written.polymers()]
    if alone := _single_ion_shares(written, substances):
        shares = alone
    _as_whole(written, notes)
    molalities = _molalities(written, substances, shares, notes)
    salt_mass = sum(
        m * salt_facts(part)[0] / 1000.0
        for m, part in zip(molalities, written.salts(), strict=True)
    )
    liquid, filler = _of_total(written, 1.0 + salt_mass)
    _require_lithium(written, substances, filler)
    return Amounts(shares, molalities, liquid, filler, notes)


def _require_liquids_measured(written: Written) -> None:
    for part in written.liquids():
        if part.percent is None and part.mass is None:
            raise RefusedInputError(
                f"how much {part.text} is in it, is not said", f"write + 20 wt% {part.text}"
            )


def _polymer_shares(written: Written) -> tuple[list[float], list[str]]:
    """Shares by weight of the polymers among themselves."""
    parts = written.polymers()
    if len(parts) == 1:
        return [1.0], []
    masses = [part.mass for part in parts]
    if all(mass is not None for mass in masses):
        return _normalised([mass or 0.0 for mass in masses]), []
    percents = [part.percent for part in parts]
    stated = [percent for percent in percents if percent is not None]
    if any(mass is not None for mass in masses) or (stated and None in percents[1:]):
        names = ", ".join(part.text for part in parts)
        raise RefusedInputError(
            f"not every polymer of {names} has its amount", "write PEO/PVDF 80/20"
        )
    if not stated:
        if written.sites_per_lithium is None or written.salts():
            return [1 / len(parts)] * len(parts), [
                "the polymers are taken in equal weights; write PEO/PVDF 80/20 for others"
            ]
        return [1 / len(parts)] * len(parts), []
    if percents[0] is None:
        rest = 100.0 - sum(stated)
        if rest <= 0:
            raise RefusedInputError(
                f"the polymer fractions add up to {sum(stated):g} %", "let them add up to 100"
            )
        percents[0] = rest
        for part in parts:
            part.percent = None
        return _normalised([percent or 0.0 for percent in percents]), []
    return _normalised([percent or 0.0 for percent in percents]), []


def _normalised(numbers: Sequence[float]) -> list[float]:
    """Shares that sum to 1, whole up to 1e-6, so that they are written and read back the same."""
    percent = [round(100.0 * number / sum(numbers), 4) for number in numbers]
    largest = max(range(len(percent)), key=percent.__getitem__)
    others = sum(value for place, value in enumerate(percent) if place != largest)
    percent[largest] = round(100.0 - others, 4)
    if min(percent) <= 0:
        raise RefusedInputError("a polymer has no share", "leave it out")
    return [value / 100.0 for value in percent]


def _single_ion_shares(written: Written, substances: list[Substance]) -> list[float] | None:
    """Shares of a host and a lithium polymer whose EO:Li is stated."""
    ratio = written.sites_per_lithium
    unmeasured = all(part.percent is None and part.mass is None for part in written.polymers())
    if written.salts() or ratio is None or len(substances) != 2 or not unmeasured:
        return None
    lithium = [s.lithium_mol_kg for s in substances]
    if (lithium[0] > 0) == (lithium[1] > 0):
        return None
    host, ionic = (0, 1) if lithium[1] > 0 else (1, 0)
    sites = _sites_mol_kg([substances[host]], [1.0], written, [])
    share = sites / (sites + ratio * lithium[ionic])
    written.sites_per_lithium = None
    return _normalised([1 - share, share] if ionic == 1 else [share, 1 - share])


def _as_whole(written: Written, notes: list[str]) -> None:
    """Percentages of polymers, salts, liquids and fillers that add up to 100 become masses.

    Those of polymers alone are shares; those of the polymers of a solid with a little polymer are
    of the total, and the solid is the rest.
    """
    parts = written.polymers()
    if any(part.percent is None for part in parts):
        return
    stated = sum(part.percent or 0.0 for part in written.parts)
    polymers = sum(part.percent or 0.0 for part in parts)
    is_share = len(parts) > 1 and abs(polymers - 100.0) <= _WHOLE_TOLERANCE
    unmeasured = [part for part in written.fillers() if not part.has_amount]
    free_salts = [part for part in written.salts() if not part.has_amount]
    if is_share:
        pass
    elif len(unmeasured) == 1 and stated < 100:
        _host_is_rest(written, unmeasured[0], stated, notes)
    elif abs(stated - 100.0) <= _WHOLE_TOLERANCE or _with_salt_as_rest(written, stated):
        if not free_salts or written.sites_per_lithium is None:
            for part in written.parts:
                part.mass, part.percent = part.percent, None
            return
    else:
        raise RefusedInputError(
            f"the percentages of polymer and the rest add up to {stated:g}",
            "let them add up to 100, or leave out that of the polymer",
        )
    for part in parts:
        part.percent = None


def _with_salt_as_rest(written: Written, stated: float) -> bool:
    """``60 wt% PEO + LiTFSI``: give the one salt without an amount the rest."""
    free = [part for part in written.salts() if not part.has_amount]
    if len(free) != 1 or written.sites_per_lithium is not None or stated >= 100:
        return False
    free[0].percent = 100.0 - stated
    return True


def _host_is_rest(written: Written, host: Part, stated: float, notes: list[str]) -> None:
    """``Li6PS5Cl + 5 wt% PEO``: the solid is the rest of the total."""
    if written.salts() and any(part.percent is None for part in written.salts()):
        notes.append(f"{stated:g} wt% is taken as polymer and salt together, the rest is the solid")
    elif written.salts():
        for part in written.salts():
            part.mass = part.percent
            part.percent = None
        for part in written.polymers():
            part.mass = part.percent
    host.percent = 100.0 - stated
    notes.append(f"{host.text}: the rest, {host.percent:g} wt% of the total mass")


def _molalities(
    written: Written, substances: list[Substance], shares: list[float], notes: list[str]
) -> list[float]:
    """Mol of each salt per kg of polymer."""
    salts = written.salts()
    if not salts:
        if written.sites_per_lithium is not None and not _has_own_lithium(substances):
            raise NoLithiumError("the ratio to Li names no salt", "write + LiTFSI, EO:Li=18")
        return []
    units = sum(w * s.units_mol_kg for w, s in zip(shares, substances, strict=True))
    polymer_mass = sum(part.mass or 0.0 for part in written.polymers())
    free = [part for part in salts if not part.has_amount]
    known: dict[int, float] = {}
    for part in salts:
        if part.molality_mol_kg is not None:
            known[id(part)] = part.molality_mol_kg
        elif part.mol_percent is not None:
            known[id(part)] = units * part.mol_percent / (100.0 - part.mol_percent)
            notes.append("mol% of the salt is of repeat units + salt")
        elif part.mass is not None:
            if not polymer_mass:
                raise RefusedInputError(
                    "the ratio by weight leaves the polymer out", "write PEO:LiTFSI 8:1 w/w"
                )
            known[id(part)] = 1000.0 * part.mass / polymer_mass / salt_facts(part)[0]
    known |= _of_free_salts(written, free, substances, shares, notes)
    _add_by_percent(salts, known, notes)
    return [known[id(part)] for part in salts]


def _of_free_salts(
    written: Written,
    free: list[Part],
    substances: list[Substance],
    shares: list[float],
    notes: list[str],
) -> dict[int, float]:
    """Salts without an amount of their own: by the ratio to Li, or assumed."""
    ratio = written.sites_per_lithium
    if ratio is not None and not free:
        raise RefusedInputError(
            "the salt has an amount and a ratio to Li as well", "leave one of them out"
        )
    if not free:
        return {}
    if ratio is None:
        notes.append(
            f"no amount of {', '.join(part.text for part in free)} is stated:"
            f" {ASSUMED_MOLALITY_MOL_KG:g} mol per kg of polymer is assumed"
        )
        each = ASSUMED_MOLALITY_MOL_KG / len(free)
        return {id(part): each / salt_facts(part)[1] for part in free}
    lithium = _sites_mol_kg(substances, shares, written, notes) / ratio
    if len(free) > 1:
        notes.append("the salts are taken with equal amounts of Li")
    return {id(part): lithium / len(free) / salt_facts(part)[1] for part in free}


def _sites_mol_kg(
    substances: list[Substance], shares: list[float], written: Written, notes: list[str]
) -> float:
    """Coordinating sites per kg of all polymers that a ratio to Li counts."""
    word = written.site_word.rstrip("s") or ""
    meant = _WORDS_OF_SITES.get(word, ())
    if word in _UNIT_WORDS:
        return sum(w * s.units_mol_kg for w, s in zip(shares, substances, strict=True))
    total = 0.0
    for weight, s in zip(shares, substances, strict=True):
        site = next((site for site in meant if site in s.sites_mol_kg), "")
        total += weight * s.sites_mol_kg.get(site, 0.0)
    if total:
        return total
    total = sum(
        weight * s.sites_mol_kg.get(s.main_site, 0.0)
        for weight, s in zip(shares, substances, strict=True)
    )
    names = "/".join(s.name for s in substances)
    if not total:
        raise RefusedInputError(
            f"{names} has no atoms that coordinate Li, so a ratio to Li says nothing",
            "write the salt as 30 wt% or m=1.2",
        )
    if meant:
        sites = ", ".join(dict.fromkeys(s.main_site for s in substances if s.main_site))
        notes.append(f"{word}:Li is read as {sites}:Li, what coordinates Li in {names}")
    return total


def _add_by_percent(salts: list[Part], known: dict[int, float], notes: list[str]) -> None:
    """Salts in wt% of polymer and all salts."""
    by_percent = [part for part in salts if part.percent is not None]
    if not by_percent:
        return
    stated = sum(part.percent or 0.0 for part in by_percent)
    if stated >= 100:
        raise RefusedInputError(
            f"the salts add up to {stated:g} wt%", "leave room for the polymer, such as 40 wt%"
        )
    mass = 1000.0
    for part in salts:
        if id(part) in known:
            mass += known[id(part)] * salt_facts(part)[0]
    whole = mass / (1.0 - stated / 100.0)
    for part in by_percent:
        known[id(part)] = whole * (part.percent or 0.0) / 100.0 / salt_facts(part)[0]
    notes.append("wt% of the salt is of polymer + salt")


def _has_own_lithium(substances: list[Substance]) -> bool:
    return any(s.lithium_mol_kg > 0 for s in substances)


def _require_lithium(
    written: Written, substances: list[Substance], filler_percent: list[float | None]
) -> None:
    """Refuse a polymer without lithium, unless it is the lesser part of a lithium conductor."""
    if written.salts() or _has_own_lithium(substances):
        return
    hosts = [
        (part, percent)
        for part, percent in zip(written.fillers(), filler_percent, strict=True)
        if part.composition is not None and "Li" in part.composition.amounts
    ]
    if sum(percent or 0.0 for _, percent in hosts) >= _LEAST_OF_HOST:
        return
    if unmeasured := [part for part, percent in hosts if percent is None]:
        raise RefusedInputError(
            f"how much {unmeasured[0].text} is in it, is not said, and no salt is named",
            f"write {unmeasured[0].text} + 5 wt% {written.polymers()[0].text}, or name a salt",
        )
    raise NoLithiumError(
        "the polymer holds no lithium salt",
        "name one, such as + LiTFSI, EO:Li=18, or a single-ion polymer, such as LiPSTFSI",
    )


def _of_total(written: Written, electrolyte: float) -> tuple[list[float], list[float | None]]:
    """Percent of the total mass of liquids and fillers; `electrolyte` is polymer and salt."""
    solids = [*written.liquids(), *written.fillers()]
    polymer_mass = sum(part.mass or 0.0 for part in written.polymers()) or 1.0
    by_mass = sum((part.mass or 0.0) / polymer_mass for part in solids)
    stated = sum(part.percent or 0.0 for part in solids)
    if stated >= 100:
        raise RefusedInputError(
            f"liquids and fillers add up to {stated:g} wt%", "leave room for the polymer"
        )
    total = (electrolyte + by_mass) / (1.0 - stated / 100.0)

    def percent(part: Part) -> float | None:
        if part.mass is not None:
            return 100.0 * part.mass / polymer_mass / total
        return part.percent

    return [percent(p) or 0.0 for p in written.liquids()], [percent(p) for p in written.fillers()]
