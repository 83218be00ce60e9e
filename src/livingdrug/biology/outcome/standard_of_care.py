"""Standard of care in place of cells: progression and death as hazards that a trial published, by line of therapy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Flow, Hazard, Module, Param, Publishes, State, Switch
from livingdrug.model.math import exp, log, where


class StandardOfCare(Module):
    """No mechanism: patients progress, and die before or after it, at constant hazards that give the medians of a
    published arm; later lines have hazards of their own.

    Progression is as that arm published it, hence found at its visits already. Some patients may be spared both: a rule
    says which, as it says who progresses. Where patients give no number of lines before, the hazards hold as they are.
    Leaves out: what the drugs do, how patients differ but for the line, hazards that change with time, later cells.
    """

    role = "standard_of_care"

    prior_lines = Covariate("1", "lines of treatment before", absent=0.0)
    pfs = Param("day", "median time to progression or death")
    dying_first = Param("1", "deaths among the first events", most=1)
    death_after = Param("1/day", "hazard of death after progression")
    source_lines = Param("1", "lines of treatment before up to which the hazards hold")
    later_progression = Param("1", "first events in a later line, relative to that one")
    later_death = Param("1", "deaths after progression in a later line, relative to that one")
    spared = Param("1", "patients who neither progress nor die of the disease", most=1)
    responding = Param("1", "patients who respond: those who would progress last", most=1)
    complete = Param("1", "patients whose response is complete: the last of these", most=1)
    progressed = Switch("1 once progression is known")
    safe = Switch("1 for a patient whom the disease neither takes nor returns to")

    later = Derived("1", "1: in a later line", lambda v: where(v.prior_lines < v.source_lines + 0.5, 0.0, 1.0))
    first_event = Derived(
        "1/day",
        "hazard of progression or death among those who are not spared",
        lambda v: log(2.0) / v.pfs * (1 + v.later * (v.later_progression - 1)),
    )
    afterwards = Derived(
        "1/day", "hazard of death after progression", lambda v: v.death_after * (1 + v.later * (v.later_death - 1))
    )

    passed = State("1", "cumulative hazard of progression")
    early_death = Hazard("death before progression", ends=True)
    late_death = Hazard("death after progression", ends=True)
    stable = Publishes("1", "patients alike who have not progressed")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("progression", into="passed", rate=(1 - v.dying_first) * v.first_event)
        yield Flow(
            "death first",
            into="early_death",
            rate=v.dying_first * v.first_event * (1 - v.progressed) * (1 - v.safe),
        )
        yield Flow("death afterwards", into="late_death", rate=v.afterwards * v.progressed)

    def published(self, v: Any) -> dict[str, Any]:
        return {"stable": v.spared + (1 - v.spared) * exp(-v.passed)}
