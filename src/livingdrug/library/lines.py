"""On which line of a TOML file each key stands. The file is known to be valid: this only follows where things begin.

Paths are dotted; elements of a list of tables are `rule.0`, `rule.1`, also inside one another (`arm.1.rule.0`).
"""

from __future__ import annotations

import re
import tomllib

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_PLAIN = re.compile(r"[^,\]}\n#]*")
_STRINGS = {  # by how they begin; up to two quotes may stand before the end of a long one
    '"': re.compile(r'"(?:[^"\\]++|\\.)*+"', re.S),
    "'": re.compile(r"'[^']*'"),
    '"""': re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}', re.S),
    "'''": re.compile(r"'''(?:[^']++|'(?!''))*+'{3,5}"),
}


def lines_of(text: str) -> dict[str, int]:
    """Dotted path -> line number (from 1) of every key, header and element of a list of tables."""
    return _Scan(text).found


class _Scan:
    """One pass over a text: `at` is the place reached, `found` what was seen so far."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[str, int] = {}
        self.elements: dict[tuple[str, ...], int] = {}  # list of tables -> number of its newest element
        self._counted, self._line = 0, 1
        prefix: tuple[str, ...] = ()
        while self._skip(_SPACE) < len(text):
            prefix = self._header() if text[self.at] == "[" else self._entry(prefix)

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _note(self, path: tuple[str, ...], at: int) -> None:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = max(self._counted, at)
        self.found.setdefault(".".join(path), self._line)

    def _word(self) -> str:
        self._skip(_BLANK)
        quote = self.text[self.at]
        if quote in "\"'":
            begin = self.at + 1
            self._string()
            self._skip(_BLANK)
            word = self.text[begin : self.text.rindex(quote, begin, self.at)]
            return next(iter(tomllib.loads(f'"{word}" = 0'))) if quote == '"' and "\\" in word else word
        begin = self.at
        self._skip(_BARE)
        word = self.text[begin : self.at]
        self._skip(_BLANK)
        if self.at == begin:  # not a key: cannot be in a valid file
            self.at += 1
        return word

    def _words(self) -> list[str]:
        words = [self._word()]
        while self.at < len(self.text) and self.text[self.at] == ".":
            self.at += 1
            words.append(self._word())
        return words

    def _header(self) -> tuple[str, ...]:
        begin, element = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if element else 1
        words = self._words()
        self.at += 2 if element else 1
        path: tuple[str, ...] = ()
        for word in words[:-1]:
            path = self._within((*path, word))
            self._note(path, begin)
        path = (*path, words[-1])
        self._note(path, begin)
        if element:
            self.elements[path] = self.elements.get(path, -1) + 1
        path = self._within(path)
        self._note(path, begin)
        return path

    def _within(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """A path, in the newest element where it is a list of tables."""
        return (*path, str(self.elements[path])) if path in self.elements else path

    def _entry(self, prefix: tuple[str, ...]) -> tuple[str, ...]:
        begin = self.at
        words = self._words()
        for i in range(1, len(words) + 1):
            self._note((*prefix, *words[:i]), begin)
        self.at += 1  # =
        self._value((*prefix, *words))
        return prefix

    def _value(self, path: tuple[str, ...]) -> None:
        self._skip(_SPACE)
        if self.at >= len(self.text):
            return
        sign = self.text[self.at]
        if sign in "\"'":
            self._string()
        elif sign == "[":
            self._list(path)
        elif sign == "{":
            self._table(path)
        else:
            self._skip(_PLAIN)

    def _list(self, path: tuple[str, ...]) -> None:
        self.at += 1
        number = 0
        while self._skip(_SPACE) < len(self.text) and self.text[self.at] != "]":
            if self.text[self.at] == "{":
                self._note((*path, str(number)), self.at)
            self._value((*path, str(number)))
            number += 1
            if self._skip(_SPACE) < len(self.text) and self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _table(self, path: tuple[str, ...]) -> None:
        self.at += 1
        while self._skip(_SPACE) < len(self.text) and self.text[self.at] != "}":
            self._entry(path)
            if self._skip(_SPACE) < len(self.text) and self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _string(self) -> None:
        quote = self.text[self.at]
        long = self.text.startswith(quote * 3, self.at)
        match = _STRINGS[quote * 3 if long else quote].match(self.text, self.at)
        self.at = match.end() if match else self.at + 1
