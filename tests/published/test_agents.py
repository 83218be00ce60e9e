"""Agents beside the courses of the published codes, with their habits. Minutes of CPU time: thorough."""

from __future__ import annotations

import re

import pytest

from livingdrug.agents.course import follow
from livingdrug.agents.numbers import AS_PUBLISHED, given
from livingdrug.published.entry import published


@pytest.mark.thorough
@pytest.mark.parametrize(("variant", "day", "within"), [("control", 10.0, 0.03), ("", 5.0, 0.05)])
def test_agents_grow_and_die_as_published(variant: str, day: float, within: float) -> None:
    """The published figures are those that stand in the file of the model in shells, means of five runs."""
    name = f":{variant}" if variant else ""
    figures = published(f"luque_2024{name}").figures
    said = {float(f.measure.split(",")[1].strip(" )")): f.value for f in figures if re.match(r"at\(tumour,", f.measure)}
    course = follow(given(f"organoid{name}", AS_PUBLISHED), days=day, every=day / 2)
    assert course.at("tumour", day) == pytest.approx(said[day], rel=within)
