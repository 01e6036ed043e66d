"""What one row means by itself: misprints, composites, charges, cells, DOIs, why it is dropped."""

from collections.abc import Callable

import pytest

from sseml.curation.interpret import corrected_formula, interpret, read_dois, read_space_group
from sseml.curation.plausible import cell_volume, is_possible
from sseml.curation.rows import Draft, Dropped, RawMeasurement
from sseml.parse.charge import charge_imbalance
from sseml.parse.formula import parse_formula


@pytest.mark.parametrize(
    ("source", "reported", "meant"),
    [
        ("laskowski", "0.65Li2-0.35SiS2", "0.65Li2S-0.35SiS2"),
        (
            "laskowski",
            "0.8(0.6Li2-0.4SiS2)-0.2(0.6Li2O-0.4P2O5)",
            "0.8(0.6Li2S-0.4SiS2)-0.2(0.6Li2O-0.4P2O5)",
        ),
        ("laskowski", "Lao.51Li0.34TiO2.94", "La0.51Li0.34TiO2.94"),
        ("laskowski", "LiHf2(P04)3", "LiHf2(PO4)3"),
        ("laskowski", "Li3.5Si0.5P05S4", "Li3.5Si0.5P0.5S4"),
        ("laskowski", "Li1.3Al0.3Ti0.7(PO4)3", "Li1.3Al0.3Ti1.7(PO4)3"),
        ("laskowski", "LiTi(PO4)3", "LiTi2(PO4)3"),
        ("laskowski", "Li6P0.75Ge0.25S5I", "Li6.25P0.75Ge0.25S5I"),
        ("liverpool", "Li6.55La3Zr2Ga0.9O12", "Li6.55La3Zr2Ga0.15O12"),
        ("liverpool", '"(Li2O)50 (Al2O5)5 (P2O5)45"', "(Li2O)50(Al2O3)5(P2O5)45"),
    ],
)
def test_known_misprints_mean_what_their_neighbours_show(
    source: str, reported: str, meant: str
) -> None:
    assert corrected_formula(source, reported) == (meant, True)


@pytest.mark.parametrize(
    ("source", "formula"),
    [
        ("laskowski", "Li1.3Al0.3Ti1.7(PO4)3"),
        ("laskowski", "0.7Li2S-0.3P2S5"),
        ("obelix", "LiTi(PO4)3"),
        ("liverpool", "Li10GePS12"),
    ],
)
def test_other_formulas_and_other_sources_are_left_alone(source: str, formula: str) -> None:
    assert corrected_formula(source, formula) == (formula, False)


def test_quotes_phase_letters_and_soft_hyphens_are_no_correction() -> None:
    assert corrected_formula("laskowski", "β-Li8GeP4") == ("Li8GeP4", False)
    assert corrected_formula("laskowski", "0.30Li2S-0.7GeS\u00ad2") == ("0.30Li2S-0.7GeS2", False)


@pytest.mark.parametrize(
    ("formula", "conductivity", "reason"),
    [
        ("Li2S*P2S5", "3e-3", "no_amounts"),
        ("Na3PS4", "1e-4", "no_lithium"),
        ("PEO-LiTFSI", "1e-5", "polymer"),
        ("Li3PS4)", "1e-4", "unparsed_formula"),
        ("Li3PS4", "", "no_conductivity"),
        ("Li3PS4", "1e10", "impossible_conductivity"),
    ],
)
def test_rows_that_cannot_enter_say_why(
    raw: Callable[..., RawMeasurement], formula: str, conductivity: str, reason: str
) -> None:
    row = interpret(raw(formula, conductivity))
    assert isinstance(row, Dropped)
    assert row.reason == reason


def test_a_row_without_temperature_is_dropped(raw: Callable[..., RawMeasurement]) -> None:
    row = interpret(raw(temperature_C=""))
    assert isinstance(row, Dropped)
    assert row.reason == "no_temperature"


def test_a_hydrate_is_no_mixture_without_amounts(draft: Callable[..., Draft]) -> None:
    assert draft("LiCl*H2O").composition.amounts["H"] == 2


