"""The picture of a Li network: what it says, that it can be read, and that it is alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sseml.physics.charges import ions_of
from sseml.physics.pathways import Pathways, lithium_pathways
from sseml.records import Crystal
from sseml.report import lithium_network, save


@pytest.fixture(scope="module")
def found() -> Pathways:
    """A layered, skewed cell, in which the layers conduct and the third direction does not."""
    edge = 2.8156
    lattice = [[edge, 0.0, 0.0], [-edge / 2, edge * 0.75**0.5, 0.0], [0.0, 0.0, 14.0542]]
    sites = [
        (symbol, (x, y, (z + at) % 1.0))
        for symbol, at in (("Li", 0.5), ("Co", 0.0), ("O", 0.26), ("O", -0.26))
        for x, y, z in ((0.0, 0.0, 0.0), (2 / 3, 1 / 3, 1 / 3), (1 / 3, 2 / 3, 2 / 3))
    ]
    crystal = Crystal(
        formula="LiCoO2",
        amounts={"Li": 1.0, "Co": 1.0, "O": 2.0},
        lattice_A=np.array(lattice),
        positions=np.array([at for _, at in sites]),
        occupancies=tuple({symbol: 1.0} for symbol, _ in sites),
        source="folder/R3m$1.cif",
    )
    return lithium_pathways(crystal, ions_of(crystal)[0])


@pytest.fixture(scope="module")
def figure(found: Pathways) -> Figure:
    drawn = lithium_network(found)
    drawn.draw_without_rendering()
    return drawn


def texts(figure: Figure) -> list[str]:
    return [each.get_text() for each in figure.findobj(Text) if each.get_visible()]


def test_it_says_barriers_sites_units_and_what_it_is(figure: Figure, found: Pathways) -> None:
    said = "\n".join(texts(figure))
    assert found.barriers[0] is not None
    assert f"1D, 2D: {found.barriers[0].threshold_eV:.2f} eV" in said
    assert "none below 5 eV" in said
    assert "static-lattice" in said
    for text in ("seen along a", "seen along b", "seen along c", "Å", "energy (eV)", "way gone (Å)",
                 "Li (area: occupancy)", "easiest way", "Co", "O", r"R3m\$1.cif"):  # fmt: skip
        assert text in said


def test_maps_have_one_scale_and_true_angles(figure: Figure) -> None:
    maps = [axes for axes in figure.axes if axes.get_title("left").startswith("seen along")]
    assert len(maps) == 3
    width, height = figure.get_size_inches()
    scales = []
    for axes in maps:
        box = axes.get_position()
        scales.append(box.width * width / np.ptp(axes.get_xlim()))
        scales.append(box.height * height / np.ptp(axes.get_ylim()))
    assert scales == pytest.approx([scales[0]] * 6, rel=1e-3)


def test_nothing_is_cut_off_at_the_border(figure: Figure) -> None:
    page = figure.bbox
    boxes = [text.get_window_extent() for text in figure.texts]
    boxes += [axes.get_tightbbox() for axes in figure.axes]
    for box in boxes:
        assert page.x0 - 1 <= box.x0
        assert box.x1 <= page.x1 + 1
        assert page.y0 - 1 <= box.y0
        assert box.y1 <= page.y1 + 1


def test_the_profile_is_that_of_the_way(figure: Figure, found: Pathways) -> None:
    [axes] = [axes for axes in figure.axes if axes.get_ylabel() == "energy (eV)"]
    assert found.passage is not None
    profile = max((line.get_xydata() for line in axes.lines), key=len)
    np.testing.assert_allclose(
        profile, np.column_stack([found.passage.distance_A, found.passage.energy_eV])
    )


def test_the_same_crystal_gives_the_same_bytes(found: Pathways, tmp_path: Path) -> None:
    first, second = (
        save(lithium_network(found), tmp_path / name).read_bytes() for name in ("a.png", "b.png")
    )
    assert first == second


def test_where_nothing_runs_through_the_maps_are_drawn_still(found: Pathways) -> None:
    closed = replace(found, barriers=(None, None, None), passage=None)
    said = "\n".join(texts(lithium_network(closed)))
    assert "1D barrier: none below 5 eV" in said
    assert "seen along c" in said


def test_elements_of_one_site_have_one_point_and_one_name_in_the_legend(found: Pathways) -> None:
    occupancies = tuple(
        {"Co": 0.5, "Al": 0.5} if "Co" in site else site for site in found.crystal.occupancies
    )
    mixed = replace(
        found,
        crystal=replace(found.crystal, occupancies=occupancies),
        charges={**found.charges, "Al": 3.0},
    )
    said = texts(lithium_network(mixed))
    assert {"Co, Al", "O"} <= set(said)
    assert not {"Co", "Al"} & set(said)
