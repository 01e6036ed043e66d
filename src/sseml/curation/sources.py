"""The sources of measurements: one record each, in the order in which they are believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from sseml.classes import dataclass, field
from sseml.curation.readers import (
    read_laskowski,
    read_literature,
    read_liverpool,
    read_obelix,
    read_seeds,
)
from sseml.curation.rows import SERIES_END, RawMeasurement
from sseml.records import RefusedInputError

if TYPE_CHECKING:
    from sseml.curation.polymers.rows import RawRecipe

OWN: Final = "own"
"""Source of a lab's own measurements."""


class UnknownSourceError(RefusedInputError):
    """A measurement names a source that is not listed, so nothing says how far to trust it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that the package knows of one source of measurements.

    A new source is a reader in `sseml.curation.readers`, or in `sseml.curation.polymers` for
    recipes, and a record in `SOURCES`.

    Attributes
    ----------
    licence
        Licence of its rows, where they state none themselves.
    read
        Reader of its folder; None for measurements that `curate` does not read.
    read_recipes
        The same for a source of polymer electrolytes.
    literature_file
        File in the folder of our own tables; empty for a source that has a folder of its own.
    repository, commit, files
        GitHub repository ``owner/name``, pinned commit, and upstream path → SHA-256 of each file,
        or its git blob id (40 digits). No files: nothing is fetched.
    fetched_unasked
        Whether it is fetched where no source is named.
    counts_fully
        Whether a row weighs 1 in training; others weigh `Recipe.outside_weight`.
    keeps_every_row
        Whether its rows are never merged with each other, as an official split needs every one.
    is_compilation
        Whether it names no paper: its rows give way to those of a source that does.
    may_state_kelvin
        Whether it states a temperature a row, where kelvin may stand for °C.
    reference
        What says where a row without citation is from; filled with ``series`` and ``row``.
    paper_without_doi
        What stands for the paper of a row without a DOI.
    joins_series
        Whether rows of one series are held out together even where a DOI is known.
    """

    name: str
    title: str
    licence: str
    read: Callable[[Path], list[RawMeasurement]] | None = None
    read_recipes: Callable[[Path], list[RawRecipe]] | None = None
    literature_file: str = ""
    repository: str = ""
    commit: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    fetched_unasked: bool = True
    redistribution: bool = True
    citation_doi: str = ""
    counts_fully: bool = False
    keeps_every_row: bool = False
    is_compilation: bool = False
    may_state_kelvin: bool = False
    reference: str = ""
    paper_without_doi: Literal["", "series", "reference"] = ""
    joins_series: bool = False

    def url(self, path: str) -> str:
        """Address of an upstream file at the pinned commit."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{path}"

    @property
    def is_of_recipes(self) -> bool:
        """Whether rows of it may stand in the table of polymer electrolytes."""
        return self.name == OWN or self.read_recipes is not None

    @property
    def notice(self) -> str:
        """Name, licence and citation in one line, to show before use."""
        passing_on = "" if self.redistribution else "; do not pass the files on"
        return f"{self.name}: {self.licence}{passing_on}; cite doi {self.citation_doi}"

    def stated_reference(self, source_id: str) -> str | None:
        """What says where a row is from if it cites nothing; None where nothing is known."""
        series, _, row = source_id.rpartition(SERIES_END)
        return self.reference.format(series=series, row=row) or None


# Readers of polymers are imported on use: predicting asks for the records alone.


def _composites(folder: Path) -> list[RawRecipe]:
    from sseml.curation.polymers.literature import read_composites  # noqa: PLC0415

    return read_composites(folder)


def _polymers(folder: Path) -> list[RawRecipe]:
    from sseml.curation.polymers.literature import read_polymers  # noqa: PLC0415

    return read_polymers(folder)


def _chemarr(folder: Path) -> list[RawRecipe]:
    from sseml.curation.polymers.chemarr import read_chemarr  # noqa: PLC0415

    return read_chemarr(folder)


def _chemixhub(folder: Path) -> list[RawRecipe]:
    from sseml.curation.polymers.chemixhub import read_chemixhub  # noqa: PLC0415

    return read_chemixhub(folder)


_OBELIX = "NRC-Mila/OBELiX"
_OBELIX_COMMIT = "4eaac889809dd489e3bae468c45d5c0e02b9147a"
_CHEMARR = "learningmatter-mit/Chem-prop-pred"
_CHEMARR_COMMIT = "39b0c16f70c4142b32a67531a093718c767ad43d"
_CHEMARR_DOI = "10.1021/acscentsci.2c01123"
_CHEMIXHUB = "datasets/polymer-electrolyte/processed_data/"

_RECORDS = (
    Source(
        name=OWN,
        title="a lab's own measurements",
        licence="own measurement",
        counts_fully=True,
        reference="own measurement, series {series}",
        paper_without_doi="series",
        joins_series=True,
    ),
    Source(
        name="obelix",
        title="OBELiX: 599 Li electrolytes, room-temperature conductivity, lattice, split",
        licence="CC-BY-4.0",
        read=read_obelix,
        repository=_OBELIX,
        commit=_OBELIX_COMMIT,
        files={
            "data/downloads/all.csv": (
                "54f6265ef84d16a919d08c6815f14b0fd7465fa00090bee2511c16c042e57f3c"
            ),
            "data/downloads/train.csv": (
                "01d87779862807e24bc45bb2c759852f892390b99f9340f13906c54805aa8776"
            ),
            "data/downloads/test.csv": (
                "b2c266eb74e22f403743d52959bea7c43b1531a850994870a70dd909200e5297"
            ),
        },
        citation_doi="10.1039/D5DD00441A",
        counts_fully=True,
        keeps_every_row=True,
    ),
    Source(
        name="liverpool",
        title="Liverpool Ionics: 820 Li conductivities with temperature and family",
        licence="no licence stated",
        read=read_liverpool,
        repository=_OBELIX,
        commit=_OBELIX_COMMIT,
        files={
            "data/misc/LiIonDatabase.csv": (
                "d24ed972b88c3aba14194b6f9347fb3c8e8f9249b82fec22d961e709c1c06e5d"
            ),
        },
        redistribution=False,
        citation_doi="10.1038/s41524-022-00951-z",
        may_state_kelvin=True,
    ),
    Source(
        name="laskowski",
        title="Laskowski et al.: 1346 digitised conductivities, activation energies, ICSD",
        licence="no licence stated",
        read=read_laskowski,
        repository="FALL-ML/materials-discovery",
        commit="c6fcc59aa6395a9358865a809095531975e916ce",
        files={
            "data/digitized_data_for_SSEs.csv": (
                "509735b9515300d3e116df1092045f069e67d05cf0c9ca44d1ff60a7194c071a"
            ),
        },
        redistribution=False,
        citation_doi="10.1039/D2EE03499A",
        is_compilation=True,
        reference="compiled by Laskowski et al. (10.1039/D2EE03499A), row {row}; names no paper",
    ),
    Source(
        name="seeds",
        title="our own table of values quoted in reviews",
        licence="facts",
        read=read_seeds,
        literature_file="seeds.csv",
        paper_without_doi="reference",
    ),
    Source(
        name="literature",
        title="our own table of measurements read in papers",
        licence="facts",
        read=read_literature,
        literature_file="measurements.csv",
        reference="our literature table, {series}, row {row}",
        paper_without_doi="series",
    ),
    Source(
        name="composites",
        title="our own table of polymer films with fillers, read in papers",
        licence="facts",
        read_recipes=_composites,
        literature_file="composites.csv",
        reference="our table of composites, {series}, row {row}",
        paper_without_doi="series",
    ),
    Source(
        name="polymers",
        title="our own table of polymer films, read in papers",
        licence="facts",
        read_recipes=_polymers,
        literature_file="polymers.csv",
        reference="our table of polymers, {series}, row {row}",
        paper_without_doi="series",
    ),
    Source(
        name="chemarr",
        title="ChemArr: 10114 conductivities of polymer electrolytes with temperature",
        licence="MIT",
        read_recipes=_chemarr,
        repository=_CHEMARR,
        commit=_CHEMARR_COMMIT,
        files={
            "data/clean_train_data.csv": (
                "6b6de5979e2b0fe592e9c75b98cdccc6a77c579bd9332e3633301f6f6392ca74"
            ),
        },
        citation_doi=_CHEMARR_DOI,
        reference="compiled by ChemArr (10.1021/acscentsci.2c01123), row {row}; names no paper",
        paper_without_doi="series",
    ),
    Source(
        name="chemarr_full",
        title="ChemArr's fuller table: 16009 rows, read for the papers of the two others only",
        licence="MIT",
        repository=_CHEMARR,
        commit=_CHEMARR_COMMIT,
        files={"data/PolymerElectrolyteData.csv": "67c6d8c7a58aa5ee5d4ccf98d495c856cd94c81c"},
        fetched_unasked=False,
        citation_doi=_CHEMARR_DOI,
    ),
    Source(
        name="chemixhub",
        title="CheMixHub: gels and polymer blends, of the fuller ChemArr table",
        licence="MIT",
        read_recipes=_chemixhub,
        repository="chemcognition-lab/chemixhub",
        commit="6b878cc39db059718c9a79d96e92fd5a61a2e5e6",
        files={
            _CHEMIXHUB + "processed_PolymerElectrolyteData.csv": (
                "293907e2590aa784e372186d481b025c44908da8b8093fd6236cd7ffb74f9d6b"
            ),
            _CHEMIXHUB + "compounds.csv": (
                "82503f37a87670968004f4723259567827f80e6acb6967670f3a7ad5a92cf324"
            ),
        },
        citation_doi=_CHEMARR_DOI,
        reference="CheMixHub, of ChemArr's table (10.1021/acscentsci.2c01123), row {row};"
        " names no paper",
        paper_without_doi="series",
    ),
)

SOURCES: Mapping[str, Source] = MappingProxyType({record.name: record for record in _RECORDS})
"""Name → record. Of several reports of one measurement, that of the earlier source is believed."""


def trust_rank(name: str) -> int:
    """Place of a source in `SOURCES`: the report of the lowest rank is believed."""
    source_record(name)
    return list(SOURCES).index(name)


def source_record(name: str, row: int | None = None) -> Source:
    """The record of a source; `row` is where its name was read, for the message.

    Raises
    ------
    UnknownSourceError
        If `name` is not listed.
    """
    if name not in SOURCES:
        where = "" if row is None else f"row {row}: "
        raise UnknownSourceError(
            f"{where}{name!r} is not a source of measurements; known are {', '.join(SOURCES)}",
            "write one of these, or list the new source in sseml.curation.sources",
        )
    return SOURCES[name]


def require_known_sources(names: Iterable[str]) -> None:
    """Raise `UnknownSourceError` for the first row, counted from 1, of a source not listed."""
    for row, name in enumerate(names, start=1):
        source_record(name, row)
