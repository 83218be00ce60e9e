"""Many virtual patients of an SBML file, on the compiled engine.

Nothing is taken on trust. What depends on time alone is solved for beforehand, and the integrator stops there. Where
conditions hang on what is integrated, everybody is run twice. The file as it stands and the first patients are run by
libroadrunner, too; where that course differs, there is a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.engine.cache import load as compiled
from livingdrug.engine.plan import Floats, Op, Outcome, Output, Patients, Plan, Register, Watch
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError, ScenarioError
from livingdrug.sbml import forcing
from livingdrug.sbml.contents import ROLE, safe
from livingdrug.sbml.document import Document
from livingdrug.sbml.jumps import changes, find
from livingdrug.sbml.mathml import TIME, Look
from livingdrug.sbml.read import BELOW, OUTSIDE, STOP, Imported, read, starting
from livingdrug.sbml.simulate import Loaded
from livingdrug.sbml.simulate import load as load_one
from livingdrug.sbml.spans import Span, distinct, point
from livingdrug.sbml.vary import Vary

MOST = 1_000_000  # patients
LARGEST = 150_000_000  # numbers kept: patients times moments times symbols
CHECKED = 3  # patients that libroadrunner runs, too
STEPS = 200_000  # of one patient: a file of anybody may need many
AGREE = 1e-4  # of each symbol's peak
LOOKS = 257  # looks at what must not be negative
NOISE = 1e-15  # of the largest state: what stays below it is not told from 0
AGAIN = 100.0  # the second run's tolerance is so many times smaller, and it stops so often more
STOPS = 33
WAY_OUT = "single courses: livingdrug sbml run FILE, or sbml scan over a grid"
REASONS = {
    Outcome.STEP_BUDGET: "needed too many steps",
    Outcome.STEP_TOO_SMALL: "needed steps that are too small",
    Outcome.NOT_FINITE: "ended in what is no number",
    Outcome.UNSETTLED: "had two events at one moment whose order matters, or events without end",
}


@dataclass(frozen=True)
class Population:
    """Courses of patients of an SBML file.

    times (T,); courses: symbol -> (patients, T), of those that could be run; drawn: name -> (patients,) their values;
    failed: why others could not be run, and how many; agreement: the largest difference from libroadrunner among the
    patients checked, as a share of each symbol's peak; checked: how many they were.
    """

    times: Floats
    courses: dict[str, Floats]
    drawn: dict[str, Floats]
    failed: dict[str, int]
    checked: int
    agreement: float
    notes: tuple[str, ...]

    def percentiles(self, name: str, shares: Sequence[float] = (5.0, 25.0, 50.0, 75.0, 95.0)) -> Floats:
        """Percentiles of a symbol over the patients (shares, T)."""
        return np.percentile(self.courses[name], shares, axis=0)

    def table(self) -> dict[str, Floats]:
        """Percentiles by time, as columns: `time`, then five for every symbol."""
        found = {"time": self.times}
        for name in self.courses:
            found |= {f"{name} p{s}": x for s, x in zip((5, 25, 50, 75, 95), self.percentiles(name), strict=True)}
        return found

    def patients(self) -> dict[str, Floats]:
        """One row for each patient who could be run: what was drawn, and each symbol's peak and last value."""
        found = dict(self.drawn)
        for name, course in self.courses.items():
            found |= {f"{name} peak": course.max(axis=1), f"{name} last": course[:, -1]}
        return found


def population(
    path: str | Path,
    vary: Mapping[str, Vary],
    patients: int,
    times: Sequence[float] | Floats,
    seed: int = 1,
    symbols: Sequence[str] = (),
    rtol: float = 1e-6,
) -> Population:
    """Courses of many patients of an SBML file who differ in the values named in `vary`.

    times: finite, rising, 0 or later [the file's unit]; symbols: what to give, as for `load(path).run`; rtol: relative
    tolerance. The same seed gives the same patients, and each patient's draws hang on nothing else in the file.

    Errors: ScenarioError for what cannot vary or be; EngineError, with file and line, for what does not compile and
    where the course is not certain.
    """
    when = np.asarray(times, float)
    if when.ndim != 1 or not len(when) or not np.all(np.isfinite(when)) or when[0] < 0 or np.any(np.diff(when) <= 0):
        raise ScenarioError("these times cannot be run", where="times", allowed="finite, rising, 0 or later")
    if not 1 <= patients <= MOST:
        raise ScenarioError(f"{patients} patients are not possible here", where="--patients", allowed=f"1 to {MOST:,}")
    single = load_one(path)
    for name in vary:
        if name not in single.settable:
            _unsettable(single, name)
    asked = _Asked(path, single, tuple(vary), tuple(symbols), when, rtol)
    if patients * len(when) * len(asked.names) > LARGEST:
        raise ScenarioError(
            f"{patients:,} patients with {len(asked.names)} symbols at {len(when)} times do not fit into memory",
            where="--patients",
            mend="name fewer symbols (--of) or times",
        )
    ids = np.arange(patients)
    drawn = {name: law.draw(name, asked.typical(name), seed, ids) for name, law in vary.items()}
    return asked.run(drawn, patients, tuple(n for law in vary.values() for n in law.notes))


