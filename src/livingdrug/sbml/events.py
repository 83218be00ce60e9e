"""Events of imported models, carried out as the SBML specification says: triggers, delays, priorities, persistence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import EngineError
from livingdrug.published.integrate import Course, turns
from livingdrug.sbml.contents import Event, safe
from livingdrug.sbml.formula import TIME, Edge, Look
from livingdrug.sbml.read import Imported

Floats = NDArray[np.float64]
GRID = 20_001  # moments at which conditions on time alone are looked at, before they are located exactly
AT_ONCE = 10_000


@dataclass
class Waiting:
    """An event that was triggered and waits for its time. `values`: the new values, if computed when triggered."""

    event: int
    time: float
    values: list[float] | None


class Events:
    """The events of one course; keeps which triggers held and what waits."""

    def __init__(self, imported: Imported, course: Course) -> None:
        self.contents, self.course = imported.contents, course
        self.events: tuple[Event, ...] = imported.events
        self.held = [e.true_before for e in self.events]
        self.waiting: list[Waiting] = []
        self.place = {p: i for i, p in enumerate(course.model.states)}
        only = self.contents.jumping_only()
        self.jumping = [self.place[s.path] for n, s in self.contents.symbols.items() if n in only]
        self.timed = [e for e in imported.edges if self._timed(e)]
        watched = self.contents.depends(frozenset().union(*[e.trigger.names for e in self.events]))
        inside = [f for n, f in self.contents.assigned.items() if n in watched] + [e.trigger for e in self.events]
        self.moving = [e for f in inside for e in f.edges if not self._timed(e)]
        self.known: tuple[Any, Floats] | None = None

    def _timed(self, edge: Edge) -> bool:
        """Whether, between two events, a comparison depends on time alone."""
        names = self.contents.depends(edge.names)
        return TIME in names and not names & (self.contents.changing() - self.contents.jumping_only())

    def look(self, t: Any, y: Floats) -> Look:
        """A look at every symbol at one moment."""
        values = self.course.at(t, y)
        return self.contents.looks(lambda name: t if name == TIME else values[f"sbml.{safe(name)}"])

    def truth(self, t: float, y: Floats) -> tuple[bool, ...]:
        look = self.look(t, y)
        return tuple(bool(e.trigger(look)) for e in self.events)

    def near(self, t: float, y: Floats) -> Floats:
        look = self.look(t, y)
        return np.array([float(e.difference(look)) for e in self.moving])

    def due(self) -> float:
        return min((w.time for w in self.waiting), default=np.inf)

    def stops(self, t: float, y: Floats, end: float) -> Floats:
        """Moments at which a condition on time alone changes, until the next event moves its threshold."""
        thresholds = tuple(y[self.jumping])
        if self.known is None or self.known[0] != thresholds:
            found = [at for edge in self.timed for at in self._changes(edge, t, y, end)]
            self.known = (thresholds, np.unique(found))
        return self.known[1]

    def _changes(self, edge: Edge, t: float, y: Floats, end: float) -> Iterator[float]:
        def sign(at: Any) -> Any:
            return np.sign(edge.difference(self.look(at, y)))

        grid = np.linspace(t, end, GRID)
        signs = np.broadcast_to(sign(grid), grid.shape)
        for i in np.flatnonzero(signs[1:] != signs[:-1]):
            yield from turns(sign, float(grid[i]), float(grid[i + 1]))

    def settle(self, t: float, y: Floats) -> Floats:
        """Trigger what turned true, forget what no longer persists, carry out what is due, until nothing changes."""
        for _ in range(AT_ONCE):
            look = self.look(t, y)
            now = [bool(e.trigger(look)) for e in self.events]
            self.waiting = [w for w in self.waiting if now[w.event] or self.events[w.event].persistent]
            for i, event in enumerate(self.events):
                if now[i] and not self.held[i]:
                    self.waiting.append(self._triggered(i, event, t, look))
            self.held = now
            due = [w for w in self.waiting if w.time <= t]
            if not due:
                return y
            first = max(due, key=lambda w: (self._priority(w.event, look), -w.event))
            self.waiting.remove(first)
            y = self._carried_out(first, t, y)
        raise EngineError(f"SBML: events trigger each other without end at time {t:g}", where=self.contents.where)

    def _triggered(self, i: int, event: Event, t: float, look: Look) -> Waiting:
        delay = float(event.delay(look)) if event.delay else 0.0
        if not delay >= 0.0:
            raise EngineError(
                f"SBML: the delay of {event.name} is {delay:g} at time {t:g}",
                where=self.contents.where,
                allowed="0 or more",
            )
        return Waiting(i, t + delay, [float(f(look)) for _, f in event.assignments] if event.early else None)

    def _priority(self, i: int, look: Look) -> float:
        priority = self.events[i].priority
        return float(priority(look)) if priority else -np.inf

    def _carried_out(self, w: Waiting, t: float, y: Floats) -> Floats:
        event, look = self.events[w.event], self.look(t, y)
        values = w.values if w.values is not None else [float(f(look)) for _, f in event.assignments]
        y = y.copy()
        symbols = self.contents.symbols
        pairs = sorted(zip((s for s, _ in event.assignments), values, strict=True), key=lambda p: symbols[p[0]].by_size)
        for name, value in pairs:
            s = symbols[name]
            size = float(self.look(t, y)(s.compartment)) if s.by_size else 1.0
            y[self.place[s.path]] = value * size
        return y
