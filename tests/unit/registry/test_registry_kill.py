"""Kill -9 at random points of a sync, then go on: the same content as an undisturbed sync."""

import copy
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.ctgov import Ctgov
from emulator.studies import lapsed, number, studies, study, updated
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.sync.sync import sync
from thoroughness import some

KILLS = some(50)
RECORDS = studies(24)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")


def content(store: Store) -> list[str]:
    """Everything in the file but how often a run had to ask."""
    db = store.connect()
    left_out = "counts", "token", "finished"
    rows = []
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})") if c[1] not in left_out]
        rows += [f"{table} {r!r}" for r in sorted(map(repr, db.execute(f"SELECT {', '.join(columns)} FROM {table}")))]
    return rows


def two_days(path: Path, registry: Ctgov, day: int) -> Store:
    """The sync of one day."""
    store = Store(path)
    sync(store, "", base_url=registry.base_url, page_size=6, started=f"2026-01-{day:02d}T00:00:00Z")
    return store


def second_day(registry: Ctgov) -> None:
    """Changes of all kinds between the two days."""
    registry.put(lapsed(RECORDS[1]))
    registry.put(updated(RECORDS[2], "2026-01-01", overallStatus="SUSPENDED"))
    registry.put(study(9002, updated="2026-01-01"))
    registry.records.pop(number(RECORDS[3]))
    registry.records.pop(number(RECORDS[4]))
    registry.aliases[number(RECORDS[4])] = number(RECORDS[5])
    registry.next_day()


def count_then_die(path: str, registry: Any, day: int, fuse: Any, steps: Any) -> None:
    """Syncs in a child process that kills itself at a step: a statement, or the beginning or end of a request."""
    import httpx

    done = 0

    def step(*_: object) -> None:
        nonlocal done
        done += 1
        if done == fuse:
            os.kill(os.getpid(), signal.SIGKILL)

    connect, send = Store.connect, httpx.Client.request

    def traced(self: Store) -> Any:
        connection = connect(self)
        connection.set_trace_callback(step)
        return connection

    def asked(self: Any, *args: Any, **options: Any) -> Any:
        step()
        answer = send(self, *args, **options)
        step()
        return answer

    Store.connect, httpx.Client.request = traced, asked  # type: ignore[method-assign]
    two_days(Path(path), registry, day)
    steps.value = done


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_kill_at_random_points_then_go_on(tmp_path: Path) -> None:
    try:
        process = multiprocessing.get_context("fork")
    except ValueError:
        pytest.skip("this system has no fork")
    draw = random.Random(20260101)
    for day in (1, 2):
        with Ctgov(copy.deepcopy(RECORDS)) as registry:
            before = tmp_path / f"before{day}.sqlite"
            if day == 2:
                two_days(before, registry, 1).close()
                second_day(registry)

            def fresh(name: str, before: Path = before, day: int = day) -> Path:
                path = tmp_path / f"{name}-{day}.sqlite"
                if day == 2:
                    path.write_bytes(before.read_bytes())
                return path

            undisturbed = content(two_days(fresh("undisturbed"), registry, day))
            steps = process.Value("i", 0)

            def run(
                path: Path, fuse: int, day: int = day, registry: Ctgov = registry, steps: Any = steps
            ) -> int | None:
                child = process.Process(target=count_then_die, args=(str(path), registry, day, fuse, steps))
                child.start()
                child.join()
                return child.exitcode

            assert run(fresh("counted"), 0) == 0 and steps.value > 200
            for n in range(KILLS // 2):
                path = fresh(f"killed{n}")
                assert run(path, draw.randrange(1, steps.value)) == -signal.SIGKILL
                store = two_days(path, registry, day)
                assert content(store) == undisturbed
                store.close()
