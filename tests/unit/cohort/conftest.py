"""Every test here looks at the small made-up library, unless it asks for the real one."""

import pytest

from unit.small_library import small_library


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The small library's folder; the working folder is a fresh one."""
    with small_library(tmp_path / "library") as where:
        monkeypatch.chdir(tmp_path)
        yield where
