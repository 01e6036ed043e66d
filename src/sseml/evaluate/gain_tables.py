"""The figures of a `GainReport` as the Markdown of a page, section by section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from sseml.evaluate.before_after import IF_IT_CONDUCTS, PLAIN
from sseml.evaluate.gain_report import (
    BROUGHT,
    EACH_PAPER_ONCE,
    EACH_ROW,
    PUBLIC,
    RECENT,
    WITHOUT_LARGEST,
    GainReport,
)
from sseml.evaluate.gains import Gain, Gains, families_won
from sseml.evaluate.time_split import FIRST_TESTED_YEAR

ERROR, CONSTANT, NEIGHBOUR = "MAE10c", "MAE10c constant", "MAE10c nearest neighbour"
ORDER, WIDTH = "Spearman in families", "median width"

_GOOD_DECADES = 0.75
"""Error below which a family is called well known: near the 0.45–0.6 by which papers differ."""

_POOR_DECADES = 1.1


class Floor(NamedTuple):
    """What a figure of the time split must reach."""

    figure: str
    limit: float
    at_most: bool

    @property
    def text(self) -> str:
        """As the page shows it."""
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"

    def reached(self, value: float) -> bool:
        """Whether a value is on the right side."""
        return value <= self.limit if self.at_most else value >= self.limit


_COVERAGE = Floor("coverage", 0.85, at_most=False)
FLOORS = (
    Floor(ERROR, 1.1, at_most=True),
    Floor("AUC", 0.85, at_most=False),
    Floor(ORDER, 0.5, at_most=False),
    _COVERAGE,
)
_WON = Floor("families won", 2 / 3, at_most=False)


def sections(report: GainReport) -> dict[str, str]:
    """Markdown of each section of the page, by name.

    Parameters
    ----------
    report
        The figures.
    """
    written: dict[str, Callable[[GainReport], Sequence[str]]] = {
        "short": _short,
        "official": _official,
        "papers": _papers,
        "time": _time,
        "families": _families,
        "domains": _domains,
        "years": _years,
        "trust": _trust,
    }
    return {name: "\n".join(lines(report)) for name, lines in written.items()}


def _short(report: GainReport) -> list[str]:
    by_paper = report.papers[PLAIN]
    official = report.official[EACH_ROW]
    lines = [
        "- **The next paper**, held out while the others are known. Rows of the literature table: "
        f"{_error(by_paper[BROUGHT][EACH_ROW])}; rows of the public sources: "
        f"{_error(by_paper[PUBLIC][EACH_ROW])}.",
        f"- **The official OBELiX test.** {_error(official)}; AUC {_arrow(official['AUC'])} "
        f"({_sure(official['AUC'])}).",
        f"- **The time split**, papers up to {FIRST_TESTED_YEAR - 1} and then those since: "
        f"{_error(report.time[PLAIN][EACH_ROW])}. Only what the table holds of earlier papers can "
        "help there.",
    ]
    if missed := _missed(report):
        lines.append(f"- **Floors of the time split that are missed:** {'; '.join(missed)}.")
    return [*lines, f"- {_of_one_paper(report)}"]


def _missed(report: GainReport) -> list[str]:
    """What does not reach its floor after, with its figure."""
    found = []
    for output, views in report.time.items():
        own = views[EACH_ROW]
        found += [
            f"{floor.figure} {own[floor.figure].after:.2f} {_label(output)}({floor.text})"
            for floor in FLOORS
            if not floor.reached(own[floor.figure].after)
        ]
        families = report.time_by_family[output]
        won = families_won(families)[1]
        if families and not _WON.reached(won / len(families)):
            found.append(f"families won {won} of {len(families)} {_label(output)}(two thirds)")
    return found


def _of_one_paper(report: GainReport) -> str:
    every = report.time[PLAIN][EACH_ROW]
    count = every.rows - report.time[PLAIN][WITHOUT_LARGEST].rows
    text = (
        f"**One paper** ({report.largest['time']}) is {count} of the {every.rows} rows of the time "
        "split."
    )
    for output, views in report.time.items():
        shown = ", ".join(
            f"{view} {views[view][ERROR].after:.2f} ({views[view][CONSTANT].after:.2f})"
            for view in (EACH_ROW, WITHOUT_LARGEST, EACH_PAPER_ONCE)
        )
        text += f" {output.capitalize()}, error and in brackets the best constant's: {shown}."
        met, alone = (views[view][ERROR].after for view in (EACH_ROW, WITHOUT_LARGEST))
        if FLOORS[0].reached(met) and not FLOORS[0].reached(alone):
            text += f" The floor ({FLOORS[0].text}) is met only because of that paper."
    return text


def _official(report: GainReport) -> list[str]:
    names = (ERROR, "bias", "AUC", "coverage", WIDTH, CONSTANT, NEIGHBOUR)
    own = report.official[EACH_ROW]
    before, after = report.learned["official"]
    return [
        f"{own.rows} rows of {own.papers} papers; learned from {before} rows before and {after} "
        "after.",
        "",
        "| figure | before | after | difference, 95 % |",
        "|---|---|---|---|",
        *(
            f"| {name} | {_number(own[name].before)} | {_number(own[name].after)} "
            f"| {_sure(own[name])} |"
            for name in names
        ),
    ]


def _papers(report: GainReport) -> list[str]:
    lines = [
        "| judged on | rows, papers | MAE10c | difference, 95 % | AUC | difference, 95 % "
        "| Spearman in families | coverage | median width |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for output, parts in report.papers.items():
        for name, views in parts.items():
            for view in (EACH_ROW, EACH_PAPER_ONCE):
                own = views[view]
                lines.append(
                    f"| {name}{_comma(output)}, {view} | {own.rows}, {own.papers} "
                    f"| {_arrow(own[ERROR])} | {_sure(own[ERROR])} | {_arrow(own['AUC'])} "
                    f"| {_sure(own['AUC'])} | {_arrow_if_any(own, ORDER)} "
                    f"| {_arrow(own['coverage'])} | {_arrow_if_any(own, WIDTH, 1)} |"
                )
    return lines


def _time(report: GainReport) -> list[str]:
    before, after = report.learned["time"]
    lines = [f"Learned from {before} rows before and {after} after."]
    for output, views in report.time.items():
        own = views[EACH_ROW]
        lines += [
            "",
            f"**{output.capitalize()}**: {own.rows} rows of {own.papers} papers; "
            f"{views[WITHOUT_LARGEST].rows} rows without the largest of them.",
            "",
            f"| figure | floor | {' | '.join(views)} | difference, 95 %, {EACH_ROW} | reached |",
            "|---|---|" + "---|" * (len(views) + 2),
            *(_time_line(views, floor.figure, floor) for floor in FLOORS),
            _won_line(report.time_by_family[output]),
            *(_time_line(views, name) for name in (CONSTANT, NEIGHBOUR, "bias", WIDTH)),
        ]
    return lines


def _time_line(views: Mapping[str, Gains], name: str, floor: Floor | None = None) -> str:
    digits = 1 if name == WIDTH else 2
    sign = "+" if name == "bias" else ""
    shown = (_arrow_if_any(own, name, digits, sign) for own in views.values())
    figure = views[EACH_ROW][name]
    return (
        f"| {name} | {floor.text if floor else ''} | {' | '.join(shown)} | {_sure(figure)} "
        f"| {_yes(floor.reached(figure.after)) if floor else ''} |"
    )


def _won_line(families: Mapping[str, Gains]) -> str:
    before, after = families_won(families)
    count = len(families)
    reached = bool(count) and _WON.reached(after / count)
    return (
        f"| {_WON.figure} of {count}, against constant and neighbour | two thirds "
        f"| {before} → {after} |  |  |  | {_yes(reached)} |"
    )


def _families(report: GainReport) -> list[str]:
    lines: list[str] = []
    for output, families in report.time_by_family.items():
        lines += [
            "",
            f"| {output}, family | rows, papers | MAE10c | difference, 95 % | best constant "
            "| nearest neighbour | bias | coverage | Spearman |",
            "|---|---|---|---|---|---|---|---|---|",
            *(
                f"| {name} | {own.rows}, {own.papers} | {_arrow(own[ERROR])} | {_sure(own[ERROR])} "
                f"| {own[CONSTANT].after:.2f} | {_arrow(own[NEIGHBOUR])} "
                f"| {_arrow(own['bias'], sign='+')} | {_arrow(own['coverage'])} "
                f"| {_arrow(own[ORDER])} |"
                for name, own in families.items()
            ),
        ]
    return lines[1:]


def _domains(report: GainReport) -> list[str]:
    lines = [
        "| output, domain | rows, papers | MAE10c | best constant | coverage "
        f"| coverage, {EACH_PAPER_ONCE} | median width |",
        "|---|---|---|---|---|---|---|",
    ]
    for output, domains in report.time_by_domain.items():
        for name, views in domains.items():
            own = views[EACH_ROW]
            lines.append(
                f"| {output}, {name} | {own.rows}, {own.papers} | {_arrow(own[ERROR])} "
                f"| {own[CONSTANT].after:.2f} | {_arrow(own['coverage'])} "
                f"| {_arrow(views[EACH_PAPER_ONCE]['coverage'])} "
                f"| {_arrow(own[WIDTH], 1)} |"
            )
    return lines


def _years(report: GainReport) -> list[str]:
    lines: list[str] = []
    for output, years in report.years.items():
        first = next(iter(years.values()))
        heads = " | ".join(
            f"{view} ({first[view].rows} rows, constant {first[view][CONSTANT].after:.2f})"
            for view in first
        )
        lines += [
            "",
            f"| {output}: up to | {heads} | difference, 95 %, {EACH_ROW} | bias | AUC by value |",
            "|---|" + "---|" * (len(first) + 3),
        ]
        for year, views in years.items():
            own = views[EACH_ROW]
            errors = " | ".join(_arrow(views[view][ERROR]) for view in views)
            lines.append(
                f"| {year} | {errors} | {_sure(own[ERROR])} | {_arrow(own['bias'], sign='+')} "
                f"| {_arrow(own['AUC'])} |"
            )
    return lines[1:]


def _trust(report: GainReport) -> list[str]:
    """Families by how well the next paper in them is known."""
    families = report.papers_by_family
    good = [name for name, own in families.items() if own[ERROR].after <= _GOOD_DECADES]
    poor = [name for name, own in families.items() if own[ERROR].after > _POOR_DECADES]
    between = [name for name in families if name not in (*good, *poor)]
    recent = report.papers[PLAIN].get(RECENT)
    lines = [
        f"- *Well known*, the next paper within {_GOOD_DECADES} decades on average: "
        f"{_listed(families, good)}.",
        f"- *Known*, within {_POOR_DECADES}: {_listed(families, between)}.",
        f"- *Poorly known*, beyond {_POOR_DECADES}: {_listed(families, poor)}.",
    ]
    if recent:
        own = recent[EACH_ROW]
        lines.append(
            f"- *Papers of 2020 and later*, held out one by one while the others are known: "
            f"{own[ERROR].after:.2f} decades, AUC {own['AUC'].after:.2f}, "
            f"{own['coverage'].after:.2f} inside their interval ({own.rows} rows)."
        )
    if narrow := _too_narrow(report):
        lines.append(
            "- *Intervals that were too narrow* in the time split (coverage below "
            f"{_COVERAGE.limit:g}, {EACH_PAPER_ONCE}): {'; '.join(narrow)}."
        )
    return lines


def _too_narrow(report: GainReport) -> list[str]:
    """Where the intervals of the time split held too seldom, counted by paper."""
    covered = {
        f"{output}, {name}": views[EACH_PAPER_ONCE]["coverage"].after
        for output, domains in report.time_by_domain.items()
        for name, views in domains.items()
    }
    return [
        f"{where} {share:.2f}" for where, share in covered.items() if not _COVERAGE.reached(share)
    ]


def _listed(families: Mapping[str, Gains], names: Sequence[str]) -> str:
    ranked = sorted(names, key=lambda name: families[name][ERROR].after)
    return (
        ", ".join(
            f"{name} {families[name][ERROR].after:.2f} ({families[name].papers})" for name in ranked
        )
        or "none"
    )


def _error(own: Gains) -> str:
    return f"{_arrow(own[ERROR])} decades ({_sure(own[ERROR])})"


def _arrow(figure: Gain, digits: int = 2, sign: str = "") -> str:
    """Before and after, or one of them where they read alike."""
    before, after = (_number(value, digits, sign) for value in (figure.before, figure.after))
    return after if before == after else f"{before} → {after}"


def _arrow_if_any(own: Gains, name: str, digits: int = 2, sign: str = "") -> str:
    return _arrow(own[name], digits, sign) if name in own.figures else ""


def _sure(figure: Gain) -> str:
    """The difference with its interval, or alone where there is none."""
    if figure.before == figure.after:
        return ""
    shown = _number(figure.difference, sign="+")
    if isfinite(figure.low):
        shown += f" [{_number(figure.low, sign='+')}, {_number(figure.high, sign='+')}]"
    return shown


def _number(value: float, digits: int = 2, sign: str = "") -> str:
    """A figure, a zero without its sign; a dash for what cannot be had."""
    if not isfinite(value):
        return "–"
    rounded = round(value, digits)
    if rounded == 0.0:
        return f"{0.0:.{digits}f}"
    return f"{rounded:{sign}.{digits}f}".replace("-", "−")


def _yes(reached: bool) -> str:
    return "yes" if reached else "**no**"


def _label(output: str) -> str:
    return "" if output == PLAIN else f"{output} "


def _comma(output: str) -> str:
    return f", {IF_IT_CONDUCTS}" if output == IF_IT_CONDUCTS else ""
