"""Which of a user's words is at fault, when the message would name a place of the library or none at all.

What the library says stands by itself. So when it no longer stands below a user's changes, the one is to blame without
which it stands again; it is found by leaving out one after the other.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.library import LibraryFile
from livingdrug.library.located import Place

Chain = list[LibraryFile]
Path_ = tuple[str | int, ...]  # keys and places in lists, from the top of a file
Stands = Callable[[Chain, Mapping[str, Any]], Any]  # raises LivingDrugError when files and sets cannot stand
MOST = 60  # of a user's words that are tried
OPTION = "--set"


def blamed(problem: LivingDrugError, chain: Chain, sets: Mapping[str, Any], stands: Stands) -> LivingDrugError:
    """The same problem at the user's word that makes it; as it was when it names one already, or none makes it."""
    if _of_user(problem.where):
        return problem
    place = _culprit(chain, sets, stands)
    if place is None:
        return problem
    against = f", against {problem.where}" if ".toml" in str(problem.where) else ""
    mend = problem.mend or (
        f"take the change back, or change what {problem.where} asks for as well" if against else None
    )
    return problem.but(where=place + against, mend=mend)


def _of_user(where: str | None) -> bool:
    """Whether a place is an option's or in a file of the user's."""
    if isinstance(where, Place):
        return bool(where) and not where.ours
    return where is not None and (OPTION in where or any(map(_own, re.findall(r"[^\s()]+\.(?:toml|csv|py)", where))))


def _own(file: str) -> bool:
    """Whether a file, as messages show it, is not one of the package's."""
    here = Path(file)
    return (here.is_file() and not here.resolve().is_relative_to(library.HERE)) or not (
        file.startswith("library/") and (library.HERE.parent / file).is_file()
    )


def _culprit(chain: Chain, sets: Mapping[str, Any], stands: Stands) -> str | None:
    """The place of the first word without which everything stands."""
    tried = 0
    for place, files, kept in _without_one(chain, sets):
        tried += 1
        try:
            with warnings.catch_warnings(action="ignore"):
                stands(files, kept)
        except LivingDrugError:
            if tried == MOST:
                return None
        else:
            return place
    return None


def _without_one(chain: Chain, sets: Mapping[str, Any]) -> Iterator[tuple[str, Chain, Mapping[str, Any]]]:
    """What the user says without one word of it, and the place of that: options first, then files from the top."""
    for path in sets:
        yield f"{OPTION} {path}", chain, {p: x for p, x in sets.items() if p != path}
    if len(sets) > 1:
        yield OPTION, chain, {}
    for i, entry in enumerate(chain):
        for keys in _words(entry.data) if entry.kind == "scenario" else ():
            if keys != ("trial",):
                without = replace(entry, data=_left_out(entry.data, keys))
                yield entry.where(".".join(map(str, keys))), [*chain[:i], without, *chain[i + 1 :]], sets


def _words(data: Any, above: Path_ = ()) -> Iterator[Path_]:
    """Every key of nested tables and of the tables in a list, the inner before the outer."""
    rows = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, Mapping) else ()
    for key, x in rows:
        yield from _words(x, (*above, key))
        if isinstance(data, Mapping) or isinstance(x, Mapping):
            yield *above, key


def _left_out(data: Any, path: Path_) -> Any:
    """A copy of tables and lists without what stands at a path."""
    first, *rest = path
    items: Any = enumerate(data) if isinstance(data, list) else data.items()
    kept = [(k, _left_out(x, tuple(rest)) if k == first else x) for k, x in items if rest or k != first]
    return [x for _, x in kept] if isinstance(data, list) else dict(kept)
