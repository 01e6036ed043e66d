"""Formulas to the contents of a page about them, as `sseml.predict` answers them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sseml.model.answer import Model
from sseml.parse.qualifiers import Qualifiers, read_temperature
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles
from sseml.prediction import default_phases, predict_queries
from sseml.report.measured import bundles_of
from sseml.report.page.contents import page_contents
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM


def page_about(
    formulas: Iterable[str | Path],
    temperature_C: float = ROOM_TEMPERATURE_C,
    bundle: Model | Path | str | None = None,
    *,
    window: bool = True,
    threshold_S_cm: float = SUPERIONIC_S_CM,
    title: str = "Solid electrolytes",
    made_on: date | None = None,
) -> dict[str, Any]:
    """Predict each formula, and put together what `write_page` writes.

    Parameters
    ----------
    formulas, temperature_C, bundle, window, threshold_S_cm
        As `sseml.predict` takes them.
    title, made_on
        What the page is called, and the day that it names; None for none.

    Raises
    ------
    BundleError
        If the bundle is missing or damaged.
    RefusedInputError
        If `temperature_C` is no temperature that a solid can have.

    Examples
    --------
    >>> [row["formula"] for row in page_about(["Li6PS5Cl"], window=False)["rows"]]
    ['Li6PS5Cl']
    """
    if isinstance(formulas, str | Path):
        raise TypeError("formulas is one text or path; write page_about([formula])")
    bundles = bundles_of(bundle)
    defaults = Qualifiers(temperature_C=read_temperature(str(float(temperature_C))))
    items = list(parse_inputs(formulas, defaults, StructureFiles(Path())))
    answers = predict_queries(
        items,
        bundles,
        phases=cache(default_phases) if window else None,
        explain=False,
        threshold_S_cm=threshold_S_cm,
    )
    return page_contents(
        zip(items, answers, strict=True),
        bundles=bundles,
        threshold_S_cm=threshold_S_cm,
        settings={"temperature": f"{temperature_C:g} °C, for rows that name none"},
        title=title,
        made_on=made_on,
    )
