"""The pages build without a warning, ask no other host for anything, and hold the whole reference."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import pytest

import livingdrug
from livingdrug.spec.json_schema import KINDS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "site"))
build = importlib.import_module("build")
API = importlib.import_module("reference").API
MISSING = [name for name in ("sphinx", "furo", "myst_parser") if importlib.util.find_spec(name) is None]
# What a browser fetches by itself; a link that a reader may follow is none.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|embed|audio|video)\b[^>]*?\bsrc=["']?((?:https?:)?//[^"'> ]+)"""
    r"""|<link\b[^>]*?\bhref=["']?((?:https?:)?//[^"'> ]+)"""
    r"""|url\(\s*["']?((?:https?:)?//[^"')]+)|@import\s+["']((?:https?:)?//[^"']+)""",
    re.I,
)


def fetched(text: str) -> list[str]:
    """Addresses of other hosts that a page or style sheet would ask."""
    return [next(filter(None, found)) for found in FETCHED.findall(text)]


@pytest.mark.parametrize(
    "text, found",
    [
        ('<script async src="https://a.example/x.js">', ["https://a.example/x.js"]),
        ("<link rel=stylesheet href=//a.example/x.css>", ["//a.example/x.css"]),
        ("@font-face { src: url(https://a.example/f.woff2) }", ["https://a.example/f.woff2"]),
        ('@import "https://a.example/x.css";', ["https://a.example/x.css"]),
        ('<a href="https://doi.org/x">', []),
        ('<img src="verification/turnover.png"> url("data:image/svg+xml,x")', []),
    ],
)
def test_what_another_host_is_asked_for_is_found(text: str, found: list[str]) -> None:
    assert fetched(text) == found


def test_a_new_page_stands_with_the_guides_and_an_absent_one_nowhere() -> None:
    shown = build.contents(["index", "tutorial", "glossary", "guides/new", "cohort"])
    assert re.findall(r":caption: (.*)|^([\w/]+|.* <\w+>)$", shown, flags=re.M) == [
        ("Tutorial", ""),
        ("", f"{build.TITLES['tutorial']} <tutorial>"),
        ("How-to guides", ""),
        ("", "cohort"),
        ("", "guides/new"),
        ("Explanation", ""),
        ("", "glossary"),
        ("Reference", ""),
    ]


@pytest.mark.parametrize("name", [name for _, _, names in API.values() for name in names])
def test_whatever_the_reference_shows_says_what_it_is(name: str) -> None:
    """A method or property without a docstring would be left out of its page in silence."""
    module, _, word = name.rpartition(".")
    thing = getattr(importlib.import_module(module), word)
    assert thing.__doc__, name
    own = vars(thing) if isinstance(thing, type) else {}
    callables = {k: x for k, x in own.items() if callable(x) or isinstance(x, (property, classmethod, cached_property))}
    assert [k for k, x in callables.items() if not k.startswith("_") and not x.__doc__] == []


@pytest.mark.skipif(bool(MISSING), reason=f"the docs extra is not installed: {', '.join(MISSING)}")
def test_the_pages_build_and_stand_alone() -> None:
    ran = subprocess.run([sys.executable, "docs/site/build.py"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    site = ROOT / "build" / "site"
    pages = {p: p.read_text(encoding="utf-8") for p in site.rglob("*") if p.suffix in (".html", ".css")}
    assert {str(p.relative_to(site)): fetched(text) for p, text in pages.items() if fetched(text)} == {}
    reference = "\n".join(text for p, text in pages.items() if "reference" in p.parts)
    for name in livingdrug.__all__:
        assert name.startswith("__") or f'id="livingdrug.{name}"' in reference, name
    assert all((site / "reference" / "files" / f"{kind}.html").is_file() for kind in KINDS)
    assert 'id="livingdrug-trials-sync"' in reference, "the command of a group has its section"
