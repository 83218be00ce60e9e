"""Text in columns: as wide as it is, or wrapped to a width so that no line is longer."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Sequence

BETWEEN, NARROWEST = 2, 6  # spaces between columns; characters that a column keeps


def room() -> int | None:
    """Characters in a line of the terminal that standard output goes to; None where it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str) -> str:
    """A paragraph, on a terminal no wider than it."""
    width = room()
    return text if width is None else textwrap.fill(text, width, break_on_hyphens=False)


_HEAD = re.compile(r"^ *(?:\S.{0,20}?(?<![.:;!?])  +)?")
"""What stands before the words of a line: blanks, or a heading with blanks behind it"""


def hanging(text: str, width: int | None = None) -> str:
    """Lines of a heading, blanks and words; those longer than width (that of the terminal) go on under their words."""
    width = width or room()
    if width is None:
        return text
    return "\n".join(line if len(line) <= width else _hung(line, width) for line in text.split("\n"))


def _hung(line: str, width: int) -> str:
    """One line on several; an address stays whole."""
    begun = _HEAD.match(line)
    indent = " " * (begun.end() if begun and begun.end() <= width // 2 else 0)
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False, subsequent_indent=indent)
    return wrap.fill(line)


def aligned(table: Sequence[Sequence[str]], rule: bool = False, width: int | None = None) -> str:
    """Rows (the first is the head) as lines, columns padded to their widest cell, the last one ragged.

    rule: the head is underlined; width: cells are wrapped so that no line is longer, as far as there is room at all.
    """
    rows = [[" ".join(str(cell).split()) for cell in row] for row in table]
    widths = _fitted([max(len(row[i]) for row in rows) for i in range(len(rows[0]))], width)
    lines = [line for row in rows[1:] for line in _wrapped(row, widths)]
    underline = ["-" * (sum(widths) + BETWEEN * (len(widths) - 1))] if rule else []
    return "\n".join([*_wrapped(rows[0], widths), *underline, *lines])


def _fitted(widths: list[int], width: int | None) -> list[int]:
    """Widths of columns, the widest made narrower until they fit."""
    if width is None:
        return widths
    free = max(width - BETWEEN * (len(widths) - 1), NARROWEST * len(widths))
    most = max(widths)
    while most > NARROWEST and sum(min(w, most) for w in widths) > free:
        most -= 1
    return [min(w, most) for w in widths]


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The lines of one row."""
    cells = [textwrap.wrap(cell, w, break_on_hyphens=False) or [""] for cell, w in zip(row, widths, strict=True)]
    gap = " " * BETWEEN
    return [
        gap.join((cell[i] if i < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)).rstrip()
        for i in range(max(map(len, cells)))
    ]
