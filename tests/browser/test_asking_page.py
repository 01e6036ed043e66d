"""The page of `sseml serve --ui` in Chromium: pasted, dropped, refused, saved, without a mouse."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STRUCTURES = Path(__file__).parents[1] / "data" / "structures"
MATERIALS = "#table tbody th"
PASTED = """\
Li6PS5Cl
# <b>a note</b>

LLZO T=60
<img src=x onerror=document.title='run'>
PEO + LiTFSI, EO:Li=18
La2/3-xLi3xTiO3 x=0.02:0.1:0.04
NaCl
"""
WITHIN_S = 60.0


def ask(browser: Any, text: str = "") -> None:
    """Type, press the button, and wait for what comes."""
    if text:
        browser.run("document.getElementById('formulas').value = arguments[0]", text)
    browser.click("#ask")
    settled(browser)


def settled(browser: Any) -> None:
    browser.until(
        lambda: browser.run("return !document.querySelector('#ask[aria-disabled]')"), WITHIN_S
    )


def answered(browser: Any) -> str:
    return str(browser.text("#summary"))


@pytest.mark.parametrize(("width", "scheme"), [*itertools.product((1280, 390), ("light", "dark"))])
def test_what_is_pasted_is_answered_at_every_width(
    browser: Any, page: str, width: int, scheme: str
) -> None:
    browser.complaints(), browser.requested()
    browser.open(page, width, scheme)
    title = browser.run("return document.title")
    ask(browser, PASTED)
    assert answered(browser).startswith("6 answered, 2 refused.")
    assert browser.text("#status").startswith("6 answered, 2 refused.")
    assert len(browser.texts(MATERIALS)) == 6
    first = browser.texts("#table tbody tr:first-child > *")
    assert first[0] == "Li6PS5Cl"
    assert "argyrodite" in first
    assert browser.texts("#refused tbody td:first-child") == ["line 5", "line 8"]
    assert browser.texts("#refused tbody td:nth-child(2)")[1] == "NaCl"
    assert "contains no Li" in browser.texts("#refused tbody td:nth-child(3)")[1]
    hrefs = browser.run("return [...document.querySelectorAll('#table a')].map((one) => one.href)")
    assert hrefs
    assert all(href.startswith("https://doi.org/10.") for href in hrefs)
    widths = browser.run(
        "return [document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
    )
    assert max(widths) == width
    assert browser.run("return document.querySelectorAll('img, #table b').length") == 0
    assert browser.run("return document.title") == title
    assert browser.complaints() == []
    asked_for = {url for url in browser.requested() if not url.startswith("data:")}
    assert asked_for == {f"{page}/", f"{page}/invocations"}


def test_temperature_and_windows_are_as_asked(browser: Any, page: str) -> None:
    browser.open(page)
    browser.run("document.getElementById('temperature').value = ''")
    browser.type("#temperature", "60")
    ask(browser, "LLZO\nLi3YCl6 T=25")
    cells = ("#table tbody td:nth-child(2)", "#table tbody td:nth-child(7)")
    assert browser.texts(cells[0]) == ["60", "25"]
    assert "–" not in browser.texts(cells[1])
    browser.click("#window")
    ask(browser)
    assert browser.texts(cells[1]) == ["–", "–"]
    browser.run("document.getElementById('temperature').value = ''")
    ask(browser)
    assert browser.text("#problem").startswith("The temperature is not a number.")
    browser.type("#temperature", "-400")
    ask(browser)
    assert browser.text("#problem").startswith("This cannot be read: params.temperature_C")


def test_tables_lists_and_structures_are_dropped_in_any_order(
    browser: Any, page: str, tmp_path: Path
) -> None:
    table, listed = tmp_path / "mine.csv", tmp_path / "list.txt"
    table.write_text("sample;formula;temperature\nA;Li3YCl6;60,5\nB;Xx;\n", encoding="utf-8")
    listed.write_text("# mine\nLi3N\nLiXx\n", encoding="utf-8")
    broken = tmp_path / "broken.cif"
    broken.write_text("data_x\n_cell_length_a 3\n", encoding="utf-8")
    bare = tmp_path / "structure.dat"
    bare.write_text((STRUCTURES / "li3n.cif").read_text("utf-8"), encoding="utf-8")
    browser.open(page)
    browser.drop("main", STRUCTURES / "llzo_cubic.cif", table, listed)
    browser.drop("#formulas", broken, STRUCTURES / "li3ocl.vasp", bare)
    browser.until(lambda: len(browser.texts("#chosen li")) == 6)
    ask(browser, "Li6PS5Cl")
    assert browser.texts("#table .typed") == [
        "llzo_cubic.cif", "li3ocl.vasp", "structure.dat.cif",
    ]  # fmt: skip
    formulas = [text.split("\n")[0] for text in browser.texts(MATERIALS)]
    assert formulas == ["Li6PS5Cl", "Li7La3Zr2O12", "Li3YCl6", "Li3N", "Li3OCl", "Li3N"]
    assert browser.texts("#table tbody tr:nth-child(3) td:nth-child(2)") == ["60.5"]
    assert browser.texts("#refused tbody td:first-child") == [
        "mine.csv row 2", "list.txt line 3", "broken.cif",
    ]  # fmt: skip
    assert "sample" in browser.text("#remarked")
    browser.click("#chosen li:first-child button")
    assert browser.texts("#chosen li")[0].startswith("mine.csv")
    assert browser.run("return document.activeElement.id") == "files"


def test_files_can_be_chosen_and_measurements_move_the_answers(
    browser: Any, page: str, tmp_path: Path
) -> None:
    lab = tmp_path / "lab.csv"
    lab.write_text("formula,sigma_S_cm\nLiYF4,1e-3\nNaCl,1\n", encoding="utf-8")
    browser.complaints()
    browser.open(page)
    browser.type("#files", str(STRUCTURES / "li3n.cif"))
    browser.until(lambda: browser.texts("#chosen li") != [])
    ask(browser, "Li3AlF6")
    before = browser.texts("#table tbody tr:first-child td:nth-child(3)")
    assert len(browser.texts(MATERIALS)) == 2
    browser.type("#measured", str(lab))
    ask(browser)
    assert browser.texts("#table tbody tr:first-child td:nth-child(3)") != before
    assert "+offset" in answered(browser)
    assert "row 2: 'NaCl'" in browser.text("#remarked")
    assert browser.complaints() == []


def test_what_is_no_text_is_said(browser: Any, page: str, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK\x03\x04\x00\x00")
    browser.open(page)
    browser.type("#files", str(book))
    browser.until(lambda: "book.xlsx is not text" in browser.text("#problem"))
    assert browser.texts("#chosen li") == []
    ask(browser)
    assert browser.text("#problem").startswith("There is nothing to ask about yet.")


def test_a_wrong_token_is_said_and_the_right_one_answers(
    browser: Any, guarded: str, token: str
) -> None:
    browser.open(guarded, 390)
    assert browser.run("return document.activeElement.id") == "token"
    assert browser.run("return document.getElementById('token').type") == "password"
    ask(browser, "LLZO")
    assert browser.text("#token-problem").startswith("This server needs a token.")
    browser.type("#token", f"{token}-wrong")
    ask(browser)
    assert browser.text("#token-problem").startswith("The token is wrong.")
    assert browser.run("return document.activeElement.id") == "token"
    assert browser.run("return document.activeElement.getAttribute('aria-invalid')") == "true"
    assert answered(browser) == "None yet."
    browser.write(token)  # in the place of the one that is selected
    browser.press("Enter")
    settled(browser)
    assert answered(browser).startswith("1 answered")
    assert browser.text("#token-problem") == ""
    kept = browser.run("return JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert token not in kept
    assert token not in browser.run("return location.href")
    browser.complaints()


def test_no_mouse_is_needed(browser: Any, page: str) -> None:
    browser.open(page)
    seen = []
    for _ in range(7):
        browser.press("Tab")
        seen.append(
            browser.run("return document.activeElement.id || document.activeElement.className")
        )
        outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert seen == ["skip", "formulas", "files", "temperature", "window", "measured", "ask"]
    browser.run("document.getElementById('formulas').focus()")
    browser.write("Li6PS5Cl")
    browser.press("Enter")
    browser.write("LLZO")
    browser.chord("Control", "Enter")
    browser.until(lambda: answered(browser).startswith("2 answered"), WITHIN_S)
    assert browser.run("return document.activeElement.id") == "formulas"
    for _ in range(6):
        browser.press("Tab")
    assert browser.run("return document.activeElement.id") == "download"
    browser.press("Tab")
    assert browser.run("return document.activeElement.id") == "answered"


def test_a_screen_reader_is_told_what_everything_is(browser: Any, guarded: str, token: str) -> None:
    browser.open(guarded)
    browser.type("#token", token)
    ask(browser, PASTED)
    nodes = browser.accessible()

    def names(role: str) -> list[str]:
        return [node["name"]["value"] for node in nodes if node["role"]["value"] == role]

    assert {"Token of this server", "Formulas, one a line"} <= set(names("textbox"))
    assert names("spinbutton") == ["Temperature (°C)"]
    assert names("checkbox") == ["Electrochemical windows"]
    assert {"Predict", "Download CSV (all columns)"} <= set(names("button"))
    controls = ("textbox", "spinbutton", "checkbox", "button", "link", "region", "table")
    assert all(all(names(role)) for role in controls)
    assert set(names("heading")) == {
        "Solid electrolytes", "Ask", "Answers", "Refused",
    }  # fmt: skip
    assert len(names("table")) == 2
    assert "Rows without an answer, and why" in names("table")
    assert len(names("columnheader")) == 11 + 3
    assert len(names("rowheader")) == 6
    assert browser.run("return document.documentElement.lang") == "en"
    assert browser.run("return document.getElementById('status').getAttribute('role')") == "status"
    assert browser.run("return document.getElementById('problem').getAttribute('role')") == "alert"


def test_the_saved_table_is_that_of_the_command_line(
    browser: Any, page: str, tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        'formula,note\nLi6PS5Cl,"a, ""b"""\nNaCl,=1+1\nLLZO,\n"PEO + LiTFSI, EO:Li=18",-5\n',
        encoding="utf-8",
    )
    saved, expected = tmp_path / "sseml.csv", tmp_path / "expected.csv"
    subprocess.run(
        [sys.executable, "-m", "sseml", "predict", "-i", str(table), "-o", str(expected)],
        check=False,
        capture_output=True,
    )
    browser.open(page)
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.drop("main", table)
    browser.until(lambda: browser.texts("#chosen li") != [])
    ask(browser)
    browser.click("#download")
    browser.until(saved.exists, 10)
    with expected.open(encoding="utf-8", newline="") as wanted:
        rows = list(csv.DictReader(wanted))
    with saved.open(encoding="utf-8", newline="") as found:
        ours = list(csv.DictReader(found))
    assert list(ours[0]) == list(rows[0])
    assert [plain(row) for row in ours] == [plain(row) for row in rows]
    assert browser.complaints() == []


