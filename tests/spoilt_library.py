"""Every way in which one word of a library file can be misspelt, or one unit dropped, as a text; and how a kind of file
is used, so that a fault is seen."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from livingdrug import biology, library
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import whole
from livingdrug.trial import Trial

# Keys whose text is for readers, and tables whose keys are of the author's choice.
PROSE = set(
    """title about why where note says words journal authors doi pmid url nct aliases short reached calibrated outlook
    graded not_comparable registry year of_what here what absent version place licence cohort property what""".split()
)
CHOSEN = ("sources", "visits", "glossary", "words", "earlier", "observe", "data", "meanings", "counted", "variants",
          "errata", "errata.", "set", "by_depth.layers")  # fmt: skip
# Tables that say what is drawn or told by themselves, by this key: their names are of the author's choice, too.
ALONE = {"figure": "kind", "event": "day"}
# Keys that say what a row is called.
CALLED = ("name", "interval", "measure")
NUMBER = r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
UNIT = re.compile(rf"({NUMBER})( *(?:mg|cell|kg|g|h|d|min|months?|degC|years?)(?:/[a-z]\w*)?)(?![\w/])")


class Spot(NamedTuple):
    """A piece of a file: what it is, where it begins and ends, what is written instead, and like which others it is."""

    what: str  # key, header, name, unit, chosen (a name that the author gave)
    begin: int
    end: int
    instead: str
    like: str

    def spoil(self, text: str) -> str:
        """The file with the piece replaced."""
        return text[: self.begin] + self.instead + text[self.end :]

    def line(self, text: str) -> int:
        """On which line it stands."""
        return text.count("\n", 0, self.begin) + 1


def masked(text: str) -> str:
    """A TOML text of the same length without the insides of its strings and comments."""

    def hidden(found: re.Match[str]) -> str:
        quote = '"""' if found[0].startswith('"""') else '"' if found[0].startswith('"') else "#"
        inside = re.sub(r"[^\n]", "~", found[0][len(quote) : len(found[0]) - len(quote) * (quote != "#")])
        return quote + inside + (quote if quote != "#" else "")

    return re.sub(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*', hidden, text)


def dropped(word: str) -> str:
    """A word without the letter in its middle."""
    return word[: len(word) // 2] + word[len(word) // 2 + 1 :]


def spots(text: str) -> Iterator[Spot]:
    """Every key, header, name and unit of a file that can be spoilt."""
    header, begin = "", 0
    for masked_line in masked(text).split("\n"):
        line = text[begin : begin + len(masked_line)]
        if found := re.match(r"\[+([^\]=]+)\]+", masked_line):
            header = line[found.start(1) : found.end(1)]
            head = header.partition(".")[0]
            body = re.split(r"^\[", text[begin + found.end() :], maxsplit=1, flags=re.M)[0]
            free = head in CHOSEN or (head in ALONE and re.search(rf"^{ALONE[head]} = ", body, re.M))
            for word in re.finditer(r"[A-Za-z_][\w-]{3,}", header):
                chosen = word.start() > 0 and (free or header[: word.start() - 1] in CHOSEN)
                at = begin + found.start(1) + word.start()
                like = f"{header.partition('.')[0]}/{header[: word.start()].count('.')}"
                yield Spot("chosen" if chosen else "header", at, at + len(word[0]), dropped(word[0]), like)
        else:
            yield from _of_line(line, masked_line, begin, header)
        begin += len(masked_line) + 1


def _of_line(line: str, masked_line: str, begin: int, header: str) -> Iterator[Spot]:
    head = header.partition(".")[0]
    for found in re.finditer(r'(?:^|(?<=[{,] ))("~+"|[\w-]+) = ', masked_line):
        key = line[found.start(1) : found.end(1)].strip('"')
        at = begin + found.start(1) + (masked_line[found.start(1)] == '"')
        chosen = head in CHOSEN and "." not in header and found.start() == 0
        if len(key) > 3:
            yield Spot("chosen" if chosen else "key", at, at + len(key), dropped(key), f"{head}.{key}")
        values = re.match(r'\[?(?:"~*"(?:, )?)+\]?', masked_line[found.end() :])
        prose = key in PROSE or (head in ("observe", "by_depth") and key == "of")
        for value in re.finditer(r'"(~*)"', values[0]) if values and not prose else ():
            a, b = (begin + found.end() + x for x in value.span(1))
            yield from _of_value(line[a - begin : b - begin], a, key, head, chosen)


def _of_value(text: str, at: int, key: str, head: str, chosen: bool) -> Iterator[Spot]:
    like = f"{head}.{key}"
    if key == "unit":
        if head != "shown" and text != "1":
            yield Spot("unit", at, at + len(text), "furlong", f"{like}={text}")
        return
    if chosen and head not in ("visits", "meanings", "counted", "set"):
        return
    for word in re.finditer(r"(?<![\d.])\b[A-Za-z_][A-Za-z_0-9-]{4,}", text):
        a, b = at + word.start(), at + word.end()
        own = key in CALLED or text[: word.start()].endswith("draw(")  # a chance has its author's name
        yield Spot("chosen" if own else "name", a, b, dropped(word[0]), like)
    for unit in UNIT.finditer(text) if key not in CALLED else ():
        if float(unit[1]):
            yield Spot("unit", at + unit.start(2), at + unit.end(2), "", f"{like}.{unit[2].strip()}")


# --- how a file is used -----------------------------------------------------------------------------------------------


@cache
def used() -> dict[tuple[str, str], str]:
    """A library trial that uses an entry of the library as it stands, by kind and name."""
    found: dict[tuple[str, str], str] = {}
    resolved = {name: resolve(name) for name in library.names("trials")}
    for name, trial in resolved.items():
        for part, own in trial.names.items():
            found.setdefault((f"{part}s".replace("manufactures", "manufacture"), own), name)
    for name, trial in resolved.items():
        for entry in (*trial.chain, *(e for files in trial.entries.values() for e in files)):
            found.setdefault((entry.kind, entry.name), name)
        for stem in trial.modules.values():
            found.setdefault(("mechanisms", stem), name)
    return found


def user(kind: str, name: str) -> Callable[[], list[str]] | None:
    """What reads an entry whole and gives what it notes; None where nothing here does."""
    if kind == "models":
        from livingdrug.published.entry import published

        return lambda: [str(published(name).title)]
    if kind == "agents":
        from livingdrug.agents.numbers import given

        return lambda: [str(given(name).numbers)]
    if kind == "ensembles":
        from livingdrug.scenario.plausible import plausible

        return lambda: [str(plausible(resolve(name), {name}).sets)]
    if kind == "fits":
        return lambda: _fitted(name)
    if kind == "comparators":
        disease = whole(library.find("comparators", name))["tumours"][0]
        asking = next(x for x in library.names("trials") if resolve(x).names.get("tumour") == disease)
        return lambda: _compared(name, asking)
    trial, sets = _chosen(kind, name)
    if kind == "mechanisms" and not trial:  # one of published models alone
        return next(user("models", x) for x in library.names("models") if name in _modules(library.find("models", x)))
    return (lambda: _noted(trial, sets)) if trial else None


def _compared(name: str, trial: str) -> list[str]:
    """Of a comparator, as an arm of a trial of its disease."""
    file = Path(os.environ[library.ENV]) / "mine.toml"
    file.write_text(f'trial = "{trial}"\n[[arm]]\nname = "a"\ncomparator = "{name}"\n', encoding="utf-8")
    return _noted(str(file), {})


def _noted(trial: str, sets: dict[str, str]) -> list[str]:
    found = Trial(trial, sets)
    found.check()
    return [n for arm in found.resolved.arms for n in (*arm.resolved.notes, *found.design(arm).notes)]


def _fitted(name: str) -> list[str]:
    """Of a fit, read with its trial, beside the other fits."""
    from livingdrug.fit import targets

    folder = Path(os.environ[library.ENV]) / "fits" if library.ENV in os.environ else targets.FOLDER
    for file in targets.FOLDER.glob("*.toml"):
        if not (folder / file.name).exists():
            shutil.copy(file, folder)
    with mock.patch.object(targets, "FOLDER", folder):
        return [str(targets.read(name, targets.simulated(name)))]


def _chosen(kind: str, name: str) -> tuple[str, dict[str, str]]:
    """A trial, and what is set in it, so that it uses an entry; "" where nothing simple does."""
    if (kind, name) in used():
        return used()[kind, name], {}
    if kind == "scales":
        return "eliana", {"also_graded": str([*dict.fromkeys([*resolve("eliana").trial.also_graded, name])])}
    if kind == "drugs":
        return "eliana", {"drugs": f'["{name}"]'}
    if kind == "mechanisms":
        return _with_mechanism(name)
    part = kind.removesuffix("s")
    below = library.find(kind, name).says("like")
    trial, sets = _chosen(kind, below) if below else ("eliana", {})
    if kind == "products" and (target := library.find(kind, name).says("target")) not in ("", "CD19"):
        sets |= {"CD22": {"tumour": "b-all-cd22"}}.get(target, {})
        trial = {"BCMA": "karmma"}.get(target, trial)
    return _standing(trial, {**sets, part: name})


def _with_mechanism(name: str) -> tuple[str, dict[str, str]]:
    """A trial that takes a mechanism in its role: that of the mechanism it is like, or of a file that names it."""
    role, below = biology.find(name).role, library.find("mechanisms", name).says("like")
    for kind in ("tumours", "products"):
        for other in library.names(kind):
            if name in _modules(library.find(kind, other)):
                return _chosen(kind, other)
    return _standing(used().get(("mechanisms", below), "eliana"), {f'modules."{role}"': name})


def _modules(entry: library.LibraryFile) -> set[str]:
    """The mechanisms that a file names."""
    return set(whole(entry).get("modules", {}).values())


def _standing(first: str, sets: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The first trial in which these changes stand; "" where there is none."""
    for trial in dict.fromkeys([first, *library.names("trials")]):
        with suppress(LivingDrugError):
            Trial(trial, sets).check()
            return trial, sets
    return "", {}
