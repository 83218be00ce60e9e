"""Every figure in the README is a claim, and every claim names what shows it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = tomllib.loads((ROOT / "claims.toml").read_text(encoding="utf-8"))["claim"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_figures_of_the_readme_are_the_claims() -> None:
    section = README.split("## What it shows")[1].split("\n## ")[0]
    figures = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]
    assert figures == [c["text"] for c in CLAIMS]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c["shown_by"])
def test_what_shows_a_claim_is_there(claim: dict[str, str]) -> None:
    assert (ROOT / claim["shown_by"]).is_file()
    assert claim["command"].startswith("livingdrug ")
