"""Which papers the rows of ChemArr and CheMixHub are from, as ChemArr's fuller table says.

The fuller table is pulled only when it is asked for. Its rows are found again by repeat unit,
temperature and conductivity. Its DOIs were filled down with a running number in places: so a DOI
counts only where most rows of a sample name it.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sseml.curation.numbers import read_float
from sseml.curation.polymers.chemarr import marked_ends
from sseml.curation.polymers.rows import RawRecipe
from sseml.curation.readers import table_rows

FULL_FILE = "PolymerElectrolyteData.csv"
LEAST_SHARE = 0.6
"""Of the rows of a sample that must name a DOI."""

_SMILES = tuple(f"S{number} SMILES" for number in (1, 2, 3, 4))
_TEMPERATURE, _LOG_SIGMA = "Temperature (oC)", "log Conductivity (S/cm)"
_DOI = re.compile(r"10\.\d{4,9}/\S+")

_State = tuple[str, float, float]
"""Repeat unit, temperature in °C to two decimals, log10 σ (S/cm) to four."""


def with_papers(raws: Sequence[RawRecipe], folder: Path) -> list[RawRecipe]:
    """The rows, those without a paper with the DOI that the fuller table in `folder` names."""
    dois = _dois(folder / FULL_FILE)
    samples: dict[tuple[str, str], list[RawRecipe]] = defaultdict(list)
    for raw in raws:
        samples[raw.source, raw.run].append(raw)
    named = {sample: _paper(rows, dois) for sample, rows in samples.items()}
    return [
        raw if raw.doi or raw.reference else replace(raw, doi=named[raw.source, raw.run])
        for raw in raws
    ]


def _dois(file: Path) -> Mapping[_State, set[str]]:
    """What each state was published as."""
    found: dict[_State, set[str]] = defaultdict(set)
    columns = ("DOI", *_SMILES, _TEMPERATURE, _LOG_SIGMA)
    for row in table_rows(file, columns, any_encoding=True):
        doi = _DOI.search(row["DOI"])
        if doi is not None:
            smiles = [marked_ends(row[name]) for name in _SMILES if row[name]]
            for state in _states(smiles, row[_TEMPERATURE], read_float(row[_LOG_SIGMA])):
                found[state].add(doi[0].lower())
    return found


def _paper(rows: Sequence[RawRecipe], dois: Mapping[_State, set[str]]) -> str:
    """The DOI that most rows of a sample name; empty where none is named by enough of them."""
    named: Counter[str] = Counter()
    for row in rows:
        units = [part.units[0].psmiles for part in row.material.polymers] if row.material else []
        value = read_float(row.conductivity)
        log_sigma = math.log10(value) if value is not None and value > 0.0 else None
        states = _states(units, row.temperature_C, log_sigma)
        named.update(set().union(*(dois.get(state, set()) for state in states)))
    [(doi, count)] = named.most_common(1) or [("", 0)]
    return doi if count >= LEAST_SHARE * len(rows) else ""


def _states(smiles: Sequence[str], temperature_C: str, log_sigma: float | None) -> Iterator[_State]:
    temperature = read_float(temperature_C)
    if temperature is not None and log_sigma is not None:
        for unit in smiles:
            yield unit, round(temperature, 2), round(log_sigma, 4)
