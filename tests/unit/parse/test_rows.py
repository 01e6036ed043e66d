"""Candidate files and streams of every format, and what happens to damaged ones."""

import io
import itertools
import json
import tracemalloc

import pytest

from sseml.parse.queries import parse_rows
from sseml.parse.rows import RawRow, read_rows
from sseml.records import Query, Refusal, RefusedInputError


def read(data, format_name, column=None):
    stream = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    return list(read_rows(stream, format_name, column))


def texts(rows):
    return [(row.row, row.text) for row in rows]


def test_plain_text_keeps_line_numbers_and_skips_comments():
    rows = read("# list\n\nLi3PS4  # best\r\nLLZO T=60\n", "text")
    assert texts(rows) == [(3, "Li3PS4"), (4, "LLZO T=60")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_with_and_without_byte_order_mark(encoding):
    data = "Li₃PS₄\nLLZO\n".encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert texts(read(data, "text")) == [(1, "Li₃PS₄"), (2, "LLZO")]


@pytest.mark.parametrize(
    "data",
    [b"LLZO\nLi3PS4 60 \x81C\nLi2S\n", "Li₃PS₄\n".encode() + b"Li3PS4 60 \xb0C\nLi2S\n"],
    ids=["in no encoding", "in two encodings"],
)
def test_bad_bytes_refuse_their_row_only(data):
    first, second, third = read(data, "text")
    assert isinstance(first, RawRow)
    assert isinstance(second, Refusal)
    assert "UTF-8" in second.message
    assert third == RawRow(3, "Li2S", {})


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_german_table_is_read_in_the_encodings_that_spreadsheets_write(encoding):
    data = "Formel;Temperatur (°C);Prüfer\nLi3PS4;60;Müller\nLi6PS5Cl;25;Groß\n".encode(encoding)
    first, second = parse_rows(read(data, "csv"))
    assert (first.material.formula, first.temperature_C) == ("Li3PS4", 60)
    assert (second.input, second.temperature_C) == ("Li6PS5Cl", 25)
    assert first.columns == {"Temperatur (°C)": "60", "Prüfer": "Müller"}


def test_csv_columns_are_found_whatever_their_case_and_the_others_kept():
    data = 'ID,Reduced Composition,note\n1,Li3PS4,"a, b"\n\n2,LLZO,\n'
    assert read(data, "csv") == [
        RawRow(1, "Li3PS4", {"ID": "1", "note": "a, b"}),
        RawRow(2, "LLZO", {"ID": "2", "note": ""}),
    ]
    assert texts(read("a,b\nLi3PS4,LLZO\n", "csv", column="B")) == [(1, "LLZO")]
    assert texts(read("FORMULA;T\nLi3PS4;60\n", "csv")) == [(1, "Li3PS4")]
    assert texts(read("x\tinput\n1\tLi3PS4\n", "tsv")) == [(1, "Li3PS4")]


def test_the_separator_is_the_one_that_finds_the_formula():
    assert read("formula;T, K\nLi3PS4;333\n", "csv") == [
        RawRow(1, "Li3PS4", {"T, K": "333"}, decimal_comma=True)
    ]
    assert read("a;b,formula\n1,Li3PS4\n", "csv") == [RawRow(1, "Li3PS4", {"a;b": "1"})]
    assert read("stuff;T, K\nLi3PS4;333\n", "csv", "stuff")[0].text == "Li3PS4"


def test_a_csv_row_with_too_many_cells_is_refused_and_short_ones_are_filled():
    long, short = read("formula,a\nLi1,3Al,0,1\nLi3PS4\n", "csv")
    assert isinstance(long, Refusal)
    assert "4 cells" in long.reason
    assert short == RawRow(2, "Li3PS4", {"a": ""})


def test_the_last_row_may_lack_its_line_end():
    assert len(read('formula,note\nLi3PS4,a\nLi3N,"b"', "csv")) == 2


def test_json_lines_refuse_bad_lines_only():
    rows = read('{"formula": "Li3PS4", "id": 1}\n\n"LLZO"\n{oops\n{"formula": 3}\n[1]\n', "jsonl")
    assert rows[0] == RawRow(1, "Li3PS4", {"id": 1})
    assert rows[1] == RawRow(3, "LLZO", {})
    assert [row.row for row in rows[2:]] == [4, 5, 6]
    assert all(isinstance(row, Refusal) for row in rows[2:])


def test_a_json_line_without_the_column_is_not_said_to_hold_none():
    absent, empty = read('{"formula": "Li3PS4"}\n{"n": 1}\n{"formula": null}\n', "jsonl")[1:]
    assert absent.reason == "the column 'formula' is missing"
    assert empty.reason == "the column 'formula' holds None, not a formula"


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415

    path = tmp_path / "candidates.parquet"
    parquet.write_table(pa.table({"formula": ["Li3PS4", None], "T": [60.0, None]}), path)
    first, second = read_rows(path)
    assert first == RawRow(1, "Li3PS4", {"T": 60.0})
    assert isinstance(second, Refusal)


@pytest.mark.parametrize(
    ("name", "data", "fragment"),
    [
        ("a.csv", b"PK\x03\x04xlsx", "--input-format xlsx"),
        ("a.csv", b"\x00\x01\x02", "is not text"),
        ("a.csv", b"formulla,b\nLi3PS4,1\n", "--column 'formulla'"),
        ("a.csv", b"", "it has: none"),
        ("a.txt", b"PAR1...", "is a Parquet file"),
        ("a.txt", b"# mine\nNr.\tSummenformel\n1\tLi3PS4\n", "--input-format csv"),
        ("a.txt", b"\x1f\x8b\x08", "unpack it first"),
        ("a.parquet", b"formula\nLi3PS4\n", "is not a Parquet file"),
        ("a.parquet", b"PAR1broken", "damaged"),
        ("a.jsonl", b'[\n{"formula": "Li3PS4"}\n]', "one JSON object a line"),
        ("a.json", b'[{"formula": "Li3PS4"}]', "one JSON object a line"),
        ("a.json", b'{\n "formula": "Li3PS4"\n}', "one JSON object a line"),
        ("a.jsonl", b'{"formlua": "Li3PS4"}', "formlua"),
        ("a.xlsx", b"", "export it as CSV"),
        ("a.xlsx", b"PK\x03\x04broken", "damaged workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "without a password"),
        ("a.xls", b"", "save it as .xlsx"),
        ("a.ods", b"PK\x03\x04", "save it as .xlsx"),
        ("a.docx", b"", "save it as CSV"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, name, data, fragment):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RefusedInputError) as refusal:
        read_rows(path)
    assert fragment in str(refusal.value)


def test_a_missing_file_names_the_closest_one(tmp_path):
    (tmp_path / "candidates.csv").write_text("formula\n")
    with pytest.raises(RefusedInputError, match=r"did you mean .*candidates\.csv"):
        read_rows(tmp_path / "candidate.csv")
    with pytest.raises(RefusedInputError, match="cannot read"):
        read_rows(tmp_path, "csv")


@pytest.mark.parametrize("format_name", ["yaml", "CSV"])
def test_unknown_formats_are_refused(format_name):
    with pytest.raises(RefusedInputError, match="write one of"):
        read_rows(io.StringIO(""), format_name)


def test_column_of_plain_text_is_refused():
    with pytest.raises(RefusedInputError, match="no column"):
        read_rows(io.StringIO("Li3PS4"), "text", "formula")


def queries(data, format_name="csv"):
    return list(parse_rows(read(data, format_name)))


@pytest.mark.parametrize(
    ("heading", "temperature_C"),
    [
        *((heading, 60) for heading in ("T/°C", "T [°C]", "temperature (°C)", "Temp in C", "T")),
        *((heading, -213.15) for heading in ("T/K", "temperature [K]", "T (K)", "T in K", "T_K")),
    ],
)
def test_the_unit_in_a_heading_is_read_however_it_is_set_off(heading, temperature_C):
    [query] = queries(f"formula,{heading}\nLLZO,60\n")
    assert query.temperature_C == pytest.approx(temperature_C)


def test_qualifier_columns_are_used_and_all_columns_kept():
    [query] = queries(
        "formula,temperature_C,Space group,conductivity_kind,label\nLLZO,60,Ia-3d,bulk,best\n"
    )
    assert query.temperature_C == 60
    assert query.material.space_group_number == 230
    assert query.conductivity_kind == "bulk"
    assert query.columns["label"] == "best"


def test_a_table_with_lattice_and_two_space_group_columns():
    heading = "Reduced Composition,Z,Space group,Space group #,a,b,c,alpha,beta,gamma"
    [query] = queries(f"{heading}\nLi7La3Zr2O12,8,Ia-3d ,230,12.97,12.97,12.97,90,90,90\n")
    assert query.material.space_group_number == 230
    assert query.material.volume_per_atom_A3 == pytest.approx(11.36, abs=0.01)


def test_empty_cells_and_part_of_a_lattice_say_nothing():
    [query] = queries("formula,T,a,b\nLi3PS4,,5.0,nan\n")
    assert query.temperature_C == 25
    assert query.material.volume_per_atom_A3 is None


def test_x_columns_are_used_where_the_formula_holds_x():
    first, second = queries("formula,x\nLi1+xAlxTi2-x(PO4)3,0.3\nLi3PS4,0.3\n")
    assert first.material.amounts["Li"] == 1.3
    assert isinstance(second, Query)


def test_a_bad_cell_refuses_its_row_and_names_the_column():
    bad, good = queries("formula,T\nLi3PS4,hot\nLLZO,60\n")
    assert isinstance(bad, Refusal)
    assert "column 'T'" in bad.reason
    assert isinstance(good, Query)


def test_refusals_keep_their_place_and_columns():
    answers = queries(
        '{"formula": "Xx", "id": 1}\nnot json\n{"formula": "LLZO", "id": 3}\n', "jsonl"
    )
    assert [type(answer) for answer in answers] == [Refusal, Refusal, Query]
    assert answers[0].columns == {"id": 1}
    assert [answer.row for answer in answers] == [1, 2, 3]


def test_reading_is_lazy_and_needs_little_memory():
    class Endless(io.RawIOBase):
        """A stream without end: reading it whole would never return."""

        line = json.dumps({"formula": "Li3PS4", "id": 1}).encode() + b"\n"

        def readable(self):
            return True

        def readinto(self, buffer):
            chunk = (self.line * (len(buffer) // len(self.line) + 1))[: len(buffer)]
            chunk = chunk[: len(chunk) - len(chunk) % len(self.line)]
            buffer[: len(chunk)] = chunk
            return len(chunk)

    tracemalloc.start()
    rows = parse_rows(read_rows(Endless(), "jsonl"))
    assert sum(isinstance(row, Query) for row in itertools.islice(rows, 3000)) == 3000
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 5e6
