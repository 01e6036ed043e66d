"""Lines with conditions beside the formula."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.parse.qualifiers import Qualifiers
from sseml.parse.space_groups import space_group_number, space_group_symbols
from sseml.parse.text import parse_line
from sseml.records import Query, Refusal, RefusedInputError


def only(text, **options):
    [answer] = parse_line(7, text, **options)
    return answer


@pytest.mark.parametrize(
    ("text", "temperature_C"),
    [
        ("Li6PS5Cl", 25),
        ("Li6PS5Cl T=60", 60),
        ("Li6PS5Cl temperature=60 °C", 60),
        ("Li6PS5Cl temperature=-30C", -30),
        ("Li6PS5Cl T=333.15 K", 60),
        ("Li6PS5Cl T_K=333.15", 60),
        ("Li6PS5Cl 60C", 60),
        ("Li6PS5Cl, 333.15 K", 60),
        ("Li6PS5Cl @ 60 °C", 60),
        ("Li6PS5Cl at 60 °C", 60),
        ("Li6PS5Cl T=60 conductivity_kind=bulk", 60),
        ("Li6PS5Cl conductivity_kind=bulk 60 °C", 60),
    ],
)
def test_temperature_is_read_in_celsius(text, temperature_C):
    query = only(text)
    assert query.temperature_C == pytest.approx(temperature_C)
    assert query.material.formula == "Li6PS5Cl"
    assert (query.row, query.input) == (7, text)


def test_space_group_form_and_kind_reach_the_query():
    query = only("LLZO space group=I a -3 d form=glass ceramic conductivity_kind=Bulk")
    assert query.material.space_group_number == 230
    assert query.material.form == "glass-ceramic"
    assert query.conductivity_kind == "bulk"
    assert only("Li3PS4 (glass)").material.form == "glass"
    assert only("Li3PS4, film, total").conductivity_kind == "total"


def test_defaults_hold_where_the_line_says_nothing():
    defaults = Qualifiers(temperature_C=60, conductivity_kind="total")
    assert only("Li3PS4", defaults=defaults).temperature_C == 60
    assert only("Li3PS4 T=20", defaults=defaults).temperature_C == 20
    assert only("Li3PS4 T=20", defaults=defaults).conductivity_kind == "total"


@given(st.floats(-273.15, 1500.0, exclude_min=True))
def test_every_temperature_above_absolute_zero_is_read_and_read_back(temperature_C):
    once = only(f"Li3PS4 temperature={temperature_C!r} °C").temperature_C
    assert once == pytest.approx(temperature_C, abs=1e-9)
    assert once > -273.15
    assert only(f"Li3PS4 temperature_C={once!r}").temperature_C == once


def test_lattice_and_formula_units_give_the_volume_per_atom():
    cubic = only("Li7La3Zr2O12 a=12.97 b=12.97 c=12.97 alpha=90 beta=90 gamma=90 Z=8")
    assert cubic.material.volume_per_atom_A3 == pytest.approx(12.97**3 / 192)
    hexagonal = only("LiTi2(PO4)3 a=8.5 b=8.5 c=20.9 alpha=90 beta=90 gamma=120 Z=6")
    assert hexagonal.material.volume_per_atom_A3 == pytest.approx(8.5**2 * 20.9 * 3**0.5 / 2 / 108)
    assert only("Li3PS4 volume_per_atom_A3=19").material.volume_per_atom_A3 == 19


def test_a_sweep_gives_queries_in_order_with_the_row_and_the_text():
    text = "La2/3-xLi3xTiO3 x=0:0.16:0.08"
    queries = parse_line(3, text)
    assert [q.material.amounts.get("Li") for q in queries] == [None, 0.24, 0.48]
    assert {(q.row, q.input) for q in queries} == {(3, text)}
    assert len(parse_line(1, "Li1-xP x=0:0.3:0.1")) == 4
    assert [q.material.formula for q in parse_line(1, "LixNayP x=1:2:1 y=2:1:-1")] == [
        "LiNa2P",
        "LiNaP",
        "Li2Na2P",
        "Li2NaP",
    ]
    assert only("Li1-xP x=1/4").material.amounts["Li"] == 0.75


def test_only_the_impossible_point_of_a_sweep_is_refused():
    first, second = parse_line(1, "Li1-xP x=0.5:1.5:1")
    assert isinstance(first, Query)
    assert isinstance(second, Refusal)
    assert "is -0.5" in second.reason
    assert second.reason.startswith("x=1.5: ")


@pytest.mark.parametrize("cell", [None, float("nan"), 7])
def test_a_cell_that_is_no_text_is_refused_in_its_place(cell):
    (refusal,) = parse_line(3, cell)
    assert isinstance(refusal, Refusal)
    assert refusal.row == 3
    assert "is not text" in refusal.message


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("Li3PS4 tempreature=60", "did you mean temperature?"),
        ("Li3PS4 T=-300", "absolute zero"),
        ("Li3PS4 T=-5 K", "absolute zero"),
        ("Li3PS4 T=5000", "above 1500"),
        ("Li3PS4 T=warm", "'warm' is not a temperature"),
        ("Li3PS4 T=25,5", "write a point"),
        ("Li3PS4 T=20 T=30", "twice"),
        ("Li3PS4 T=", "has no value"),
        ("Li3PS4 form=galss", "did you mean glass?"),
        ("Li3PS4 conductivity_kind=grain", "write one of: total, bulk"),
        ("Li3PS4 kind=bulk", "write conductivity_kind=bulk"),
        ("Li3PS4 kind=total", "write conductivity_kind=total"),
        ("LLZO space_group=Iaa-3d", "did you mean Ia-3d?"),
        ("LLZO space_group=231", "from 1 to 230"),
        ("LLZO space_group=banana", "write a number, or a symbol such as Ia-3d"),
        ("Li3PS4 x=0.1", "holds no x"),
        ("Li1-xP x=0:1", "start:stop:step"),
        ("Li1-xP x=0:1:-0.1", "never reaches"),
        ("Li1-xP x=0:1:0.00001", "larger step"),
        ("Li1-x-yP x=0:1:0.01 y=0:1:0.01", "larger steps"),
        ("Li1-xP x=a", "not a number"),
        ("Li1-xP", "x=0.1"),
        ("Li3PS4 a=12", "the lattice lacks b, c"),
        ("Li3PS4 a=1 b=1 c=1 alpha=90 beta=90 gamma=90 Z=1", "Å³ per atom"),
        ("Li3PS4 a=9 b=9 c=9 alpha=10 beta=90 gamma=170 Z=1", "enclose no volume"),
        ("T=60", "the formula is empty"),
        ("=SUM(A1)", "spreadsheet"),
    ],
)
def test_refusals_quote_and_suggest(text, fragment):
    refusal = only(text)
    assert isinstance(refusal, Refusal)
    assert fragment in refusal.message
    assert (refusal.row, refusal.input) == (7, text)


def test_the_table_of_space_groups_is_whole():
    symbols = space_group_symbols()
    assert sorted(symbols) == list(range(1, 231))
    assert all(space_group_number(symbol) == number for number, symbol in symbols.items())


@pytest.mark.parametrize(
    ("text", "number"),
    [("P2_1/n", 14), ("Pbnm", 62), ("Ia3d", 230), ("R-3c:H", 167), ("R3̅c", 167), ("P42/nmcZ", 137),
     ("Cmca", 64), ("I2/a", 15), ("225.0", 225), ("F -4 3 m", 216), ("$P6_3/mmc$", 194)],
)  # fmt: skip
def test_other_settings_and_spellings_of_space_groups(text, number):
    assert space_group_number(text) == number


def test_space_groups_agree_with_pymatgen():
    groups = pytest.importorskip("pymatgen.symmetry.groups")
    for number in range(1, 231):
        assert space_group_number(groups.sg_symbol_from_int_number(number)) == number


@given(st.text(max_size=60))
def test_any_line_is_answered_and_never_raises(text):
    assert all(isinstance(answer, Query | Refusal) for answer in parse_line(1, text))


PIECES = st.sampled_from(
    [*"()[]{}0123456789.,-+*·/xyz^_$%=<> \t₂⁺⁻∙–°\\'\"#@:;éβ□²٣\x00\ud7ff\u202e", "9" * 5001,
     "(x=", "T=", "T=²", " 298K", "x=0:1:", "Z=", "glass", "(cubic)", "c-", "wt%", "75:25", "LLZO",
     "H2O", ".0.5H2O", "_1", "C1", "203", "Co3", "<sub>", "&#x110000;", "(HP)", "[1]", "Vac",
     "x=0, 0.1", "sg=²²", "T=1e999", "x=1/0", "1e-400", "(" * 900]
)  # fmt: skip
FORMULAS = st.sampled_from(
    ["Li6PS5Cl", "Li1.3Al0.3Ti1.7(PO4)3", "75Li2S-25P2S5", "La2/3-xLi3xTiO3", "LiCl·H2O", "LGPS"]
)


@st.composite
def spoiled(draw):
    text = draw(FORMULAS)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES) + text[at + draw(st.integers(0, 3)) :]
    return text


def check_any_line(text):
    for answer in parse_line(1, text):
        assert isinstance(answer, Query | Refusal)
        if isinstance(answer, Query):
            assert all(amount > 0 for amount in answer.material.amounts.values())


@given(spoiled())
def test_a_spoiled_formula_is_answered_and_never_raises(text):
    check_any_line(text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(spoiled() | st.text())
def test_any_line_is_answered_at_length(text):
    check_any_line(text)


@given(st.text(max_size=12))
def test_any_space_group_text_is_read_or_refused(text):
    with suppress(RefusedInputError):
        assert 1 <= space_group_number(text) <= 230
