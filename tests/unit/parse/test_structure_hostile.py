"""Whatever a structure file holds: a crystal or a refusal comes of it, and soon."""

from __future__ import annotations

import json
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.parse.structure.file_names import names_structures
from sseml.parse.structure.reading import UnreadStructure, read_structures
from sseml.parse.structure.symmetry import MOST_OPERATIONS
from sseml.records import Crystal

DATA = Path(__file__).parents[2] / "data" / "structures"
FILES = {path.name: path.read_bytes() for path in sorted(DATA.iterdir())}
LI3N = FILES["li3n.cif"].decode()
POSCAR = FILES["li3ocl.vasp"].decode()
JSON = FILES["llto.json"].decode()
NO_OPERATIONS = LI3N.partition("loop_")[0] + "loop_\n_atom" + LI3N.partition("loop_\n_atom")[2]


def told(folder: Path, name: str, content: str | bytes) -> list[str]:
    """Formula or reason of everything in a file, which always comes with what to do."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    read = list(read_structures(path.name, folder=folder))
    assert read
    texts = []
    for each in read:
        assert isinstance(each, Crystal | UnreadStructure)
        if isinstance(each, UnreadStructure):
            assert each.refusal.suggestion
            assert len(str(each.refusal)) < 500
        texts.append(each.formula if isinstance(each, Crystal) else each.refusal.reason)
        texts[-1].encode()
    return texts


PIECES = [
    " ", "\t", "\n", "\r", "word ", "1.5 ", "1", ".", "(", "[", "{", '{"a":', "'", '"', "'x ",
    '"x ', ";", ";x\n", ";\nx\n;\n", "loop_ ", "loop_\n_a\n", "_a ", "data_x ", "#", "# x\n", "/",
    "-", "x+", "x,y,z ", "1/", "Li", "0.5Li+", "²",
]  # fmt: skip


def places(text: str) -> Iterator[tuple[str, str]]:
    """A text wherever the readers may meet it."""
    yield "x.cif", text
    yield "x.cif", f"data_x\n_x {text}"
    yield "x.cif", LI3N + text
    yield "x.cif", LI3N.replace("'-x, -y, z'", f"'{text}'")
    yield (
        "x.cif",
        NO_OPERATIONS.replace("_cell_formula_units_Z", f"_space_group_name_Hall '{text}'"),
    )
    for value in ("3.875", "N3-", "0.3333", "'Li3 N'", "'P 6/m m m'"):
        yield "x.cif", NO_OPERATIONS.replace(value, text)
        yield "x.cif", NO_OPERATIONS.replace(value, f"'{text}'")
    lines = POSCAR.splitlines()
    for place in range(len(lines)):
        yield "POSCAR", "\n".join([*lines[:place], text, *lines[place + 1 :]])
    yield "x.json", text
    yield "x.json", JSON.replace("0.51", text)
    for value in ('"La"', '"A1"'):
        yield "x.json", JSON.replace(value, json.dumps(text))


def seconds(folder: Path, length: int, piece: str) -> float:
    """For all places that a repeated piece may stand in."""
    inputs = list(places(piece * (length // len(piece))))
    start = time.process_time()
    for name, content in inputs:
        told(folder, name, content)
    return time.process_time() - start


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_of_any_text_grows_with_its_length_alone(tmp_path: Path, piece: str) -> None:
    # a hundred times the text; what takes the square of it takes ten thousand times as long
    short = min(seconds(tmp_path, 1000, piece) for _ in range(3))
    assert any(seconds(tmp_path, 100_000, piece) < 100 * short for _ in range(3))


@pytest.mark.parametrize("piece", ["a/", "a.", "-POSCAR.", "POSCAR ", "(1)", "x" * 50])
def test_the_time_of_a_name_grows_with_its_length_alone(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece)) + "/"
        start = time.process_time()
        for _ in range(50):
            names_structures(text)
        return time.process_time() - start

    assert min(seconds(100_000) for _ in range(3)) < 1000 * min(seconds(1000) for _ in range(3))


def test_operations_are_counted_before_any_image_is_made(tmp_path: Path) -> None:
    many = "".join(f"'x+{i}/20011,y,z'\n" for i in range(20_000))
    head, _, tail = LI3N.partition("loop_\n_atom")
    text = (
        f"{head.partition('loop_')[0]}loop_\n_symmetry_equiv_pos_as_xyz\n{many}loop_\n_atom{tail}"
    )
    [reason] = told(tmp_path, "x.cif", text)
    assert f"20000 symmetry operations, more than the {MOST_OPERATIONS}" in reason
    repeated = text.replace(many, "x,y,z\n" * 20_000)
    assert told(tmp_path, "x.cif", repeated) == ["Li3N"]
    half = "".join(f"x+{i}/97,y,z,+1\n" for i in range(97))
    magnetic = text.replace(many, half).replace("_symmetry_equiv_pos_as_xyz", MAGNETIC[0])
    other = f"loop_\n{MAGNETIC[1]}\n" + half.replace("x+", "x,y+").replace(",y,z,", ",z,")
    [reason] = told(tmp_path, "x.cif", magnetic + other)
    assert "symmetry operations, more than" in reason


MAGNETIC = ("_space_group_symop_magn_operation.xyz", "_space_group_symop_magn_centering.xyz")


def test_a_line_a_loop_or_a_file_of_blocks_may_be_too_long(tmp_path: Path) -> None:
    long = "x" * 200_001
    assert "line 2 is 200001 characters" in told(tmp_path, "x.cif", f"data_x\n{long}")[0]
    assert "line 6 is" in told(tmp_path, "POSCAR", POSCAR.replace("Li_sv", long))[0]
    blocks = "".join(f"data_{i} _x 1\n" for i in range(10_001))
    assert "more than 10000 data blocks" in told(tmp_path, "x.cif", blocks)[0]
    sites = "data_x\nloop_\n_atom_site_label\n" + "Li\n" * 1_000_001
    assert "has more than 1000000 values" in told(tmp_path, "x.cif", sites)[0]


@pytest.mark.parametrize(
    "number",
    [
        "1/1" + "0" * 400, "1e400", "-1e400", "nan", "inf", "?", ".", "1" * 5001, "1e308", "-1e308",
        "1e-400", "²", "1_0", "0x10", "1/0", "0", "-5", "",
    ],
)  # fmt: skip
def test_no_number_of_a_file_is_a_crash(tmp_path: Path, number: str) -> None:
    for value in ("3.648", "3.875", "_gamma 120", "0.6667", "0.3333 0.6667 0 1.", "Z 1", "r 191"):
        name = value.rpartition(" ")[0] if value[0] == "_" else ""
        told(tmp_path, "x.cif", LI3N.replace(value, f"{name} {number}"))
    for value in ("3.907", "1.0 0.0 0.0", "3 1 1", "0.5 0.5 0.0", "0.0 0.0 0.0"):
        told(tmp_path, "POSCAR", POSCAR.replace(value, number, 1))
    for value in ("3.871", "0.51", "0.98", "0.5, 0.5, 0.5"):
        told(tmp_path, "x.json", JSON.replace(value, number or "null"))


@pytest.mark.parametrize(
    "counts", ["² 1 1", "1" * 5001 + " 1 1", "-1 1 1", "3 1", "0 0 0", "3.0 1 1"]
)
def test_counts_of_a_poscar_that_are_none_are_refused(tmp_path: Path, counts: str) -> None:
    [reason] = told(tmp_path, "POSCAR", POSCAR.replace("3 1 1", counts))
    assert "line 7" in reason or "no site" in reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.907", "-1e300"), ("3.907", "0"), ("3.907", "-0.0"), ("3.907", "1e-300"),
        ("3.907", "1 0 1"), ("1.0 0.0 0.0", "1e308 1e308 1e308"), ("1.0 0.0 0.0", "0 0 0"),
        ("Direct", "Cartesian\n1e308 1e308 1e308"), ("0.5 0.5 0.0", "1e308 0 0"),
    ],
)  # fmt: skip
def test_cells_and_places_of_a_poscar_beyond_measure_are_refused(
    tmp_path: Path, old: str, new: str
) -> None:
    [reason] = told(tmp_path, "POSCAR", POSCAR.replace(old, new, 1))
    assert "does not give" in reason or "cell" in reason or "volume" in reason


@pytest.mark.parametrize(
    "angles", ["0 90 90", "180 90 90", "60 60 130", "150 150 150", "1e-300 90 90", "-90 90 90"]
)
def test_angles_that_close_no_cell_are_refused(tmp_path: Path, angles: str) -> None:
    alpha, beta, gamma = angles.split()
    text = LI3N.replace("alpha 90", f"alpha {alpha}").replace("beta 90", f"beta {beta}")
    [reason] = told(tmp_path, "x.cif", text.replace("gamma 120", f"gamma {gamma}"))
    assert "encloses no volume" in reason


@pytest.mark.parametrize(
    "change",
    [
        {"species": 5}, {"species": None}, {"species": {}}, {"species": [5]}, {"species": "Li"},
        {"species": [{"element": 5, "occu": 1}]}, {"species": [{"element": "Li"}]},
        {"species": [{"element": "Li", "occu": [1]}]}, {"abc": None}, {"abc": {"a": 1}},
        {"abc": ["x", 0, 0]}, {"abc": [10**400, 0, 0]}, {"abc": [1e308, 0, 0]},
        {"abc": [[0], 0, 0]},
        {"label": {"a": ["\ud800", "\x1b"]}, "abc": 1}, {"label": "x" * 100_000, "abc": 1},
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    document = json.loads(JSON)
    document["sites"][0] |= change
    [reason] = told(tmp_path, "x.json", json.dumps(document))
    assert "site" in reason


@pytest.mark.parametrize(
    "text",
    [
        '{"sites": null, "lattice": {"matrix": []}}', '{"sites": {}, "lattice": 5}', "5", "null",
        '{"sites": [[]], "lattice": {"matrix": [[1e400,0,0],[0,1,0],[0,0,1]]}}',
        '{"structure": ' * 900 + "1" + "}" * 900, "[" * 100_000, '{"a":' * 100_000, "1" * 5001,
        JSON.replace("[[3.871", "[" * 900 + "[[3.871").replace("3.871]]", "3.871]]" + "]" * 900),
        JSON.replace("3.871", "1e400"), JSON.replace("3.871", "NaN"),
    ],
)  # fmt: skip
def test_json_about_something_else_is_refused(tmp_path: Path, text: str) -> None:
    [reason] = told(tmp_path, "x.json", text)
    assert "Å" not in reason


def test_bytes_of_any_kind_are_refused_or_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        assert told(tmp_path, "x.cif", ("# Å\n" + LI3N).encode(encoding)) == ["Li3N"]
    for line_end in ("\r", "\r\n"):
        assert told(tmp_path, "x.cif", LI3N.replace("\n", line_end)) == ["Li3N"]
        assert told(tmp_path, "POSCAR", POSCAR.replace("\n", line_end)) == ["Li3OCl"]
    for content in (LI3N.encode("utf-16-le"), LI3N.encode("utf-32"), b"\xff" * 1000, b"\0" * 1000):
        for name in ("x.cif", "POSCAR", "x.json"):
            told(tmp_path, name, content)


def test_odd_members_of_an_archive_are_refused_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.cif", LI3N)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.cif", LI3N[:300])
        archive.writestr("b.cif/", "")
        archive.writestr("POSCAR1", POSCAR)
        archive.writestr("c.cif", LI3N, compress_type=zipfile.ZIP_BZIP2)
    numbered, whole, cut, packed = told(tmp_path, "all.zip", path.read_bytes())
    assert (numbered, whole) == ("Li3OCl", "Li3N")
    assert "cut short" in cut or "ends within a row" in cut or "no atom" in cut
    assert "packed in a way that is not read" in packed


def test_a_folder_with_a_damaged_archive_still_gives_its_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "b.cif").write_text(LI3N)
    archive, crystal = read_structures(tmp_path)
    assert isinstance(archive, UnreadStructure)
    assert isinstance(crystal, Crystal)


TOKENS = [
    b"1e400", b"nan", b"-1", b"0", b"?", b".", b"1/1" + b"0" * 400, b"1" * 5001, "²".encode(), b"'",
    b'"', b"\n;\n", b"loop_", b"data_y", b"#", b"_", b"\x00", b"\xff", b"\r", b"1e308", b"180",
    b"x,y,z", b"-x,-y,-z", b"x+0.1234,y,z", b"Wat", b"0.8Nb + 0.2Zr", b"null", b"[]", b"{}", b"NaN",
    b"225", b"Cartesian", b"Selective", b"\xed\xa0\x80", "\u2028".encode(),
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real file with bits turned, lines dropped or moved, and words replaced."""
    name = draw(st.sampled_from(sorted(FILES)))
    content = bytearray(FILES[name])
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 6))):
        at = chance.randrange(len(content))
        match draw(st.sampled_from(["bit", "drop", "repeat", "word", "insert"])):
            case "bit":
                content[at] ^= 1 << chance.randrange(8)
            case "drop":
                end = content.find(b"\n", at)
                del content[content.rfind(b"\n", 0, at) + 1 : max(end, at)]
            case "repeat":
                content[at:at] = content[at : at + chance.randrange(1, 200)]
            case "word":
                words = content.split(b" ")
                words[chance.randrange(len(words))] = bytearray(chance.choice(TOKENS))
                content = bytearray(b" ").join(words)
            case _:
                content[at:at] = chance.choice(TOKENS)
        content = content or bytearray(b"x")
    return name, bytes(content)


@settings(max_examples=300)
@given(file=mutated())
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[str, bytes]
) -> None:
    name, content = file
    told(tmp_path_factory.getbasetemp(), name, content)
