"""From text to prediction: text → material → features → bundle → prediction with its evidence."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sseml.brought import beside, brought, said_of
from sseml.kinds import KINDS, Kind, kind_of
from sseml.model.answer import BundleAnswer, Model
from sseml.model.bundle import Bundle
from sseml.model.known_transitions import across_transitions
from sseml.model.loading import Bundles, load_bundle
from sseml.predicted import power_of_ten, predicted
from sseml.records import (
    Answer,
    Composite,
    Crystal,
    Prediction,
    Query,
    Refusal,
    UnsupportedMaterialError,
)
from sseml.released import DEFAULT_PHASES, released_folder
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM

if TYPE_CHECKING:
    import pandas as pd

    from sseml.model.explaining import Explainer
    from sseml.model.offsets import Offsets
    from sseml.model.phases import PhaseBundle, Stability
    from sseml.parse.structure.agreement import OnMismatch

_BATCH = 128
"""Rows answered together: large enough for array speed, small enough to answer a pipe at once."""


@dataclass(frozen=True, slots=True)
class _Sources:
    """Bundles by kind, phases and settings that answers are calculated from."""

    bundles: Mapping[str, Model]
    kinds: Mapping[type, Kind]
    phases: Callable[[], PhaseBundle] | None
    explain: bool
    explainer: Explainer | None
    offsets: Offsets | None
    threshold_S_cm: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers in the order of the questions; refused rows are a `Refusal` in their place."""

    answers: tuple[Answer, ...]

    def __iter__(self) -> Iterator[Answer]:
        """Go through the answers in order."""
        return iter(self.answers)

    def __len__(self) -> int:
        """Number of answers."""
        return len(self.answers)

    def __getitem__(self, index: int) -> Answer:
        """The answer at a position."""
        return self.answers[index]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Flat records under the names of the command line's columns, missing as None."""
        from sseml.render import to_record  # noqa: PLC0415 - drawn only when asked for

        return [to_record(answer) for answer in self.answers]

    def to_pandas(self) -> pd.DataFrame:
        """One row an answer; needs pandas (extra ``train``)."""
        import pandas as pd  # noqa: PLC0415 - not a dependency of predicting

        from sseml.render import OUTPUT_COLUMNS  # noqa: PLC0415

        records = self.to_dicts()
        return pd.DataFrame(records, columns=None if records else list(OUTPUT_COLUMNS))


def predict(
    formulas: Iterable[str | Path],
    temperature_C: float = ROOM_TEMPERATURE_C,
    bundle: Model | Path | str | None = None,
    *,
    window: bool = True,
    threshold_S_cm: float = SUPERIONIC_S_CM,
    structure_mismatch: OnMismatch = "refuse",
    measured: Path | str | None = None,
    explain: bool = False,
) -> Predictions:
    """Predict the conductivity of each formula, name, mixture or crystal, and calculate its window.

    Parameters
    ----------
    formulas
        What a line of an input file may hold: ``Li6PS5Cl``, ``LLZO``, ``75Li2S-25P2S5``,
        ``La2/3-xLi3xTiO3 x=0:0.16:0.02``, ``Li3YCl6 temperature=60``; or a crystal structure:
        ``model.cif``, ``CONTCAR``, ``structure.json``, ``cifs/``, ``cifs.zip``. A `Path` is always
        one. A text that ends like the name of a structure opens that file. Or a polymer
        electrolyte: ``PEO + LiTFSI, EO:Li=18 @ 60 °C``.
    temperature_C
        For formulas that name no temperature, in °C.
    bundle
        The model: a loaded bundle, its folder, or None for the released ones. Materials of another
        kind than the bundle's are answered by the released one of theirs.
    window
        Calculate the electrochemical window too, from the released phase table.
    threshold_S_cm
        That of ``p_superionic``, in S/cm.
    structure_mismatch
        ``refuse`` a structure whose sites contradict the formula in its file, or ``flag`` it in the
        notes of its answer.
    measured
        A file of a few measurements of one's own: answers about the families they are of are
        shifted by the offsets of these, answers about the very materials are moved to them, and
        they are named among what was measured. What is left out of it is warned of.
    explain
        Say in `Prediction.made_of` which measurements make up each answer, with their weights. The
        first answer of a model takes a few seconds more.

    Returns
    -------
    Predictions
        In order; what cannot be answered is a `Refusal` with reason and suggestion.

    Raises
    ------
    BundleError
        If the bundle is missing or damaged.
    ModuleNotFoundError
        If a structure is asked for without the extra ``structure``, or `measured` is given without
        the extra ``train``.
    RefusedInputError
        If `temperature_C` is no temperature that a solid can have, or `measured` holds nothing to
        take an offset from.

    Examples
    --------
    >>> [answer.formula for answer in predict(["Li6PS5Cl", "LLZO"])]
    ['Li6PS5Cl', 'Li7La3Zr2O12']
    """
    if isinstance(formulas, str | Path):
        raise TypeError("formulas is one text or path; write predict([formula])")
    from sseml.parse.qualifiers import Qualifiers, read_temperature  # noqa: PLC0415
    from sseml.parse.queries import parse_inputs  # noqa: PLC0415
    from sseml.parse.structure.files import StructureFiles  # noqa: PLC0415

    if isinstance(bundle, Path | str):
        bundle = load_bundle(Path(bundle))
    bundles = Bundles([] if bundle is None else [bundle])
    defaults = Qualifiers(temperature_C=read_temperature(str(float(temperature_C))))
    items = parse_inputs(formulas, defaults, StructureFiles(Path(), structure_mismatch))
    phases = cache(default_phases) if window else None
    offsets = None if measured is None else _offsets(measured, bundles.of_compositions())
    answered = predict_queries(
        items,
        bundles,
        phases=phases,
        explainer=_explainer() if explain else None,
        offsets=offsets,
        threshold_S_cm=threshold_S_cm,
    )
    return Predictions(tuple(answered))


