"""Pulling: verified against the pinned checksum, whole or not at all, licence shown."""

import hashlib
import io
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from sseml.curation import sources
from sseml.curation.sources import (
    SOURCES,
    PullError,
    Source,
    UnknownSourceError,
    pull,
    require_known_sources,
    sha256_of,
    trust_rank,
)

CONTENT = b"ID,value\n1,2\n"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local copy of one small source, which is the only one known."""
    source = Source(
        name="small",
        title="a small one",
        repository="owner/name",
        commit="0" * 40,
        licence="CC-BY-4.0",
        redistribution=False,
        citation_doi="10.1000/a",
        files={"data/all.csv": hashlib.sha256(CONTENT).hexdigest()},
    )
    monkeypatch.setattr(sources, "SOURCES", {"small": source})
    (tmp_path / "from" / "small").mkdir(parents=True)
    (tmp_path / "from" / "small" / "all.csv").write_bytes(CONTENT)
    return tmp_path / "from"


def test_a_local_copy_is_verified_and_the_licence_shown(local: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    [path] = pull(tmp_path / "to", from_dir=local, progress=lines.append)
    assert path.read_bytes() == CONTENT
    assert "CC-BY-4.0; do not pass the files on; cite doi 10.1000/a" in lines[0]
    pull(tmp_path / "to", from_dir=tmp_path / "gone", progress=lines.append)
    assert "already there" in lines[-1]


def test_an_altered_file_is_refused_with_both_checksums(local: Path, tmp_path: Path) -> None:
    (local / "small" / "all.csv").write_bytes(CONTENT + b"3,4\n")
    expected = hashlib.sha256(CONTENT).hexdigest()
    got = hashlib.sha256(CONTENT + b"3,4\n").hexdigest()
    with pytest.raises(PullError, match=rf"all\.csv.*expected {expected}, got {got}"):
        pull(tmp_path / "to", from_dir=local)
    assert list((tmp_path / "to" / "small").iterdir()) == []


def test_an_altered_copy_at_the_destination_is_replaced(local: Path, tmp_path: Path) -> None:
    [path] = pull(tmp_path / "to", from_dir=local)
    path.write_bytes(b"broken")
    assert pull(tmp_path / "to", from_dir=local) == [path]
    assert path.read_bytes() == CONTENT


def test_a_missing_local_file_and_an_unknown_source_are_named(local: Path, tmp_path: Path) -> None:
    (local / "small" / "all.csv").unlink()
    with pytest.raises(PullError, match=re.escape("small/all.csv")):
        pull(tmp_path / "to", from_dir=local)
    with pytest.raises(PullError, match="'large' is not a source; there are small"):
        pull(tmp_path / "to", from_dir=local, sources=["large"])


def test_the_network_is_asked_at_the_pinned_commit_with_a_timeout(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, float]] = []

    def answer(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        asked.append((request.full_url, timeout))
        return io.BytesIO(CONTENT)

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    pull(tmp_path / "to")
    address = f"https://raw.githubusercontent.com/owner/name/{'0' * 40}/data/all.csv"
    assert asked == [(address, sources.TIMEOUT_S)]


def test_a_connection_that_breaks_leaves_nothing(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", broken)
    with pytest.raises(PullError, match="no route"):
        pull(tmp_path / "to")
    assert list((tmp_path / "to" / "small").iterdir()) == []


def test_every_pinned_source_is_complete_and_has_a_reader() -> None:
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.licence
        assert (source.read is None) is (name == "own")
        if not source.files:
            continue
        assert re.fullmatch(r"[0-9a-f]{40}", source.commit)
        assert source.citation_doi.startswith("10.")
        assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in source.files.values())
        assert source.redistribution is (source.licence == "CC-BY-4.0")


@pytest.mark.parametrize("row", [1, 3])
def test_a_source_that_is_not_listed_is_refused_with_its_row(row: int) -> None:
    names = ["obelix", "own", "seeds", "literature"]
    require_known_sources(names)
    names[row - 1] = "hearsay"
    known = "own, obelix, liverpool, laskowski, seeds, literature"
    with pytest.raises(UnknownSourceError, match=f"row {row}: 'hearsay' is not .* are {known}"):
        require_known_sources(names)


def test_a_lab_is_believed_first_and_then_the_sources_as_they_are_listed() -> None:
    assert [trust_rank(name) for name in SOURCES] == [0, 1, 2, 3, 4, 5]
    assert min(SOURCES, key=trust_rank) == "own"
    with pytest.raises(UnknownSourceError, match="'hearsay'"):
        trust_rank("hearsay")


def test_sha256_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a").startswith("ba7816bf")


def test_the_written_manifest_is_true_to_the_record() -> None:
    text = (Path(__file__).parents[3] / "data" / "README.md").read_text(encoding="utf-8")
    for source in SOURCES.values():
        for path, sha256 in source.files.items():
            cells = (source.name, source.repository, f"`{source.commit}`", path,
                     f"`{sha256}`", source.licence, source.citation_doi)  # fmt: skip
            assert f"| {' | '.join(cells)} |" in text
