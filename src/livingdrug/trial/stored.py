"""The scoreboard that stands in the library: what it was run with, and whether the library has changed since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files

from livingdrug import library
from livingdrug.library import Stamp
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.results.stored import as_stored, from_stored
from livingdrug.scenario import resolve
from livingdrug.trial.above import above
from livingdrug.trial.beside import published
from livingdrug.trial.remembered import values

NAME = "scoreboard.json"
RIVALS = ("naive_transfer.toml", "wrong_truths.toml")


@dataclass(frozen=True)
class Stored:
    """A scoreboard that was kept. values: trial -> hash of everything of the library that its rows hang on."""

    board: Scoreboard
    values: dict[str, str]

    @property
    def version(self) -> str:
        """Of the program that made it."""
        return str(self.board.provenance["livingdrug"])

    @property
    def finished(self) -> str:
        """The moment at which it was made, UTC."""
        return str(self.board.provenance["finished"])


def stored() -> Stored:
    """The library's scoreboard.

    >>> from livingdrug.trial.stored import stored
    >>> stored().board.score("validation").comparable > 0
    True
    """
    return _stored()


@lru_cache(maxsize=1)
def _stored() -> Stored:
    told = json.loads(files("livingdrug.library").joinpath(NAME).read_text("utf-8"))
    return Stored(from_stored(told, partial(above, "report.scoreboard", "write")), told["values"])


def text(board: Scoreboard) -> str:
    """The scoreboard as the text of the file."""
    told = {"values": _values(tuple(t.trial for t in board.trials), library.state()), **as_stored(board)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace('{"family"', '\n{"family"') + "\n"


def changed_since(kept: Stored) -> tuple[str, ...]:
    """The trials whose values, rules, equations or published rows are not those that were scored, those that came or
    went, and the files of rivals that changed."""
    ours = tuple(name for name in published() if library.find("trials", name).ours)
    now = _values(ours, library.state())
    names = sorted(now.keys() | kept.values.keys())
    return tuple(name for name in names if now.get(name) != kept.values.get(name))


@lru_cache(maxsize=4)
def _values(trials: tuple[str, ...], state: tuple[Stamp, ...]) -> dict[str, str]:
    """Trial, or file of rivals -> hash; state: of the library, so that a change is seen."""
    texts = {name: files("livingdrug.library").joinpath(name).read_bytes() for name in RIVALS}
    rivals = {name: hashlib.blake2b(text, digest_size=16).hexdigest() for name, text in texts.items()}
    return {name: values(resolve(name)) for name in trials} | rivals
