"""Errors that carry the fix: what is wrong, where, what is allowed, the nearest match, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LivingDrugError(Exception):
    """Any error a user can mend. Printed as one message; the command line ends with exit code 2."""

    def __init__(
        self,
        what: str,
        where: str | None = None,
        allowed: Iterable[object] | str | None = None,
        nearest: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.where, self.nearest, self.mend = what, where, nearest, mend
        self.allowed = allowed if allowed is None or isinstance(allowed, str) else ", ".join(map(str, allowed))
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The whole message, one thought a line."""
        lines = [self.what]
        if self.nearest:
            lines[0] += f"; did you mean '{self.nearest}'?"
        if self.where:
            lines.append(f"  where:   {self.where}")
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.mend:
            lines.append(f"  mend:    {self.mend}")
        return "\n".join(lines)


class ScenarioError(LivingDrugError):
    """A scenario, library file or option says something that cannot be."""


class WiringError(LivingDrugError):
    """The chosen modules do not fit together."""


class UnitError(LivingDrugError):
    """A unit is unknown, or is not the kind of unit that belongs here."""


class SourceError(LivingDrugError):
    """A number lacks its source, unit, place or kind."""


class EngineError(LivingDrugError):
    """The engine cannot do what was asked."""


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like the given one, or None when nothing is close."""
    words = list(allowed)
    found = difflib.get_close_matches(given, words, n=1, cutoff=0.6)
    swapped = [w for w in words if len(w) > 1 and sorted(w) == sorted(given)]  # "ds" is sd; "alw" is law before low
    if swapped and (not found or _alike(given, swapped[0]) >= _alike(given, found[0])):
        return swapped[0]
    if found:
        return found[0]
    folded = {w.lower().replace("_", "-"): w for w in words}
    found = difflib.get_close_matches(given.lower().replace("_", "-"), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _alike(given: str, word: str) -> float:
    return difflib.SequenceMatcher(None, word, given).ratio()


def unknown(
    kind: str,
    given: str,
    allowed: Iterable[str],
    where: str | None = None,
    error: type[LivingDrugError] = ScenarioError,
) -> LivingDrugError:
    """The error for a name that nobody knows, with its nearest match."""
    words = sorted(allowed)
    listed = ", ".join(words[:40]) + (f", ... ({len(words)} in all)" if len(words) > 40 else "")
    return error(f"unknown {kind} '{given}'", where=where, allowed=listed or "nothing", nearest=nearest(given, words))
