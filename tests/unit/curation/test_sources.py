"""Pulling: verified against the pinned checksum, whole or not at all, licence shown."""

import hashlib
import io
import re
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from sseml.curation import pull as pulling
from sseml.curation.pull import PullError, pull, sha256_of
from sseml.curation.sources import (
    SOURCES,
    Source,
    UnknownSourceError,
    require_known_sources,
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
    monkeypatch.setattr(pulling, "SOURCES", {"small": source})
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
    assert asked == [(address, pulling.TIMEOUT_S)]


def test_a_connection_that_breaks_leaves_nothing(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", broken)
    with pytest.raises(PullError, match="no route"):
        pull(tmp_path / "to")
    assert list((tmp_path / "to" / "small").iterdir()) == []


def test_a_file_is_found_by_its_content_where_it_has_another_name(
    local: Path, tmp_path: Path
) -> None:
    (local / "small" / "all.csv").rename(local / "small" / "mine.csv")
    (local / "small" / "a.csv").write_bytes(b"another")
    [path] = pull(tmp_path / "to", from_dir=local)
    assert (path.name, path.read_bytes()) == ("all.csv", CONTENT)


@pytest.fixture
def asked_for(local: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with a second source that is pinned by git and fetched only by name."""
    [small] = pulling.SOURCES.values()
    blob = "8c01d89ae06311834ee4b1fab2f0414d35f01102"  # git hash-object of b"hello, world"
    large = replace(small, name="large", files={"all.csv": blob}, fetched_unasked=False)
    monkeypatch.setattr(pulling, "SOURCES", {"small": small, "large": large})
    (local / "large").mkdir()
    (local / "large" / "all.csv").write_bytes(b"hello, world")
    return local


def test_a_source_that_is_fetched_by_name_only_is_verified_by_its_git_blob(
    asked_for: Path, tmp_path: Path
) -> None:
    assert [path.parent.name for path in pull(tmp_path / "to", asked_for)] == ["small"]
    [path] = pull(tmp_path / "to", asked_for, ["large"])
    assert path.read_bytes() == b"hello, world"
    (asked_for / "large" / "all.csv").write_bytes(b"hello, worlds")
    path.unlink()
    with pytest.raises(PullError, match=r"git blob expected 8c01d89ae0.*, got "):
        pull(tmp_path / "to", asked_for, ["large"])


def test_every_pinned_source_is_complete_and_has_a_reader() -> None:
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.licence
        readers = [source.read, source.read_recipes]
        assert readers.count(None) == (2 if name in ("own", "chemarr_full") else 1)
        if not source.files:
            continue
        assert re.fullmatch(r"[0-9a-f]{40}", source.commit)
        assert source.citation_doi.startswith("10.")
        pinned = r"[0-9a-f]{40}" if name == "chemarr_full" else r"[0-9a-f]{64}"
        assert all(re.fullmatch(pinned, digest) for digest in source.files.values())
        assert source.redistribution is (source.licence in ("CC-BY-4.0", "MIT"))


@pytest.mark.parametrize("row", [1, 3])
def test_a_source_that_is_not_listed_is_refused_with_its_row(row: int) -> None:
    names = ["obelix", "own", "seeds", "literature"]
    require_known_sources(names)
    names[row - 1] = "hearsay"
    known = "own, obelix, liverpool, laskowski, seeds, literature, composites, polymers, chemarr"
    with pytest.raises(UnknownSourceError, match=f"row {row}: 'hearsay' is not .* are {known}"):
        require_known_sources(names)


def test_a_lab_is_believed_first_and_then_the_sources_as_they_are_listed() -> None:
    assert [trust_rank(name) for name in SOURCES] == list(range(len(SOURCES)))
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
