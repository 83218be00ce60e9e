"""The pictures of README and docs: each is shown somewhere, and shows the pages as they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "verification"))
pictures = pytest.importorskip("pictures", reason="Playwright and Pillow are in the extra 'dev'")
KEPT = ROOT / "docs" / "pictures"
FINE = 8  # pixels a side whose colours are taken together: fonts and edges differ a little between machines
APART = 2.5  # shades of 256 by which the page may differ in the mean before its picture is old


def test_every_picture_is_asked_for_kept_small_and_shown() -> None:
    files = {p.name: p.stat().st_size for p in KEPT.iterdir()}
    assert set(files) == {f"{shot.name}.png" for shot in pictures.SHOTS}
    assert max(files.values()) < pictures.LARGEST
    told = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    assert [name for name in files if f"pictures/{name})" not in told] == []


@pytest.mark.thorough
@pytest.mark.parametrize("shot", pictures.SHOTS, ids=lambda shot: shot.name)
def test_a_picture_shows_the_page_as_it_is(chromium: Any, server: Any, shot: Any, tmp_path: Path) -> None:
    pictures.take(chromium, server.address, shot, tmp_path)
    now, kept = (coarse(folder / f"{shot.name}.png") for folder in (tmp_path, KEPT))
    assert now.shape == kept.shape, "another window: run `make pictures`"
    apart = np.abs(now - kept).mean()
    assert apart < APART, f"{apart:.1f} shades apart: look at the page, then run `make pictures`"


def coarse(path: Path) -> Any:
    """A picture in shades of grey, a few pixels taken together."""
    return np.asarray(pictures.Image.open(path).convert("L").reduce(FINE), float)
