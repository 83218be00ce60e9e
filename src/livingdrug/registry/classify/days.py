"""Days before infusion, read from the many ways in which records write them."""

from __future__ import annotations

import re
from typing import NamedTuple

_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_N = r"(\d{1,2}|one|two|three|four|five|six|seven)"
_IN_A_ROW = "(?:consecutive|sequential|successive)"
_FIRST = re.compile(r"\b(?:days?|d)\s*\(?-\s?(\d{1,2})\)?(?!\d)", re.IGNORECASE)
_NEXT = re.compile(
    r"\s*(?P<sep>,\s*(?:and\b|&)?|/|and\b|&|to\b|through\b|thru\b|until\b|till\b|~|\.{2,3}|-(?=\s*(?:days?\s*|d\s?)?\(?-)|-(?=\d)|)\s*"
    r"(?:(?:days?|d)\s*)?\(?(?P<minus>-?)\s?(?P<n>\d{1,2})\)?"
    r"(?!\d|\.\d|\s*(?:mg|g\b|%|x\s?10|kg|h\b|hours?|min|weeks?|\^|doses?|cycles?|million))",
    re.IGNORECASE,
)
_RANGE = re.compile(r"to|thr|until|till|~|-|\.\.", re.IGNORECASE)
_DAYS_AFTER = re.compile(
    r"(?<![\w-])-\s?(\d{1,2})\s?(?:days?)?\s?(?:to|through|until|~|-)\s?-\s?(\d{1,2})\s?days?", re.IGNORECASE
)
_BEFORE = re.compile(
    r"(?<![\w./^-])(\d{1,2}(?:\s*(?:,\s*and|,|and|&|to|through|-)\s*\d{1,2})*)\s*days?\s*"
    r"(?:before|prior(?: to)?|preceding)\b",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"(?:start\w*|begin\w*|commenc\w*|initiat\w*|from)\s*(?:on|at)?\s*$", re.IGNORECASE)
_LASTING = re.compile(
    r"(?:\bfor|\bover|\bx|\*|\bwithin|\bat least|\bup to|\bduring(?: the)?|\blast)\s*$", re.IGNORECASE
)
_COUNT = re.compile(
    rf"(?:\bfor|\bover|\bx|\*|\bqd|\bdaily)\s*(?:a total of\s*)?(?:x\s*|\*\s*)?{_N}\s*(?:{_IN_A_ROW}\s*)?"
    rf"(?:days?\b|doses?\b|d\b|times\b)|\b{_N}\s*{_IN_A_ROW}\s*days?\b"
    rf"|\b{_N}\s*(?:daily\s*)?(?:days|doses)\s+of\b|\b{_N}\s+times\b(?!\s*(?:a|per|each|every|daily|weekly))"
    rf"|(?:\bx|\*)\s?{_N}\b(?!\s?10|\s?x)|\({_N}\s*(?:days?|daily doses|doses)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\s*$", re.IGNORECASE)
_ONCE = re.compile(r"\b(?:once only|for once|single dose|one dose|one time|as a single)\b", re.IGNORECASE)


class Days(NamedTuple):
    """Days of one statement: `listed` where they are named, else their `number`, and where in the text they stand."""

    listed: tuple[int, ...]
    number: int
    begin: int
    end: int
    unread: str = ""
    """why the statement could not be taken"""


def days_in(text: str) -> list[Days]:
    """Every statement of days of a text whose dashes are plain, in its order."""
    text = re.sub(r"\b(?:minus|negative)\s+(?=\d)", lambda m: "-".rjust(len(m[0])), text, flags=re.IGNORECASE)
    found: list[Days] = []
    for match in _DAYS_AFTER.finditer(text):
        found.append(Days(tuple(range(-int(match[1]), -int(match[2]) + 1)), 0, *match.span()))
    for match in _FIRST.finditer(text):
        if not any(d.begin < match.end() and match.start() < d.end for d in found):
            found.append(_listed(text, match))
    for match in _BEFORE.finditer(text):
        if not any(d.begin < match.end() and match.start() < d.end for d in found):
            if not _LASTING.search(text[: match.start()]):
                found.append(_before(text, match))
    for match in _COUNT.finditer(text):
        n = next(g for g in match.groups() if g)
        found.append(Days((), _COUNTS.get(n.lower()) or int(n), *match.span()))
    if not found:
        found += [Days((), 1, *match.span()) for match in _ONCE.finditer(text)]
    return sorted(found, key=lambda d: d.begin)


def _listed(text: str, match: re.Match[str]) -> Days:
    """`days -5, -4 and -3`, `D-5~D-3`, `day -5 to day -3`; where it begins, if it says so: `starting on day -5`."""
    days, at = [-int(match[1])], match.end()
    while following := _NEXT.match(text, at):
        sep, minus, n = following["sep"], following["minus"], int(following["n"])
        if not minus and (not sep or n >= -days[0]):
            break
        if _RANGE.match(sep):
            if -n < days[-1]:
                return Days((), 0, match.start(), following.end(), "days that run backwards")
            days += range(days[-1] + 1, -n + 1)
        else:
            days.append(-n)
        at = following.end()
    if len(days) > 1 and _BETWEEN.search(text[: match.start()]):
        return Days((), 0, match.start(), at, "a span of days, not the days")
    starting = len(days) == 1 and _BEGIN.search(text[: match.start()])
    return Days(tuple(sorted(set(days))), -1 if starting else 0, match.start(), at)


def _before(text: str, match: re.Match[str]) -> Days:
    """`5, 4 and 3 days before`, `5 to 3 days before`; `3-5 days before` names no day."""
    numbers = [int(n) for n in re.findall(r"\d+", match[1])]
    spans = re.search(r"to|through|-", match[1])
    if spans and numbers[0] <= numbers[-1]:
        return Days((), 0, *match.span(), "a span of days, not the days")
    listed = range(-numbers[0], -numbers[-1] + 1) if spans else sorted(-n for n in numbers)
    starting = len(numbers) == 1 and _BEGIN.search(text[: match.start()])
    return Days(tuple(listed), -1 if starting else 0, *match.span())


def settled(stated: list[Days]) -> tuple[tuple[int, ...], int, str]:
    """(days, how many where only their number is stated, why they could not be taken) of all said of one drug."""
    if unread := next((d.unread for d in stated if d.unread), ""):
        return (), 0, unread
    counts = {d.number for d in stated if d.number > 0}
    if len(counts) > 1:
        return (), 0, f"{' and '.join(map(str, sorted(counts)))} days"
    count = counts.pop() if counts else 0
    named = {d.listed for d in stated if d.listed and d.number == 0}
    if len(named) > 1:
        return (), 0, "several statements of days"
    start = next((d.listed[0] for d in stated if d.number == -1), None)
    if named:
        days = named.pop()
        if start is not None and start != days[0]:
            return (), 0, "several statements of days"
        return (days, 0, "") if count in (0, len(days)) else ((), 0, f"{count} days, and {len(days)} are named")
    if start is not None and count:
        return tuple(range(start, start + count)), 0, ""
    if start is not None:
        return (), 0, "the first day only"
    return (), count, "" if count <= 7 else f"{count} days"
