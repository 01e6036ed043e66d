"""The conditions beside a formula (temperature, space group, x …), each read and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from sseml.classes import dataclass, field, replace
from sseml.parse.space_groups import space_group_number
from sseml.patterns import late
from sseml.records import CONDUCTIVITY_KINDS, FORMS, ConductivityKind, Form, RefusedQualifierError
from sseml.units import ROOM_TEMPERATURE_C, ZERO_CELSIUS_K, kelvin_to_celsius

MAX_TEMPERATURE_C = 1500.0
"""Above this no solid electrolyte is measured: a value in another unit, or a slip."""

MAY_BE_KELVIN = (250.0, 400.0)
"""A temperature in this range that says no unit may be meant in kelvin, and is asked back."""

MAX_SWEEP_POINTS = 1000
_LONGEST_WORD = 60
"""Longest key, or value that is one of a few words, for which a close match is looked up."""

VOLUME_PER_ATOM_RANGE_A3 = (2.0, 100.0)

ACTIVATION_ENERGY_RANGE_EV = (0.05, 1.6)
"""An activation energy of σT beyond is in another unit, a slip, or of another process."""

EV_PER_KJ_MOL = 1 / 96.48533
"""1 eV per particle is 96.48533 kJ/mol (CODATA 2018)."""

CELSIUS = r"[°º˚]\s?C|℃|degC"
"""How degrees Celsius are written, but for a bare C."""

AT_ROOM = ("room temperature", "raumtemperatur", "ambient temperature", "ambient", "r.t.", "rt")
"""How room temperature is written."""

_MINUS = str.maketrans("−–", "--")
"""Signs people type for a minus."""

_TEMPERATURE = late(
    r"(?P<value>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*"
    rf"(?P<unit>K|kelvin|{CELSIUS}|C|celsius)?",
    re.IGNORECASE,
)
_ENERGY = late(
    r"[~≈]?\s*(?P<value>(?:\d+(?:\.\d*)?|\.\d+))"
    r"(?:\s*\(\d+\)|\s*(?:±|\+/-)\s*[\d.]+)?\s*(?P<unit>m?eV|kJ\s?(?:/\s?mol|mol-1))?",
    re.IGNORECASE,
)
"""A number, perhaps with its uncertainty and its unit: ``0.40(2) eV``."""

LATTICE = ("a", "b", "c", "alpha", "beta", "gamma")
"""Lattice constants: lengths in Å, angles in degrees."""

_SPELLINGS = {
    "temperature": "temperature t temp",
    "temperature_C": "temperature_c t_c temp_c",
    "temperature_K": "temperature_k t_k temp_k",
    "space_group": "space_group spacegroup sg spg space_group_number spacegroup_number",
    "form": "form",
    "conductivity_kind": "conductivity_kind",
    "volume_per_atom_A3": "volume_per_atom_a3 volume_per_atom",
    "activation_energy_eV": "activation_energy_ev activation_energy ea ea_ev e_a e_a_ev",
    "activation_energy_meV": "activation_energy_mev ea_mev e_a_mev",
    "activation_energy_kJ_mol": "activation_energy_kj_mol activation_energy_kj_mol_1 ea_kj_mol "
    "ea_kj_mol_1 e_a_kj_mol",
    **{name: name for name in (*LATTICE, "x", "y")},
}
_KEYS = {spelling: key for key, many in _SPELLINGS.items() for spelling in many.split()}
"""Folded spelling → qualifier; of Z and z the case counts."""


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """What a row says besides its formula; None where it says nothing.

    `sweeps` holds the values of the variables x, y, z, several where a sweep is written; `phase` a
    word such as ``cubic`` or ``β``, and `remarks` what was read and is not used.
    `activation_energy_eV` is that of σT, measured or calculated.
    """

    temperature_C: float = ROOM_TEMPERATURE_C
    conductivity_kind: ConductivityKind | None = None
    space_group_number: int | None = None
    form: Form | None = None
    volume_per_atom_A3: float | None = None
    activation_energy_eV: float | None = None
    formula_units_per_cell: float | None = None
    lattice: Mapping[str, float] = field(default_factory=dict)
    sweeps: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    phase: str | None = None
    remarks: tuple[str, ...] = ()


def canonical_key(written: str) -> str | None:
    """The qualifier a key such as ``T`` or ``Space group #`` stands for; None where it is none."""
    key = written.strip()
    if key in ("Z", "z"):
        return key
    return _KEYS.get(re.sub(r"[\s_#()°-]+", "_", key.casefold()).strip("_"))


