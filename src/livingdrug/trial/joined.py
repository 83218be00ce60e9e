"""An arm simulated in parts by whoever does it, and put together in the patients' order.

Only so many parts are under way, or done before their turn, at a time: memory stays flat however many patients there
are. Parts that lie in a folder of blocks already are read there; new ones are put there as soon as they are done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Protocol

from livingdrug.errors import EngineError
from livingdrug.results.kept import Kept
from livingdrug.results.packed import Damaged, add
from livingdrug.trial.blocks import Blocks

EARLY = 4  # parts done before their turn that are held in memory, for each that is under way
Part = tuple[int, int]  # patients [first, last)
Progress = Callable[[int], None] | None


class Pool(Protocol):
    """Who simulates parts."""

    def ahead(self) -> int:
        """How many parts should be under way now."""

    def start(self, part: Part) -> None:
        """Begin with a part."""

    def next(self) -> tuple[Part, bytes]:
        """Wait for a part that is done: which, and what is kept of it, packed."""


class Joined:
    """What is kept of the parts that have had their turn."""

    def __init__(self, kept: Kept, parts: list[Part], blocks: Blocks | None, progress: Progress) -> None:
        self.kept, self.parts, self.blocks, self.progress = kept, parts, blocks, progress
        self.before = {p for p in parts if blocks and blocks.path(*p).is_file()}  # simulated by an earlier run
        self.todo = deque(p for p in parts if p not in self.before)
        self.early: dict[Part, bytes | None] = {}  # None where it lies in the folder
        self.turn = 0

    def take(self, part: Part, data: bytes) -> None:
        """A part that was simulated just now."""
        if self.blocks:
            self.blocks.write(*part, data)
        self.early[part] = data if self.blocks is None or part == self.parts[self.turn] else None
        self._tell(part)

    def settle(self) -> None:
        """Put in all whose turn it is; one whose file is damaged is to be simulated again."""
        while self.turn < len(self.parts):
            part = self.parts[self.turn]
            if part in self.early:
                add(self.early.pop(part) or self._read(part), self.kept)
            elif part in self.before:
                self.before.remove(part)
                try:
                    add(self._read(part), self.kept)
                except Damaged:
                    self.todo.appendleft(part)
                    return
                self._tell(part)
            else:
                return
            self.turn += 1

    def room(self, most: int) -> bool:
        """Whether the next part may begin: it is waited for, or not too many wait for their turn."""
        return len(self.early) < most or self.todo[0] == self.parts[self.turn]

    def _read(self, part: Part) -> bytes:
        found = self.blocks.read(*part) if self.blocks else None
        if found is None:
            raise Damaged(f"patients {part} are gone")
        return found

    def _tell(self, part: Part) -> None:
        if self.progress:
            self.progress(part[1] - part[0])


def join(pool: Pool, kept: Kept, parts: list[Part], blocks: Blocks | None = None, progress: Progress = None) -> Kept:
    """All that is kept of the patients of these parts, which begin where the one before ends.

    EngineError where a block that was written a moment ago cannot be read any more.
    """
    joined, running = Joined(kept, parts, blocks, progress), 0
    try:
        while joined.turn < len(parts):
            most = pool.ahead()
            while joined.todo and running < most and joined.room(EARLY * most):
                pool.start(joined.todo.popleft())
                running += 1
            joined.settle()
            if running:
                joined.take(*pool.next())
                running -= 1
    except Damaged as problem:
        where = str(blocks.folder) if blocks else None
        raise EngineError(f"a block of patients was lost: {problem}", where, mend="use another disk") from problem
    return kept


class Threads:
    """Threads of this process, each with a part of its own."""

    def __init__(self, executor: ThreadPoolExecutor, threads: int, work: Callable[[Part], bytes]) -> None:
        self.executor, self.threads, self.work = executor, threads, work
        self.running: dict[Future[bytes], Part] = {}

    def ahead(self) -> int:
        """Twice as many parts as threads."""
        return 2 * self.threads

    def start(self, part: Part) -> None:
        """Begin with a part."""
        self.running[self.executor.submit(self.work, part)] = part

    def next(self) -> tuple[Part, bytes]:
        """Wait for a part that is done; what it raised is raised here."""
        done = wait(self.running, return_when=FIRST_COMPLETED).done
        future = min(done, key=self.running.__getitem__)
        return self.running.pop(future), future.result()


@contextmanager
def threads(many: int, work: Callable[[Part], bytes]) -> Iterator[Threads]:
    """So many threads; at the end, or after an error, none begins with another part."""
    with ThreadPoolExecutor(many) as executor:
        pool = Threads(executor, many, work)
        try:
            yield pool
        finally:
            for future in pool.running:
                future.cancel()
