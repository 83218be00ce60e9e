"""Which trials of the library stand beside a product, a disease, or both: those with published rows that are compared.

Where there is none, what is simulated rests on facts of the product and on numbers of its class alone, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.library import LibraryFile, Stamp
from livingdrug.scenario import Resolved, outline, resolve
from livingdrug.spec.trial import Trial

KINDS = ("product", "tumour")
HOLDERS = ("products", "tumours")
NONE = "no trial beside it: nothing published is compared; made of product facts and the numbers of its class"


def published() -> tuple[str, ...]:
    """The library's trials of which something was published that is compared, by name."""
    return tuple(_beside(library.state()))


def trials_beside(product: str | None = None, tumour: str | None = None) -> tuple[str, ...]:
    """The trials in which this product was given in this disease, with published rows; either may be left open.

    >>> from livingdrug.trial.beside import trials_beside
    >>> "eliana" in trials_beside("tisagenlecleucel")
    True
    """
    asked = {"product": product, "tumour": tumour}
    known = _beside(library.state())
    return tuple(n for n, parts in known.items() if all(x is None or parts[k] == x for k, x in asked.items()))


def of(file: LibraryFile) -> tuple[str, ...]:
    """The trials beside a product's file or a disease's."""
    return trials_beside(**{file.kind.removesuffix("s"): file.name})


def told(file: LibraryFile) -> str:
    """The same, in words."""
    return f"Trials beside it: {', '.join(found)}." if (found := of(file)) else f"{NONE[0].upper()}{NONE[1:]}."


def alone(resolved: Resolved) -> bool:
    """Whether no trial stands beside a scenario: none of its product in its disease, no published row of a user."""
    if any(not row.place("measure").ours for row in resolved.trial.published):
        return False
    return not trials_beside(*(resolved.names.get(kind) for kind in KINDS))


@lru_cache(maxsize=4)
def _beside(state: tuple[Stamp, ...]) -> Mapping[str, Mapping[str, str | None]]:
    """Trial -> the names of its parts; state: of the library, so that a change is seen."""
    found: dict[str, Mapping[str, str | None]] = {}
    for name in library.names("trials"):
        with suppress(LivingDrugError):  # what is wrong with a trial of the user's is told when it is asked for
            design, names = _said(name)
            if any(not row.not_comparable and row.read == "seen" for row in design.published):
                found[name] = {kind: names.get(kind) for kind in KINDS}
    return found


def _said(name: str) -> tuple[Trial, Mapping[str, str]]:
    """A trial's design and the names of its parts. One of the user's own is to be whole before it counts, and under
    standard of care not every row of a design can be read."""
    design, names = outline(name)
    if library.find("trials", name).ours and "comparator" not in names:
        return design, names
    whole = resolve(name)
    return whole.trial, whole.names
