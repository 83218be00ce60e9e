"""Every key of a TOML file is found on the line where it stands, however the file is written."""

from __future__ import annotations

import json
import random
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.library.lines import lines_of
from livingdrug.library.located import Located, Place, locate
from thoroughness import some

KEYS = ("a", "b2", "with-dash", "under_score", "7", "two words", "a.b", "#hash", "[x]", "= y", 'quo"te', "back\\slash",
        "tab\there", "é", "don't", "")  # fmt: skip


class Writer:
    """Writes a TOML file line by line and notes on which line it put each key, by the path of `locate`."""

    def __init__(self, seed: int) -> None:
        self.rng, self.text = random.Random(seed), ""
        self.lines: dict[tuple[str, ...], int] = {}

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def note(self, path: tuple[str, ...]) -> None:
        """A path stands here; so do those above it, if they did not stand anywhere yet."""
        for i in range(1, len(path) + 1):
            self.lines.setdefault(path[:i], self.line)

    def one(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def key(self, word: str) -> str:
        bare = word and all(c.isascii() and (c.isalnum() or c in "-_") for c in word)
        ways = [json.dumps(word), json.dumps(word, ensure_ascii=False)]  # basic strings, their escapes are JSON's
        if "'" not in word and word.isprintable():
            ways.append(f"'{word}'")
        return self.one(*([word] * 3 if bare else []), *ways)

    def names(self, most: int) -> list[str]:
        return self.rng.sample(KEYS, self.rng.randint(0, most))

    def noise(self) -> None:
        """Blank lines and comments between entries; some look like keys."""
        self.text += "".join(self.rng.choices(("\n", "# a = 1\n", "  # [a]\n", "\t\n"), k=self.rng.randint(0, 2)))

    def value(self, path: tuple[str, ...], depth: int) -> None:
        kind = self.one("plain", "plain", "text", "long text", *(("list", "table", "rows") if depth else ()))
        if kind == "plain":
            self.text += self.one("1", "-2.5e3", "true", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "inf", "0x1F")
        elif kind == "text":
            self.text += self.one('"a # b = [c]"', "'a \" b'", '"a \\" = {"', '"\\\\"', "''", '""', '"]"')
        elif kind == "long text":
            self.text += self.one('"""\na = 1\n[b]\n"""', "'''x\n\"\"\" # y\n'''", '"""x \\"""\n y"" """', '"""a"""""',
                                  '"""\\\n   x"""', "''''a'\n'''")  # fmt: skip
        elif kind == "table":
            self.inline(path, depth - 1)
        else:
            self.listed(path, depth - 1, kind == "rows")

    def listed(self, path: tuple[str, ...], depth: int, rows: bool) -> None:
        self.text += "["
        for i in range(self.rng.randint(0, 3)):
            self.text += self.one("", "\n", "\n  # , ] x\n", " ")
            inside = (*path, str(i))
            if rows:
                self.note(inside)
                self.inline(inside, depth)
            else:
                if depth > 0 and self.one(True, False):
                    self.listed(inside, depth - 1, self.one(True, False))
                else:
                    self.value(inside, 0)
            self.text += self.one(",", " ,", "\n,", ", # z\n")
        self.text += self.one("", "\n", "# ]\n") + "]"

    def inline(self, path: tuple[str, ...], depth: int) -> None:
        self.text += "{"
        for i, word in enumerate(self.names(3)):
            self.text += ("," if i else "") + self.one("", " ")
            self.entry((*path,), word, max(depth, 0))
        self.text += self.one("", " ") + "}"

    def entry(self, path: tuple[str, ...], word: str, depth: int) -> None:
        """`key = value`, or `key.inner = value`."""
        self.note((*path, word))
        self.text += self.key(word)
        here = (*path, word)
        if self.one(False, False, True):
            inner = self.one(*KEYS)
            self.text += self.one(".", " . ") + self.key(inner)
            here = (*here, inner)
            self.note(here)
        self.text += self.one(" = ", "=", "\t=")
        self.value(here, depth)

    def body(self, path: tuple[str, ...], words: list[str]) -> None:
        for word in words:
            self.noise()
            self.text += self.one("", "  ")
            self.entry(path, word, 2)
            self.text += self.one("\n", " # a comment\n")

    def tables(self, path: tuple[str, ...], header: str, words: list[str], depth: int) -> None:
        """Tables and lists of tables below a path, as headers; `header`: how the path is written in one."""
        for word in words:
            many = self.one(False, True)
            silent = depth and not many and self.one(False, False, True)  # [a.b] without an [a]
            shown = f"{header}.{self.key(word)}" if header else self.key(word)
            for i in range(self.rng.randint(1, 3) if many else 1):
                here = (*path, word, str(i)) if many else (*path, word)
                names = self.names(4)
                split = 0 if silent else self.rng.randint(0, len(names))
                if not silent:
                    self.noise()
                    self.note(here)
                    self.text += (f"[[{shown}]]" if many else f"[ {shown} ]") + self.one("\n", " # x = [1]\n")
                self.body(here, names[:split])
                if depth:
                    self.tables(here, shown, names[split:], depth - 1)


def paths(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key, and every table in a list."""
    if isinstance(data, Mapping):
        for key, x in data.items():
            yield (*path, key)
            yield from paths(x, (*path, key))
    elif isinstance(data, list):
        for i, x in enumerate(data):
            if isinstance(x, Mapping):
                yield (*path, str(i))
            yield from paths(x, (*path, str(i)))


def unambiguous(data: Any) -> set[tuple[str, ...]]:
    """Paths that no other path is written like: "a.b" in quotes looks like b inside a."""
    every = list(paths(data))
    count = Counter(".".join(path) for path in every)
    return {path for path in every if count[".".join(path)] == 1}


def file_of(seed: int) -> tuple[str, dict[tuple[str, ...], int]]:
    """A valid TOML file, and the line of each of its keys."""
    made = Writer(seed)
    names = made.names(6)
    split = made.rng.randint(0, len(names))
    made.body((), names[:split])
    made.tables((), "", names[split:], 2)
    return made.text, made.lines


FILES = st.integers(0, 2**32).map(file_of)


@settings(max_examples=some(500))
@given(FILES)
def test_every_key_is_found_on_its_line(file: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, written = file
    data = tomllib.loads(text)
    found = lines_of(text)
    for path in unambiguous(data):
        assert found[".".join(path)] == written[path], (path, text)


@settings(max_examples=some(200))
@given(FILES)
def test_every_table_knows_where_each_key_stands(file: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, written = file
    lines = lines_of(text)
    once = unambiguous(tomllib.loads(text))

    def seen(data: Any, path: tuple[str, ...]) -> None:
        if isinstance(data, Located):
            for key, x in data.items():
                if (*path, key) in once and path[:1] != ("",):
                    assert data.at(key) == str(written[*path, key]), (path, key, text)
                seen(x, (*path, key))
        elif isinstance(data, list):
            for i, x in enumerate(data):
                seen(x, (*path, str(i)))

    seen(locate(tomllib.loads(text), lambda dotted: Place(str(lines.get(dotted)))), ())


OWN = [(kind, name) for kind in library.KINDS for name in library.names(kind)]


@pytest.mark.parametrize(("kind", "name"), OWN)
def test_every_key_of_the_library_stands_on_the_line_said(kind: str, name: str) -> None:
    entry = library.find(kind, name)
    lines = entry.text.split("\n")
    for path in paths(entry.data):
        line = entry.lines[".".join(path)]
        if path[-1].isdigit():  # one of a list, which may begin some lines above
            assert line >= entry.lines[".".join(path[:-1])], (path, line)
        else:
            assert path[-1] in lines[line - 1], (path, line)


def test_the_lines_of_a_long_file_are_found_at_once() -> None:
    """Time grows with the length of the file, not with its square."""
    text = "".join(f"[[row]]\nname = 'x{i}'\ninside = {{ a = [1, 2], b.c = 3 }}\n" for i in range(20_000))
    found = lines_of(text)
    assert found["row.19999.inside.b.c"] == 60_000 and found["row.12.name"] == 38
