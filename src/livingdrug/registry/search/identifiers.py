"""Registry numbers and sponsor codes, whole or in part: what the index holds of them, and what a person types.

The index holds each number as one word of letters and digits, and again from each place where letters turn into digits
or a new part begins: NCT02435849 also as 02435849, CCTL019B2202 also as B2202. A number typed in part finds every word
that begins so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EU = re.compile(
    r"(?:EU ?CT|EudraCT|CTIS|EUCTR)?[:#\s-]*((?:19|20)\d\d-?\d{6}(?:-?\d\d)?)(-?\d\d)?(?:-[A-Z]{2,3})?$", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:NCT|ISRCTN|U|UTN|JPRN|ChiCTR\w{0,3}|jRCT\w?)[\s:-]*\d[\d-]{2,}$|\d{5,}$", re.IGNORECASE)
_CODE = re.compile(r"[A-Z0-9]+(?:[-/_.][A-Z0-9]+)*$", re.IGNORECASE)
_TURN = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|[^A-Za-z0-9]+")

SHORTEST = 4
"""A piece of a number has at least so many letters and digits"""


def pieces(numbers: Iterable[str]) -> list[str]:
    """What the index holds of registry numbers and sponsor codes."""
    found: dict[str, None] = {}
    for number in numbers:
        parts = [p.lower() for p in _TURN.split(number) if p and p.isascii()]
        for n in range(len(parts)):
            piece = "".join(parts[n:])
            if len(piece) >= SHORTEST or n == 0:
                found[piece] = None
                if piece.startswith("0"):
                    found[piece.lstrip("0")] = None
    return [piece for piece in found if piece]


def registry_number(word: str) -> tuple[str, ...]:
    """The keys of a registry's number typed whole or in part; none for anything else."""
    word = word.strip(".,;:()[]")
    if eu := _EU.match(word):
        whole = re.sub(r"\D", "", eu[1])
        last = (eu[2] or "").strip("-")
        return (f"{whole}*",) if not last else (f"{whole}{last}*", whole)
    if _NUMBERED.match(word):
        joined = _joined(word)
        nct = re.fullmatch(r"nct0*(\d{1,8})", joined)
        return tuple(dict.fromkeys((f"{joined}*", *((f"nct{int(nct[1]):08d}",) if nct else ()))))
    return ()


def sponsor_code(word: str, digits: int = 3) -> tuple[str, ...]:
    """The keys of a word with at least so many digits that may be a sponsor's code or a part of one."""
    may_be = len(word) > SHORTEST and sum(map(str.isdigit, word)) >= digits and _CODE.match(word)
    return (f"{_joined(word)}*",) if may_be else ()


def _joined(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
