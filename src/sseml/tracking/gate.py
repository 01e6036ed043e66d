"""The gate before a model becomes champion: undamaged, answering, reproducible, and not worse."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.evaluate.difference import ALL, CHAMPIONS_OWN, MARGIN_DECADES
from sseml.evaluate.paired import Contender, compare
from sseml.model.bundle import Bundle
from sseml.model.dataset import conductivity_set, measured_materials
from sseml.model.fitting import Progress, silent
from sseml.model.folder import bundle_digest
from sseml.model.train import train
from sseml.records import BundleError, RefusedInputError
from sseml.tracking.logged import bundle_inside
from sseml.tracking.trial import LIMIT_S, try_out

TEMPERATURES_C = (25.0, 100.0)
"""The second also asks the activation energy, and its share of the interval."""

MEAN_DECADES, LARGEST_DECADES = 0.02, 1.0
"""Other versions of the learners move answers by less; the first is the margin of the gate."""

MEAN_PROBABILITY = 0.02


@dataclass(frozen=True, slots=True)
class Remade:
    """How far a bundle's answers are from those of the same bundle trained anew.

    Attributes
    ----------
    rows
        Materials that both were asked about, at `TEMPERATURES_C`: all measured ones.
    mean_decades, largest_decades
        Absolute difference of log10 σ, or of a limit of its 90 % interval, whichever differs most.
    mean_probability
        Absolute difference of the probability that σ ≥ 1e-4 S/cm.
    """

    rows: int
    mean_decades: float
    largest_decades: float
    mean_probability: float

    @property
    def is_the_same(self) -> bool:
        """Whether the bundle answers as its manifest says it must."""
        return (
            self.mean_decades <= MEAN_DECADES
            and self.largest_decades <= LARGEST_DECADES
            and self.mean_probability <= MEAN_PROBABILITY
        )

    def to_text(self) -> str:
        """In a line."""
        return (
            f"trained anew, its conductivities and intervals are {self.mean_decades:.2g} decades "
            f"apart on average (at most {MEAN_DECADES:g}) and {self.largest_decades:.2g} at most "
            f"({LARGEST_DECADES:g}), its probabilities {self.mean_probability:.2g} "
            f"({MEAN_PROBABILITY:g})"
        )


def remake(folder: Path, progress: Progress = silent) -> Remade:
    """Train a bundle anew by its recipe on its evidence and compare the answers; half a minute.

    Figures of a recipe, from held-out papers or in a comparison, are those of a bundle only if the
    bundle was made by that recipe from that evidence.

    Parameters
    ----------
    folder
        The bundle.
    progress
        Told what is being done.

    Raises
    ------
    BundleError
        If the folder is no bundle, is damaged, or does not say how it was made.
    """
    bundle, made = Bundle.load(folder), Contender.of_bundle(folder)
    with tempfile.TemporaryDirectory() as scratch:
        anew = train(
            made.table,
            Path(scratch) / folder.name,
            progress,
            recipe=made.recipe,
            settings=(made.settings, made.energy_settings),
        )
    rows = conductivity_set(made.table, made.recipe).rows
    materials = measured_materials(made.table.iloc[rows])
    decades, probabilities = [], []
    for temperature_C in TEMPERATURES_C:
        asked = np.full(len(rows), temperature_C)
        told, expected = bundle.predict(materials, asked), anew.predict(materials, asked)
        decades += [
            _apart(getattr(of_told, limit), getattr(of_expected, limit))
            for of_told, of_expected in (
                (told.sigma, expected.sigma),
                (told.if_conductor, expected.if_conductor),
            )
            for limit in ("log10", "log10_low", "log10_high")
        ]
        probabilities += [
            _apart(told.p_superionic, expected.p_superionic),
            _apart(told.p_conductor, expected.p_conductor),
        ]
    return Remade(
        rows=len(rows),
        mean_decades=max(float(each.mean()) for each in decades),
        largest_decades=max(float(each.max()) for each in decades),
        mean_probability=max(float(each.mean()) for each in probabilities),
    )


def _apart(told: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(told - expected)


CHECKSUMS, SMOKE, RECIPE, COMPARISON = "checksums", "smoke list", "recipe", "comparison"
_SHOWN_COMPLAINTS = 5
_HEADINGS = {"promote": "Promote", "rollback": "Rollback to"}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the gate: what it found, in words and in figures."""

    name: str
    passed: bool
    message: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate found about a version, and whether the champion's alias moved to it.

    Attributes
    ----------
    action
        ``promote`` or ``rollback``.
    model
        Name of the registered model.
    version
        The candidate.
    champion
        The version that was champion before; None if there was none.
    checks
        In the order they were made; the first that fails is the last.
    comparison_text
        The comparison as Markdown; empty where none was made.
    at
        When, in UTC, ISO 8601.
    """

    action: str
    model: str
    version: int
    champion: int | None
    checks: tuple[Check, ...]
    at: str
    comparison_text: str = ""

    @property
    def passed(self) -> bool:
        """Whether every check passed, and the alias moved."""
        return all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """One line: what became of the version, and if nothing, which check says so and why."""
        if self.passed:
            before = f", after version {self.champion}" if self.champion is not None else ""
            return f"version {self.version} of {self.model} is the champion now{before}"
        failed = next(check for check in self.checks if not check.passed)
        return (
            f"version {self.version} of {self.model} does not become champion: "
            f"{failed.name}: {failed.message}"
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "action": self.action,
            "model": self.model,
            "version": self.version,
            "champion_before": self.champion,
            "passed": self.passed,
            "at": self.at,
            "checks": [
                {
                    "name": check.name,
                    "passed": check.passed,
                    "message": check.message,
                    "figures": dict(check.figures),
                }
                for check in self.checks
            ],
        }

    def to_text(self) -> str:
        """As Markdown."""
        lines = [
            f"# {_HEADINGS[self.action]} version {self.version} of {self.model}, {self.at}",
            "",
            "| check | verdict | found |",
            "|---|---|---|",
            *(
                f"| {check.name} | {'passed' if check.passed else 'FAILED'} | {check.message} |"
                for check in self.checks
            ),
            "",
        ]
        if self.comparison_text:
            lines += [self.comparison_text.rstrip("\n"), ""]
        return "\n".join([*lines, self.verdict[0].upper() + self.verdict[1:] + ".", ""])


def check_checksums(model_folder: Path, registered_digest: str) -> Check:
    """Whether a downloaded model holds the very bytes that were registered.

    Parameters
    ----------
    model_folder
        What MLflow stored.
    registered_digest
        `bundle_digest` at registration; empty if nobody noted it.
    """
    try:
        digest = bundle_digest(bundle_inside(model_folder))
    except BundleError as error:
        return Check(CHECKSUMS, False, _without(str(error), model_folder))
    figures = {"digest": digest, "registered_digest": registered_digest}
    if not registered_digest:
        reason = "the version carries no digest; register it with `sseml models register`"
        return Check(CHECKSUMS, False, reason, figures)
    if digest != registered_digest:
        reason = f"the digest is {digest[:12]}…, registered was {registered_digest[:12]}…"
        return Check(CHECKSUMS, False, reason, figures)
    return Check(CHECKSUMS, True, f"every file is as registered, digest {digest[:12]}…", figures)


def check_smoke(model_folder: Path, limit_s: float = LIMIT_S) -> Check:
    """Whether a model loads in a fresh process and answers the smoke list there.

    Parameters
    ----------
    model_folder
        What MLflow stored.
    limit_s
        Seconds after which the process is killed.
    """
    try:
        trial = try_out(model_folder, limit_s)
    except TimeoutError as error:
        return Check(SMOKE, False, str(error), {"limit_s": limit_s})
    if trial.failure:
        return Check(SMOKE, False, f"it does not load: {_without(trial.failure, model_folder)}")
    questions, complaints = trial.questions, list(trial.complaints)
    figures = {"questions": questions, "complaints": complaints}
    if complaints:
        some = "; ".join(complaints[:_SHOWN_COMPLAINTS])
        more = len(complaints) - _SHOWN_COMPLAINTS
        rest = f"; and {more} more" if more > 0 else ""
        return Check(SMOKE, False, f"{some}{rest}", figures)
    message = f"loads in a fresh process and answers all {questions} questions soundly"
    return Check(SMOKE, True, message, figures)


def check_recipe(model_folder: Path, progress: Progress = silent) -> Check:
    """Whether a model answers as its recipe does, trained anew: what is compared is the recipe.

    Parameters
    ----------
    model_folder
        What MLflow stored.
    progress
        Told what is being done.
    """
    try:
        remade = remake(bundle_inside(model_folder), progress)
    except (BundleError, RefusedInputError) as error:
        reason = _without(str(error), model_folder)
        return Check(RECIPE, False, f"it cannot be trained anew: {reason}")
    return Check(RECIPE, remade.is_the_same, remade.to_text(), asdict(remade))


def check_comparison(
    champion: tuple[str, Path],
    candidate: tuple[str, Path],
    *,
    margin: float = MARGIN_DECADES,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Check, str]:
    """Whether a candidate is not worse than the champion on the same held-out papers.

    Parameters
    ----------
    champion, candidate
        Name and what MLflow stored.
    margin, seed, progress
        See `sseml.evaluate.paired.compare`.

    Returns
    -------
    tuple
        The check, and the comparison as Markdown; empty where none could be made.
    """
    try:
        contenders = [
            Contender.of_bundle(bundle_inside(folder), name)
            for name, folder in (champion, candidate)
        ]
        comparison = compare(*contenders, margin=margin, seed=seed, progress=progress)
    except (BundleError, RefusedInputError) as error:
        return Check(COMPARISON, False, f"it cannot be made: {error}"), ""
    if not comparison.not_worse:
        message = "; ".join(comparison.complaints)
        return Check(COMPARISON, False, message, comparison.to_dict()), comparison.to_text()
    found = "; ".join(
        f"{name} {part.difference:+.4f} decades (95 %: {part.low:+.4f} … {part.high:+.4f})"
        for name, part in comparison.parts.items()
        if name in (ALL, CHAMPIONS_OWN)
    )
    message = f"not worse than {champion[0]}: {found}; margin {margin:g}"
    return Check(COMPARISON, True, message, comparison.to_dict()), comparison.to_text()


def _without(text: str, folder: Path) -> str:
    """A message without the temporary folder that means nothing to its reader."""
    return text.replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