def _unsettable(single: Loaded, name: str) -> None:
    document = single._compiled.document
    if document.inside(name) in document.assigned:
        return  # the reader says what it follows from
    raise ScenarioError(
        f"the file has no value '{name}'",
        where="--vary",
        allowed=single.settable,
        given=name,
        mend=document.meant(name),
    )


class _Asked:
    """A file made ready: its model, compiled, with the course of the file as it stands."""

    def __init__(
        self,
        path: str | Path,
        single: Loaded,
        vary: tuple[str, ...],
        symbols: tuple[str, ...],
        times: Floats,
        rtol: float,
    ) -> None:
        self.single, self.times, self.rtol = single, times, rtol
        document = single._compiled.document
        single._compiled.columns(symbols, frozenset(), frozenset())  # an unknown name is refused here
        self.chosen = bool(symbols)
        self.names = symbols or tuple(document.shown.get(n, n) for n in document.described())
        inside = [document.inside(n) for n in self.names]
        try:
            with np.errstate(all="ignore"):  # what ends in no number is refused by name
                self.imported: Imported = read(path, vary, [n for n in inside if n in document.reactions])
                self.program = compiled(self.imported.model)
        except EngineError as problem:
            mend = f"{problem.mend}; {WAY_OUT}" if problem.mend else WAY_OUT
            raise EngineError(
                f"{problem.what} (in a population)", self._where(problem), problem.allowed, mend=mend
            ) from None
        except RecursionError:
            raise EngineError(
                "SBML: a formula is nested too deeply to be compiled", str(path), mend=f"split it with rules; {WAY_OUT}"
            ) from None
        self.paths = [self.imported.path(n) for n in inside]
        self.end = float(times[-1])
        grid = np.linspace(0.0, self.end, LOOKS) if self.imported.guarded else np.zeros(0)
        self.ticks = distinct(np.concatenate([times, grid, [self.end]]))

    def _where(self, problem: EngineError) -> str:
        """The file, and the line or formula that a problem names."""
        file = self.single._compiled.document.path
        return problem.where if problem.where and problem.where.startswith(file) else f"{file}: {problem.where or ''}"

    def _engine_knows(self) -> tuple[str, ...]:
        """Of the paths asked for those that change."""
        model = self.imported.model
        return tuple(p for p in self.paths if p in model.publishes or p in model.states)

    @property
    def document(self) -> Document:
        return self.imported.document

    def typical(self, name: str) -> float:
        """What the file gives."""
        return self.imported.values[self.imported.varied[name]]

    def run(self, drawn: Mapping[str, Floats], patients: int, notes: tuple[str, ...]) -> Population:
        """The patients, after the file as it stands, which is patient -1."""
        everyone = {n: np.concatenate([[self.typical(n)], x]) for n, x in drawn.items()}
        known = {**self.imported.values, **{self.imported.varied[n]: x for n, x in everyone.items()}}
        values = starting(self.imported, known, patients + 1)
        floors = self._floors()
        self.seen = self._engine_knows()
        self._alone(floors)
        given = [n for n in self.names if n not in self.noise]
        if len(given) < len(self.names):
            names = ", ".join(sorted(self.noise & set(self.names))[:5])
            if self.chosen or not given:
                raise EngineError(
                    f"SBML: {names} stays below {NOISE:g} of the largest state, which a population does not resolve",
                    where=self.imported.source,
                    mend=f"write the file in units in which they are nearer; {WAY_OUT}",
                )
            notes = (*notes, f"{names} stays below {NOISE:g} of the largest state and is not given")
        self.paths = [p for n, p in zip(self.names, self.paths, strict=True) if n not in self.noise]
        self.names = tuple(given)
        self.seen = self._engine_knows()
        doses = self._stops(values, patients + 1)
        out, low = self._once(values, doses, floors, self.rtol)
        why = np.array([REASONS.get(Outcome(o), "") for o in out.outcome], object)
        why[(why == "") & (low < BELOW)] = " or ".join(self.imported.guarded)
        if find(self.document).others:
            again, _ = self._once(values, self._more(doses), floors, max(self.rtol / AGAIN, 1e-13))
            why[(why == "") & self._apart(out, again)] = "is not certain: finer steps give another course"
        if why[0]:
            self._refuse(why[0])
        agreement, checked = self._checked(drawn, self._courses(out, values, patients + 1), why)
        well = np.flatnonzero(why == "")
        well = well[well > 0]
        failed = {str(r): int((why[1:] == r).sum()) for r in dict.fromkeys(why[1:]) if r}
        return Population(
            self.times,
            {n: course[well] for n, course in self._courses(out, values, patients + 1).items()},
            {n: x[well - 1] for n, x in drawn.items()},
            failed,
            checked,
            agreement,
            (*dict.fromkeys([*self.imported.contents.notes, *self.single.notes]), *notes),
        )

    def _alone(self, floors: Floats) -> None:
        """The file as it stands, before everybody waits for it."""
        values = starting(self.imported, self.imported.values, 1)
        out, _ = self._once(values, self._stops(values, 1), floors, self.rtol)
        if out.outcome[0] >= Outcome.STEP_BUDGET:
            self._refuse(REASONS[Outcome(out.outcome[0])])

    def _refuse(self, why: str) -> None:
        raise EngineError(
            f"SBML: the file as it stands {why} (in a population)", where=self.imported.source, mend=WAY_OUT
        )

    def _floors(self) -> Floats:
        """Where a state counts as small: a millionth of its peak in the file as it stands.

        What stays below 1e-15 of the largest of all is the noise of a steady state, and counts as the smallest that is
        none.
        """
        contents = self.imported.contents
        states = [n for n in contents.symbols if n in contents.changing() and n not in contents.assigned]
        shown = [self.document.shown.get(n, n) for n in states]
        self.noise: frozenset[str] = frozenset()
        if not states:
            return np.ones(len(self.imported.model.states))
        amounts = [n for n, k in zip(shown, states, strict=True) if contents.symbols[k].kind == "species"]
        when = np.linspace(0.0, self.end, LOOKS)
        course = self.single.run(when, symbols=shown, amounts=amounts)
        peaks = np.array([_largest(course[n]) for n in shown])
        known = peaks > NOISE * peaks.max()
        sizes = np.where(known, peaks, peaks[known].min() if known.any() else 1.0)
        self.noise = frozenset(n for n, k, p in zip(shown, known, peaks, strict=True) if not k and p > 0.0)
        by_path = {f"{ROLE}.{safe(n)}": p for n, p in zip(states, sizes, strict=True)}
        return 1e-6 * np.array([by_path[p] for p in self.imported.model.states])

    def _stops(self, values: Mapping[str, Any], patients: int) -> Floats:
        """Settings of an input that nothing reads: the integrator stops at every change of a condition on time."""
        jumps = find(self.document)
        given = {n: self._constant(values, n) for n in jumps.constants}
        many = patients if any(np.ndim(x) for x in given.values()) else 1

        def at(span: Span, who: Any) -> Look:
            seen: dict[str, Span] = {TIME: span}

            def look(name: str) -> Span:
                if name not in seen:
                    known = jumps.known.get(name)
                    if known:
                        seen[name] = known(look)
                    else:
                        x = np.asarray(given[name], float)
                        seen[name] = point(x[who] if x.ndim else x)
                return seen[name]

            return look

        moments = [changes(j.piece, at, self.end, self.imported.source, many) for j in jumps.timed]
        moments += [forcing.moments(piece, at, self.end, many) for piece in jumps.forced]
        many = max((len(m) for m in moments), default=1)
        each = [distinct(np.concatenate([m[i % len(m)] for m in moments] or [np.zeros(0)])) for i in range(many)]
        return self._settings(each, patients)

    def _settings(self, each: Sequence[Floats], patients: int) -> Floats:
        found = np.full((len(each), max(map(len, each)), 4), np.inf)
        for row, moments in zip(found, each, strict=True):
            row[: len(moments), 0] = moments
            row[: len(moments), 1:] = [self.imported.model.inputs.index(STOP), 0.0, 0.0]
        if found.size > LARGEST // 4:
            raise EngineError(
                "SBML: conditions on time that differ between patients change too often",
                where=self.imported.source,
                mend=f"fewer patients; {WAY_OUT}",
            )
        return np.broadcast_to(found, (patients, *found.shape[1:]))

    def _more(self, doses: Floats) -> Floats:
        """The stops, and others in between, so that no step is long."""
        extra = self.end * (np.arange(STOPS) + 0.6180339887) / STOPS
        rows = np.broadcast_to(
            np.column_stack([extra, np.full(STOPS, self.imported.model.inputs.index(STOP)), np.zeros((STOPS, 2))]),
            (len(doses), STOPS, 4),
        )
        return np.concatenate([doses, rows], axis=1)

    def _constant(self, values: Mapping[str, Any], name: str) -> Any:
        """A constant in the meaning of its symbol, or what a clock of the file begins with, of every patient."""
        plain = name.removesuffix(" at the start")
        path = f"{ROLE}.{safe(plain)}"
        s = self.imported.contents.symbols[plain]
        amount = values[f"{path}@start"] if f"{path}@start" in values else values[path]
        return amount / self._constant(values, s.compartment) if s.by_size else amount

    def _once(self, values: Mapping[str, Any], doses: Floats, floors: Floats, rtol: float) -> tuple[Output, Floats]:
        """One run of everybody; the least value that each had of what must not be negative."""
        n = len(doses)
        guarded = bool(self.imported.guarded)
        watch = Watch(OUTSIDE, 1, np.array([[Op.OBS, len(self.seen)], [Op.NEG, 0]], np.int64), np.zeros(0))
        plan = Plan(
            start=0.0,
            end=float(np.nextafter(self.end * (1.0 + 1e-12), np.inf)),
            ticks=self.ticks,
            marks=np.full(len(self.ticks), int(guarded), np.int64),
            output=np.isin(self.ticks, self.times),
            clone_ticks=np.zeros(len(self.ticks), bool),
            observables=(*self.seen, *([f"{ROLE}.{OUTSIDE}"] if guarded else [])),
            written=len(self.seen),
            watches=(watch,) if guarded else (),
            rtol=rtol,
            floors=floors,
            max_steps=STEPS,
        )
        people = Patients(np.arange(n), dict(values), np.zeros((n, 0)), doses, np.zeros((n, 0)))
        out = simulate(self.imported.model, plan, people, program=self.program)
        low = -out.registers[:, 0, Register.PEAK] if guarded else np.zeros(n)
        return out, low

    def _apart(self, out: Output, again: Output) -> Any:
        """Who had another course with finer steps; a single moment apart is an event that falls on it."""
        a, b = out.observables, again.observables
        with np.errstate(all="ignore"):
            size = np.nanmax(np.abs(b), axis=(0, 1), keepdims=True, initial=0.0)
            own = np.nanmax(np.abs(b), axis=1, keepdims=True, initial=0.0)
            bad = ~(np.abs(a - b) <= AGREE * np.maximum(own, 1e-6 * size) + 1e-300)
        alone = bad.copy()
        alone[:, 1:] &= ~bad[:, :-1]
        alone[:, :-1] &= ~bad[:, 1:]
        return (bad & ~alone).any(axis=(1, 2)) | (again.outcome >= Outcome.STEP_BUDGET)

    def _courses(self, out: Output, values: Mapping[str, Any], patients: int) -> dict[str, Floats]:
        """Every symbol asked for (patients, T): of what the engine wrote, and of constants."""
        found = {}
        for name, path in zip(self.names, self.paths, strict=True):
            if path in self.seen:
                found[name] = out.observables[:, :, self.seen.index(path)]
            else:
                flat = np.broadcast_to(np.asarray(values[path], float), patients)
                found[name] = np.broadcast_to(flat[:, None], (patients, len(self.times)))
        return found

    def _checked(self, drawn: Mapping[str, Floats], courses: Mapping[str, Floats], why: Any) -> tuple[float, int]:
        """The largest difference from libroadrunner of the file as it stands and of the first patients."""
        worst, checked = 0.0, 0
        least = NOISE * max(_largest(x[0]) for x in courses.values()) + 1e-300
        for row in np.flatnonzero(why == "")[: CHECKED + 1]:
            values = {n: float(x[row - 1]) for n, x in drawn.items()} if row else {}
            course = self.single.run(self.times, values, self.names)
            for name in self.names:
                mine, theirs = courses[name][row], course[name]
                peak = _largest(theirs)
                with np.errstate(all="ignore"):
                    same = (np.abs(mine - theirs) <= (AGREE * peak or least)) | (mine == theirs)
                bad = ~(same | (np.isnan(mine) & np.isnan(theirs)))
                alone = bad & ~np.append(bad[1:], False) & ~np.append(False, bad[:-1])
                known = np.isfinite(mine) & np.isfinite(theirs) & ~alone
                off = np.abs(mine - theirs)[known] / peak if peak else np.zeros(0)
                worst = max(worst, float(off.max(initial=0.0)))
                if (bad & ~alone).any():
                    who = f"patient {row - 1}" if row else "the file as it stands"
                    at = self.times[int(np.argmax(bad & ~alone))]
                    raise EngineError(
                        f"SBML: the compiled course of '{name}' differs from libroadrunner's at time {at:g} ({who}: "
                        f"{mine[bad][0]:.6g}, not {theirs[bad][0]:.6g})",
                        where=self.imported.source,
                        mend=f"ask for a smaller --rtol; {WAY_OUT}",
                    )
            checked += 1
        return worst, checked


def _largest(values: Floats) -> float:
    """The largest size of what is finite, 0 where nothing is."""
    return float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
