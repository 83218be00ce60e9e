"""Figures as files: whether one can be written there, and writing it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.errors import ScenarioError
from livingdrug.files import whole_file

KINDS = (".png", ".svg", ".pdf")

Out = Annotated[Path | None, typer.Option("--out", help="Draw the plot to this PNG, SVG or PDF file.")]


def drawable(out: Path | None, where: str = "--out") -> None:
    """ScenarioError when a plot cannot be written there, before anything is computed. where: the option."""
    if out is None:
        return
    if out.suffix.lower() not in KINDS:
        raise ScenarioError(f"a plot cannot be written to '{out}'", where=where, allowed=".png, .svg or .pdf")
    if not out.absolute().parent.is_dir():
        raise ScenarioError(f"there is no folder '{out.absolute().parent}'", where=where, mend="make it first")


def draw(chart: Any, out: Path) -> None:
    """Write a chart to a file, whole or not at all, and say so."""
    with whole_file(out, where="--out") as part:
        chart.save(part)
    print(f"wrote {out}", file=sys.stderr)
