"""One meaning for every way of writing a cytokine, a receptor or a chain: IL-6 is IL6, CD3ζ is CD3 zeta.

Registries write them with and without hyphens, with Greek letters, their names or a Latin letter, short or in full.
Text is taken as `passages.spelled` leaves it: Greek letters are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Words = tuple[str, ...]

GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "kappa", "lambda", "theta")

_GREEK = "|".join(GREEK)
_GAP = r"[\s/-]*"
_FAMILIES: dict[str, tuple[Words, ...]] = {
    "il": (("interleukin",),),
    "ifn": (("interferon",),),
    "tnf": (("tumor", "necrosis", "factor"),),
    "tgf": (("transforming", "growth", "factor"),),
    "tcr": (("t", "cell", "receptor"), ("t", "cell", "antigen", "receptor")),
    "ccr": (("c", "c", "chemokine", "receptor"), ("c", "c", "chemokine", "receptor", "type")),
    "cxcr": (("c", "x", "c", "chemokine", "receptor"), ("cxc", "chemokine", "receptor")),
}
"""Short form -> the words it stands for"""


def _family(short: str) -> str:
    """A pattern for the short form or the words it stands for."""
    long = "|".join(_GAP.join(words).replace("tumor", "tumou?r") + "s?" for words in _FAMILIES.get(short, ()))
    return f"(?:{short}|{long})" if long else short


_NUMBERED = re.compile(
    rf"(?P<il>{_family('il')}){_GAP}(?P<number>\d{{1,2}})(?:{_GAP}(?P<receptor>receptor(?:[\s-]subunit)?|ra(?=\d)|r)"
    rf"(?:{_GAP}(?P<letter>{_GREEK}|a|b|g)?{_GAP}(?P<last>[12])?)?|{_GAP}(?P<kind>alpha|beta))?",
    re.IGNORECASE,
)
_LETTERED = re.compile(
    rf"(?P<family>{_family('ifn')}|{_family('tnf')}|{_family('tgf')}|{_family('tcr')}|cd3){_GAP}"
    rf"(?P<letters>(?:{_GREEK})(?:{_GAP}(?:{_GREEK}))?|(?<=[a-z3]-)[abgez]|(?<=cd3)[ez]|(?<=ifn)[abg]|(?<=tnf)a|(?<=tgf)b)"
    rf"{_GAP}(?P<last>[1-3](?![\dA-Za-z]))?",
    re.IGNORECASE,
)
_CHEMOKINE = re.compile(rf"(?P<family>{_family('cxcr')}|{_family('ccr')}){_GAP}(?P<last>\d{{1,2}})", re.IGNORECASE)
_GREEK_ALONE = re.compile(rf"(?P<letters>(?:{_GREEK}){_GAP}(?:{_GREEK}))", re.IGNORECASE)
_TURNED = re.compile(rf"(?P<letters>alpha|beta|gamma){_GAP}(?P<family>interferon)(?P<last>)", re.IGNORECASE)
_CODE = re.compile(rf"(?P<code>[A-Z0-9]{{2,6}}-?)(?P<letters>{_GREEK})(?P<last>\d?)(?![A-Za-z0-9])")

_EDGE = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True)
class Molecule:
    """One molecule found in a text."""

    name: str
    """its short name in Latin letters: IL13Ra2, IFNg, CD3z"""
    ways: tuple[Words, ...]
    """every way of writing it, as words of small letters"""
    begin: int
    end: int


def molecules_in(text: str) -> list[Molecule]:
    """The molecules a text names, in the order it names them; text as `spelled` leaves it."""
    found: list[Molecule] = []
    at = 0
    while at < len(text):
        matches = [m for p, _ in _RULES if (m := _whole(p, text, at))]
        if not matches:
            break
        first = min(matches, key=lambda m: (m.start(), -m.end()))
        read = next(r for p, r in _RULES if p is first.re)
        name, ways = read(first)
        found.append(Molecule(name, tuple(dict.fromkeys(ways)), *first.span()))
        at = first.end()
    return found


@lru_cache(maxsize=1000)
def molecule(form: str) -> Molecule | None:
    """The molecule that a form names as a whole; None where it names none, or more."""
    found = molecules_in(form)
    return found[0] if len(found) == 1 and found[0].end - found[0].begin == len(form.strip()) else None


def _whole(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """The first match that does not begin or end inside a word."""
    for match in pattern.finditer(text, at):
        begin, end = match.span()
        if (not begin or not _EDGE.match(text[begin - 1])) and (end == len(text) or not _EDGE.match(text[end])):
            return match
    return None


def _letter(written: str | None) -> str:
    """alpha, a -> alpha; nothing for nothing."""
    written = (written or "").lower()
    return next((g for g in GREEK if written and g[0] == written[0] and written in (g, g[0])), written)


def _glued(words: Words, part: str) -> Words:
    return (*words[:-1], words[-1] + part)


def _both(ways: Iterable[Words], part: str) -> list[Words]:
    """Each way with a part written onto it and after it."""
    return [w for way in ways for w in (_glued(way, part), (*way, part))]


def _heads(short: str) -> list[Words]:
    """The family's short form and its full words."""
    return [(short,), *_FAMILIES.get(short, ())]


