"""A page of which one file is missing is told, and never left out in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from livingdrug.errors import ScenarioError
from livingdrug.explainers import page


@pytest.mark.parametrize("gone", ["making.toml", "making.md"])
def test_half_a_page_is_told(tmp_path: Path, gone: str) -> None:
    folder = tmp_path / "pages"
    shutil.copytree(page.FOLDER, folder)
    assert page.names(folder) == page.names()
    (folder / gone).unlink()
    with pytest.raises(ScenarioError, match="'making' is half there"):
        page.names(folder)
