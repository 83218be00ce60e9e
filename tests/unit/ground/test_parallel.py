"""Workers that work ahead give their results in order, hold few, and stop when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from livingdrug.parallel import in_order, spans


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order(threads: int) -> None:
    def work(i: int) -> int:
        time.sleep(0.002 * (i % 3))
        return i * i

    assert list(in_order(work, range(30), threads)) == [i * i for i in range(30)]


def test_nobody_runs_far_ahead() -> None:
    begun: list[int] = []
    taken = in_order(lambda i: begun.append(i) or i, range(100), 2)
    assert next(taken) == 0
    time.sleep(0.05)
    assert len(begun) <= 5
    taken.close()
    assert len(begun) <= 5


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    "make", [ThreadPoolExecutor, lambda n: ProcessPoolExecutor(n, get_context("spawn"))], ids=["threads", "processes"]
)
def test_a_pool_given_does_the_work_and_stays_open(make: Callable[[int], Executor], workers: int) -> None:
    with make(workers) as pool:
        assert list(in_order(abs, range(-20, 0), workers, pool)) == list(range(20, 0, -1))
        taken = in_order(abs, range(-20, 0), workers, pool)
        assert next(taken) == 20
        taken.close()
        with pytest.raises(TypeError, match="abs"):
            list(in_order(abs, [-1, "x", -2], workers, pool))
        assert pool.submit(abs, -3).result() == 3


def test_a_mistake_is_raised_where_the_results_are_taken() -> None:
    def work(i: int) -> int:
        if i == 3:
            raise KeyError("three")
        return i

    before = threading.active_count()
    with pytest.raises(KeyError, match="three"):
        list(in_order(work, range(100), 2))
    assert threading.active_count() == before


@pytest.mark.parametrize(("first", "last", "threads"), [(0, 10_000, 2), (5, 6, 2), (100, 4_000, 1), (0, 1_000, 4)])
def test_shares_cover_everybody_once(first: int, last: int, threads: int) -> None:
    cut = list(spans(first, last, 1_024, 128, threads))
    assert [i for a, b in cut for i in range(a, b)] == list(range(first, last))
    sizes = [b - a for a, b in cut]
    assert max(sizes) <= 1_024 and sizes == sorted(sizes, reverse=True)
    assert threads == 1 or sizes[-1] <= 128
