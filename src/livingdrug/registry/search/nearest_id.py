"""The studies whose numbers are most like one that the mirror does not hold."""

from __future__ import annotations

import string

from livingdrug.registry.mirror.store import Store

_LETTERS = string.digits + "-"
_LONGEST = 24


def like(store: Store, given: str, most: int = 3) -> tuple[str, ...]:
    """Ids that one slip away from what was written: a sign changed, left out, put in or two exchanged."""
    wanted = given.strip().upper()
    if not 6 <= len(wanted) <= _LONGEST:
        return ()
    tries = {wanted[:i] + c + wanted[i + 1 :] for i in range(len(wanted)) for c in _LETTERS}
    tries |= {wanted[:i] + c + wanted[i:] for i in range(len(wanted) + 1) for c in _LETTERS}
    tries |= {wanted[:i] + wanted[i + 1 :] for i in range(len(wanted))}
    tries |= {wanted[:i] + wanted[i + 1] + wanted[i] + wanted[i + 2 :] for i in range(len(wanted) - 1)}
    every = sorted(tries)
    found: list[str] = []
    for begin in range(0, len(every), 500):
        part = every[begin : begin + 500]
        marks = ", ".join("?" * len(part))
        found += [i for (i,) in store.connect().execute(f"SELECT id FROM study WHERE id IN ({marks})", part)]
    return tuple(sorted(found)[:most])