def _short(written: str) -> str:
    """The short form of a family however it is written."""
    return next(short for short in (*_FAMILIES, "cd3") if re.fullmatch(_family(short), written, re.IGNORECASE))


def _numbered(match: re.Match[str]) -> tuple[str, list[Words]]:
    """Interleukins and their receptors: IL-6, IL-13Rα2, interleukin 2 receptor alpha."""
    number, receptor = match["number"], (match["receptor"] or "").lower()
    letter, last = _letter("a" if receptor == "ra" else match["letter"] or match["kind"]), match["last"] or ""
    if receptor == "ra":
        last = ""  # stands outside the group, read below
        last = match.string[match.end("receptor") : match.end()].strip(" /-")
    ways = _both([("il",)], number) + [("interleukin", number)]
    if not receptor:
        ways = _lettered_ways(ways, letter)
        return f"IL{number}{letter[:1]}", ways
    bound = [_glued(way, "r") for way in ways]
    apart = [(*way, *words) for way in ways for words in (("receptor",), ("receptor", "subunit"))]
    ways = _lettered_ways(bound, letter) + [(*way, letter) if letter else way for way in apart]
    ways = _both(ways, last) if last else ways
    return f"IL{number}R{letter[:1]}{last}", ways


def _lettered_ways(ways: list[Words], letter: str) -> list[Words]:
    """Each way with a Greek letter by name, onto it and after it, and by its Latin letter onto it."""
    if not letter:
        return ways
    codes = [way for way in ways if len(way[-1]) <= 5]
    return [*((*way, letter) for way in ways), *(_glued(way, part) for way in codes for part in (letter, letter[0]))]


def _lettered(match: re.Match[str]) -> tuple[str, list[Words]]:
    """Families told apart by letters: IFN-γ, TNF-α, TGF-β1, CD3ζ, TCR alpha beta."""
    short, last = _short(match["family"]), match["last"] or ""
    letters = [_letter(part) for part in re.findall(rf"{_GREEK}|[a-z]", match["letters"].lower())]
    heads: list[Words] = _heads(short)
    if len(letters) == 1:
        ways = _lettered_ways(heads, letters[0]) + [(*heads[0], letters[0][0])]
        if short == "ifn":
            ways.append((letters[0], "interferon"))
    else:
        ways = [w for way in heads for w in ((*way, *letters), (*way, "".join(letters)), _glued(way, "".join(letters)))]
        ways += [_glued(heads[0], "".join(x[0] for x in letters))]
    ways = _both(ways, last) if last else ways
    return f"{short.upper()}{''.join(x[0] for x in letters)}{last}", ways


def _chemokine(match: re.Match[str]) -> tuple[str, list[Words]]:
    """Chemokine receptors: CXCR4, C-C chemokine receptor 4."""
    short, last = _short(match["family"]), match["last"]
    return f"{short.upper()}{last}", _both(_heads(short), last)


def _greek_alone(match: re.Match[str]) -> tuple[str, list[Words]]:
    """Two Greek letters: γδ, alpha/beta."""
    letters = tuple(re.findall(_GREEK, match["letters"].lower()))
    return "".join(letters), [letters, ("".join(letters),)]


def _code(match: re.Match[str]) -> tuple[str, list[Words]]:
    """A code that ends in a Greek letter: FRα, PKC-theta."""
    code, letter, last = match["code"].strip("-").lower(), match["letters"].lower(), match["last"]
    ways = _both([(code,)], letter)
    if re.search(r"\d", code):
        ways.append((code + letter[0],))
    ways = _both(ways, last) if last else ways
    return f"{code.upper()}{letter[0]}{last}", ways


_RULES = (
    (_NUMBERED, _numbered),
    (_LETTERED, _lettered),
    (_TURNED, _lettered),
    (_CHEMOKINE, _chemokine),
    (_GREEK_ALONE, _greek_alone),
    (_CODE, _code),
)
