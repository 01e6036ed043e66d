"""Rules over many rows: kelvin, duplicates, conflicts, series."""

from collections.abc import Callable

import pytest

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.plausible import (
    correct_kelvin,
    derive_activation_energies,
    flag_improbable_prefactors,
    flag_inconsistent_series,
    series_slope,
)
from sseml.curation.rows import Draft
from sseml.units import BOLTZMANN_EV_K

Build = Callable[..., Draft]


def series(draft: Build, points: list[tuple[float, float]], formula: str, doi: str) -> list[Draft]:
    return [
        draft(formula, repr(sigma), temperature_C=repr(t), doi=doi, source_id=f"{formula}{i}")
        for i, (t, sigma) in enumerate(points)
    ]


def test_a_series_that_only_kelvin_explains_is_mended(draft: Build) -> None:
    points = [(255, 9.8e-9), (280, 2.5e-8), (300, 1.16e-7), (322, 4.5e-7)]
    rows = series(draft, points, "LiPO3", "10.1007/s1")
    assert correct_kelvin(rows, rows) == 4
    assert [row.temperature_C for row in rows] == pytest.approx([-18.15, 6.85, 26.85, 48.85])
    assert all("kelvin_as_celsius" in row.flags for row in rows)


def test_a_hot_series_with_an_ordinary_slope_stays_celsius(draft: Build) -> None:
    rows = series(draft, [(321, 1.07e-9), (351, 2.65e-9), (392, 7.75e-9)], "LiF", "10.1000/lif")
    assert correct_kelvin(rows, rows) == 0


def test_a_single_row_at_303_that_conducts_as_its_neighbours_at_room_was_kelvin(
    draft: Build,
) -> None:
    garnets = ["Li6.4La3Zr1.7Mo0.3O12", "Li6.5La3Zr1.75Te0.25O12", "Li6.6La3Zr1.6Ta0.4O12"]
    room = [draft(f, "5e-4", doi=f"10.1000/{i}") for i, f in enumerate(garnets)]
    kelvin = draft("Li6.4La3Zr1.7W0.3O12", "7.89e-4", temperature_C="303")
    celsius = draft("Li6.4La3Zr1.7W0.3O12", "1e-1", temperature_C="303")
    alone = draft("Li2Ti0.75Ta0.25O3.125", "9e-5", temperature_C="300")
    rows = [kelvin, celsius, alone]
    assert correct_kelvin(rows, [*room, *rows]) == 1
    assert (kelvin.temperature_C, celsius.temperature_C, alone.temperature_C) == (29.85, 303, 300)


def test_the_same_measurement_of_two_tables_is_kept_once_with_what_both_know(draft: Build) -> None:
    first = draft(source="obelix", source_id="x", doi="10.1000/a|10.1000/b")
    second = draft("0.75Li2S-0.25P2S5", "1.01e-4", source_id="7", doi="10.1000/B")
    third = draft(source="laskowski", source_id="9", activation_energy_eV="0.36")
    kept, merged = merge_duplicates([first, second, third])
    assert [row.label for row in kept] == ["obelix:x"]
    assert kept[0].also_in == ["liverpool:7", "laskowski:9"]
    assert kept[0].activation_energy_eV == 0.36
    assert {row.rule for row in merged} == {"same_measurement"}


@pytest.mark.parametrize(
    "other",
    [
        {"doi": "10.1000/other"},
        {"conductivity": "1.05e-4"},
        {"conductivity": "<1e-4"},
        {"temperature_C": "60"},
        {"formula": "Li3.1PS4"},
        {"space_group": "31"},
    ],
)
def test_what_differs_is_another_measurement(draft: Build, other: dict[str, str]) -> None:
    facts = {"formula": "Li3PS4", "conductivity": "1e-4", "source": "laskowski", **other}
    first = draft(source="obelix", doi="10.1000/a", space_group="62")
    kept, merged = merge_duplicates([first, draft(**facts)])
    assert (len(kept), merged) == (2, [])


def test_rows_of_the_official_table_are_never_merged_with_each_other(draft: Build) -> None:
    rows = [draft(source="obelix", source_id=n, doi="10.1000/a") for n in "ab"]
    assert len(merge_duplicates(rows)[0]) == 2