def close_key(written: str) -> str:
    """Suggest the qualifier closest to a key that is none."""
    names = [*dict.fromkeys(_KEYS.values()), "Z"]
    folded = written.casefold() if 2 < len(written) <= _LONGEST_WORD else ""
    close = get_close_matches(folded, [*_KEYS], n=1, cutoff=0.6)
    return f"did you mean {_KEYS[close[0]]}?" if close else f"known are: {', '.join(names)}"


def with_qualifier(given: Qualifiers, key: str, value: object) -> Qualifiers:
    """Add one qualifier: a key as `canonical_key` returns it, and a text or a number of a table."""
    written = str(value).strip()
    if key in _READERS:
        field_name, read = _READERS[key]
        return replace(given, **{field_name: read(written)})  # type: ignore[arg-type]
    if key in LATTICE:
        return replace(given, lattice={**given.lattice, key: _positive(key, written)})
    return replace(given, sweeps={**given.sweeps, key: read_sweep(key, written)})


def read_temperature(text: str) -> float:
    """Read a temperature in °C, or in K where the unit is written."""
    if text.strip().casefold() in AT_ROOM:
        return ROOM_TEMPERATURE_C
    match = _TEMPERATURE.fullmatch(text.strip().translate(_MINUS))
    if match is None:
        hint = "write a point, such as 25.5" if "," in text else "write 60 or 333 K"
        raise RefusedQualifierError(f"{text!r} is not a temperature", hint)
    given = float(match["value"])
    in_kelvin = (match["unit"] or "").casefold() in ("k", "kelvin")
    unrounded_C = kelvin_to_celsius(given) if in_kelvin else given
    rounded_C = round(unrounded_C, 9)  # before the bounds, so that it is read back as it is
    temperature_C = rounded_C if rounded_C > -ZERO_CELSIUS_K else unrounded_C
    if temperature_C <= -ZERO_CELSIUS_K:
        raise RefusedQualifierError(
            f"the temperature {text!r} is not above absolute zero", "write °C, or K with its unit"
        )
    if temperature_C > MAX_TEMPERATURE_C:
        raise RefusedQualifierError(
            f"the temperature {text!r} is above {MAX_TEMPERATURE_C:g} °C",
            "write °C, or K with its unit",
        )
    return temperature_C


def read_asked_temperature(text: str) -> float:
    """Read a temperature in °C whose unit nothing says but the text: a bare 298 is refused."""
    temperature_C = read_temperature(text)
    written = text.strip()
    low, high = MAY_BE_KELVIN
    if low <= temperature_C <= high and not written[-1:].isalpha() and written[-1:] != "℃":
        raise RefusedQualifierError(
            f"the temperature {written} has no unit, and may be meant in kelvin",
            f"write {temperature_C:g} K or {temperature_C:g} °C",
        )
    return temperature_C


def _read_kelvin(text: str) -> float:
    return read_temperature(text if text.strip()[-1:].isalpha() else f"{text} K")


def _energy_in(unit: str) -> Callable[[str], float]:
    """Read an activation energy in eV from a text that is in `unit` where it names none."""

    def read(text: str) -> float:
        match = _ENERGY.fullmatch(text.strip())
        if match is None:
            hint = "write a point, such as 0.35" if "," in text else "write 0.35 or 34 kJ/mol"
            raise RefusedQualifierError(f"{text!r} is not an activation energy", hint)
        named = (match["unit"] or unit).casefold()
        factor = {"ev": 1.0, "mev": 1e-3}.get(named, EV_PER_KJ_MOL)
        energy_eV = float(match["value"]) * factor
        low, high = ACTIVATION_ENERGY_RANGE_EV
        if not low <= energy_eV <= high:
            raise RefusedQualifierError(
                f"the activation energy {text!r} is {energy_eV:.4g} eV, and solid electrolytes have"
                f" {low:g} to {high:g} eV",
                "write eV, or another unit with it: 350 meV, 34 kJ/mol",
            )
        return energy_eV

    return read


