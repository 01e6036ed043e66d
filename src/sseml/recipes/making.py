"""What a kind of material brings to a recipe: its four steps; and the table they start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sseml.model.fitting import Progress
from sseml.recipes.settings import RELEASED, RecipeSettings, TableSettings
from sseml.recipes.steps import CURATED, Step
from sseml.released import released_evidence


@dataclass(frozen=True, slots=True)
class Making:
    """How the steps of a recipe are made for one kind of material."""

    curate: Callable[[TableSettings], Step]
    table: Callable[[RecipeSettings], Step]
    evaluate: Callable[[str, RecipeSettings, Progress], Step]
    """Of one benchmark."""
    train: Callable[[RecipeSettings, Progress], Step]


def base_table(settings: RecipeSettings, bundle: str, table_file: str) -> Path:
    """The table that own rows join: just curated, the evidence of a released bundle, or a file."""
    if settings.table.pulled:
        return Path(settings.folder, CURATED, table_file)
    if settings.table.base == RELEASED:
        return released_evidence(bundle)
    base = Path(settings.table.base)
    return base / table_file if base.is_dir() else base
