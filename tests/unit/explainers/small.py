"""Small explainers in a folder of their own, for tests that break them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from livingdrug.explainers import page
from livingdrug.explainers.check import Report, check
from livingdrug.registry.reports.approvals import approvals

DAY = max(date.fromisoformat(s.read) for a in approvals() for s in a.sources)
"""No day before the table of approvals was read"""
HEAD = f'title = "A page"\nshort = "Page"\norder = 1\nsummary = "One page."\nreviewed = {DAY}\n'
JOURNAL = '[sources.paper]\ntitle = "A paper"\nkind = "journal"\ndoi = "10.1000/x1"\n'
CLAIM = '[claims.one]\nsays = "One of two."\nsource = "paper"\nplace = "abstract"\nread = 2026-11-29\n'


def write(folder: Path, text: str, table: str = "", head: str = HEAD, words: str = "") -> page.Page:
    """A page named `small`, read."""
    (folder / "small.md").write_text(text, encoding="utf-8")
    (folder / "small.toml").write_text(head + table, encoding="utf-8")
    (folder / "words.toml").write_text(words, encoding="utf-8")
    return page.find("small", folder)


def checked(folder: Path, text: str, table: str = "", day: date = DAY, **more: str) -> Report:
    """The same, checked without a mirror."""
    return check(write(folder, text, table, **more), day=day)
