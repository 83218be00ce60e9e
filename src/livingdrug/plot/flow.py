"""Flow of participants, as CONSORT asks for it: who entered, who left where and why, who is left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from livingdrug.errors import ScenarioError
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Flow


def flow(flows: Sequence[Flow]) -> Chart:
    """Flows of people side by side, one an arm. ScenarioError when people get lost or appear between two stages."""
    for one in flows:
        for before, after in pairwise(one.stages):
            left = before.many - sum(many for _, many in before.lost)
            if left != after.many:
                said = f"{one.title}: of {before.many} ({before.words}) {left} go on, not {after.many} ({after.words})"
                raise ScenarioError(said, mend="say of everybody who left why")
    return Chart(flows=tuple(flows))
