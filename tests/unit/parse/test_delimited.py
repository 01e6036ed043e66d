"""CSV as spreadsheets and people write it: stray quotes, line ends, decimal commas."""

import io

import pytest

from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.records import Query, Refusal


def read(text, ends="\n", **options):
    data = text.replace("\n", ends).encode()
    return list(read_rows(io.BytesIO(data), "csv", **options))


ROWS = [f"Li{n}PS4,{n},ok" for n in range(1, 101)]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("place", [0, 1, 49, 98, 99])
@pytest.mark.parametrize("stray", ['Li9PS4,9,"open', '"Li9PS4,9,ok', 'Li9PS4,"9,ok', 'Li9PS4,9,"'])
def test_a_quote_that_is_never_closed_refuses_its_own_row(ends, place, stray):
    lines = [*ROWS]
    lines[place] = stray
    rows = read("\n".join(["formula,id,note", *lines, ""]), ends)
    assert [row.row for row in rows] == list(range(1, 101))
    assert [row.row for row in rows if isinstance(row, Refusal)] == [place + 1]
    assert "Li9PS4" in rows[place].input
    assert "never closed" in rows[place].reason
    assert rows[(place + 1) % 100].text == f"Li{(place + 1) % 100 + 1}PS4"


@pytest.mark.parametrize("stray", ['{0},"open', '"{0},ok', '{0},"', '{0},"a""', 'x,"{0}'])
def test_many_open_quotes_leave_every_row_in_its_place(stray):
    formulas = [f"Li{n}PS4" for n in range(1, 301)]
    lines = [stray.format(f) if n % 2 else f"{f},ok" for n, f in enumerate(formulas)]
    column = "id" if stray.startswith("x") else "formula"
    heading = "id,formula" if column == "id" else "formula,note"
    rows = read("\n".join([heading, *lines]))
    assert [row.row for row in rows] == list(range(1, 301))
    every = read("\n".join([heading, *(stray.format(f) for f in formulas)]))
    assert [row.row for row in every] == list(range(1, 301))


def test_a_list_of_one_column_loses_no_row_either():
    rows = read('formula\nLi3N\n"Li3PS4\nLi6PS5Cl\nLLZO"\nLiF\n')
    assert [row.row for row in rows] == [1, 2, 3, 4, 5]
    assert [row.text for row in rows if not isinstance(row, Refusal)][1:2] == ["Li6PS5Cl"]


def test_an_open_quote_in_the_heading_costs_no_row():
    for heading in ('"formula,id,note', 'formula,"id,note', 'formula,id,"note'):
        rows = read("\n".join([heading, *ROWS]))
        assert [(row.row, row.text) for row in rows] == [
            (n, line.partition(",")[0]) for n, line in enumerate(ROWS, 1)
        ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_quoted_cells_of_several_lines_are_one_row(ends):
    text = (
        'formula,"conductivity\n(S/cm)",note\nLi3PS4,1e-4,"two\nlines, and ""more"""\nLi3N,2,"x"\n'
    )
    first, second = read(text, ends)
    assert first.columns["note"] == f'two{ends}lines, and "more"'
    assert f"conductivity{ends}(S/cm)" in first.columns
    assert (second.row, second.text) == (2, "Li3N")


def test_a_note_of_several_lines_with_commas_is_no_row():
    text = 'formula,note\nLi3PS4,"washed\nDried, twice\nsee page 5, below"\nLi3N,"x\n2024, May"\n'
    assert [row.text for row in read(text)] == ["Li3PS4", "Li3N"]


def test_a_cell_longer_than_the_csv_module_takes_refuses_its_row_alone():
    long, good, plain = read(
        f'formula,note\nLi3PS4,"{"x" * 200_000}"\nLi3N,y\nLiF,{"x" * 200_000}\n'
    )
    assert isinstance(long, Refusal)
    assert good.text == "Li3N"
    assert len(plain.columns["note"]) == 200_000


def test_decimal_commas_are_read_beside_semicolons_and_kept_as_written():
    text = (
        "Formel;T (°C);x;Notiz\nLi1,3Al0,3Ti1,7(PO4)3;60,5;;a,5\n"
        "La2/3-xLi3xTiO3;25;0,11;\nLi3PS4 25,5 °C;;;\nLi3PS4,298K;;;\n"
    )
    latp, llto, bare, at_end = parse_rows(read(text))
    assert latp.material.amounts["Li"] == 1.3
    assert latp.temperature_C == 60.5
    assert latp.input == "Li1,3Al0,3Ti1,7(PO4)3"
    assert latp.columns == {"T (°C)": "60,5", "x": "", "Notiz": "a,5"}
    assert llto.material.amounts["Li"] == pytest.approx(0.33)
    assert bare.temperature_C == 25.5
    assert at_end.temperature_C == pytest.approx(24.85)


def test_elsewhere_decimal_commas_are_refused_with_a_hint():
    first, second = parse_rows(read('formula,T\n"Li1,3Al0,3Ti1,7(PO4)3",60\nLi3PS4,"60,5"\n'))
    assert isinstance(first, Refusal)
    assert isinstance(second, Refusal)
    assert "point" in second.suggestion


def test_fifteen_thousand_rows_behind_an_open_quote_are_answered():
    rows = read("formula,note\n" + 'Li3PS4,"open\n' + "Li6PS5Cl,ok\n" * 15_000)
    assert len(rows) == 15_001
    assert sum(isinstance(row, Refusal) for row in rows) == 1
    assert isinstance(next(iter(parse_rows(rows[1:2]))), Query)


def test_a_title_and_a_stated_separator_may_stand_above_the_heading():
    for above in ("sep=;\n", "Our list; 2024;\n\n;;\n", "# exported by hand\n"):
        [row] = read(f"{above}Formel;T (°C)\nLi3PS4;60,5\n")
        assert (row.row, row.text, row.columns) == (1, "Li3PS4", {"T (°C)": "60,5"})
        assert row.decimal_comma


def test_room_temperature_may_be_written_in_words():
    for word in ("RT", "room temperature", "r.t."):
        [query] = parse_rows(read(f"formula,T (K)\nLi3PS4,{word}\n"))
        assert query.temperature_C == 25