def test_a_table_without_papers_merges_its_own_rows_only_if_structure_and_energy_agree(
    draft: Build,
) -> None:
    def row(number: str, **facts: str) -> Draft:
        return draft(source="laskowski", source_id=number, **facts)

    same = [row("1", activation_energy_eV="0.4"), row("2", activation_energy_eV="0.4")]
    assert len(merge_duplicates(same)[0]) == 1
    energy = [row("1", activation_energy_eV="0.4"), row("2", activation_energy_eV="0.5")]
    assert len(merge_duplicates(energy)[0]) == 2
    structure = [row("1", space_group="62"), row("2")]
    assert len(merge_duplicates(structure)[0]) == 2


def test_a_space_group_corrected_after_taking_a_row_over_does_not_hide_the_duplicate(
    draft: Build,
) -> None:
    taken = draft(source="obelix", space_group="14", links={"laskowski_paper": "93"})
    kept, _ = merge_duplicates([taken, draft(source="laskowski", space_group="141")])
    assert len(kept) == 1


def test_a_value_revised_from_the_paper_wins_over_the_row_pointed_at(draft: Build) -> None:
    links = {"liverpool_row": "901"}
    revised = draft("Li5AlS4", "1.4e-9", source="obelix", doi="10.1000/a", links=links)
    old = draft("Li5AlS4", "1.26e-8", source_id="901", doi="10.1000/A", links={"index": "790"})
    kept, merged = merge_duplicates([revised, old])
    assert [row.sigma_S_cm for row in kept] == [1.4e-9]
    assert kept[0].flags == {"revised"}
    assert [row.rule for row in merged] == ["revised_measurement"]


def test_the_same_icsd_entry_tells_a_revised_value_of_a_taken_over_row(draft: Build) -> None:
    new = draft(source="obelix", links={"icsd": "5", "laskowski_paper": "3"}, conductivity="1e-6")
    old = draft(source="laskowski", links={"icsd": "5"}, activation_energy_eV="0.58")
    kept, merged = merge_duplicates([new, old])
    assert [row.rule for row in merged] == ["same_structure_revised"]
    assert (kept[0].sigma_S_cm, kept[0].activation_energy_eV) == (1e-6, 0.58)


def test_a_revision_is_not_guessed_between_several_candidates(draft: Build) -> None:
    facts = {"space_group": "230", "source": "laskowski"}
    new = draft("Li5La3Ta2O12", "6.6e-6", source="obelix", space_group="230",
                links={"laskowski_paper": "201"})  # fmt: skip
    one = draft("Li5La3Ta2O12", "4.3e-6", source_id="594", **facts)
    two = draft("Li5La3Ta2O12", "1.2e-6", source_id="632", **facts)
    assert len(merge_duplicates([new, one, two])[0]) == 3
    assert merge_duplicates([new, one])[1][0].rule == "same_paper_revised"


def test_reports_a_decade_apart_are_flagged_and_kept(draft: Build) -> None:
    rows = [draft(conductivity=sigma, doi=f"10.1000/{sigma}") for sigma in ("1e-3", "5e-5", "6e-4")]
    assert flag_conflicts(rows) == 3
    assert flag_conflicts([draft(conductivity="1e-3"), draft(conductivity="2e-4")]) == 0


@pytest.mark.parametrize(
    "other", [{"temperature_C": "100"}, {"space_group": "31"}, {"conductivity": "<1e-9"}]
)
def test_other_conditions_are_no_conflict(draft: Build, other: dict[str, str]) -> None:
    facts = {"conductivity": "1e-9", "space_group": "62", **other}
    assert flag_conflicts([draft(conductivity="1e-3", space_group="62"), draft(**facts)]) == 0


def arrhenius(t: float, energy: float) -> float:
    kelvin = t + 273.15
    return 1e5 / kelvin * 2.718281828459045 ** (-energy / (BOLTZMANN_EV_K * kelvin))


def test_the_slope_of_a_clean_series_is_its_activation_energy(draft: Build) -> None:
    points = [(t, arrhenius(t, 0.4)) for t in (25.0, 60.0, 90.0)]
    rows = series(draft, points, "Li3PS4", "10.1000/a")
    assert series_slope(*zip(*points, strict=True)) == (pytest.approx(0.4), pytest.approx(1.0))
    assert derive_activation_energies(rows) == 3
    assert [row.activation_energy_eV for row in rows] == [0.4] * 3
    assert all(row.flags == {"activation_energy_from_series"} for row in rows)


@pytest.mark.parametrize(
    "points",
    [
        [(25.0, 1e-6), (90.0, 1e-4)],
        [(25.0, 1e-6), (30.0, 1.3e-6), (40.0, 2e-6)],
        [(25.0, 1e-6), (60.0, 1e-3), (100.0, 1e-5)],
    ],
    ids=["two temperatures", "15 K wide", "scattered"],
)
def test_a_poor_series_gives_no_activation_energy(
    draft: Build, points: list[tuple[float, float]]
) -> None:
    assert derive_activation_energies(series(draft, points, "Li3PS4", "10.1000/a")) == 0


