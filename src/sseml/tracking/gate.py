"""The gate before a model becomes champion: undamaged, answering, reproducible, and not worse."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import mlflow.artifacts
from mlflow.exceptions import MlflowException

from sseml.evaluate.difference import ALL, CHAMPIONS_OWN, MARGIN_DECADES, Comparison
from sseml.evaluate.model_comparison import Contender, compare
from sseml.evaluate.polymer_comparison import PolymerContender, compare_polymers
from sseml.kinds import POLYMER
from sseml.model.fitting import Progress, silent
from sseml.model.folder import bundle_digest
from sseml.model.mlmodel import MLMODEL
from sseml.records import BundleError, RefusedInputError
from sseml.tracking.remade import remake
from sseml.tracking.runs import bundle_inside, kind_inside
from sseml.tracking.store import reason
from sseml.tracking.trial import LIMIT_S, try_out

CHECKSUMS, SMOKE, KIND, RECIPE = "checksums", "smoke list", "kind", "recipe"
COMPARISON = "comparison"
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

    `action` is ``promote`` or ``rollback``; `champion` the champion before, if any; the last of
    `checks` is the first that failed; `at` is in UTC, ISO 8601; `comparison_text` is Markdown.
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
        """One line: whether the version is champion now, else which check failed and why."""
        if self.passed:
            before = f", after version {self.champion}" if self.champion is not None else ""
            return f"version {self.version} of {self.model} is the champion now{before}"
        failed = next(check for check in self.checks if not check.passed)
        return (
            f"version {self.version} of {self.model} does not become champion: "
            f"{failed.name}: {failed.message}"
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {
            "action": self.action,
            "model": self.model,
            "version": self.version,
            "champion_before": self.champion,
            "passed": self.passed,
            "at": self.at,
            "checks": [asdict(check) for check in self.checks],
        }

    def to_text(self) -> str:
        """Markdown."""
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
    """Whether a downloaded model has the `bundle_digest` noted at registration (empty: none)."""
    try:
        digest = bundle_digest(bundle_inside(model_folder))
    except BundleError as error:
        return Check(CHECKSUMS, False, _without(str(error), model_folder))
    if not registered_digest:
        message = "the version carries no digest; register it with `sseml models register`"
    elif digest != registered_digest:
        message = f"the digest is {digest[:12]}…, registered was {registered_digest[:12]}…"
    else:
        message = f"every file is as registered, digest {digest[:12]}…"
    figures = {"digest": digest, "registered_digest": registered_digest}
    return Check(CHECKSUMS, digest == registered_digest, message, figures)


def check_smoke(model_folder: Path, limit_s: float = LIMIT_S) -> Check:
    """Whether a model loads in a new process and answers the smoke list there in time."""
    try:
        result = try_out(model_folder, limit_s)
    except TimeoutError as error:
        return Check(SMOKE, False, str(error), {"limit_s": limit_s})
    if result.failure:
        return Check(SMOKE, False, f"it does not load: {_without(result.failure, model_folder)}")
    complaints = list(result.complaints)
    figures = {"questions": result.questions, "complaints": complaints}
    if complaints:
        message = "; ".join(complaints[:_SHOWN_COMPLAINTS])
        more = len(complaints) - _SHOWN_COMPLAINTS
        rest = f"; and {more} more" if more > 0 else ""
        return Check(SMOKE, False, f"{message}{rest}", figures)
    message = f"loads in a fresh process and answers all {result.questions} questions soundly"
    return Check(SMOKE, True, message, figures)


def check_recipe(model_folder: Path, progress: Progress = silent) -> Check:
    """Whether a model predicts as its recipe, trained anew: the comparison compares recipes."""
    try:
        remade = remake(bundle_inside(model_folder), progress)
    except (BundleError, RefusedInputError) as error:
        message = _without(str(error), model_folder)
        return Check(RECIPE, False, f"it cannot be trained anew: {message}")
    return Check(RECIPE, remade.is_the_same, remade.to_text(), asdict(remade))


def check_comparison(
    champion: tuple[str, Path],
    candidate: tuple[str, Path],
    *,
    margin: float = MARGIN_DECADES,
    progress: Progress = silent,
) -> tuple[Check, str]:
    """Whether a candidate is not worse than the champion on the same held-out rows.

    Both are a name and the folder that MLflow stored, of bundles of one kind. Also returns the
    comparison as Markdown, empty if there is none.
    """
    try:
        comparison = _compared(champion, candidate, margin, progress)
    except (BundleError, RefusedInputError) as error:
        return Check(COMPARISON, False, f"it cannot be made: {error}"), ""
    if comparison.not_worse:
        found = "; ".join(
            f"{name} {part.difference:+.4f} decades (95 %: {part.low:+.4f} … {part.high:+.4f})"
            for name, part in comparison.parts.items()
            if name in (ALL, CHAMPIONS_OWN)
        )
        message = f"not worse than {champion[0]}: {found}; margin {margin:g}"
    else:
        message = "; ".join(comparison.complaints)
    check = Check(COMPARISON, comparison.not_worse, message, comparison.to_dict())
    return check, comparison.to_text()


def check_kind(champion: tuple[str, Path], candidate: tuple[str, Path]) -> Check:
    """Whether a candidate answers about the same kind of material as the champion."""
    before, after = (kind_inside(folder) for _, folder in (champion, candidate))
    same = before == after
    if same:
        message = f"answers about the kind {after}, as {champion[0]} does"
    else:
        message = (
            f"{candidate[0]} answers about the kind {after} and {champion[0]}, the champion, about "
            f"{before}; register it under a name of its own"
        )
    return Check(KIND, same, message, {"kind": after, "kind_of_champion": before})


def _compared(
    champion: tuple[str, Path], candidate: tuple[str, Path], margin: float, progress: Progress
) -> Comparison:
    folders = [(bundle_inside(folder), name) for name, folder in (champion, candidate)]
    if kind_inside(candidate[1]) == POLYMER.name:
        polymers = [PolymerContender.of_bundle(*each) for each in folders]
        return compare_polymers(*polymers, margin=margin, progress=progress)
    return compare(
        *(Contender.of_bundle(*each) for each in folders), margin=margin, progress=progress
    )


def check_version(
    action: str,
    name: str,
    candidate: int,
    digest: str,
    champion: int | None,
    *,
    margin: float | None,
    progress: Progress,
) -> GateReport:
    """Check a version until a check fails; without a `margin` it is not trained or compared."""
    text = ""
    names = f"version {champion}", f"version {candidate}"
    with tempfile.TemporaryDirectory() as scratch:
        progress(f"version {candidate}: checksums")
        folder, beside = Path(scratch) / "candidate", Path(scratch) / "champion"
        checks = [_fetched(name, candidate, folder) or check_checksums(folder, digest)]
        if checks[-1].passed:
            progress(f"version {candidate}: smoke list in a fresh process")
            checks.append(check_smoke(folder))
        if checks[-1].passed and champion is not None and margin is not None:
            if _fetched(name, champion, beside) is None:
                checks.append(check_kind((names[0], beside), (names[1], folder)))
            else:
                gone = f"the files of the champion, {names[0]}, are gone; roll back first"
                checks.append(Check(COMPARISON, False, gone))
        if checks[-1].passed and margin is not None:
            progress(f"version {candidate}: trained anew")
            checks.append(check_recipe(folder, progress))
        if checks[-1].passed and champion is not None and margin is not None:
            check, text = check_comparison(
                (names[0], beside), (names[1], folder), margin=margin, progress=progress
            )
            checks.append(check)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return GateReport(action, name, candidate, champion, tuple(checks), at, text)


def _fetched(name: str, version: int, folder: Path) -> Check | None:
    """Download a version; returns a failed check if its files are gone."""
    try:
        download(name, version, folder)
    except (MlflowException, OSError) as error:
        text = reason(error, mlflow.get_tracking_uri())
        return Check(CHECKSUMS, False, f"cannot be fetched: {text}")
    if not (folder / MLMODEL).is_file():
        return Check(CHECKSUMS, False, "cannot be fetched: its files are gone from the store")
    return None


def download(name: str, version: int, folder: Path | None) -> Path:
    """Download a version into a folder; None: a temporary one, or the store on this machine."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    where = mlflow.artifacts.download_artifacts(
        f"models:/{name}/{version}", dst_path=str(folder) if folder is not None else None
    )
    return Path(where)


def _without(text: str, folder: Path) -> str:
    """A message without the temporary folder that means nothing to its reader."""
    return text.replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