def _offsets(file: Path | str, bundle: Bundle) -> Offsets:
    from sseml.model.own_offsets import read_offsets  # noqa: PLC0415 - predicting needs no pandas

    own = read_offsets(file, bundle)
    for line in own.said:
        warnings.warn(line, stacklevel=3)
    return own.offsets


def _explainer() -> Explainer:
    from sseml.model.explaining import Explainer  # noqa: PLC0415 - only where asked for

    return Explainer()


def default_phases() -> PhaseBundle:
    """Load the released phase table and the published windows."""
    from sseml.model.phases import PhaseBundle  # noqa: PLC0415 - start-up: 50 ms

    return PhaseBundle.load(released_folder() / DEFAULT_PHASES)


def predict_queries(
    items: Iterable[Query | Refusal],
    bundles: Model | Sequence[Model] | Bundles,
    threads: int = 1,
    phases: PhaseBundle | Callable[[], PhaseBundle] | None = None,
    *,
    explain: bool = True,
    explainer: Explainer | None = None,
    offsets: Offsets | None = None,
    threshold_S_cm: float = SUPERIONIC_S_CM,
) -> Iterator[Answer]:
    """Answer parsed rows in order, a batch at a time, in bounded memory.

    Parameters
    ----------
    items
        Queries; refusals among them keep their places.
    bundles
        The model, one for each kind of material, or `Bundles`, which reads the released ones.
    threads
        Batches worked on at a time. With more than one, an answer waits for as many batches to be
        read as there are threads: not for a source that is slower than the model.
    phases
        For the electrochemical windows, or what gives them when a material has one; None leaves
        them out.
    explain
        Add to the notes what a material reacts to at the limits of its window.
    explainer
        Says of each answer what makes it up; None leaves that out.
    offsets
        What one's own measurements do to answers, or None.
    threshold_S_cm
        That of ``p_superionic``, in S/cm.
    """
    stream = iter(items)
    batches = iter(lambda: list(islice(stream, _BATCH)), [])
    by_kind, own_kinds = _by_kind(bundles)
    kinds = {kind.material: kind for kind in (*KINDS, *own_kinds)}
    given = phases if phases is None or callable(phases) else lambda: phases
    sources = _Sources(by_kind, kinds, given, explain, explainer, offsets, threshold_S_cm)
    if threads > 1:
        yield from _several_at_a_time(batches, sources, threads)
        return
    for batch in batches:
        yield from _answered(batch, sources)


def _by_kind(
    bundles: Model | Sequence[Model] | Bundles,
) -> tuple[Mapping[str, Model], Sequence[Kind]]:
    """Bundles by the name of their kind, and the kinds that they bring."""
    if isinstance(bundles, Bundles):
        return bundles, ()
    given = tuple(bundles) if isinstance(bundles, Sequence) else (bundles,)
    return {bundle.kind.name: bundle for bundle in given}, [bundle.kind for bundle in given]