def test_rows_of_different_papers_are_no_series(draft: Build) -> None:
    rows = [
        draft(conductivity=repr(arrhenius(t, 0.4)), temperature_C=repr(t), doi=f"10.1000/{t}")
        for t in (25.0, 60.0, 90.0)
    ]
    assert derive_activation_energies(rows) == 0


def test_a_reported_activation_energy_is_not_replaced(draft: Build) -> None:
    rows = series(draft, [(t, arrhenius(t, 0.4)) for t in (25.0, 60.0, 90.0)], "Li3PS4", "10.1/a1")
    rows = [draft("Li3PS4", repr(r.sigma_S_cm), temperature_C=repr(r.temperature_C),
                  doi="10.1000/a", activation_energy_eV="0.35") for r in rows]  # fmt: skip
    assert derive_activation_energies(rows) == 0
    assert {row.activation_energy_eV for row in rows} == {0.35}


def test_conductivity_that_falls_on_heating_is_flagged(draft: Build) -> None:
    rows = series(draft, [(25, 1.5e-3), (126, 1.1e-7)], "Sm0.52Li0.38TiO2.97", "10.1016/s")
    assert flag_inconsistent_series(rows) == 2
    sound = series(draft, [(25, 1e-5), (126, 1e-3)], "Li3PS4", "10.1016/t")
    assert flag_inconsistent_series(sound) == 0


def test_a_slope_above_any_conductor_is_flagged(draft: Build) -> None:
    points = [(21.42, 3.33e-7), (25, 5.2e-7), (58.17, 2.4e-4)]
    assert flag_inconsistent_series(series(draft, points, "LiTi2(PO4)3", "10.1007/u")) == 3


def test_about_a_value_is_no_other_value(draft: Build) -> None:
    first = draft("Li6.75La3Zr1.75Nb0.25O12", "8.0e-4", source="obelix", doi="10.1000/a")
    about = draft("Li6.75La3Zr1.75Nb0.25O12", "~8e-4", source="literature", doi="10.1000/a")
    kept, merged = merge_duplicates([first, about])
    assert [row.label for row in kept] == [first.label]
    assert len(merged) == 1
    bound = draft("Li6.75La3Zr1.75Nb0.25O12", ">8e-4", source="literature", doi="10.1000/a")
    assert len(merge_duplicates([first, bound])[0]) == 2


def row_of(draft: Build, source: str, sigma: str, **facts: object) -> Draft:
    return draft("Li10GeP2S12", sigma, source=source, source_id=f"{source}{sigma}", **facts)


@pytest.mark.parametrize(("energy", "count"), [("0.26", 1), ("0.183", 2)])
def test_rows_without_a_common_paper_merge_only_if_their_energies_agree(
    draft: Build, energy: str, count: int
) -> None:
    compiled = row_of(draft, "laskowski", "5e-3", activation_energy_eV="0.25")
    other = row_of(draft, "literature", "5e-3", doi="10.1000/a", activation_energy_eV=energy)
    kept, _ = merge_duplicates([compiled, other])
    assert len(kept) == count
    shared = {"doi": "10.1000/a", "activation_energy_eV": "0.25"}
    one_paper = [row_of(draft, "obelix", "5e-3", **shared), other]
    assert len(merge_duplicates(one_paper)[0]) == 1, "of one paper it is one measurement"


@pytest.mark.parametrize(
    ("sigma", "energy", "taken"),
    [("1.2e-2", "0.24", True), ("1.21e-2", "0.24", False), ("1.2e-2", "", False)],
)
def test_a_doi_is_taken_over_only_from_the_very_same_value(
    draft: Build, sigma: str, energy: str, taken: bool
) -> None:
    bare = row_of(draft, "seeds", "1.2e-2", activation_energy_eV="0.25")
    known = row_of(draft, "literature", sigma, doi="10.1038/nmat3066", activation_energy_eV=energy)
    kept, _ = merge_duplicates([bare, known])
    assert (kept[0].dois == ("10.1038/nmat3066",)) is taken
    assert any(row.dois for row in kept), "and it is never lost from sight"


