"""Saved searches, each with its own feed of what changed in the trials it finds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from livingdrug.errors import LivingDrugError, unknown
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.own import Watch, read_own, write_own
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search.index import Progress
from livingdrug.registry.search.request import Request
from livingdrug.registry.search.search import everything

_NAME = re.compile(r"[^\W_][\w .-]{0,59}")
_NOT_KEPT = ("limit", "offset", "sort")


def add_watch(store: Store, name: str, request: Request, progress: Progress | None = None) -> Watch:
    """Saves a search under a name and notes the trials it finds today. RegistryError for a name that is taken."""
    if not _NAME.fullmatch(name):
        raise RegistryError(
            f"'{name}' is no name for a watch", allowed="letters, digits, spaces, points and hyphens, at most 60"
        )
    own = read_own(store)
    if name in own.watches:
        raise RegistryError(f"there is a watch '{name}' already", mend=f"livingdrug trials watch remove '{name}'")
    asked = {k: v for k, v in asdict(request).items() if k not in _NOT_KEPT and v != getattr(Request(), k)}
    if not asked:
        raise RegistryError("a watch needs words or a filter", allowed="such as: trials watch add mine --target BCMA")
    found = everything(store, request, progress=progress)
    own.watches[name] = Watch(asked, date.today().isoformat(), tuple(sorted(found)))
    write_own(store, own)
    return own.watches[name]


def watches(store: Store) -> dict[str, Watch]:
    """Every saved search by name."""
    return dict(sorted(read_own(store).watches.items()))


def remove_watch(store: Store, name: str) -> None:
    """Forgets a saved search."""
    own = read_own(store)
    _named(own.watches, name)
    del own.watches[name]
    write_own(store, own)


def _named(known: dict[str, Watch], name: str) -> Watch:
    if name not in known:
        raise unknown("watch", name, known, error=RegistryError, mend="see them with: livingdrug trials watch list")
    return known[name]


def request_of(watch: Watch) -> Request:
    """The search as it was saved."""
    known = {f.name for f in fields(Request)}
    said: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in watch.asked.items() if k in known}
    return Request(**said)


def in_words(watch: Watch) -> str:
    """The search as options of the command line."""
    said = [str(watch.asked["text"])] if "text" in watch.asked else []
    for name, value in watch.asked.items():
        if name != "text":
            values: Iterable[object] = value if isinstance(value, (list, tuple)) else (value,)
            said += [f"--{name.replace('_', '-')} {v}" for v in values]
    return " ".join(said)


def trials_of(store: Store, name: str, progress: Progress | None = None) -> frozenset[str]:
    """The trials of a saved search: those it finds now and all it has found before, so that none leaves unseen.

    What it finds anew is noted beside the mirror; where nothing can be written there, it is only told.
    """
    own = read_own(store)
    watch = _named(own.watches, name)
    found = {*watch.trials, *everything(store, request_of(watch), progress=progress)}
    if found != set(watch.trials):
        own.watches[name] = replace(watch, trials=tuple(sorted(found)))
        try:
            write_own(store, own)
        except LivingDrugError:
            pass  # a mirror on a read-only mount
    return frozenset(found)
