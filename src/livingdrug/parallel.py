"""Work shared out over threads, with its results in order and only a few of them held at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

TOGETHER = 1_024  # patients that a thread simulates, and then reduces, at a time

Piece = TypeVar("Piece")
Done = TypeVar("Done")


def in_order(work: Callable[[Piece], Done], pieces: Iterable[Piece], threads: int) -> Iterator[Done]:
    """What `work` makes of each piece, in the order of the pieces; so many threads work ahead, no further than twice
    their number."""
    if threads == 1:
        yield from map(work, pieces)
        return
    rest = iter(pieces)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Done]] = deque()
        try:
            ahead.extend(pool.submit(work, piece) for piece in islice(rest, 2 * threads))
            while ahead:
                done = ahead.popleft().result()
                ahead.extend(pool.submit(work, piece) for piece in islice(rest, 1))
                yield done
        finally:
            for future in ahead:
                future.cancel()


def spans(first: int, last: int, most: int, fewest: int, threads: int) -> Iterator[tuple[int, int]]:
    """[first, last) cut into pieces: of the largest size for a long time, then smaller, so that all end together."""
    while first < last:
        left = last - first
        size = most if threads == 1 else min(most, max(fewest, -(-left // (2 * threads))))
        yield first, min(first + size, last)
        first += size
