"""Splits never leak: properties of groups, folds and purging."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.features.composition import CompositionDistance
from sseml.model.split import (
    grouped_folds,
    material_clusters,
    near_duplicate_groups,
    official_split,
    paper_groups,
    paper_names,
    purge,
)

DISTANCE = CompositionDistance()

DOIS = st.lists(
    st.sampled_from([None, "10.1/a", "10.1/b", "10.1/c|10.1/d", "10.1/D", "10.1/b|10.1/e", ""]),
    min_size=1,
    max_size=25,
)


@st.composite
def fractions(draw: st.DrawFn, rows: int = 25) -> np.ndarray:
    amounts = draw(
        st.lists(
            st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any),
            min_size=1,
            max_size=rows,
        )
    )
    table = np.array(amounts, dtype=float)
    return table / table.sum(axis=1, keepdims=True)


def same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    return np.array_equal(first[:, None] == first, second[:, None] == second)


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs(first[:, None] - second[None]).sum(axis=2) / 2


def test_a_row_with_two_dois_joins_both_papers() -> None:
    groups = paper_groups(["10.1/a", "10.1/b", "10.1/A|10.1/b", "10.1/c", None], range(5))
    assert groups.tolist() == [0, 0, 0, 1, 2]


def test_literature_rows_without_a_doi_stay_with_their_paper() -> None:
    table = pd.DataFrame(
        {
            "doi": ["10.1/a", None, None, None],
            "source": ["literature", "literature", "literature", "laskowski"],
            "source_id": ["P001#L0001", "P002#L0002", "P002#L0003", "7"],
        }
    )
    names = paper_names(table)
    assert names.tolist() == ["10.1/a", "literature:P002", "literature:P002", None]
    assert paper_groups(list(names), range(4)).tolist() == [0, 1, 1, 2]


def test_rows_without_doi_go_by_the_fallback() -> None:
    assert paper_groups([None, "", float("nan"), None], ["x", "y", "x", "y"]).tolist() == [
        0, 1, 0, 1,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="2 DOIs, but 1 fallback"):
        paper_groups([None, None], [1])


@given(DOIS, st.randoms(use_true_random=False))
def test_paper_groups_never_part_a_doi_and_ignore_order(dois: list[str | None], random) -> None:
    groups = paper_groups(dois, range(len(dois)))
    papers: dict[str, int] = {}
    for doi, group in zip(dois, groups, strict=True):
        for part in (doi or "").lower().split("|"):
            assert not part or papers.setdefault(part, group) == group
    order = list(range(len(dois)))
    random.shuffle(order)
    permuted = paper_groups([dois[i] for i in order], order)
    assert same_partition(permuted, groups[order])


@given(fractions(), st.randoms(use_true_random=False))
def test_near_duplicates_are_together_and_order_does_not_matter(table: np.ndarray, random) -> None:
    groups = near_duplicate_groups(table, DISTANCE, threshold=0.1)
    near = (distances(table, table) < 0.1) & (
        (table > 0)[:, None] == (table > 0)[None]
    ).all(axis=2)  # fmt: skip
    assert (groups[:, None] == groups)[near].all()
    order = list(range(len(table)))
    random.shuffle(order)
    assert same_partition(near_duplicate_groups(table[order], DISTANCE, 0.1), groups[order])


def test_near_duplicates_need_the_same_elements() -> None:
    table = np.array([[0.5, 0.5, 0.0], [0.499, 0.5, 0.001], [0.495, 0.505, 0.0]])
    assert near_duplicate_groups(table, DISTANCE).tolist() == [0, 1, 0]


@given(fractions(), st.randoms(use_true_random=False))
def test_clusters_hold_equal_rows_together_and_ignore_order(table: np.ndarray, random) -> None:
    clusters = material_clusters(table, DISTANCE)
    equal = distances(table, table) < 1e-12
    assert (clusters[:, None] == clusters)[equal].all()
    order = list(range(len(table)))
    random.shuffle(order)
    assert same_partition(material_clusters(table[order], DISTANCE), clusters[order])


def test_clusters_join_neighbours_and_part_strangers() -> None:
    table = np.array([[0.5, 0.5, 0.0], [0.45, 0.55, 0.0], [0.0, 0.1, 0.9]])
    assert material_clusters(table, DISTANCE).tolist() == [0, 0, 1]
    assert material_clusters(table[:1], DISTANCE).tolist() == [0]


@given(fractions(), fractions(), st.data())
def test_purging_leaves_no_leak(train: np.ndarray, test: np.ndarray, data: st.DataObject) -> None:
    papers = st.sampled_from([None, "10.1/a", "10.1/b|10.1/c", "10.1/C", "10.1/d"])
    train_dois = data.draw(st.lists(papers, min_size=len(train), max_size=len(train)))
    test_dois = data.draw(st.lists(papers, min_size=len(test), max_size=len(test)))
    keep = purge(
        train, test, train_dois, test_dois, distance=DISTANCE, threshold=0.05, same_parts=False
    )
    assert (distances(train[keep], test) >= 0.05).all()
    tested = {part.lower() for doi in test_dois if doi for part in doi.split("|")}
    for kept, doi in zip(keep, train_dois, strict=True):
        assert not kept or tested.isdisjoint((doi or "").lower().split("|"))
    far = (distances(train, test) >= 0.05).all(axis=1)
    clean = [tested.isdisjoint((doi or "").lower().split("|")) for doi in train_dois]
    assert keep.tolist() == (far & np.array(clean)).tolist()


def test_purging_by_default_spares_other_elements() -> None:
    train = np.array([[0.5, 0.5, 0.0], [0.5, 0.499, 0.001], [0.4, 0.6, 0.0]])
    test = np.array([[0.499, 0.501, 0.0]])
    no_papers = [None] * 3
    assert purge(train, test, no_papers, [None], distance=DISTANCE).tolist() == [False, True, True]
    assert purge(
        train, test, no_papers, [None], distance=DISTANCE, same_parts=False
    ).tolist() == [
        False, False, True,
    ]  # fmt: skip
    assert purge(train, test[:0], no_papers, [], distance=DISTANCE).all()


@given(st.lists(st.integers(0, 8), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 9))
def test_groups_never_straddle_folds_and_folds_are_balanced(
    groups: list[int], n_folds: int, seed: int
) -> None:
    array = np.array(groups)
    if len(set(groups)) < n_folds:
        with pytest.raises(ValueError, match="folds need at least that many groups"):
            grouped_folds(array, n_folds, seed)
        return
    folds = grouped_folds(array, n_folds, seed)
    for group in set(groups):
        assert len(set(folds[array == group])) == 1
    sizes = np.bincount(folds, minlength=n_folds)
    assert sizes.min() > 0
    assert sizes.max() - sizes.min() <= max(groups.count(group) for group in set(groups))
    assert np.array_equal(folds, grouped_folds(array, n_folds, seed))
    order = np.random.default_rng(seed).permutation(len(array))
    assert np.array_equal(grouped_folds(array[order], n_folds, seed), folds[order])


def test_another_seed_deals_equal_groups_otherwise() -> None:
    deals = {tuple(grouped_folds(np.arange(12), 3, seed)) for seed in range(5)}
    assert len(deals) > 1


def test_the_official_split_is_read_from_the_table() -> None:
    table = pd.DataFrame({"official_split": pd.array(["train", "test", None], dtype="string")})
    train, test = official_split(table)
    assert (train.tolist(), test.tolist()) == ([True, False, False], [False, True, False])
    with pytest.raises(ValueError, match="no official split"):
        official_split(table.iloc[2:])
