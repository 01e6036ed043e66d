"""The picture of `--plot`: σ in order with the threshold, and windows in the same rows."""

from __future__ import annotations

import pytest

from sseml import RefusedInputError, predict
from sseml.report import overview

LIST = ("LLZO", "Li6PS5Cl", "PEO + LiTFSI, EO:Li=18", "NaCl")


def test_windows_stand_in_the_rows_of_the_ranking() -> None:
    answers = [answer for answer in predict(LIST) if not hasattr(answer, "reason")]
    answers.sort(key=lambda answer: -answer.sigma_S_cm)
    ranked, windows = overview(predict(LIST)).axes
    assert len(ranked.get_yticks()) == len(answers) == 3
    drawn = {round(bar.get_y() + bar.get_height() / 2): bar for bar in windows.patches}
    for place, answer in enumerate(answers):
        if answer.V_ox is None:
            assert place not in drawn
            continue
        bar = drawn[place]
        assert bar.get_x() == pytest.approx(answer.V_red)
        assert bar.get_x() + bar.get_width() == pytest.approx(answer.V_ox)
    [nothing] = [text for text in windows.texts if text.get_text() == "no window"]
    assert answers[round(nothing.get_position()[1])].kind == "polymer"


def test_the_line_is_at_the_threshold() -> None:
    answers = predict(["LLZO"], window=False, threshold_S_cm=2e-3)
    [axes] = overview(answers, threshold_S_cm=2e-3).axes
    assert axes.lines[0].get_xdata()[0] == 2e-3
    assert "σ ≥ 2e-3" in [text.get_text() for text in axes.texts]


def test_only_the_best_are_drawn_and_something_must_be() -> None:
    assert len(overview(predict(LIST), top=2).axes[0].get_yticks()) == 2
    with pytest.raises(RefusedInputError, match="no prediction to rank"):
        overview(predict(["NaCl"]))


def test_an_order_is_kept_and_named() -> None:
    answers = [answer for answer in predict(LIST, window=False) if not hasattr(answer, "reason")]
    worst_first = sorted(answers, key=lambda answer: answer.sigma_S_cm)
    [axes] = overview(worst_first, order="cost_USD_kg").axes
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() in "os^"] == [
        answer.sigma_S_cm for answer in worst_first
    ]
    assert axes.get_title(loc="left") == "Predicted conductivity at 25 °C\nby cost_USD_kg"
    [first] = overview(worst_first, top=1, order="cost_USD_kg").axes
    assert first.get_title(loc="left").endswith("the first 1 of 3 by cost_USD_kg")
