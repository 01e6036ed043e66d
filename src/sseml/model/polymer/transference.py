"""Measured transference numbers and windows of polymer films: evidence, never a model."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sseml.parse.recipe_names import ListedPolymer, ListedSalt, listed
from sseml.records import Polymer, RefusedInputError
from sseml.released import POLYMER_BUNDLE, released_folder

FILE = "transference.csv"
_COLUMNS = ("recipe", "t_plus", "window_V", "temperature_C", "doi", "reference")
_PARTS = re.compile(r" \+ |/|, ")
_AMOUNT = re.compile(r"^[\d.]+ wt% ")
_SHOWN = 3
_WINDOW = "oxidation limit reported"
_NUMBER = "Li⁺ transference number reported"


@dataclass(frozen=True, slots=True)
class ReportedFilm:
    """A film of a paper: its recipe, and the values; `window_V` is its oxidation limit vs Li/Li⁺.

    `polymers` and `salts` are the listed names in the recipe.
    """

    recipe: str
    polymers: frozenset[str]
    salts: frozenset[str]
    t_plus: float | None
    window_V: float | None
    temperature_C: float | None
    source: str

    @property
    def conditions(self) -> str:
        """Temperature and source, as text."""
        at = "" if self.temperature_C is None else f" at {self.temperature_C:g} °C"
        return f"{at} ({self.recipe}; {self.source})"


def read_reported_films(text: str) -> tuple[ReportedFilm, ...]:
    """Read a table with the columns recipe, t_plus, window_V, temperature_C, doi and reference.

    Raises
    ------
    ValueError
        If a column is missing or a number cannot be read.
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = set(_COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise ValueError(f"{FILE} lacks the column {min(missing)}")
    return tuple(map(_film, reader))


def reported_films_at(file: Path | None) -> tuple[ReportedFilm, ...]:
    """The films of a table; without one, those that the released bundle shows.

    Raises
    ------
    RefusedInputError
        If the file is no such table.
    """
    path = released_folder() / POLYMER_BUNDLE / FILE if file is None else file
    try:
        return read_reported_films(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusedInputError(f"{path} is no table of reported films: {error}") from error


def write_reported_films(file: Path, films: Iterable[ReportedFilm]) -> None:
    """Write what `read_reported_films` reads."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for film in films:
            numbers = (film.t_plus, film.window_V, film.temperature_C)
            doi = film.source if film.source.startswith("10.") else ""
            texts = ("" if number is None else f"{number:g}" for number in numbers)
            writer.writerow([film.recipe, *texts, doi, "" if doi else film.source])


def notes_on_transference(material: Polymer, films: Sequence[ReportedFilm]) -> Iterator[str]:
    """What papers measured on films of the same polymers, and of the same salts where named."""
    polymers = frozenset(part.name for part in material.polymers)
    salts = frozenset(salt.name for salt in material.salts)
    same = [film for film in films if film.polymers == polymers and film.salts <= salts]
    same.sort(key=lambda film: len(film.salts), reverse=True)
    for what, name, digits in ((_NUMBER, "t_plus", 2), (_WINDOW, "window_V", 1)):
        known = [film for film in same if getattr(film, name) is not None]
        if known:
            shown = "; ".join(
                f"{getattr(film, name):.{digits}f}{' V' if name == 'window_V' else ''}"
                f"{film.conditions}"
                for film in known[:_SHOWN]
            )
            values = sorted(getattr(film, name) for film in known)
            more = (
                f"; {len(known)} in all, {values[0]:.{digits}f} to {values[-1]:.{digits}f}"
                if len(known) > _SHOWN
                else ""
            )
            yield f"{what} for films of {'/'.join(sorted(polymers))}: {shown}{more}"


def _film(row: dict[str, str]) -> ReportedFilm:
    parts = [_AMOUNT.sub("", part).strip() for part in _PARTS.split(row["recipe"])]
    entries = [listed(part) for part in parts]
    return ReportedFilm(
        recipe=row["recipe"],
        polymers=frozenset(each.name for each in entries if isinstance(each, ListedPolymer)),
        salts=frozenset(each.name for each in entries if isinstance(each, ListedSalt)),
        t_plus=_number(row["t_plus"]),
        window_V=_number(row["window_V"]),
        temperature_C=_number(row["temperature_C"]),
        source=row["doi"] or row["reference"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
