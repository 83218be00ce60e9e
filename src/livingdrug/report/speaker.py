"""Conditions and amounts in the words of the library's files: what a quantity is called, not where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.plot.ticks import number
from livingdrug.report.words import Words, scales
from livingdrug.spec.grammar import Binary, Call, Name, Node, Number, Speaker, sentence
from livingdrug.spec.trial import OWN_SCALE
from livingdrug.units import of_unit

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved

OWN_GRADE = f"{OWN_SCALE}.grade"
HIGHEST = 5  # grade of any scale
HAPPENED = {"given": "{} was given", "done": "{} was done", "count": "{} was seen"}


def speaker(resolved: Resolved, words: Words) -> Speaker:
    """What says the parts of expressions of this run: titles for paths, values for the protocol's numbers, a need for
    an index that has come to 1."""
    listed = scales(resolved)
    graded = {f"{s.name}.grade": f"{s.short} grade" for s in listed} | {OWN_GRADE: f"grade of {listed[-1].graded}"}
    graded |= {f"{OWN_GRADE}{level}": f"grade {level} of {listed[-1].graded}" for level in range(1, HIGHEST + 1)}
    numbers = resolved.protocol.numbers

    def said(node: Node) -> str | None:
        match node:
            case Number(value=value, unit=unit):
                return f"{number(value)} {of_unit(unit or '').replace('m2', 'm²')}".strip()
            case Name(path=path) if path in graded:
                return graded[path]
            case Name(path=path) if path in numbers:
                return f"{number(numbers[path].value)} {of_unit(numbers[path].unit)}".strip()
            case Name(path=path) if path in words.shown:
                return _small(words.shown[path].title)
            case Binary(sign="*", left=left, right=Name(path=path)) if path in numbers and numbers[path].value == 1:
                return sentence(left, speaker=said)
            case Binary(sign=">=", left=Name(path=path), right=Number(value=1.0)) if _is_need(words, path):
                return _small(words.shown[path].title)
            case Binary(sign=">", left=Call(function=asked, arguments=(Name() as what,)), right=Number(value=0.0)):
                return HAPPENED[asked].format(sentence(what, speaker=said)) if asked in HAPPENED else None
        return None

    return said


def _is_need(words: Words, path: str) -> bool:
    """Whether a quantity is an index that comes to 1 when care is needed."""
    return path in words.shown and words.shown[path].care and words.shown[path].line is None


def _small(title: str) -> str:
    """A title within a sentence: without its capital, unless it is an abbreviation."""
    return title if title[1:2].isupper() or title[1:2] in "-" else title[:1].lower() + title[1:]
