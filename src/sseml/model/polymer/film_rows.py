"""Measurements of gels, PVDF-class films and composites: rows ready to be fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sseml.arrays import FloatArray, IntArray
from sseml.features.polymer.films import Film, film_of, without_fillers
from sseml.kinds import Kind
from sseml.model.polymer.composites import CompositeModel
from sseml.model.polymer.films import Films
from sseml.model.polymer.gels import GelModel
from sseml.model.polymer.reported import ReportedFilms
from sseml.model.split import paper_groups, paper_names
from sseml.records import RefusedInputError

FEWEST_GROUPS = 5
"""Papers, or systems of polymer and liquid, that a kind of film has to be known from."""


@dataclass(frozen=True, slots=True)
class FilmRows:
    """Measurements of one kind of film; every entry is a row's.

    `group` numbers what is held out together: papers, or for gels polymer and liquid.
    """

    materials: tuple[Any, ...]
    temperature_C: FloatArray
    log10_sigma: FloatArray
    group: IntArray

    def __len__(self) -> int:
        return len(self.materials)

    def gels(self) -> GelModel:
        """The model of gels, fitted to these rows."""
        self._require("gels")
        return GelModel.fit(self.materials, self.temperature_C, self.log10_sigma, self.group)

    def reported(self) -> ReportedFilms:
        """What these rows report of films of the PVDF class."""
        self._require("films of the PVDF class")
        return ReportedFilms.of(self.log10_sigma, self.temperature_C, self.group)

    def composites(self, films: Films) -> CompositeModel:
        """The model of composites, fitted to these rows; `films` answers without fillers."""
        self._require("composites")
        return CompositeModel.fit(
            self.materials,
            self.without_fillers(films),
            self.temperature_C,
            self.log10_sigma,
            self.group,
        )

    def without_fillers(self, films: Films) -> FloatArray:
        """log10 σ of each film without its fillers, as a model answers it, shape (n,)."""
        bare = [without_fillers(material) for material in self.materials]
        return films.answer(bare, self.temperature_C).mean

    def _require(self, what: str) -> None:
        groups = len(np.unique(self.group))
        if groups < FEWEST_GROUPS:
            raise RefusedInputError(
                f"{what} are known from {groups} independent groups of measurements, and it takes"
                f" {FEWEST_GROUPS}",
                "add measurements, such as those the released bundle carries",
            )


def film_rows(table: pd.DataFrame, kind: Kind) -> Mapping[Film, FilmRows]:
    """The rows of each kind of film, of a curated table of polymers; bounds are left out."""
    materials = kind.read_all(table["formula"])
    films = np.array([film_of(material) for material in materials], dtype=object)
    number = (table["relation"] == "=").to_numpy(dtype=bool)
    papers = paper_groups(list(paper_names(table)), list(table["source_id"]))
    systems = pd.factorize(table["polymer"].str.cat(table["liquid"].fillna(""), sep="#"))[0]
    rows: dict[Film, FilmRows] = {}
    others: tuple[Film, ...] = ("gel", "residual solvent", "composite", "sheet")
    for film in others:
        picked = np.flatnonzero(number & (films == film))
        group = systems if film == "gel" else papers
        rows[film] = FilmRows(
            materials=tuple(materials[row] for row in picked),
            temperature_C=table["temperature_C"].to_numpy(dtype=float)[picked],
            log10_sigma=np.log10(table["sigma_S_cm"].to_numpy(dtype=float)[picked]),
            group=np.asarray(group[picked], dtype=np.int64),
        )
    return rows
