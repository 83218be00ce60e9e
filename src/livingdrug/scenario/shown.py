"""What the files of a run say for its report, and that everything they say of it is drawn somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from livingdrug import library
from livingdrug.errors import unknown
from livingdrug.library.located import Place, mistakable
from livingdrug.scenario.parts import lineage
from livingdrug.spec.numbers import Mechanism, Numbered
from livingdrug.spec.scale import Scale
from livingdrug.spec.shown import PLACEHOLDERS
from livingdrug.spec.typed import Typed, of_file

if TYPE_CHECKING:
    from livingdrug.scenario.resolved import Resolved


def shown_by(resolved: Resolved) -> Iterator[tuple[str, Numbered]]:
    """Every file that may speak of quantities, and the role whose quantities it names; the last word last."""
    mechanisms = set(library.names("mechanisms"))
    for role, stem in resolved.modules.items():
        if stem in mechanisms:
            for entry in lineage(library.find("mechanisms", stem)):
                yield role, of_file(Mechanism, entry)
    for part in (resolved.tumour, resolved.population, resolved.manufacture, resolved.product):
        if part is not None:
            yield "", part


def known(resolved: Resolved) -> None:
    """An error for a quantity that nobody publishes, for a number, figure, section or word of a text that is none, and
    for a figure, section or event that is a misspelt one: nothing would be drawn of it."""
    files = list(shown_by(resolved))
    for role, file in files:
        _quantities(resolved, role, file)
    _placed([file for _, file in files], resolved)
    for _, file in files:
        for table in (*file.shown.values(), *file.figure.values(), *file.event.values()):
            _filled(table)


def _quantities(resolved: Resolved, role: str, file: Numbered) -> None:
    """An error for a quantity, or a number of the model, that there is none of."""
    quantities = resolved.model().quantities
    for name, shown in file.shown.items():
        path = f"{role}.{name}".strip(".")
        if path not in quantities and path.rpartition(".")[0] in resolved.modules:
            near = [q.removeprefix(f"{role}.") if role else q for q in quantities if q.startswith(role)]
            raise unknown("quantity", name, near, shown.place())
        if shown.line is not None and isinstance(at := shown.line.at, str):
            numbers = [p for p in resolved.parameters if role and p.startswith(f"{role}.")]
            if role and f"{role}.{at}" not in numbers and at not in resolved.parameters:
                near = [p.removeprefix(f"{role}.") for p in numbers]
                raise unknown("number of the model", at, near, shown.line.place("at"))


def _placed(files: list[Numbered], resolved: Resolved) -> None:
    """An error for a figure or section that is asked for and that no file opens, or that is opened and nearly the one
    asked for; and for an event without its day."""
    scales = (of_file(Scale, x[-1]) for part, x in resolved.entries.items() if part.startswith("scale "))
    into = {
        "figure": [(x.figure, x.place("figure")) for file in files for x in file.shown.values()],
        "section": [(x.section, x.place("section")) for file in files for x in file.figure.values()]
        + [(scale.section, scale.place("section")) for scale in scales],
    }
    for kind, asked in into.items():
        opened = {name: x.place() for file in files for name, x in getattr(file, kind).items()}
        _opened(kind, {name: place for name, place in asked if name}, opened)
        whole = {name for file in files for name, x in getattr(file, kind).items() if getattr(x, "kind", None)}
        _asked(kind, opened, {name for name, _ in asked if name} | whole)
    events = {name: x.place() for file in files for name, x in file.event.items()}
    _asked("event", events, {name for file in files for name, x in file.event.items() if x.day})


def _opened(kind: str, asked: dict[str, Place], opened: dict[str, Place]) -> None:
    """An error for one that is asked for, and that neither this run nor any file of the library opens."""
    lone = asked.keys() - opened.keys()
    if lone and (lone := lone - (others := _of_library(kind))):
        name = min(lone)
        mend = f"write [{kind}.{name}] with its title, or name one that is there"
        raise unknown(kind, name, {*opened, *others}, asked[name], mend=mend)


def _asked(kind: str, opened: dict[str, Place], asked: set[str]) -> None:
    """An error for one that is opened, for which nothing asks, and that is nearly one that is asked for."""
    for name, place in opened.items():
        if name not in asked and mistakable(name, asked):
            raise unknown(kind, name, asked, place)


def _of_library(kind: str) -> set[str]:
    """Every figure or section that some mechanism of the library opens: what of it a run has hangs on its roles."""
    files = (of_file(Mechanism, library.find("mechanisms", name)) for name in library.names("mechanisms"))
    return {name for file in files for name in getattr(file, kind)}


def _filled(table: Typed) -> None:
    """An error for a {word} of a text that is a misspelt one of those that are filled in."""
    for key in table.model_fields_set:
        if isinstance(text := getattr(table, key), str):
            for word in re.findall(r"\{(\w+)\}", text):
                if word not in PLACEHOLDERS and mistakable(word, PLACEHOLDERS):
                    raise unknown("word in braces", word, PLACEHOLDERS, table.place(key))
