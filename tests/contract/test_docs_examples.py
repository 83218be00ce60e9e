"""The examples in the docstrings of the reference are run. `result` is a small run of ELIANA."""

from __future__ import annotations

import doctest
import importlib
import io
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import livingdrug
from livingdrug.report import html

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "site"))
API = importlib.import_module("reference").API


@cache
def small_run() -> Any:
    """`result` of the examples in docstrings."""
    return livingdrug.Trial("eliana").run(patients=60, seed=1)


def examples(page: str) -> Iterator[doctest.DocTest]:
    """The examples in the docstrings of a page of the reference."""
    for name in API[page][2]:
        module, _, word = name.rpartition(".")
        thing = getattr(importlib.import_module(module), word)
        yield from (t for t in doctest.DocTestFinder().find(thing, name, globs={}) if t.examples)


@pytest.mark.parametrize("page", API)
def test_the_examples_of_the_reference_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(html, "write", lambda result, folder: folder)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in examples(page):
        test.globs = {"livingdrug": livingdrug}
        if any("result" in example.source for example in test.examples):
            test.globs["result"] = small_run()
        out = io.StringIO()
        runner.run(test, out=out.write)
        assert not runner.failures, f"{test.name}\n{out.getvalue()}"
    assert runner.tries, "a page of the reference without an example"
