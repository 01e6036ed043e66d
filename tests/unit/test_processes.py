"""Batches worked on by several processes: in order, and with the errors that the work raises."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from sseml.processes import WAITING, by_processes

WORK = """
import os, time

def doubling(_):
    def work(number):
        time.sleep(0.02 if number % 2 else 0.0)  # so that they end in another order
        return [2 * number]
    return work

def where(_):
    return lambda _: [os.getpid()]

def failing(_):
    def work(number):
        if number == 3:
            raise KeyError("three")
        return [number]
    return work

def sending_what_cannot_be_sent(_):
    return lambda _: [lambda: None]

def unprepared(asked):
    raise LookupError(f"no {asked}")
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that other processes can import, which these tests are not everywhere."""
    (tmp_path / "work_of_processes.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "work_of_processes", raising=False)
    return import_module("work_of_processes")


def test_results_are_in_the_order_of_the_batches(work: ModuleType) -> None:
    with by_processes(work.doubling, None, 2, str) as results:
        assert list(results(range(20))) == list(range(0, 40, 2))
        assert list(results([7])) == [14]
        assert list(results([])) == []


def test_the_work_is_shared_and_not_done_here(work: ModuleType) -> None:
    with by_processes(work.where, None, 2, str) as results:
        found = set(results(range(50)))
    assert len(found) == 2
    assert os.getpid() not in found


def test_no_more_is_read_than_is_waited_for(work: ModuleType) -> None:
    read = []

    def batches() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    with by_processes(work.doubling, None, 2, str) as results:
        passed = results(batches())
        assert next(passed) == 0
        assert len(read) <= WAITING * 2 + 1
        passed.close()
        assert list(results([1, 2])) == [2, 4]  # nothing is left of what nobody asks any more


def test_an_error_of_the_work_comes_in_its_place(work: ModuleType) -> None:
    with by_processes(work.failing, None, 2, str) as results:
        passed = results(range(10))
        with pytest.raises(KeyError, match="three") as caught:
            list(passed)
        assert "in work" in caught.value.__notes__[0]
        assert list(results([5])) == [5]


def test_an_error_of_the_preparation_is_raised(work: ModuleType) -> None:
    with (
        by_processes(work.unprepared, "model", 2, str) as results,
        pytest.raises(LookupError, match="no model"),
    ):
        list(results([1]))


def test_what_cannot_be_sent_is_said(work: ModuleType) -> None:
    with (
        by_processes(work.sending_what_cannot_be_sent, None, 1, str) as results,
        pytest.raises(RuntimeError, match="lambda"),
    ):
        list(results([1]))
