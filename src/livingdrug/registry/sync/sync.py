"""Keeping the mirror like the registries: nothing missed, nothing doubled, whatever interrupts.

Each page is one transaction together with the place reached, so that a run goes on after any interruption.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store, now
from livingdrug.registry.sync import ctgov, ctis, isrctn
from livingdrug.registry.sync.client import Client
from livingdrug.registry.sync.run import Progress, Run, locked, resume

Follow = Callable[[Store, Client, Run, int, Progress], bool]
"""Does what a run still has to do (store, client, run, page size, progress); False when there is nothing new."""

_FLOWS: dict[str, tuple[str, Follow]] = {
    "ctgov": (ctgov.BASE_URL, ctgov.follow),
    "ctis": (ctis.BASE_URL, ctis.follow),
    "isrctn": (isrctn.BASE_URL, isrctn.follow),
}
"""Registry -> address of its interface, and how it is followed."""

REGISTRIES = tuple(_FLOWS)


def sync(
    store: Store,
    query: str,
    *,
    registry: str = "ctgov",
    base_url: str | None = None,
    page_size: int = 1000,
    started: str | None = None,
    progress: Progress = lambda stage, done, total: None,
    **client_options: Any,
) -> dict[str, Any]:
    """Brings one registry's studies of one query up to date; takes up an unfinished run of the same query.

    query: an expression of the registry, or "" for every study. Returns what was done, by name:
    new, changed, unchanged, quarantined, removed, resumed, up_to_date, data_timestamp.
    """
    if registry not in _FLOWS:
        raise RegistryError(f"unknown registry '{registry}'", allowed=REGISTRIES)
    own_url, follow = _FLOWS[registry]
    base_url = (base_url or own_url).rstrip("/")
    with locked(store), Client(base_url, **client_options) as client:
        run, resumed = resume(store, registry, query, base_url, started or now())
        done = follow(store, client, run, page_size, progress)
        run.finish(store)
    outcomes = {k: run.counts.get(k, 0) for k in ("new", "changed", "unchanged", "quarantined", "removed")}
    return {
        "registry": registry, "query": query, **outcomes, "resumed": resumed, "up_to_date": not done,
        "data_timestamp": run.data_timestamp,
    }  # fmt: skip


EVERY = {"hour": 3600, "day": 86_400, "week": 604_800}
"""How often `--every` runs [s]"""


def repeat(
    work: Callable[[], None],
    every: str,
    report: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    rounds: int | None = None,
) -> None:
    """Does the work at an interval, for ever or so many rounds; a failed round is reported and the next one tried."""
    if every not in EVERY:
        raise RegistryError(f"unknown interval '{every}'", where="--every", allowed=tuple(EVERY))
    done = 0
    while rounds is None or done < rounds:
        began = clock()
        try:
            work()
        except RegistryError as error:
            report(str(error))
        done += 1
        if rounds is None or done < rounds:
            sleep(max(0.0, EVERY[every] - (clock() - began)))