def _one_of(what: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        folded = re.sub(r"[\s_]+", "-", text.casefold())
        if folded in choices:
            return folded
        close = get_close_matches(folded[:_LONGEST_WORD], choices, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"write one of: {', '.join(choices)}"
        raise RefusedQualifierError(f"{text!r} is not a {what}", hint)

    return read


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = "write a point, such as 0.1" if "," in text else f"write a number, such as {key}=0.1"
        raise RefusedQualifierError(f"{key}={text!r} is not a number", hint)
    return value


def _positive(key: str, text: str) -> float:
    value = _number(key, text)
    if value <= 0:
        raise RefusedQualifierError(
            f"{key}={text!r} is not above zero", "correct it or leave it out"
        )
    return value


def checked_volume(volume_A3: float, where_from: str) -> float:
    """Refuse a volume per atom that no solid has."""
    low, high = VOLUME_PER_ATOM_RANGE_A3
    if not low <= volume_A3 <= high:
        raise RefusedQualifierError(
            f"{where_from} means {volume_A3:.4g} Å³ per atom",
            f"solids have {low:g} to {high:g} Å³ per atom: correct it or leave it out",
        )
    return volume_A3


def read_sweep(key: str, text: str) -> tuple[float, ...]:
    """Read ``0.1``, a fraction ``1/8``, a list ``0, 0.25, 0.5``, or ``start:stop:step``.

    Both ends of a sweep are included. ``0,25`` is a decimal comma, and no list.
    """
    text = re.sub(r";\s?| (?:and|or) ", ", ", text)
    if ":" not in text and "," in text:
        listed = text.split(",")
        is_list = len(listed) > 2 or ", " in text or "." in text
        if is_list and len(listed) <= MAX_SWEEP_POINTS:
            return tuple(_fraction(key, piece.strip()) for piece in listed)
    pieces = [_fraction(key, piece.strip()) for piece in text.split(":", 3)]
    if len(pieces) == 1:
        return (pieces[0],)
    if len(pieces) != 3:
        raise RefusedQualifierError(
            f"{key}={text!r} is not a sweep", f"write {key}=start:stop:step, such as 0:0.16:0.02"
        )
    return _steps(key, text, *pieces)


def _steps(key: str, text: str, start: float, stop: float, step: float) -> tuple[float, ...]:
    if step == 0 or (stop - start) / step < 0:
        raise RefusedQualifierError(
            f"the sweep {key}={text} never reaches {stop:g}", "correct the sign of the step"
        )
    # A last point that only rounding keeps out belongs to the sweep.
    span = (stop - start) / step + 1e-9
    if span >= MAX_SWEEP_POINTS:
        raise RefusedQualifierError(
            f"the sweep {key}={text} has more than {MAX_SWEEP_POINTS} points", "write a larger step"
        )
    return tuple(round(start + i * step, 12) for i in range(int(span) + 1))


def _fraction(key: str, text: str) -> float:
    dividend, slash, divisor = text.partition("/")
    if not slash:
        return _number(key, text)
    return _number(key, dividend) / _positive(key, divisor)


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "temperature": ("temperature_C", read_asked_temperature),
    "temperature_C": ("temperature_C", read_temperature),
    "temperature_K": ("temperature_C", _read_kelvin),
    "space_group": ("space_group_number", space_group_number),
    "form": ("form", _one_of("form", FORMS)),
    "conductivity_kind": ("conductivity_kind", _one_of("kind of conductivity", CONDUCTIVITY_KINDS)),
    "volume_per_atom_A3": (
        "volume_per_atom_A3",
        lambda text: checked_volume(_positive("volume_per_atom_A3", text), f"the volume {text}"),
    ),
    **{
        f"activation_energy_{unit}": ("activation_energy_eV", _energy_in(unit))
        for unit in ("eV", "meV", "kJ_mol")
    },
    "Z": ("formula_units_per_cell", lambda text: _positive("Z", text)),
}
