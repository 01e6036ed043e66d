"""From text to prediction: text → material → features → bundle → prediction with its evidence."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sseml.answering import Sources, answered, answered_batch, bundles_by_kind
from sseml.classes import dataclass
from sseml.model.answer import Model
from sseml.model.answered import AnsweredBatch
from sseml.model.bundle import Bundle
from sseml.model.loading import Bundles, load_bundle
from sseml.records import Answer, Query, Refusal
from sseml.released import DEFAULT_PHASES, released_folder
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM

if TYPE_CHECKING:
    import pandas as pd

    from sseml.model.explaining import Explainer
    from sseml.model.offsets import Offsets
    from sseml.model.phases import PhaseBundle
    from sseml.parse.structure.agreement import OnMismatch

_BATCH = 128
"""Rows answered together: large enough for array speed, small enough to answer a pipe at once."""

FILE_BATCH = 2048
"""Rows answered together where nobody waits for the first of them."""


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
        batch_rows=FILE_BATCH,
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
    batch_rows: int | None = None,
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
    batch_rows
        Rows answered together; None for few, so that the first answers come at once.
    """
    batches = batches_of(items, batch_rows or _BATCH)
    given = phases if phases is None or callable(phases) else lambda: phases
    by_kind, kinds = bundles_by_kind(bundles)
    sources = Sources(by_kind, kinds, given, explain, explainer, offsets, threshold_S_cm)
    if threads > 1:
        yield from _several_at_a_time(batches, sources, threads)
        return
    for batch in batches:
        yield from answered(batch, sources)


def predict_batches(
    items: Iterable[Query | Refusal],
    bundles: Model | Sequence[Model] | Bundles,
    phases: Callable[[], PhaseBundle] | None = None,
    *,
    threshold_S_cm: float = SUPERIONIC_S_CM,
) -> Iterator[AnsweredBatch]:
    """Answer parsed rows in large batches, which are written as columns.

    Takes what `predict_queries` takes. The answers are the same, without what no column shows:
    notes, all but the nearest measured material, and what one's own measurements would change.
    """
    by_kind, kinds = bundles_by_kind(bundles)
    sources = Sources(by_kind, kinds, phases, False, None, None, threshold_S_cm)
    for batch in batches_of(items):
        yield answered_batch(batch, sources)


def batches_of(
    items: Iterable[Query | Refusal], rows: int = FILE_BATCH
) -> Iterator[Sequence[Query | Refusal]]:
    """Pieces of so many rows; the last can be shorter."""
    stream = iter(items)
    return iter(lambda: list(islice(stream, rows)), [])


def _several_at_a_time(
    batches: Iterable[Sequence[Query | Refusal]], sources: Sources, threads: int
) -> Iterator[Answer]:
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - start-up: 13 ms

    underway: deque[Future[list[Answer]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for batch in batches:
                underway.append(pool.submit(answered, batch, sources))
                if len(underway) > threads:
                    yield from underway.popleft().result()
            while underway:
                yield from underway.popleft().result()
        finally:
            for future in underway:
                future.cancel()
