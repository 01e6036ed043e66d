"""Formulas read as people write them, checked by hand and against pymatgen."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import composition, parse_formula
from sseml.parse.material import parse_material
from sseml.records import RefusedInputError

AMOUNTS = [
    ("Li6PS5Cl", {"Li": 6, "P": 1, "S": 5, "Cl": 1}),
    ("Li1.3Al0.3Ti1.7(PO4)3", {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
    ("Li3/8Sr7/16Ta3/4Zr1/4O3", {"Li": 0.375, "Sr": 0.4375, "Ta": 0.75, "Zr": 0.25, "O": 3}),
    ("Li6(La2Ca)(NbO6)2", {"Li": 6, "La": 2, "Ca": 1, "Nb": 2, "O": 12}),
    ("Li0.6[Li0.2Sn0.8S2]", {"Li": 0.8, "Sn": 0.8, "S": 2}),
    ("{Li[(PS4)]}2", {"Li": 2, "P": 2, "S": 8}),
    ("(Ag0.33Li0.67)0.27La0.57TiO3", {"Ag": 0.0891, "Li": 0.1809, "La": 0.57, "Ti": 1, "O": 3}),
    ("Li3(Mo8S8O8(OH)8(HWO5(H2O)))*(H2O)18", {"Li": 3, "Mo": 8, "S": 8, "W": 1, "O": 40, "H": 47}),
    ("La0.62 Li0.14(Mg0.5W0.5)O3", {"La": 0.62, "Li": 0.14, "Mg": 0.5, "W": 0.5, "O": 3}),
    ("Li 7 La 3 Zr 2 O 12", {"Li": 7, "La": 3, "Zr": 2, "O": 12}),
    ("2Li2S", {"Li": 4, "S": 2}),
    ("Li1e-3Na", {"Li": 0.001, "Na": 1}),
    ("LiCl·H2O", {"Li": 1, "Cl": 1, "H": 2, "O": 1}),
    ("LiCl*2H2O", {"Li": 1, "Cl": 1, "H": 4, "O": 2}),
    ("LiCl.H2O", {"Li": 1, "Cl": 1, "H": 2, "O": 1}),
    ("Li2SO4.H2O", {"Li": 2, "S": 1, "O": 5, "H": 2}),
    ("LiOD", {"Li": 1, "O": 1, "H": 1}),
    ("LiDy2TO3", {"Li": 1, "Dy": 2, "H": 1, "O": 3}),
    ("Li(2)O", {"Li": 2, "O": 1}),
]

SPELLINGS = [
    ("Li₁₀GeP₂S₁₂", "Li10GeP2S12"),
    (r"Li_{10}GeP_{2}S_{12}", "Li10GeP2S12"),
    (r"$\mathrm{Li}_{10}\mathrm{GeP}_2\mathrm{S}_{12}$", "Li10GeP2S12"),
    (r"\ce{Li10GeP2S12}", "Li10GeP2S12"),
    ("Li<sub>10</sub>GeP<sub>2</sub>S<sub>12</sub>", "Li10GeP2S12"),
    ("Ｌｉ１０GeP2S12", "Li10GeP2S12"),
    ("Li10GeP2S\u00ad12\u200b", "Li10GeP2S12"),
    ("  'Li10GeP2S12'. ", "Li10GeP2S12"),
    ("β-Li3PS4", "Li3PS4"),
    ("βLi3PS4", "Li3PS4"),
    (r"$\beta$-Li3PS4", "Li3PS4"),
    ("r-LiAlO2", "LiAlO2"),
    ("c-Li7La3Zr2O12", "Li7La3Zr2O12"),
    ("tetragonal Li7La3Zr2O12", "Li7La3Zr2O12"),
    ("b-Li3PS4", "Li3PS4"),
    ("1LiBr-1LiI", "Li2BrI"),
    ("LiCl\u2022H2O", "LiCl·H2O"),
    ("Li½TiO3", "Li0.5TiO3"),
]

VARIABLES = [
    ("La2/3-xLi3xTiO3", 0.11, {"La": 2 / 3 - 0.11, "Li": 0.33, "Ti": 1, "O": 3}),
    ("Li1+xAlxTi2-x(PO4)3", 0.3, {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
    ("Li₁₊ₓAlₓTi₂₋ₓ(PO₄)₃", 0.3, {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
    (r"Li_{1 + x}Al_xTi_{2-x}(PO_4)_3", 0.3, {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
    ("Li(1+x)Al(x)Ti(2-x)(PO4)3", 0.3, {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3, "O": 12}),
    ("Li7-3xGaxLa3Zr2O12", 0.25, {"Li": 6.25, "Ga": 0.25, "La": 3, "Zr": 2, "O": 12}),
    ("Li3(1-x)PO4-x/2", 0.5, {"Li": 1.5, "P": 1, "O": 3.75}),
    ("LixDy1-xO", 0.25, {"Li": 0.25, "Dy": 0.75, "O": 1}),
    ("Li3-2xMgxPS4", 0.0, {"Li": 3, "P": 1, "S": 4}),
    ("Li0.3-3xNaCl", 0.1, {"Na": 1, "Cl": 1}),
    ("(100-x)Li2S-xP2S5", 25.0, {"Li": 3, "P": 1, "S": 4}),
    ("(1-x)LiCl-xLiI", 0.25, {"Li": 4, "Cl": 3, "I": 1}),
]

REFUSALS = [
    ("", "empty"),
    ("   ", "empty"),
    ("LI3YCL6", "did you mean Li3YCl6?"),
    ("li6ps5cl", "did you mean Li6PS5Cl?"),
    ("Lao.51Li0.34TiO2.94", "did you mean La0.51Li0.34TiO2.94?"),
    ("Li3Xx2", "'Xx' is not an element at position 4"),
    ("Li7La3(ZrO4", "'(' is never closed at position 7"),
    ("Li7La3]Zr", "']' was never opened at position 7"),
    ("Li[TiO3)2", "')' closes the bracket '['"),
    ("Li1,3Al0,3Ti1,7(PO4)3", "write a point, such as 1.3"),
    ("Li(Al,Ti)O2", "give each element its own amount"),
    ("Li-1O", "may be"),
    ("Li0Cl", "amount 0 is zero"),
    ("Li6PS5Cl0,5Br0,5", "decimal comma cannot be read at position 10"),
    ("LiCl0.0", "zero"),
    ("Li1-xPS4", "give it one, such as x=0.1"),
    ("Li+", "looks like a charge"),
    ("[PS4]3-", "looks like a charge"),
    ("Li⁺", "looks like a charge"),
    ("PO4^3-", "looks like a charge"),
    ("Li20000P", "above 10000"),
    ("Li1e400P", "too large"),
    ("Li" + "9" * 900, "too large"),
    ("Li1e-300P", "zero"),
    ("Li1/0P", "divided by zero"),
    ("=A1+B2", "spreadsheet"),
    ("Li2S" * 400, "longer than any formula"),
    ("(" * 400 + "Li" + ")" * 400, "nested more than 20 deep"),
    ("Li3.5Si0.5P05S4", "did you mean 0.5 or 5?"),
    ("Li2SO4.5H2O", "write ·5H2O for a hydrate"),
    ("Li6.8-0.25La3Zr2O12", "write the amount as one number"),
    ("Li2S 0.8GeS2", "remove the blank"),
    ("Li3PS4-xLiI", "may go on with the amount or begin the next part"),
    ("Li2S/P2S5", "write mixtures in mol"),
    ("Сl2Li", "CYRILLIC CAPITAL LETTER ES"),
    ("Li2S-", "charge"),
    ("Li2S·", "nothing follows"),
    ("75", "ends too early"),
]

REAL_FORMULAS = [
    "Li7BiO6",
    "LiV(PO4)F",
    "Li2NaBP2O8",
    "Li0.91Hf2.022(PO4)3",
    "Li7.22Si1.5P0.5O8",
    "Li3.35Ge0.35P0.65S4",
    "Li17Sb13S28",
    "(La0.9Sr0.1)LiO2",
    "La(Li0.76Mg0.08)O2",
    "Li2Sr2Al(PO4)3",
    "Li3Na5(TiS4)2",
    "LiGd(PO3)4",
    "Li3.7Zn0.7Ga0.3(PO4)2",
    "LiB6O9F",
    "Li6SiO4Cl2",
    "Li2(PO2N)",
    "Pr0.56Li0.34TiO3.01",
    "Li14Nd5(Si11N19O5)O2F2",
    "Li6.5O8P1.5Si0.5",
    "Li2.88PO3.73N0.14",
    "(Li0.5Ce0.25Pr0.25)(MoO4)",
    "Li0.33La0.56Ti0.99Al0.01O2.99F0.01",
    "La0.65Li0.05(Mg0.5W0.5)O3",
    "Li10(Ge0.776Sn0.224)P2S12",
    "Li10.5(Sn0.2Si0.8)1.5P1.5S12",
    "Li9.54Si1.74P1.44S11.7Cl0.3",
    "Li4Sr3Nb5.77Fe0.23O19.77",
    "Li1.3Al0.15Sc0.15Ti1.7(PO4)3",
    "Pb6.12Ca1.9Li1.96(PO4)6",
    "Li3(NH2)2I",
    "Fe2Na2K(Li3Si12O30)",
    "(Li0.61Mg0.39)(Li0.46Mg0.005Ti0.035)Ti1.5O4",
    "Li6.025P0.975Si0.025S5Br",
    "Li6P(S4.9Se0.1)Br",
    "Li5PS4(BH4)2",
    "LiCe(BH4)3Cl",
    "Li2(OH)0.9F0.1Cl",
    "Li0.375Sr0.4375Hf0.25Ta0.75O3",
    "Li6CaLa2Nb2O12",
    "Li49.6Al1.6La24Zr14.4Ta1.6O96",
    "Li6.5La2.95Ba0.05Zr1.45Ta0.55O12",
    "Li4Ge0.75Sn0.25Se4",
    "LiClC3H7NO",
    "Li4P2O7",
]


def amounts_of(text, **values):
    return dict(parse_formula(text, **values).amounts)


@pytest.mark.parametrize(("text", "expected"), AMOUNTS)
def test_amounts_are_those_calculated_by_hand(text, expected):
    assert amounts_of(text) == pytest.approx(expected)


@pytest.mark.parametrize(("spelling", "plain"), SPELLINGS)
def test_pasted_and_typeset_spellings_read_as_the_plain_one(spelling, plain):
    assert amounts_of(spelling) == amounts_of(plain)


@pytest.mark.parametrize(("text", "x", "expected"), VARIABLES)
def test_amounts_with_x_are_evaluated(text, x, expected):
    assert amounts_of(text, x=x) == pytest.approx(expected)


def test_y_and_z_are_variables_too():
    expected = {"Li": 1.5, "Al": 0.1, "Ga": 0.4, "Ti": 1}
    assert amounts_of("Li1+x+yAlxGayTiz", x=0.1, y=0.4, z=1.0) == pytest.approx(expected)


@pytest.mark.parametrize(("text", "fragment"), REFUSALS)
def test_what_cannot_be_read_is_refused_with_a_way_out(text, fragment):
    with pytest.raises(RefusedInputError) as refusal:
        parse_formula(text)
    assert fragment in str(refusal.value)


@pytest.mark.parametrize("x", [float("nan"), float("inf")])
def test_x_must_be_a_number(x):
    with pytest.raises(RefusedInputError, match="not a number"):
        parse_formula("LixP", x=x)


def test_x_that_makes_an_amount_negative_is_refused():
    with pytest.raises(RefusedInputError, match=r"the amount 1-x is -0\.5"):
        parse_formula("Li1-xP", x=1.5)


def test_elements_are_written_from_electropositive_to_electronegative():
    assert parse_formula("ClS5PLi6").formula == "Li6PS5Cl"
    assert parse_formula("O12Zr2La3Li7").formula == "Li7La3Zr2O12"


@pytest.mark.parametrize("text", REAL_FORMULAS)
def test_real_formulas_agree_with_pymatgen(text):
    core = pytest.importorskip("pymatgen.core")
    assert amounts_of(text) == pytest.approx(core.Composition(text).get_el_amt_dict())


# Properties ---------------------------------------------------------------------------------

symbols = st.sampled_from(sorted(MOLAR_MASS_G_MOL))
numbers = st.floats(1e-4, 900, allow_nan=False).map(lambda v: float(f"{v:.6g}"))
recipes = st.dictionaries(symbols, numbers, min_size=1, max_size=8)
alphabet = st.sampled_from(
    [
        *"()[]{}0123456789.,-+*·/xyz^_$%=<> \t\n₂⁺∙–°\\'\"#@:;é中\ud7ff\x00",
        "Li",
        "La",
        "P",
        "S",
        "O",
        "Cl",
        "wt%",
        "mol%",
        "e-3",
        "PEO",
        "LLZO",
        "H2O",
        "sub>",
        "x=1",
    ]
)
texts = st.one_of(st.text(max_size=60), st.lists(alphabet, max_size=30).map("".join))


def write(recipe):
    return "".join(f"{symbol}{amount:.10f}" for symbol, amount in recipe.items())


def check_round_trip(recipe):
    parsed = parse_formula(write(recipe))
    assert parsed.amounts == pytest.approx(recipe)
    assert parse_formula(parsed.formula).amounts == parsed.amounts
    assert parse_formula(parsed.formula).formula == parsed.formula


def check_any_text_is_read_or_refused(text):
    try:
        material = parse_material(text)
    except RefusedInputError:
        return
    assert all(amount > 0 for amount in material.amounts.values())
    assert parse_formula(material.formula).amounts == material.amounts


@given(recipes)
def test_canonical_formula_reads_back_to_the_same_amounts(recipe):
    check_round_trip(recipe)


@given(recipes, st.randoms())
def test_order_of_the_elements_does_not_matter(recipe, random):
    shuffled = list(recipe.items())
    random.shuffle(shuffled)
    assert parse_formula(write(dict(shuffled))) == parse_formula(write(recipe))


@given(recipes, st.integers(1, 9))
def test_a_bracket_multiplies_every_amount(recipe, factor):
    multiplied = parse_formula(f"({write(recipe)}){factor}").amounts
    assert multiplied == pytest.approx({s: factor * a for s, a in recipe.items()})


@given(texts)
@example("1-10")
@example("(-x)Li")
@example("((x)")
def test_any_text_is_read_or_refused(text):
    check_any_text_is_read_or_refused(text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(recipes)
def test_canonical_formula_reads_back_at_length(recipe):
    check_round_trip(recipe)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(texts)
def test_any_text_is_read_or_refused_at_length(text):
    check_any_text_is_read_or_refused(text)


@pytest.mark.parametrize(
    "amounts",
    [
        {"Li": 1.0, "Al": 0.5, "H": 2.0, "O": 1.0},
        {"Na": 1.0, "Al": 3.06, "Si": 2.94, "H": 2.0, "O": 12.0},
        {"Li": 2.5, "H": 2.0, "O": 1.0, "Cl": 1.0},
    ],
)
def test_a_canonical_formula_with_hydrogen_is_not_read_as_a_hydrate(amounts):
    written = composition(amounts).formula
    assert parse_formula(written).amounts == amounts
