"""A batch of parsed rows is answered: each kind of material by its bundle, in the order asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sseml.brought import beside, brought, said_of
from sseml.classes import dataclass, replace
from sseml.kinds import KINDS, Kind, kind_of
from sseml.model.answer import BundleAnswer, Model
from sseml.model.answered import AnsweredBatch, AnsweredGroup
from sseml.model.known_transitions import Notes, across_transitions
from sseml.model.loading import Bundles
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

if TYPE_CHECKING:
    from sseml.model.explaining import Explainer
    from sseml.model.offsets import Offsets
    from sseml.model.phases import PhaseBundle, Stability


@dataclass(frozen=True, slots=True)
class Sources:
    """Bundles by kind, phases and settings that answers are calculated from."""

    bundles: Mapping[str, Model]
    kinds: Mapping[type, Kind]
    phases: Callable[[], PhaseBundle] | None
    explain: bool
    explainer: Explainer | None
    offsets: Offsets | None
    threshold_S_cm: float


def bundles_by_kind(
    bundles: Model | Sequence[Model] | Bundles,
) -> tuple[Mapping[str, Model], Mapping[type, Kind]]:
    """Bundles by the name of their kind; and kinds by their materials, those of bundles first."""
    kinds = {kind.material: kind for kind in KINDS}
    if isinstance(bundles, Bundles):
        return bundles, kinds
    given = tuple(bundles) if isinstance(bundles, Sequence) else (bundles,)
    own_kinds = {bundle.kind.material: bundle.kind for bundle in given}
    return {bundle.kind.name: bundle for bundle in given}, kinds | own_kinds


def answered(batch: Sequence[Query | Refusal], sources: Sources) -> list[Answer]:
    """Answer each kind of material by its bundle, and put the order back."""
    answers: dict[int, Answer] = {}
    refusals, asked = _sorted_out(batch, sources)
    answers.update(refusals)
    for bundle_kind, (places, queries) in asked.items():
        predictions = _predict_batch(queries, sources.bundles[bundle_kind], sources)
        answers.update(zip(places, predictions, strict=True))
    return [answers[place] for place in range(len(batch))]


def answered_batch(batch: Sequence[Query | Refusal], sources: Sources) -> AnsweredBatch:
    """What bundles answer, as arrays; `sources` hold no offsets and no explainer."""
    refusals, asked = _sorted_out(batch, sources)
    groups = []
    for bundle_kind, (places, queries) in asked.items():
        group, _ = _answer_group(places, queries, sources.bundles[bundle_kind], sources)
        groups.append(group)
    return AnsweredBatch(batch, refusals, groups)


def _sorted_out(
    batch: Sequence[Query | Refusal], sources: Sources
) -> tuple[dict[int, Refusal], dict[str, tuple[list[int], list[tuple[Query, Kind]]]]]:
    """Refusals by their places, and by the kind of the bundle what it is asked, with the places."""
    refusals: dict[int, Refusal] = {}
    asked: dict[str, tuple[list[int], list[tuple[Query, Kind]]]] = {}
    for place, item in enumerate(batch):
        if isinstance(item, Refusal):
            refusals[place] = item
            continue
        kind = kind_of(item.material, sources.kinds)
        refusal = _refusal(item, kind, sources)
        if refusal is not None:
            refusals[place] = refusal
        else:
            places, queries = asked.setdefault(kind.bundle_kind, ([], []))
            places.append(place)
            queries.append((item, kind))
    return refusals, asked


def _refusal(query: Query, kind: Kind, sources: Sources) -> Refusal | None:
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
    queries: Sequence[tuple[Query, Kind]], bundle: Model, sources: Sources
) -> Iterator[Prediction]:
    group, on_transitions = _answer_group(range(len(queries)), queries, bundle, sources)
    materials: list[Any] = [query.material for query, _ in queries]
    families, offsets = group.families, sources.offsets
    on_fillers = _notes_on_fillers(queries, group.answer, sources)
    answer, evidence = beside(group.answer, bundle, materials, offsets)
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
            stability=group.stabilities[index],
        )
        prediction = replace(
            prediction, made_of=made_of[index], threshold_S_cm=sources.threshold_S_cm
        )
        if added := (*on_transitions.get(index, ()), *on_fillers.get(index, ())):
            prediction = replace(prediction, notes=(*prediction.notes, *added))
        yield said_of(prediction, query, answer, index, offsets)


def _answer_group(
    places: Sequence[int],
    asked: Sequence[tuple[Query, Kind]],
    bundle: Model,
    sources: Sources,
) -> tuple[AnsweredGroup, Notes]:
    """What one bundle answers, with the windows, and notes on transitions by the index."""
    queries, kinds = zip(*asked, strict=True)
    materials: list[Any] = [query.material for query in queries]
    temperature_C = np.array([query.temperature_C for query in queries])
    families = [kind.recognise(query.material) for query, kind in asked]
    shift = brought(queries, [match.family for match in families], sources.offsets)
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
    group = AnsweredGroup(places, queries, kinds, families, stabilities, bundle, answer)
    return group, on_transitions


def _notes_on_fillers(
    queries: Sequence[tuple[Query, Kind]], answer: BundleAnswer, sources: Sources
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
