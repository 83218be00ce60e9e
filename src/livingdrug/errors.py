"""Errors that carry the fix: what is wrong, where, what is allowed, the nearest match, how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

T = TypeVar("T")


_COMMA = re.compile(r"(\s*\*?\s*[-+]?)(\d*),(\d+)((?:[eE][-+]?\d+)?(?:\s*[^\W\d_][^,;]*|\s*%|\s+1/[^,;]*)?)")


def pointed(text: str) -> str:
    """A number (with a unit behind it) that was written with a decimal comma, with a point: 40,5 kg is 40.5 kg. A text
    that is none, or in which the comma may part thousands (1,000), is as it was."""
    found = _COMMA.fullmatch(text)
    if found is None or (len(found[3]) == 3 and found[2].strip("0")):
        return text
    return f"{found[1]}{found[2] or 0}.{found[3]}{found[4]}"


def of_commas(text: object) -> str | None:
    """How to write a number in which there is a comma; None where there is none."""
    if not isinstance(text, str) or not re.search(r"\d,\d|^\s*,\d", text):
        return None
    plain = pointed(text)
    return f"write {plain.strip()}, with a point" if plain != text else "write a point before decimals, and no comma"


class LivingDrugError(Exception):
    """Any error a user can mend. Printed as one message; the command line ends with exit code 2.

    what, where (file:line or option), allowed, nearest, mend: the parts of the message, None where there is none.

    >>> from livingdrug.errors import LivingDrugError
    >>> try:
    ...     livingdrug.Trial("elania")
    ... except LivingDrugError as problem:
    ...     print(problem.nearest)
    eliana
    """

    def __init__(
        self,
        what: str,
        where: str | None = None,
        allowed: Iterable[object] | str | None = None,
        nearest: str | None = None,
        mend: str | None = None,
        given: str | None = None,
    ) -> None:
        """allowed: a text, or names, of which at most five are shown; given: what was written, to find the names most
        like it."""
        self.what, self.nearest, self.mend = _cut(what), nearest, _cut(mend) if mend else mend
        self.where = where if where is None or len(where) <= LONGEST else _cut(where)
        if allowed is None or isinstance(allowed, str):
            self.allowed = allowed
        else:
            words = list(map(str, allowed))
            if given is not None and nearest is None:
                self.nearest = _closest(given, words)
            self.allowed = listed(words, given or nearest) or "nothing"
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

    def but(self, **said: Any) -> Self:
        """The same error with other words for some of its parts (`where="mine.toml:3"`)."""
        parts = ("what", "where", "allowed", "nearest", "mend")
        return type(self)(**{part: said.get(part, getattr(self, part)) for part in parts})


class ScenarioError(LivingDrugError):
    """A scenario, library file or option says something that cannot be."""


class UnknownName(ScenarioError, KeyError):
    """A name that a table does not have; a KeyError too, as every mapping raises."""

    def __str__(self) -> str:
        return self.message


class WiringError(LivingDrugError):
    """The chosen modules do not fit together."""


class UnitError(LivingDrugError):
    """A unit is unknown, or is not the kind of unit that belongs here."""


class SourceError(LivingDrugError):
    """A number lacks its source, unit, place or kind."""


class EngineError(LivingDrugError):
    """The engine cannot do what was asked."""


class CompilerError(EngineError):
    """One of the engine's compilers cannot make the equations; another may."""


MOST = 5  # names in a list of what is allowed
LONGEST = 500  # characters of one thought of a message: a user's text may be of any length


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like the given one, or None when nothing is close."""
    return _closest(given, allowed)


def _closest(given: str, allowed: Iterable[str]) -> str | None:
    words, given = list(allowed), given[:200]
    if inside := [w for w in words if w.startswith(f"{given}.")]:  # "dose" is the beginning of "dose.factor"
        return min(inside, key=len)
    found = difflib.get_close_matches(given, words, n=1, cutoff=0.6)
    swapped = [w for w in words if len(w) > 1 and sorted(w) == sorted(given)]  # "ds" is sd; "alw" is law before low
    if swapped and (not found or _alike(given, swapped[0]) >= _alike(given, found[0])):
        return swapped[0]
    if found:
        return found[0]
    folded = {w.lower().replace("_", "-"): w for w in words}
    found = difflib.get_close_matches(given.lower().replace("_", "-"), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def listed(allowed: Iterable[object], given: str | None = None) -> str:
    """What is allowed, in words: of a long list the names most like the given one, and how many there are in all."""
    words = list(dict.fromkeys(map(str, allowed)))
    if len(words) <= MOST:
        return ", ".join(words)
    if given:
        alike = difflib.SequenceMatcher(b=given[:200].lower())

        def likeness(word: str) -> tuple[bool, float]:
            alike.set_seq1(word.lower())
            return word.startswith(f"{given}."), alike.quick_ratio()

        words = sorted(words, key=likeness, reverse=True)
    return ", ".join(words[:MOST]) + f", ... ({len(words)} in all)"


def a(words: str) -> str:
    """Words with their article: a rule, an action of a rule."""
    return f"{'an' if words[:1].lower() in set('aeio') else 'a'} {words}"


def short(value: object, most: int = 60) -> str:
    """A value as a file would say it, cut to a line: 'text', true, 0.5, [1, 2, ..."""
    try:
        text = str(value).lower() if isinstance(value, bool) else repr(value)
    except ValueError:  # more digits than Python writes
        return "a number with thousands of digits"
    return text if len(text) <= most else text[: most - 3] + "..."


def _cut(text: str) -> str:
    """A thought of a message, without the middle of what is too long to read."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 4 :]}"


def _alike(given: str, word: str) -> float:
    return difflib.SequenceMatcher(None, word, given).ratio()


def unknown(
    kind: str,
    given: str,
    allowed: Iterable[str],
    where: str | None = None,
    error: type[LivingDrugError] = ScenarioError,
    mend: str | None = None,
) -> LivingDrugError:
    """The error for a name that nobody knows, with its nearest match."""
    words = sorted(allowed)
    return error(f"unknown {kind} '{given}'", where=where, allowed=words or "nothing", given=given, mend=mend)


def named(kind: str, name: str, known: Mapping[str, T]) -> T:
    """What is known under a name; the error of `unknown` where nothing is."""
    if name not in known:
        raise unknown(kind, str(name), known, error=UnknownName)
    return known[name]
