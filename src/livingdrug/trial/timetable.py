"""The clocks of a run: who looks at which tick, and what falls outside the simulated time.

What a user writes outside it is refused. What the library wrote and a user's shorter follow-up cuts off is left out and
noted; so is what goes on after the end of follow-up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import ScenarioError, unknown
from livingdrug.library.located import Place, mistakable
from livingdrug.scenario import Resolved
from livingdrug.spec.clock import Clock
from livingdrug.spec.protocol import Dose, Rule, Watch
from livingdrug.spec.trial import Trial

CLOCKS = 62  # of one run: each is a bit of a tick's marks
AREA = 28.0  # day to which the area under the samples is taken
_CLOSE = 1e-9


class Timetable:
    """Collects the clocks of a run from day `start` to day `end`, so that each tick knows who looks at it.

    set_at: where the end of follow-up is written.
    """

    def __init__(self, start: float, end: float, set_at: Place) -> None:
        self.start, self.end, self.set_at = start, end, set_at
        self.visits: dict[str, Floats] = {}
        self.listed_at: dict[str, Place] = {}
        self.clocks: dict[Clock, Floats] = {}
        self.said: list[str] = []
        self.stopped: list[str] = []
        self.unread: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What is left out, or ends early, because it lies after the end of follow-up."""
        found = list(self.said)
        if self.stopped:
            found.append(f"follow-up ends on day {self.end:g}, before {', '.join(self.stopped)}, which end with it")
        if self.unread:
            found.append(f"after the end of follow-up, without a value: {', '.join(self.unread)}")
        return tuple(found)

    def times(self, given: Clock, what: str, place: Place) -> Floats:
        """The ticks of a clock within the simulated time."""
        for name in given.visits:
            self._listed(name, what, place)
        times = given.times(self.start, self.end, self.visits, place)
        outside = [f"{day:g}" for day in given.listed if not self.start - _CLOSE <= day <= self.end + _CLOSE]
        steps = given.runs(self.end)
        for first, last in steps:
            if first > self.end + _CLOSE or last < max(first, self.start):
                outside.append(f"{first:g} to {last:g}" if np.isfinite(last) else f"{first:g} and later")
            elif self.end + _CLOSE < last < np.inf:
                self.stopped.append(f"{what} (day {last:g})")
        if len(times) == 1 and len(steps) == len(given.pieces):
            said = f"{what} ticks once only: '{given.text}' steps over the end of follow-up (day {self.end:g})"
            self.outside(said, place, f"{what}: only the tick of day {times[0]:g} is left", "write a shorter step")
        if outside or not len(times):
            listed = ", ".join(outside)
            said = f"{what} lies outside the simulated time: " + (f"day {listed}" if listed else given.text)
            many = "days" if len(outside) > 1 else "day"
            left = f"{what}: {many} {listed} left out, outside the simulated time" if listed else f"{what}: left out"
            self.outside(said, place, left)
        return times

    def _listed(self, name: str, what: str, place: Place) -> None:
        """Refuse visits that nobody lists; blamed is the list that a user misspelt where the library asks for it."""
        if name in self.visits:
            return
        close = mistakable(name, self.visits)
        stands = self.listed_at.get(close or "")
        if close and stands and place.ours and not stands.ours:
            said = f"unknown list of visits '{close}': {what} asks for '{name}'"
            raise ScenarioError(said, stands, nearest=name, mend=f"call it '{name}', or let {what} ask for '{close}'")
        raise unknown("list of visits", name, self.visits, place)

    def outside(self, said: str, place: Place, left: str, mend: str | None = None) -> bool:
        """Refuse what lies outside the simulated time, or note it (`left`) where the library wrote it and a user
        shortened follow-up. True when noted."""
        if not place.ours or self.set_at.ours:
            allowed = f"day {self.start:g} to day {self.end:g}"
            mend = mend or "change the days, or start and follow_up of the protocol"
            raise ScenarioError(said, where=place, allowed=allowed, mend=mend)
        if left:
            self.said.append(left)
        return True

    def marks(self, given: Clock, what: str, place: Place) -> int:
        """The bit of this clock; clocks written alike share one."""
        if given not in self.clocks:
            self.clocks[given] = self.times(given, what, place)
        bit = list(self.clocks).index(given)
        if bit >= CLOCKS:
            raise ScenarioError(f"more than {CLOCKS} different clocks", where=place, mend="let rules share a clock")
        return 1 << bit

    def ticks(self, output: Floats, clones: Floats) -> tuple[Floats, Any, Any, Any]:
        """All ticks with their marks, and which of them are output and clone ticks."""
        ticks = np.unique(np.concatenate([*self.clocks.values(), output, clones]))
        marks = np.zeros(len(ticks), np.int64)
        for bit, times in enumerate(self.clocks.values()):
            marks[np.searchsorted(ticks, times)] |= 1 << bit
        return ticks, marks, np.isin(ticks, output), np.isin(ticks, clones)

    def looks(self, look: Watch) -> int:
        """The bit of a rule's or watch's clock; what the rule does must be over by the end of follow-up."""
        bit = self.marks(look.check, f"the clock of '{look.name}'", look.place("check"))
        times = self.clocks[look.check]
        if isinstance(look, Rule) and look.do and len(times):
            for key in ("after", "over"):
                self._done(f"what '{look.name}' gives", times[0], look.do.after, look.do.over, look.do.place(key), key)
            apart = look.limits.apart
            if look.limits.most > 1 and apart > self.end - times[0] + _CLOSE:
                said = f"'{look.name}' acts once at most: apart = {apart:g} d is longer than it is looked at"
                self.outside(said, look.limits.place("apart"), "", "write limits = { times = 1 }, or a shorter time")
        return bit

    def doses(self, dose: Dose) -> Floats:
        """The days of a scheduled dose, which must be over by the end of follow-up."""
        days = self.times(dose.days, f"the scheduled dose '{dose.name}'", dose.place("days"))
        if len(days):
            self._done(f"the dose '{dose.name}'", float(days[-1]), 0.0, dose.over, dose.place("over"), "over")
        return days

    def _done(self, what: str, day: float, after: float, over: float, place: Place, key: str) -> None:
        begun, ended = day + after, day + after + over
        late = begun if key == "after" else ended
        if late > self.end + _CLOSE and (after if key == "after" else over):
            verb = "would begin" if key == "after" else "would last to"
            said = f"{what} {verb} {'on ' if key == 'after' else ''}day {late:g}, after the end of follow-up"
            self.outside(said, place, said, f"write a shorter {key}, or a longer follow_up of the protocol")

    def reads(self, trial: Trial, output: Floats) -> None:
        """Refuse or note measures and samples that are read after the end of follow-up."""
        for m in trial.measure:
            if m.at is not None and m.at > self.end + _CLOSE:
                said = f"the measure '{m.name}' is read on day {m.at:g} of its endpoint, after the end of follow-up"
                mend = "write an earlier time, or a longer follow_up of the protocol"
                self.outside(said, m.place("at"), "", mend)
                self.unread.append(f"the measure '{m.name}'")
        if trial.samples is None:
            return
        for day in trial.samples.days:
            if not output[0] - _CLOSE <= day <= output[-1] + _CLOSE:
                said = f"[samples] reads the course on day {day:g}, where none is kept"
                self.outside(said, trial.samples.place("days"), "")
                self.unread.append(f"the course on day {day:g}")
        if self.visits[trial.samples.visits].max(initial=self.start) < AREA:
            self.said.append(f"the area under the samples has no value: none is taken on day {AREA:g} or later")


def timetable(resolved: Resolved) -> Timetable:
    """The table of a scenario's time, with the visits of its trial. Who chooses another protocol chooses its follow-up
    as well."""
    protocol, trial = resolved.protocol, resolved.trial
    set_at, chosen = protocol.place("follow_up"), resolved.origins.get("protocol", ())
    if set_at.ours and chosen and isinstance(chosen[-1][2], Place):
        set_at = chosen[-1][2]
    table = Timetable(protocol.start, protocol.follow_up, set_at)
    for name, days in trial.visits.items():
        table.listed_at[name] = trial.place(f"visits.{name}")
        table.visits[name] = table.times(days, f"visits '{name}'", trial.place(f"visits.{name}"))
    return table