def test_a_row_that_names_its_paper_stands_for_one_of_a_compilation(draft: Build) -> None:
    compiled = row_of(draft, "laskowski", "1.2e-2", space_group="137", activation_energy_eV="0.25")
    known = row_of(draft, "literature", "1.2e-2", doi="10.1038/nmat3066")
    kept, _ = merge_duplicates([compiled, known])
    assert [row.raw.source for row in kept] == ["literature"]
    assert (kept[0].activation_energy_eV, kept[0].space_group_number) == (0.25, 137)


def test_a_row_with_a_doi_takes_over_a_citation_and_nobodys_stand_in(draft: Build) -> None:
    """That another table names no paper is not said of a row whose paper is known."""
    known = row_of(draft, "obelix", "1.2e-2", doi="10.1038/nmat3066")
    compiled = row_of(draft, "laskowski", "1.2e-2")
    (kept,), _ = merge_duplicates([known, compiled])
    assert kept.reference is None
    cited = row_of(draft, "literature", "1.2e-2", doi="10.1038/nmat3066", reference="Kamaya 2011")
    known = row_of(draft, "obelix", "1.2e-2", doi="10.1038/nmat3066")
    (kept,), _ = merge_duplicates([known, compiled, cited])
    assert kept.reference == "Kamaya 2011"


def test_papers_of_other_years_are_other_papers(draft: Build) -> None:
    seed = row_of(draft, "seeds", "4e-4", year="2023")
    assert len(merge_duplicates([seed, row_of(draft, "liverpool", "4e-4", year="2021")])[0]) == 2
    assert len(merge_duplicates([seed, row_of(draft, "liverpool", "4e-4", year="2023")])[0]) == 1


def test_neighbours_in_a_chain_are_not_one_measurement(draft: Build) -> None:
    chain = [
        row_of(draft, source, sigma, activation_energy_eV="0.3")
        for source, sigma in (("obelix", "1.00e-3"), ("liverpool", "1.015e-3"), ("seeds", "9.9e-4"))
    ]
    kept, _ = merge_duplicates(chain)
    assert [row.sigma_S_cm for row in kept] == [1.00e-3, 9.9e-4]


def test_what_had_merged_into_a_revised_row_keeps_its_own_paper(draft: Build) -> None:
    facts = {"space_group": "216"}
    new = draft("Li6.5P0.5Ge0.5S5I", "1.86e-3", source="obelix", doi="10.1000/new",
                links={"laskowski_paper": "201"}, **facts)  # fmt: skip
    old = draft("Li6.5P0.5Ge0.5S5I", "5.4e-4", source="laskowski", source_id="514", **facts)
    other = draft("Li6.5P0.5Ge0.5S5I", "5.4e-4", source="seeds", source_id="1", **facts)
    kept, merged = merge_duplicates([new, old, other])
    assert [row.sigma_S_cm for row in kept] == [1.86e-3, 5.4e-4]
    assert {row.into for row in merged} <= {new.label, other.label}


def test_a_page_read_under_two_formulas_gives_one_row_and_a_flag(draft: Build) -> None:
    read = {"source": "literature", "temperature_C": "235", "activation_energy_eV": "0.54",
            "read_at": "https://example.org/2088"}  # fmt: skip
    right = draft("25LiCl-48Li2O-3SiO2-24P2O5", "2.5e-3", source_id="P1#1", series="P1", **read)
    wrong = draft(
        "LiCl-0.48Li2O-0.03SiO2-0.24P2O5", "2.5e-3", source_id="P2#2", series="P2", **read
    )
    kept, merged = merge_duplicates([right, wrong])
    assert [row.rule for row in merged] == ["read_twice"]
    assert kept[0].flags == {"read_twice"}
    elsewhere = draft("Li3PS4", "2.5e-3", source_id="P3#3", series="P3", **read)
    assert len(merge_duplicates([right, elsewhere])[0]) == 2


def test_two_papers_of_our_own_table_are_two_measurements(draft: Build) -> None:
    rows = [
        draft(source="literature", source_id=f"{paper}#1", series=paper) for paper in ("P1", "P2")
    ]
    assert len(merge_duplicates(rows)[0]) == 2


@pytest.mark.parametrize(
    ("sigma", "energy", "flagged"),
    [
        ("1.6e-6", "0.16", True),
        ("1e-3", "0.3", False),
        ("4e-6", "0.85", True),
        ("<1e-10", "1.1", False),
    ],
)
def test_a_prefactor_that_no_conductor_has_is_flagged(
    draft: Build, sigma: str, energy: str, flagged: bool
) -> None:
    row = draft("Li7PS6", sigma, activation_energy_eV=energy)
    assert flag_improbable_prefactors([row]) == int(flagged)
    assert ("improbable_prefactor" in row.flags) is flagged
