"""Patient constants are read by several blocks at once, while one of them may still be finding out what is asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.trial.enrolment import columns


class Busy(dict[str, Any]):
    """Values whose every look-up is met by another block adding a name."""

    def __init__(self, names: list[str], **values: float) -> None:
        super().__init__(values)
        self.asked = names

    def __getitem__(self, name: str) -> Any:
        self.asked.append(f"draw(another {len(self.asked)})")
        return super().__getitem__(name)


def test_names_that_another_block_adds_meanwhile_are_left_to_it() -> None:
    names = ["weight", "draw(luck)", "age"]
    table = columns(names, Busy(names, weight=70.0, age=9.0), np.arange(5), seed=1)
    assert len(names) == 5
    assert table.shape == (5, 3) and (table[:, 0] == 70).all() and (table[:, 2] == 9).all()
    assert 0 < table[:, 1].min() and table[:, 1].max() < 1
