"""Chance in expressions: a word that is drawn, draw(word), is one throughout the trial, and a misspelt one is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from livingdrug.errors import ScenarioError
from livingdrug.library.located import Place, mistakable
from livingdrug.spec.fields import Expression
from livingdrug.spec.grammar import Name, calls
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed

DRAW = "draw"


def expressions(told: Any, place: Place) -> Iterator[tuple[Expression, Place]]:
    """Every expression of a typed object, and where it stands."""
    if isinstance(told, Expression):
        yield told, place
    elif isinstance(told, Typed):
        for key in type(told).model_fields:
            yield from expressions(getattr(told, key), told.place(key))
    elif isinstance(told, (tuple, list)):
        for row in told:
            yield from expressions(row, place)
    elif isinstance(told, Mapping):
        for row in told.values():
            yield from expressions(row, place)


def drawn(trial: Trial, protocol: Protocol) -> dict[str, list[Place]]:
    """Every word that is drawn, and where."""
    found: dict[str, list[Place]] = {}
    for part in (trial, protocol):
        for asked, place in expressions(part, Place("")):
            for call in calls(asked.node):
                if call.function == DRAW and isinstance(call.arguments[0], Name):
                    found.setdefault(call.arguments[0].path, []).append(place)
    return found


def spelt(trial: Trial, protocol: Protocol) -> None:
    """ScenarioError for a user's word that is nearly another one that is drawn: each word is a chance of its own."""
    words = drawn(trial, protocol)
    for word, places in words.items():
        close = mistakable(word, words.keys() - {word})
        if close and not any(place.ours for place in places):
            said = f"draw({word}) is another chance than draw({close})"
            mend = f"write draw({close}), or give a chance of its own a name that cannot be mistaken for it"
            raise ScenarioError(said, where=places[0], nearest=close, mend=mend)