@pytest.mark.parametrize(
    ("formula", "composite"),
    [
        ("Li3PS4 – 10 wt% Al2O3", True),
        ("0.6LiI-0.4Al2O3", True),
        ("Li7La3Zr2O12-0.9wt% Al", False),
        ("0.75Li2S-0.25P2S5", False),
    ],
)
def test_two_phases_are_flagged_composite(
    draft: Callable[..., Draft], formula: str, composite: bool
) -> None:
    assert ("composite" in draft(formula).flags) is composite


@pytest.mark.parametrize("formula", ["Li1.3Al0.3Zr1.4(PO4)3", "Li6P0.75Ge0.25S5I", "LiBaP2O7"])
def test_charge_imbalance_is_flagged_not_dropped(draft: Callable[..., Draft], formula: str) -> None:
    row = draft(formula, source="obelix")
    assert "charge_imbalance" in row.flags


@pytest.mark.parametrize(
    "formula",
    [
        "Li7La3Zr2O12", "Li1.3Al0.3Ti1.7(PO4)3", "Li10GeP2S12", "Li6PS5Cl", "Li3N", "LiBH4",
        "Li2SO4", "LiIO3", "Li3OCl", "Li2.88PO3.73N0.14", "Li3InCl6", "Li0.33La0.557TiO3",
        "LiCB9H10", "Li3P7", "Li4P2S6",
    ],
)  # fmt: skip
def test_sound_formulas_are_not_accused(formula: str) -> None:
    assert charge_imbalance(parse_formula(formula).amounts) < 0.02


def test_cell_volume_of_a_cube_a_hexagon_and_an_impossible_cell() -> None:
    assert cell_volume((2.0, 3.0, 4.0, 90.0, 90.0, 90.0)) == pytest.approx(24.0)
    assert cell_volume((2.0, 2.0, 1.0, 90.0, 90.0, 120.0)) == pytest.approx(4 * 0.75**0.5)
    assert cell_volume((1.0, 1.0, 1.0, 20.0, 20.0, 160.0)) is None


@pytest.mark.parametrize(
    ("formula", "volume_per_atom_A3", "possible"),
    [
        ("La0.6Sr0.06Li0.06TiO3", 34.8, False),
        ("Li3ErI6", 33.3, True),
        ("LiGaBr4", 29.0, True),
        ("LiAlCl4", 24.6, True),
        ("Li3.25Ge0.25P0.75S4", 28.0, False),
        ("LiBH4", 9.0, True),
        ("LiCB9H10", 9.5, True),
        ("Li3N", 3.0, False),
    ],
)
def test_a_cell_is_judged_by_its_anions(
    formula: str, volume_per_atom_A3: float, possible: bool
) -> None:
    assert is_possible(volume_per_atom_A3, parse_formula(formula).amounts) is possible


def test_an_impossible_lattice_is_left_out_and_the_space_group_kept(
    draft: Callable[..., Draft],
) -> None:
    facts = {
        "lattice": ("5.477", "5.477", "5.477", "90", "90", "90"),
        "cell_content": "La0.6Sr0.06Li0.06Ti1.0O3.0",
        "formula_units": "1",
        "space_group": "221",
    }
    row = draft("La0.6Sr0.06Li0.06TiO3", **facts)
    assert (row.lattice, row.volume_per_atom_A3, row.space_group_number) == (None, None, 221)
    assert row.flags == {"lattice_dropped"}


def test_a_cell_content_that_contradicts_the_formula_yields_to_formula_units(
    draft: Callable[..., Draft],
) -> None:
    row = draft(
        "Li2CdCl4",
        lattice=("10.635", "10.635", "10.635", "90", "90", "90"),
        cell_content="Li1.6Cd8.0Cl32.0",
        formula_units="8",
    )
    assert row.volume_per_atom_A3 == pytest.approx(10.635**3 / 56)
    assert row.flags == {"cell_content_mismatch"}


def test_dois_are_normalised_and_other_references_left_out() -> None:
    assert read_dois("https://doi.org/10.1016/J.SSI.2007|10.1039/C3EE41655K") == (
        "10.1016/j.ssi.2007",
        "10.1039/c3ee41655k",
    )
    assert read_dois("Journal De Physique 26 339-341. 1965") == ()


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("230", 230), ("231", None), ("P-1", None)])
def test_space_groups_are_numbers_from_1_to_230(text: str, number: int | None) -> None:
    assert read_space_group(text) == number
