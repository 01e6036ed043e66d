"""The page of a report in Chromium: it sorts, filters, opens, prints, and loads nothing."""

from __future__ import annotations

import csv
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sseml.cli import main

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
MATERIALS = "#table tbody .name .link"


def contents(page: Path) -> dict[str, Any]:
    """What the page was made from."""
    [text] = re.findall(
        r'<script type="application/json" id="contents">(.*?)</script>',
        page.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    found: dict[str, Any] = json.loads(text)
    return found


def answers(page: Path) -> list[dict[str, str]]:
    """The answered rows of the CSV written beside the page."""
    with (page.parent / "out.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["status"] == "ok"]


def order(page: Path, column: str, *, descending: bool) -> list[str]:
    """Formulas in the order of a column, missing values last, ties by σ."""
    rows = sorted(answers(page), key=lambda row: -float(row["log10_sigma"]))
    known = [row for row in rows if row[column]]
    sign = -1 if descending else 1
    known.sort(key=lambda row: sign * float(row[column]))
    return [row["formula"] for row in [*known, *(row for row in rows if not row[column])]]


@pytest.mark.parametrize(("width", "scheme"), [*itertools.product(WIDTHS, SCHEMES)])
def test_it_fits_complains_of_nothing_and_asks_nobody(
    browser: Any, mixed: Path, width: int, scheme: str
) -> None:
    browser.complaints(), browser.requested()
    browser.open(mixed, width, scheme)
    browser.click(MATERIALS)
    browser.press("Escape")
    widths = browser.run(
        "return [document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
    )
    assert max(widths) == width
    assert browser.complaints() == []
    schemes = {url.split(":")[0] for url in browser.requested()}
    assert "file" in schemes  # requests are seen at all
    assert schemes <= {"file", "data"}
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")


def test_headings_sort_both_ways_with_the_keyboard(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    assert browser.texts(MATERIALS) == order(mixed, "log10_sigma", descending=True)
    browser.run("document.querySelector('[data-column=V_ox]').focus()")
    browser.press("Enter")
    assert browser.texts(MATERIALS) == order(mixed, "V_ox", descending=True)
    assert browser.text("th[aria-sort=descending]").startswith("V_ox")
    browser.press("Enter")  # the focus stays on the heading
    assert browser.texts(MATERIALS) == order(mixed, "V_ox", descending=False)
    assert len(browser.texts("th[aria-sort]")) == 1
    browser.click("[data-column=price]")
    assert browser.texts(MATERIALS) == order(mixed, "price", descending=False)


def test_fields_filter_table_and_chart(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    browser.type("#search", "polymer")
    browser.until(lambda: len(browser.texts(MATERIALS)) == 1)
    assert browser.texts(MATERIALS) == ["PEO + LiTFSI, EO:Li=18"]
    assert browser.text("#plot") == "No row has both."  # a polymer has no window
    browser.click("#reset")
    browser.until(lambda: len(browser.texts(MATERIALS)) == 8)
    browser.choose("#family", "Li3MX6")
    browser.until(lambda: len(browser.texts(MATERIALS)) == 3)
    browser.choose("#domain", "outside")
    browser.until(lambda: browser.texts(MATERIALS) == ["Li2.5Lu0.5Hf0.5Cl6"])
    assert browser.run("return document.querySelectorAll('#points .dot').length") == 1
    browser.click("#reset")
    browser.type("#least", "0.5")
    likely = [row["formula"] for row in answers(mixed) if float(row["p_superionic"]) >= 0.5]
    browser.until(lambda: sorted(browser.texts(MATERIALS)) == sorted(likely))


def test_a_point_is_opened_with_the_keyboard_and_closed_again(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    browser.run("document.getElementById('points').focus()")
    browser.press("ArrowRight", "ArrowRight")
    named = browser.text("#point").split(":")[0]
    browser.press("Enter")
    assert browser.run("return document.getElementById('details').open")
    assert browser.text("#details h2") == named
    hrefs = browser.run(
        "return [...document.querySelectorAll('#details a')].map((link) => link.href)"
    )
    assert hrefs
    assert all(href.startswith("https://doi.org/10.") for href in hrefs)
    assert "Measurements that weigh most" in browser.text("#details")
    browser.press("Escape")
    assert not browser.run("return document.getElementById('details').open")
    assert browser.run("return document.activeElement.id") == "points"


def test_a_click_on_a_point_opens_it(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    browser.click("#points .dot.best")
    assert browser.text("#details h2") in browser.texts("#front button")


def test_the_front_holds_what_nothing_beats(browser: Any, long: Path) -> None:
    browser.open(long)
    browser.choose("#x", "nearest_distance")
    browser.choose("#y", "p_superionic")
    rows = [(-float(row["nearest_distance"]), float(row["p_superionic"]), row["formula"])
            for row in answers(long)]  # fmt: skip
    front = [
        name
        for x, y, name in rows
        if not any(a >= x and b >= y and (a, b) != (x, y) for a, b, _ in rows)
    ]
    shown = browser.texts("#front button")
    more = re.match(r"and (\d+) more", browser.text("#front-more"))
    assert len(shown) + int(more[1] if more else 0) == len(front)
    rounded = {re.sub(r"\d+\.\d+", lambda one: f"{float(one[0]):.4g}", name) for name in front}
    assert set(shown) <= rounded


def test_the_margin_follows_the_chosen_electrodes(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    browser.choose("#anode", "LTO")
    browser.choose("#cathode", "NMC811")
    browser.click("[data-column=window_margin_V]")

    def margin(row: dict[str, str]) -> float:
        return min(1.55 - float(row["V_red"]), float(row["V_ox"]) - 4.3)

    known = [row for row in answers(mixed) if row["V_ox"]]
    best = sorted(known, key=margin, reverse=True)
    wanted = [f"{margin(row):.2f}".replace("-", "−") for row in best]
    place = browser.run(
        "return [...document.querySelectorAll('#table thead th')]"
        ".findIndex((head) => head.innerText.startsWith('margin'))"
    )
    browser.until(
        lambda: browser.texts(f"#table tbody tr > :nth-child({place + 1})")[: len(best)] == wanted
    )


def test_the_asked_electrodes_are_chosen_at_first(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    command = ["screen", "--space", "Li3{Y,In}Cl6", "--anode", "0.62", "--cathode", "4"]
    assert main([*command, "--report", str(page), "-o", str(tmp_path / "out.csv")]) == 0
    browser.open(page)
    assert browser.run("return document.getElementById('anode').selectedOptions[0].text") == (
        "anode asked for, 0.62 V"
    )
    browser.choose("#anode", "LTO")
    browser.click("#reset")
    browser.until(
        lambda: browser.run("return document.getElementById('anode').value") == "anode asked for"
    )
    assert browser.complaints() == []


def test_it_prints_every_row_with_its_evidence(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    browser.run(
        "window.addEventListener('beforeprint', () => { window.printed = ["
        "document.querySelectorAll('#table tbody tr').length,"
        "document.querySelectorAll('#printed article').length]; })"
    )
    assert browser.print().startswith(b"%PDF-")
    assert browser.run("return window.printed") == [8, 8]
    assert browser.run("return document.querySelectorAll('#printed article').length") == 0
    assert browser.complaints() == []


def test_all_pages_of_a_long_table_go_to_paper(browser: Any, long: Path) -> None:
    browser.open(long)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.run("return document.querySelectorAll('#table tbody tr').length") == 5000
    assert browser.text("#printed > p") == "Evidence is printed for the first 200 rows."
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert browser.run("return document.querySelectorAll('#table tbody tr').length") == 50


def test_five_thousand_rows_stand_in_pages(browser: Any, long: Path) -> None:
    browser.open(long)
    assert len(browser.texts(MATERIALS)) == 50
    assert "rows 1–50 of 5000" in browser.text("#pager")
    browser.click("#pager button:last-child")
    assert "rows 4951–5000 of 5000" in browser.text("#pager")
    worst = min(float(row["log10_sigma"]) for row in answers(long))
    last = browser.texts("#table tbody tr:last-child td.number")
    assert f"{10**worst:.1e}".replace("e-0", "e-") in last
    drawing = browser.run(
        "const start = performance.now();"
        "document.querySelector('[data-column=p_superionic]').click();"
        "document.body.getBoundingClientRect();"
        "return performance.now() - start"
    )
    assert drawing < 2000.0


def test_curves_follow_the_order_and_the_filter(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    assert browser.texts("#panels figcaption button") == browser.texts(MATERIALS)[:6]
    browser.click("#more-curves")
    assert browser.texts("#panels figcaption button") == browser.texts(MATERIALS)
    browser.click("[data-column=activation_energy_eV]")
    assert browser.texts("#panels figcaption button") == browser.texts(MATERIALS)
    browser.choose("#family", "garnet")
    browser.until(lambda: browser.texts("#panels figcaption button") == ["Li7La3Zr2O12"])


def test_what_a_list_says_stays_text(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    assert browser.run("return document.title") == "Solid electrolytes of mixed.csv"
    assert browser.run("return document.querySelectorAll('img, #table script').length") == 0
    browser.click(MATERIALS)
    remarks = {row["remark"] for row in answers(mixed)}
    assert any(remark and remark in browser.text("#details") for remark in remarks)


def test_refused_rows_say_why(browser: Any, mixed: Path, tmp_path: Path) -> None:
    browser.open(mixed)
    assert browser.texts("#refused tbody tr td:nth-child(2)") == ["NaCl", "Li3Po4"]
    assert "no Li" in browser.text("#refused")
    page = tmp_path / "none.html"
    assert main(["predict", "NaCl", "--report", str(page)]) == 1
    browser.open(page)
    assert browser.complaints() == []
    assert browser.text("#summary").startswith("0 answered; 1 refused")
    assert not browser.run("return document.getElementById('rows').offsetParent")


def test_domains_differ_in_shape(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    shapes = browser.run(
        "return [...document.querySelectorAll('#points .dot')]"
        ".map((dot) => [dot.classList[0], dot.tagName])"
    )
    assert {tuple(each) for each in shapes} >= {("inside", "circle"), ("outside", "path")}


def test_the_theme_can_be_turned(browser: Any, mixed: Path) -> None:
    browser.open(mixed, scheme="dark")
    colours = []
    for _ in range(3):
        colours.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
        browser.click("#theme")
    system, light, dark = colours
    assert system == dark
    assert light != dark


def test_every_field_and_chart_has_a_name(browser: Any, mixed: Path) -> None:
    browser.open(mixed)
    nameless = browser.run(
        "return [...document.querySelectorAll('input, select, [role=img], [role=region], dialog')]"
        ".filter((one) => !(one.labels?.length || one.getAttribute('aria-label')"
        " || document.getElementById(one.getAttribute('aria-labelledby')) || one.id === 'details'))"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert nameless == []


def test_a_ranking_keeps_its_order_and_is_named(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "ranked.html"
    asked = ["screen", "--space", "Li3{Y,In,Sc}Cl6", "--no-window", "--rank-by"]
    assert main([*asked, "n_critical_EU_2024,cost_USD_mol", "--report", str(page)]) == 0
    browser.open(page)
    assert browser.texts(MATERIALS) == ["Li3InCl6", "Li3YCl6", "Li3ScCl6"]
    order = "ranked by Pareto fronts of n_critical_EU_2024 and cost_USD_mol"
    assert browser.text("#summary").startswith(f"3 answered, {order}; 0 refused")
    browser.click(MATERIALS)
    assert "critical_EU_2024" in browser.text("#details")
    assert browser.complaints() == []
