"""The flow of participants: nobody is lost without a reason, and figure and table say the same numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import plot
from livingdrug.errors import ScenarioError
from livingdrug.plot import Flow, Stage, svg
from livingdrug.plot.tables import tables

REASONS = st.dictionaries(st.sampled_from(["died", "progression", "no product", "<b>left</b>"]), st.integers(0, 40))


@st.composite
def flows(draw, title: str = "arm") -> Flow:
    """People who only ever leave with a reason."""
    many, stages = draw(st.integers(200, 5000)), []
    for words in ("Enrolled", "Product ready", "Infused")[: draw(st.integers(1, 3))]:
        lost = tuple(draw(REASONS).items())
        stages.append(Stage(words, many, (("a kind", many // 2),), lost))
        many -= sum(n for _, n in lost)
    return Flow(title, tuple(stages))


@given(flows("one"), flows("two"))
def test_page_and_table_say_every_number(one: Flow, two: Flow) -> None:
    chart = plot.flow([one, two])
    page = svg.inline(chart)
    assert "<b>left</b>" not in page.replace("&lt;b&gt;left&lt;/b&gt;", "")
    told = [int(n.replace(",", "")) for n in re.findall(r"<b>([\d,]+)</b>", page)]
    drawn = [
        n for flow in (one, two) for s in flow.stages for n in (s.many, *(n for _, n in s.of), *(n for _, n in s.lost))
    ]
    assert told == drawn
    (table,) = tables(chart)
    assert {len(row) for row in table.rows} == {3} and table.head == ("", "one", "two")
    rows = {row[0]: row[1:] for row in table.rows}
    for column, flow in enumerate((one, two)):
        for stage in flow.stages:
            assert rows[stage.words][column].startswith(f"{stage.many:,} (")


def test_the_rows_of_a_stage_stand_together_whichever_arm_has_them() -> None:
    one = Flow("one", (Stage("A", 10, lost=(("x", 1),)), Stage("B", 9)))
    two = Flow("two", (Stage("A", 10, lost=(("y", 2),)), Stage("B", 8)))
    (table,) = tables(plot.flow([one, two]))
    assert table.rows == (
        ("A", "10 (100.0 %)", "10 (100.0 %)"),
        ("then left: x", "1 (10.0 %)", "0"),
        ("then left: y", "0", "2 (20.0 %)"),
        ("B", "9 (90.0 %)", "8 (80.0 %)"),
    )


@given(flows(), st.integers(1, 9))
def test_people_who_get_lost_without_a_reason_are_told(flow: Flow, many: int) -> None:
    wrong = (*flow.stages, Stage("End", flow.stages[-1].many - sum(n for _, n in flow.stages[-1].lost) - many))
    with pytest.raises(ScenarioError, match="go on, not"):
        plot.flow([Flow("arm", wrong)])


def test_nobody_enrolled_is_drawn_too() -> None:
    chart = plot.flow([Flow("empty", (Stage("Enrolled", 0), Stage("Infused", 0)))])
    assert "0.0 %" in svg.inline(chart) and len(chart.figure(width=4).axes) == 1
