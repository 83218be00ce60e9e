"""Work shared out over threads or processes, with its results in order and only a few of them held at a time."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import TypeVar

TOGETHER = 1_024  # patients that a thread simulates, and then reduces, at a time

Piece = TypeVar("Piece")
Done = TypeVar("Done")


def in_order(
    work: Callable[[Piece], Done], pieces: Iterable[Piece], workers: int, pool: Executor | None = None
) -> Iterator[Done]:
    """What `work` makes of each piece, in the order of the pieces; the workers are ahead by twice their number at most.

    pool: who works, such as processes (it stays open; `work` and pieces must then be fit to be sent); without it as
    many threads as workers, and no thread at all for one worker. What a piece raises is raised when its turn comes.
    """
    if pool is None:
        if workers == 1:
            yield from map(work, pieces)
            return
        with ThreadPoolExecutor(workers) as threads:
            yield from in_order(work, pieces, workers, threads)
        return
    rest = iter(pieces)
    ahead: deque[Future[Done]] = deque()
    try:
        ahead.extend(pool.submit(work, piece) for piece in islice(rest, 2 * workers))
        while ahead:
            done = ahead.popleft().result()
            ahead.extend(pool.submit(work, piece) for piece in islice(rest, 1))
            yield done
    finally:
        for future in ahead:
            future.cancel()


def counted(progress: Callable[[int, int], None] | None, total: int, before: int = 0) -> Callable[[int], None] | None:
    """Adds up how many more are done, whichever thread did them, and tells (done, total); before: done already."""
    if progress is None:
        return None
    done, alone = before, Lock()

    def tell(more: int) -> None:
        nonlocal done
        with alone:
            done += more
            progress(done, total)

    return tell


def spans(first: int, last: int, most: int, fewest: int, threads: int) -> Iterator[tuple[int, int]]:
    """[first, last) cut into pieces: of the largest size for a long time, then smaller, so that all end together."""
    while first < last:
        left = last - first
        size = most if threads == 1 else min(most, max(fewest, -(-left // (2 * threads))))
        yield first, min(first + size, last)
        first += size


def give_back() -> None:
    """Give memory that threads have freed back to the system, where the C library can (GNU); else nothing."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        return