def plain(row: dict[str, str]) -> dict[str, Any]:
    """Cells with numbers as numbers, which two languages write in their own ways."""

    def value(cell: str) -> Any:
        try:
            return float(cell)
        except ValueError:
            return cell

    return {name: value(cell) for name, cell in row.items()}


def test_long_lists_are_asked_in_pieces_and_too_large_tables_refused(
    browser: Any, small: str, tmp_path: Path
) -> None:
    browser.open(small)
    ask(browser, "\n".join(["LLZO", "Li3N", "Xx", "Li3YCl6", "NaCl", "LiI", "Li6PS5Cl"]))
    assert answered(browser).startswith("5 answered, 2 refused.")
    assert browser.texts("#refused tbody td:first-child") == ["line 3", "line 5"]
    table = tmp_path / "long.csv"
    table.write_text("formula\n" + "LLZO\n" * 4, encoding="utf-8")
    browser.run("document.getElementById('formulas').value = ''")
    browser.drop("main", table)
    browser.until(lambda: browser.texts("#chosen li") != [])
    ask(browser)
    assert browser.text("#problem").startswith("These are too many rows: the server takes")
    assert answered(browser).startswith("5 answered")  # those of the question before
    ask(browser, "Li3N")
    assert answered(browser).startswith("1 answered")  # what went before the table
    assert browser.text("#problem").startswith("These are too many rows: the server takes")
    table.write_text("formula\n" + "LLZO\n" * 1000, encoding="utf-8")
    browser.click("#chosen button")
    browser.drop("main", table)
    browser.until(lambda: browser.texts("#chosen li") != [])
    ask(browser)
    assert browser.text("#problem").startswith("This is too much for one request: the server takes")
    browser.complaints()


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (429, {}, "<html>", "You have asked very often in a short time."),
        (503, {"retry-after": "2"}, "busy", "The server is busy. Try again in 2 s."),
        (503, {}, "not_ready", "The model is still being loaded."),
        (504, {}, "timeout", "The answer took too long."),
        (502, {}, "<html>", "The server is being restarted, or has stopped."),
        (500, {}, "internal_error", "The server failed (500). Tell whoever runs it the number id7"),
        (0, {}, "", "The server does not answer. Check that it runs"),
    ],
)
def test_failures_are_said_in_plain_words(
    browser: Any, page: str, status: int, headers: dict[str, str], body: str, said: str
) -> None:
    browser.open(page)
    text = body
    if body and not body.startswith("<"):
        text = json.dumps({"error": {"code": body, "message": "", "request_id": "id7"}})
    browser.run(
        "const [status, headers, text] = arguments;"
        "window.fetch = async () => { if (!status) throw new TypeError('Failed to fetch');"
        "return new Response(text, {status, headers}); };",
        status,
        headers,
        text,
    )
    ask(browser, "LLZO")
    assert browser.text("#problem").startswith(said)
    assert browser.text("#status") == ""
    assert browser.complaints() == []
