"""How one course is stepped, and whether it can be believed.

What depends on time alone is known beforehand (`jumps.py`): the integrator stops at every change it might step over. A
file with conditions on what is integrated is run twice, the second time with tighter tolerances and half the steps, and
looked through for conditions that may have held for a moment between two looks; there the steps are bounded by the
moment's length and it is run again. Two runs that differ give a refusal, not a course.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.errors import EngineError
from livingdrug.sbml import blame
from livingdrug.sbml.compiled import Compiled, said, same_chance
from livingdrug.sbml.document import competing
from livingdrug.sbml.mathml import TIME
from livingdrug.sbml.spans import Floats, Span, distinct

LOOKS = 256  # looks at conditions on what is integrated, over one course
ROUNDS = 10  # times a moment that may hide a change is looked into
NARROW = 1e-9  # of a course: no change is looked for inside so short a stretch
NOISE = 1e-8  # of a symbol's largest value: what moves less between two looks does not move
MANY = 2_000  # events, or stretches to look into, beyond which only the second run speaks
FIRINGS = 1_000_000  # events in one course, and at one moment
AT_ONCE = 10_000
BISECTIONS, PATIENCE = 14, 5.0  # to find where an integration stops: tries, and CPU seconds
ATOL = 1e-12


@dataclass(frozen=True)
class Course:
    """Symbols over time. columns: `time` first, then the symbols asked for; notes: what was passed over, in words."""

    columns: dict[str, Floats]
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    @property
    def times(self) -> Floats:
        """The times [the file's unit]."""
        return self.columns["time"]


@dataclass(frozen=True)
class Leg:
    """A stretch of time with its longest step (0: any)."""

    end: float
    step: float = 0.0


class Run:
    """One course: how it is stepped, and whether it can be believed."""

    def __init__(
        self,
        compiled: Compiled,
        times: Floats,
        columns: dict[str, str],
        rtol: float,
        atol: float | None,
        fixed: dict[str, float],
    ) -> None:
        self.compiled, self.times, self.columns, self.atol, self.fixed = compiled, times, columns, atol, fixed
        self.runner, self.jumps, self.document = compiled.runner, compiled.jumps, compiled.document
        self.end = float(times[-1])
        # libroadrunner forgets an event that follows others within `rtol` units of time: keep it far below the course
        self.rtol = min(rtol, max(1e-7 * self.end, 1e-13)) if self.document.events and self.end else rtol
        self.notes = list(self.document.notes)
        self.firings = self.here = 0
        self.last = -np.inf
        self.before = -1
        self.fired: list[float] = []
        self.tied: dict[tuple[int, int], float] = {}  # events that fired at the same time, one after the other: when
        self.starts = np.zeros(0)

    def course(self) -> Course:
        self._listen()
        found = self._trusted() if self.end > 0.0 else self._start()
        columns = {"time": self.times}
        for i, name in enumerate(self.columns):
            columns[name] = found[:, i]
        if not np.isfinite(found).all():
            self._not_numbers(columns)
        self._ties()
        self._accumulating()
        return Course(columns, tuple(self.notes))

    def _start(self) -> Floats:
        self._begin(self.rtol)
        self._select(list(self.columns.values()))
        row = np.asarray(self.runner.getSelectedValues(), float) if self.columns else np.zeros(0)
        return np.repeat(row[None, :], len(self.times), axis=0)

    def _trusted(self) -> Floats:
        stops = self._stops()
        if not self.jumps.others:
            return self._solved(_between(stops), self.rtol, self.times, [])[:, : len(self.columns)]
        return self._checked(stops)

    def _stops(self) -> Floats:
        if not self.jumps.timed and not self.jumps.forced:
            return np.zeros(0)
        self._begin(self.rtol)
        start = " at the start"
        values = {n: self.compiled.value(n.removesuffix(start)) for n in self.jumps.constants}
        moments = self.jumps.moments(self.end, values, self.document.path)
        return moments[(moments > 0.0) & (moments < self.end)]

    def _checked(self, stops: Floats) -> Floats:
        """Of two runs with different steps, the finer one, if they agree."""
        inputs = [self.compiled.input(n) for n in self.jumps.inputs]
        looks = _with(self.times, [np.linspace(0.0, self.end, LOOKS + 1)])
        legs = _between(stops)
        n = len(self.columns)
        coarse = self._solved(legs, self.rtol, looks, inputs)
        if 0 < len(self.fired) <= MANY:
            looks = _with(self.times, [looks, self._beside_events()])
            coarse = self._solved(legs, self.rtol, looks, inputs)
        for _ in range(ROUNDS if len(self.fired) <= MANY else 0):
            hidden = self._hidden(looks, coarse[:, n:])
            if not len(hidden):
                break
            added, legs = _refined(looks, hidden, stops)
            looks = _with(self.times, [looks, *added])
            coarse = self._solved(legs, self.rtol, looks, inputs)
        rows = np.searchsorted(looks, self.times)
        fired = list(self.fired)
        for finer in (0.1, 0.02):
            bounded = _bounded(legs, self.end, self.end / LOOKS * finer * 5)
            fine = self._solved(bounded, max(self.rtol * finer, 1e-13), looks, inputs)
            fired += self.fired
            differs = _differs(coarse[:, :n], fine[:, :n]) & self._clear(looks, fired)[:, None]
            if not differs.any():
                return fine[rows, :n]
            coarse = fine
        row, column = np.argwhere(differs)[0]
        raise EngineError(
            f"SBML: the course cannot be settled: two ways of stepping give '{list(self.columns)[column]}' differently "
            f"from time {looks[row]:g} on",
            where=self.document.path,
            mend=self._unsettled(float(looks[row])) or "look at the conditions and events around that time",
        )

    def _unsettled(self, since: float) -> str | None:
        """What breaks down where two ways of stepping part, at the end, or where the course begins."""
        for moment in (since, self.end, 0.0):
            if self._reaches(moment) and (why := self._blamed(1e-6 * self.end)):
                return f"look at {why}, at time {moment:g}"
        return None

    def _beside_events(self) -> Floats:
        """Just before and just after every event, between which a jump is no sign of anything hidden."""
        near = distinct(self.fired)
        beside = np.concatenate([near - NARROW * self.end / 8, near + NARROW * self.end / 8])
        return beside[(beside > 0.0) & (beside < self.end)]

    def _clear(self, looks: Floats, fired: list[float]) -> Any:
        """Which looks are not so close to an event that it may fall on either side of them."""
        if not fired:
            return np.ones(len(looks), bool)
        events = distinct(fired)
        place = (
            np.clip(np.searchsorted(events, looks), 1, len(events) - 1)
            if len(events) > 1
            else np.zeros(len(looks), int)
        )
        gap = np.minimum(np.abs(looks - events[place]), np.abs(looks - events[np.maximum(place - 1, 0)]))
        return gap > 1e-6 * self.end

    def _hidden(self, looks: Floats, inputs: Floats) -> Any:
        """Which stretches between two looks may hide a change and a change back."""
        narrow = np.diff(looks) <= NARROW * self.end
        with np.errstate(all="ignore"):
            low, high = _hulls(looks, inputs, narrow)
        names = {n: (low[:, i], high[:, i]) for i, n in enumerate(self.jumps.inputs)}
        ends = {n: inputs[:, i] for i, n in enumerate(self.jumps.inputs)}
        moves = {n: b - a > NOISE * np.nanmax(np.abs(ends[n]), initial=0.0) for n, (a, b) in names.items()}
        unsure = np.zeros(len(looks) - 1, bool)
        with np.errstate(all="ignore"):
            for jump in self.jumps.others:
                read = jump.piece.names
                if any(n.startswith(" ") and n != TIME for n in read):
                    continue  # rateOf and the like: the second run has to show it
                span = jump.piece(lambda n: (looks[:-1], looks[1:]) if n == TIME else names[n])
                at = jump.piece(lambda n: (looks, looks) if n == TIME else (ends[n], ends[n]))[0]
                at = np.broadcast_to(at, looks.shape)
                moving = np.ones(1, bool) if TIME in read else np.any([moves[n] for n in read], axis=0)
                unsure |= np.broadcast_to(span[0] != span[1], unsure.shape) & (at[:-1] == at[1:]) & moving
        found = np.flatnonzero(unsure & ~narrow)
        return found if len(found) <= MANY else np.zeros(0, int)

    def _solved(self, legs: Sequence[Leg], rtol: float, times: Floats, more: Sequence[str]) -> Floats:
        """The columns and `more` at the times: one integration."""
        self._begin(rtol)
        selected = [*self.columns.values(), *more]
        self._select(selected)
        try:
            return self._legs(legs, times)
        except RuntimeError as problem:
            if self.atol is not None or not self._loosen(rtol, selected):
                raise self._failed(problem) from None
        try:
            return self._legs(legs, times)
        except RuntimeError as problem:
            raise self._failed(problem) from None

    def _legs(self, legs: Sequence[Leg], times: Floats) -> Floats:
        unique, back = _distinct(times)
        if unique[0] > 0.0:
            unique, back = np.concatenate([[0.0], unique]), back + 1
        rows, at, begin = [], 0, 0.0
        step = 0.0
        for leg in [*legs, Leg(self.end)] if not legs or legs[-1].end < self.end else legs:
            last = int(np.searchsorted(unique, leg.end, side="right"))
            inside = unique[at:last]
            wanted = inside.tolist()
            front = [] if wanted and wanted[0] <= begin else [begin]
            extra = [] if wanted and wanted[-1] >= leg.end else [leg.end]
            ask = [*front, *wanted, *extra]
            self.compiled.stale |= begin > 0.0 and bool(self.document.events)
            if leg.step != step:
                self.runner.getIntegrator().setValue("maximum_time_step", leg.step)
                step = leg.step
            if len(ask) > 1:
                part = np.array(self.runner.simulate(times=ask))
            else:
                part = np.array([self.runner.getSelectedValues()])
            rows.append(part[len(front) : len(part) - len(extra)])
            at, begin = last, leg.end
            if self.firings > FIRINGS or self.here > AT_ONCE:
                raise self._endless()
        if step:
            self.runner.getIntegrator().setValue("maximum_time_step", 0.0)
        return np.concatenate(rows)[back]

    def _begin(self, rtol: float) -> None:
        if self.compiled.stale:  # a reset would carry out events of time 0 at the time where the last stretch began
            self.compiled.renew()
            self.runner = self.compiled.runner
            self._listen()
        else:
            self.runner.resetToOrigin()
        runner = self.runner
        for name, value in self.fixed.items():
            runner.setValue(name, value)
        self.firings = self.here = 0
        self.fired = []
        integrator = runner.getIntegrator()
        if integrator.getValue("relative_tolerance") != rtol:
            integrator.setValue("relative_tolerance", rtol)
        if self.compiled.states:
            integrator.setValue("absolute_tolerance", self._floors(ATOL if self.atol is None else self.atol))
        integrator.setValue("maximum_num_steps", max(20_000, 5_000_000 // (10 + len(self.compiled.states))))
        if self.document.events:
            same_chance()

    def _floors(self, atol: float) -> list[float]:
        """Absolute tolerance of every state, in the order in which the integrator keeps them: rated symbols first."""
        if self.atol is not None:
            return [atol] * len(self.compiled.states)
        self.starts = np.abs([self.runner.getValue(n) for n in self.compiled.states])
        floor = min(_largest_of(self.starts), 1.0) or 1.0
        return [atol * (min(x, 1.0) if 0.0 < x < np.inf else floor) for x in self.starts.tolist()]

    def _loosen(self, rtol: float, selected: list[str]) -> bool:
        """Once more with the absolute tolerance relative to each start, where starts are large."""
        largest = _largest_of(self.starts)
        if not 1.0 < largest < np.inf:
            return False
        floors = [ATOL * (x if 0.0 < x < np.inf else 1.0) for x in self.starts.tolist()]
        self._begin(rtol)
        self.runner.getIntegrator().setValue("absolute_tolerance", floors)
        self._select(selected)
        return True

    def _select(self, names: list[str]) -> None:
        if self.compiled.selected != names:
            self.runner.timeCourseSelections = names
            self.compiled.selected = list(names)

    def _listen(self) -> None:
        """Count events, so that those without end are stopped."""
        if not self.document.events:
            return
        model = self.runner.model

        def fired(model: Any, index: int, name: str) -> int:
            now = model.getTime()
            self.here = self.here + 1 if now == self.last else 0
            if now == self.last and index != self.before and len(self.tied) < MANY:
                self.tied.setdefault((min(index, self.before), max(index, self.before)), now)
            self.last, self.before = now, index
            self.firings += 1
            if self.firings <= MANY + 1:
                self.fired.append(now)
            return int(self.firings > FIRINGS or self.here > AT_ONCE)  # 1 stops the simulation

        for name in model.getEventIds():
            model.getEvent(name).setOnTrigger(fired)

    def _ties(self) -> None:
        """Say where SBML leaves open which of two events goes first, and it makes a difference."""
        for (first, second), now in self.tied.items():
            a, b = (self.document.events[i] for i in (first, second))
            if competing(a, b):
                names = " and ".join(f"'{e.get('id') or f'event {i + 1}'}'" for e, i in ((a, first), (b, second)))
                self.notes.append(f"{names} fire together at time {now:g}; SBML leaves open which of them goes first")
                return

    def _accumulating(self) -> None:
        """Say where events follow each other faster and faster: beyond the limit SBML says nothing."""
        times = distinct(self.fired)
        gaps = np.diff(times)
        faster = (gaps[1:] < gaps[:-1]) & (gaps[1:] > 0.02 * gaps[:-1])  # not two that fall together by chance
        run = 0
        for i, shorter in enumerate(faster):
            run = run + 1 if shorter else 0
            if run >= 10 and gaps[i + 1] < 1e-6 * self.end:
                self.notes.append(
                    f"events follow each other faster and faster up to time {times[i + 2]:g}; beyond it the course is "
                    "that of a condition that holds for good and fires no more"
                )
                return

    def _endless(self) -> EngineError:
        return EngineError(
            f"SBML: events trigger each other without end at time {float(self.runner.model.getTime()):g}",
            where=self.document.path,
            mend="look at what they set and what they wait for",
        )

    def _failed(self, problem: Exception) -> EngineError:
        if self.firings > FIRINGS or self.here > AT_ONCE or "cascaded events" in str(problem):
            return self._endless()
        now, after = self._reached()
        mend = "look at the model's values around that time"
        why = self._blamed(after - now)
        if why is None:
            large = self._largest()
            why = None if large else blame.not_finite(self.document, self.runner, self.compiled.input)
        if why is None:
            if "TOO_MUCH_WORK" in str(problem):
                why, mend = "it needs too many steps", large or "ask for more times in between, or for a larger rtol"
            elif "_FAILURE" in str(problem):
                why, mend = "its steps become too small", large or f"{mend}, or ask for a larger rtol"
        return EngineError(
            f"SBML: the integration stops at time {now:.4g}: {why or said(problem)}",
            where=self.document.path,
            mend=mend,
        )

    def _reached(self) -> tuple[float, float]:
        """A time that is reached, in whose state the runner is left, and one shortly after that is not."""
        good, bad = 0.0, self.end
        begun = time.process_time()
        for _ in range(BISECTIONS):
            if time.process_time() - begun > PATIENCE:
                break
            middle = 0.5 * (good + bad)
            if self._reaches(middle):
                good = middle
            else:
                bad = middle
        self._reaches(good)
        return good, bad

    def _reaches(self, until: float) -> bool:
        self._begin(self.rtol)
        self._select([])
        try:
            if until > 0.0:
                self.runner.simulate(times=[0.0, until])
        except RuntimeError:
            return False
        return True

    def _blamed(self, reach: float) -> str | None:
        return blame.cause(self.document, self.runner, self.compiled.input, reach)

    def _largest(self) -> str:
        """Say what has grown without limit, if anything has."""
        grown = {}
        for name, start in zip(self.compiled.states, self.starts.tolist(), strict=False):
            now = abs(float(self.runner.getValue(name)))
            if start > 0.0 and now > 1e3 * start:
                grown[name] = now / start
        if not grown:
            return ""
        largest = max(grown, key=lambda n: grown[n])
        return f"look at the model's values; a quantity may grow without limit (the largest is '{largest}')"

    def _not_numbers(self, columns: dict[str, Floats]) -> None:
        """What is not finite: an error for what is integrated, a note for what only follows."""
        for name, values in columns.items():
            bad = ~np.isfinite(values)
            if not bad.any():
                continue
            first = self.times[int(np.argmax(bad))]
            if np.isfinite(values[0]) and name in self.compiled.states:
                raise EngineError(
                    f"SBML: '{name}' is {values[bad][0]} from time {first:g} on",
                    where=self.document.path,
                    mend=self._blamed(1e-6 * self.end) or "look at the model's values around that time",
                )
            self.notes.append(f"'{name}' is {values[bad][0]} at time {first:g}")


def _largest_of(values: Floats) -> float:
    """The largest, of those that are numbers; 0 where none is."""
    return float(np.max(values[~np.isnan(values)], initial=0.0))


def _distinct(times: Floats) -> tuple[Floats, Any]:
    """The times without those that the clock can hardly tell apart, and where each went."""
    first = np.diff(times, prepend=-np.inf) > 8 * np.spacing(times)
    return times[first], np.cumsum(first) - 1


def _hulls(looks: Floats, values: Floats, jumps: Any) -> Span:
    """Bounds of every column between neighbouring rows; as much beyond the ends as the curve bends.

    jumps: the stretches (rows - 1,) in which the values jump, whose slopes say nothing of their neighbours.
    """
    low, high = np.minimum(values[:-1], values[1:]), np.maximum(values[:-1], values[1:])
    wide = np.diff(looks)[:, None]
    slopes = np.diff(values, axis=0) / wide
    turn = np.where((jumps[1:] | jumps[:-1])[:, None], 0.0, np.abs(np.diff(slopes, axis=0)))
    bend = np.zeros_like(low)
    bend[1:] = turn
    bend[:-1] = np.maximum(bend[:-1], turn)
    return low - 0.25 * bend * wide, high + 0.25 * bend * wide


def _with(asked: Floats, more: Sequence[Floats]) -> Floats:
    """The times asked for and others, without those others that are hardly apart from the next."""
    near = NARROW / 50 * asked[-1]
    others = distinct(np.concatenate(more))
    others = others[np.diff(others, prepend=-np.inf) > near]
    place = np.clip(np.searchsorted(asked, others), 1, len(asked) - 1) if len(asked) > 1 else np.zeros(len(others), int)
    apart = np.minimum(np.abs(others - asked[place]), np.abs(others - asked[np.maximum(place - 1, 0)])) > near
    return distinct(np.concatenate([asked, others[apart]]))


def _refined(looks: Floats, hidden: Floats, stops: Floats) -> tuple[list[Floats], list[Leg]]:
    """Eight looks where there was one stretch, and steps no longer than that within it."""
    added = [np.linspace(looks[i], looks[i + 1], 9) for i in hidden]
    legs: dict[float, float] = {leg.end: leg.step for leg in _between(stops)}
    for piece in added:
        legs.setdefault(float(piece[0]), 0.0)
        legs[float(piece[-1])] = float(piece[1] - piece[0])
    ends = sorted(e for e in legs if e > 0.0)
    return added, [Leg(e, legs[e]) for e in ends]


def _between(stops: Floats) -> list[Leg]:
    """From stop to stop, in four steps at least."""
    return [Leg(t, d / 4.0) for t, d in zip(stops.tolist(), np.diff(stops, prepend=0.0).tolist(), strict=True)]


def _bounded(legs: Sequence[Leg], end: float, step: float) -> list[Leg]:
    """Steps at most half as long, and no longer than `step`."""
    whole = list(legs) if legs and legs[-1].end >= end else [*legs, Leg(end)]
    return [Leg(g.end, 0.5 * g.step if 0.0 < g.step < step else step) for g in whole]


def _differs(a: Floats, b: Floats) -> Floats:
    """Where two tables differ; a single row apart is an event that falls on that very time."""
    with np.errstate(all="ignore"):
        size = np.nanmax(np.where(np.isfinite(b), np.abs(b), 0.0), axis=0, initial=0.0)
        same = (np.abs(a - b) <= 1e-5 * size + 1e-300) | (a == b) | (np.isnan(a) & np.isnan(b))
    bad = ~same
    alone = bad.copy()
    alone[1:] &= ~bad[:-1]
    alone[:-1] &= ~bad[1:]
    return bad & ~alone
