"""Every test here looks at the small made-up library only."""

import pytest

from unit.small_library import small_library


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The small library's folder; the working folder is a fresh one."""
    with small_library(tmp_path / "library") as where:
        work = tmp_path / "work"
        work.mkdir()
        monkeypatch.chdir(work)
        yield where
