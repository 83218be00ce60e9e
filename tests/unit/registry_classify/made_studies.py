"""Studies made for these tests."""

from __future__ import annotations

from typing import Any

from livingdrug.registry.records.study import Arm, Intervention, Study


def study(title: str, *given: str, arms: tuple[str, ...] = (), other_names: tuple[str, ...] = (), **said: Any) -> Study:
    """A study of that title that gives these."""
    return Study(
        id="NCT99999999",
        registry="ctgov",
        url="",
        title=title,
        interventions=tuple(Intervention(name, other_names=other_names) for name in given),
        arms=tuple(Arm(None, description=text) for text in arms),
        study_type="INTERVENTIONAL",
        **said,
    )