def _several_at_a_time(
    batches: Iterable[Sequence[Query | Refusal]], sources: _Sources, threads: int
) -> Iterator[Answer]:
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - start-up: 13 ms

    underway: deque[Future[list[Answer]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for batch in batches:
                underway.append(pool.submit(_answered, batch, sources))
                if len(underway) > threads:
                    yield from underway.popleft().result()
            while underway:
                yield from underway.popleft().result()
        finally:
            for future in underway:
                future.cancel()


def _answered(batch: Sequence[Query | Refusal], sources: _Sources) -> list[Answer]:
    """Answer each kind of material by its bundle, and put the order back."""
    answers: dict[int, Answer] = {}
    asked: dict[str, list[tuple[int, Query, Kind]]] = {}
    for place, item in enumerate(batch):
        if isinstance(item, Refusal):
            answers[place] = item
            continue
        kind = kind_of(item.material, sources.kinds)
        refusal = _refusal(item, kind, sources)
        if refusal is not None:
            answers[place] = refusal
        else:
            asked.setdefault(kind.bundle_kind, []).append((place, item, kind))
    for bundle_kind, rows in asked.items():
        queries = [(query, kind) for _, query, kind in rows]
        predictions = _predict_batch(queries, sources.bundles[bundle_kind], sources)
        answers.update(zip((place for place, *_ in rows), predictions, strict=True))
    return [answers[place] for place in range(len(batch))]


def _refusal(query: Query, kind: Kind, sources: _Sources) -> Refusal | None:
    """Why a material is not answered; None for one that is."""
    material = query.material
    if kind.bundle_kind in sources.bundles:
        error = kind.refusal(material)
    else:
        error = UnsupportedMaterialError(
            f"{material.formula} is of the kind {kind.name}",
            f"the model at hand answers {', '.join(sources.bundles)}; name one of its kind",
        )
    if error is None:
        return None
    source = material.source if isinstance(material, Crystal) else ""
    reason = error.reason if source in query.input else f"{source}: {error.reason}"
    return Refusal(query.row, query.input, reason, error.suggestion, query.columns, error.code)


def _predict_batch(
    queries: Sequence[tuple[Query, Kind]], bundle: Model, sources: _Sources
) -> Iterator[Prediction]:
    materials: list[Any] = [query.material for query, _ in queries]
    temperature_C = np.array([query.temperature_C for query, _ in queries])
    families = [kind.recognise(query.material) for query, kind in queries]
    offsets = sources.offsets
    shift = brought([query for query, _ in queries], [m.family for m in families], offsets)
    answer = bundle.predict(materials, temperature_C, shift, sources.threshold_S_cm)
    answer, on_transitions = across_transitions(
        answer,
        bundle,
        materials,
        temperature_C,
        shift=shift,
        threshold_S_cm=sources.threshold_S_cm,
    )
    stabilities: Sequence[Stability | None] = [None] * len(materials)
    if sources.phases is not None and bundle.kind.has_window:
        stabilities = sources.phases().stabilities(materials, reactions=sources.explain)
    on_fillers = _notes_on_fillers(queries, answer, sources)
    answer, evidence = beside(answer, bundle, materials, offsets)
    if sources.explainer:
        made_of = sources.explainer.contributions(bundle, materials, [m.family for m in families])
    else:
        made_of = [None] * len(materials)
    for index, (query, kind) in enumerate(queries):
        prediction = predicted(
            query,
            kind,
            index,
            answer,
            bundle,
            evidence=evidence,
            family=families[index],
            stability=stabilities[index],
        )
        prediction = replace(
            prediction, made_of=made_of[index], threshold_S_cm=sources.threshold_S_cm
        )
        if added := (*on_transitions.get(index, ()), *on_fillers.get(index, ())):
            prediction = replace(prediction, notes=(*prediction.notes, *added))
        yield said_of(prediction, query, answer, index, offsets)


def _notes_on_fillers(
    queries: Sequence[tuple[Query, Kind]], answer: BundleAnswer, sources: _Sources
) -> Mapping[int, tuple[str, ...]]:
    """What conducting fillers do alone, by the place of the composite they are in."""
    without = answer.log10_without_filler
    if not sources.explain or without is None or "composition" not in sources.bundles:
        return {}
    composites = {
        index: query.material
        for index, (query, _) in enumerate(queries)
        if isinstance(query.material, Composite)
    }
    if not composites:
        return {}
    from sseml.fillers import FilledFilm, notes_on_fillers  # noqa: PLC0415 - only for composites

    films = [
        FilledFilm(material, queries[index][0].temperature_C, power_of_ten(without[index]))
        for index, material in composites.items()
    ]
    notes = notes_on_fillers(films, sources.bundles["composition"])
    return dict(zip(composites, notes, strict=True))
