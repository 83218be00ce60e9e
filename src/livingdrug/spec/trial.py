"""A trial: its design, what is read off each patient, its endpoints and measures, and what was published of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import WithJsonSchema

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, UnitError, unknown
from livingdrug.library import LibraryFile
from livingdrug.library.located import mistakable
from livingdrug.parameters import Source
from livingdrug.spec.clock import Clock, clock, length
from livingdrug.spec.cohort import Cohort
from livingdrug.spec.fields import (
    Asked,
    Count,
    Days,
    Duration,
    Expression,
    Family,
    Modules,
    Real,
    Reals,
    Span,
    Text,
    Texts,
    Ticks,
    Truth,
    Unit,
    Whole,
    expression,
    worded,
)
from livingdrug.spec.origin import File
from livingdrug.spec.protocol import INFUSION, once, titles
from livingdrug.spec.typed import Typed, of_file, read
from livingdrug.units import DAYS

KINDS = ("share", "median", "mean", "geometric mean", "log-sd", "ratio", "survival", "survival median", "hazard ratio")
TIMED = ("survival", "survival median", "hazard ratio")
OWN = {"survival": "at", "ratio": "by", "hazard ratio": "by"}  # the key that a kind needs, and no other kind knows
UNITS_OF = {
    **dict.fromkeys(("share", "survival"), ("%",)),
    **dict.fromkeys(("log-sd", "ratio", "hazard ratio"), ("1",)),
    "survival median": tuple(DAYS),
}
READ = ("seen", "memory")
YEARS = (1900, 2100)  # of a publication
ROLES = ("calibration", "validation", "outlook")
_ROLE = {
    "type": "string",
    "enum": list(ROLES),
    "description": "calibration: rows may be fitted to; validation: none is; outlook: it counts in no score",
}
_ARMS = {  # of the library's own file; read when the scenario is, as the user's arms are
    "type": "array",
    "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    "description": "arms, each with its name and what it changes; comparator = NAME: no cells",
}
# What a trial takes of the one that it is like: how patients are looked at. Whom it treats, how, and what was published
# of it are its own.
DESIGN = ("scale", "also_graded", "visits", "course", "samples", "column", "endpoint", "measure")
_OF = {
    "type": ["string", "number", "boolean"],
    "minLength": 1,
    "description": "an expression, or an endpoint's name",
}
USUAL_COURSE = clock("every 1 d to day 28, then every 7 d to day 91, then every 28 d")
EVERYBODY = expression(1)
ENROLLED = "enrolled"  # the word for everybody, infused or not
ENROLMENT = "enrolment"  # the start of an endpoint that counts everybody enrolled
OWN_SCALE = "crs"  # the word by which files ask about the trial's own grading scale


class Course(Typed):
    """Of which quantities the course is kept, and on which days."""

    called: ClassVar[str] = "course"
    clock: Ticks = USUAL_COURSE
    shown: Texts = ()


class Samples(Typed):
    """An assay: what is sampled at visits, its error (log-SD), and its limit of quantification."""

    called: ClassVar[str] = "sampling"
    observable: Text
    visits: Text
    noise: Text | None = None
    limit: Text | None = None
    days: Reals = ()


class Column(Typed):
    """Something read off each patient: a column of the patients' table."""

    called: ClassVar[str] = "column"
    name: Text
    value: Asked
    unit: Unit | None = None
    title: Text | None = None
    about: Text | None = None


END = "end"  # the word for the end of follow-up


def day_of(event: str) -> str:
    """The column that holds the day of an event, as a file names it: second response -> second_response_day."""
    return f"{event.replace(' ', '_')}_day"


class Endpoint(Typed):
    """A time-to-event endpoint: lists of events and censorings with a start."""

    called: ClassVar[str] = "endpoint"
    name: Text
    title: Text | None = None
    among: Asked = EVERYBODY
    start: Text = INFUSION
    events: Texts
    censors: Texts = ()
    about: Text | None = None

    def consistent(self) -> None:
        if not self.events:
            raise ScenarioError("an endpoint without events", where=self.place("events"), mend='as events = ["death"]')
        seen = {self.start: "starts the clock"}
        for key, words, does in (("events", self.events, "is an event"), ("censors", self.censors, "censors")):
            for word in words:
                if word in seen:
                    said = f"'{word}' {seen[word]} and {'is named twice' if seen[word] == does else does}"
                    raise ScenarioError(said, where=self.place(key), mend="name it once")
                seen[word] = does
        for key, words in (("start", (self.start,)), ("events", self.events), ("censors", self.censors)):
            if END in words:
                said = f"'{END}' is the end of follow-up, which comes to everybody and always censors"
                raise ScenarioError(said, where=self.place(key), mend="name what happens to a patient, or leave it out")

    @property
    def words(self) -> str:
        """What people call it."""
        return self.title or self.name

    @property
    def days(self) -> tuple[str, ...]:
        """The columns of days that it is read off: of its start, its events and its censorings."""
        return tuple(map(day_of, (self.start, *self.events, *self.censors)))


class Measure(Typed):
    """One number of a whole trial. of: an expression, or the name of an endpoint for kinds that follow time; family:
    which measures it is scored with, since measures of one family tell much the same."""

    called: ClassVar[str] = "measure"
    name: Text
    title: Text | None = None
    family: Family | None = None
    kind: Annotated[Text, worded(KINDS)]
    of: Annotated[Any, WithJsonSchema(_OF)]
    among: Asked = EVERYBODY
    by: Asked | None = None
    at: Duration | None = None
    unit: Unit | None = None
    about: Text | None = None

    def consistent(self) -> None:
        if self.kind not in KINDS:
            raise unknown("kind of measure", self.kind, KINDS, self.place("kind"))
        self._own_keys()
        if self.timed and not isinstance(self.of, str):
            raise ScenarioError(
                f"of = {self.of!r} is not an endpoint",
                where=self.place("of"),
                mend="write the name of an [[endpoint]], in quotes",
            )
        allowed = UNITS_OF.get(self.kind, (self.shown_unit,))
        if self.shown_unit not in allowed:
            said = f"a measure of the kind '{self.kind}' is not given in {self.shown_unit}"
            raise ScenarioError(said, where=self.place("unit"), allowed=allowed)
        if not self.timed:
            self._readable()
        for key, asked in (("of", None if self.timed else self.asked), ("by", self.by)):
            if asked is not None and not {n.path for n in asked.names} - {"never"}:
                said = f"{key} = {asked.text} asks about nothing: it is the same in every patient"
                raise ScenarioError(said, where=self.place(key), mend="name a column of the patients")
        if self.among.text != ENROLLED and self.among.text.isidentifier() and mistakable(self.among.text, (ENROLLED,)):
            raise unknown("group of patients", self.among.text, (ENROLLED,), self.place("among"))
        if self.enrolled and self.kind != "share":
            said = f"a measure of the kind '{self.kind}' counts infused patients only: nobody else is followed"
            raise ScenarioError(said, where=self.place("among"), mend="leave among out, or give a condition")

    def _readable(self) -> None:
        """ScenarioError, at its line, for an expression that cannot be read."""
        try:
            expression(self.of)
        except LivingDrugError as problem:
            raise problem.but(where=self.place("of")) from None

    def _own_keys(self) -> None:
        """ScenarioError when a key that the kind needs is missing, or one is there that it would not look at."""
        own = OWN.get(self.kind)
        if own and getattr(self, own) is None:
            said = f"a measure of the kind '{self.kind}' needs '{own}'"
            raise ScenarioError(said, where=self.place(), mend=f"add {own} = ...")
        for key in sorted(set(OWN.values()) - {own}):
            if getattr(self, key) is not None:
                said = f"'{key}' does not belong to a measure of the kind '{self.kind}'"
                kinds = [f"'{kind}'" for kind, x in OWN.items() if x == key]
                mend = f"leave it out, or write kind = {' or '.join(kinds)}"
                raise ScenarioError(said, where=self.place(key), mend=mend)
        if self.at is not None and self.at <= 0:
            said = f"a day {'before' if self.at < 0 else 'of'} the start has nothing to tell: at = {length(self.at)}"
            raise ScenarioError(said, where=self.place("at"), allowed="a time after the start")

    @property
    def timed(self) -> bool:
        """Whether it is read off a time-to-event endpoint."""
        return self.kind in TIMED

    @property
    def asked(self) -> Expression:
        """What is asked of each patient."""
        return expression(self.of)

    @property
    def enrolled(self) -> bool:
        """Whether it counts everybody enrolled, not only those infused."""
        return self.among.text == ENROLLED

    @property
    def shown_unit(self) -> str:
        """The unit in which it is given."""
        return self.unit or ("%" if self.kind in ("share", "survival") else "1")


class Published(Typed):
    """What was published of a measure. low, high: its 95 % interval; range: never an interval."""

    called: ClassVar[str] = "published row"
    measure: Text
    title: Text | None = None
    value: Real
    low: Real | None = None
    high: Real | None = None
    range: Span | None = None
    unit: Unit | None = None
    n: Whole | None = None
    size: Whole | None = None
    cohort: Text | None = None
    scale: Text | None = None
    source: Text | None = None
    year: Whole | None = None
    where: Text | None = None
    read: Annotated[Text, worded(READ)] = "seen"
    fitted: Truth = False
    not_comparable: Text | None = None
    why: Text | None = None
    about: Text | None = None

    def consistent(self) -> None:
        if self.read not in READ:
            raise unknown("way of reading", self.read, READ, self.place("read"))
        if self.year is not None and not YEARS[0] <= self.year <= YEARS[1]:
            said = f"nothing was published in {self.year}"
            raise ScenarioError(said, where=self.place("year"), allowed=f"{YEARS[0]} to {YEARS[1]}")
        if (self.low is None) != (self.high is None):
            raise ScenarioError("an interval has two ends", where=self.place("low"), mend="give low and high")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            said = f"{self.value:g} does not lie between low = {self.low:g} and high = {self.high:g}"
            raise ScenarioError(said, where=self.place("value"), mend="write all three as published")
        if self.range is not None and not self.range[0] <= self.value <= self.range[1]:
            said = f"{self.value:g} does not lie in the range {self.range[0]:g} to {self.range[1]:g}"
            raise ScenarioError(said, where=self.place("range"), mend="write value and range as published")

    def percent(self) -> None:
        """ScenarioError when a number of the row is no percentage."""
        ends = {"low": self.low, "high": self.high, **dict(zip(("range", "range "), self.range or ()))}
        for key, x in {"value": self.value, **ends}.items():
            if x is not None and not 0 <= x <= 100:
                said = f"{x:g} % was published of '{self.measure}'"
                raise ScenarioError(said, where=self.place(key.strip()), allowed="0 to 100")

    @property
    def told(self) -> tuple[Any, ...]:
        """What was published where, of whom: two rows that are alike in it tell one thing twice."""
        return self.measure, self.source, self.where, self.cohort, self.scale


class Trial(File):
    """A virtual trial as its files and the user's describe it, all layers laid on each other. like: of a library file,
    the trial whose design (`DESIGN`) it lays its own words on; whole only together with it."""

    called: ClassVar[str] = "trial"
    like: Text | None = None
    name: Text | None = None
    trial: Text | None = None
    registry: Text | None = None
    role: Annotated[Text | None, WithJsonSchema(_ROLE)] = None
    bench: Truth = False
    product: Text | None = None
    population: Text | None = None
    tumour: Text | None = None
    protocol: Text | None = None
    manufacture: Text | None = None
    comparator: Text | None = None
    drugs: Texts = ()
    modules: Modules = {}
    patients: Whole | None = None
    cohort: Cohort | None = None
    seed: Count = 1
    size: Whole | None = None
    scale: Text | None = None
    also_graded: Texts = ()
    visits: dict[str, Days] = {}
    course: Course = Course()
    samples: Samples | None = None
    column: tuple[Column, ...] = ()
    endpoint: tuple[Endpoint, ...] = ()
    measure: tuple[Measure, ...] = ()
    published: tuple[Published, ...] = ()
    arm: Annotated[tuple[Any, ...], WithJsonSchema(_ARMS)] = ()
    set: dict[str, Any] = {}

    def consistent(self) -> None:
        if self.role is not None and self.role not in ROLES:
            raise unknown("role of a trial", self.role, ROLES, self.place("role"))
        for kind in ("column", "endpoint", "measure"):
            once(getattr(self, kind), kind)
        if (blank := next((name for name in self.visits if not name.strip()), None)) is not None:
            raise ScenarioError("visits without a name", where=self.place(f"visits.{blank}"), mend="give them one")
        self._arms()
        if self.like is None:
            self._whole()

    def _arms(self) -> None:
        """ScenarioError for a word of an arm that no trial has; tables of other names hold numbers of the model."""
        for arm in self.arm:
            for row in arm.get("published", ()) if isinstance(arm, Mapping) else ():
                read(Published, row)
            for key, x in arm.items() if isinstance(arm, Mapping) else ():
                if key not in type(self).model_fields and not isinstance(x, Mapping):
                    raise unknown(
                        "word in an arm", key, type(self).model_fields, getattr(arm, "at", lambda _: None)(key)
                    )

    def _whole(self) -> None:
        """ScenarioError for a word that nothing in the trial answers to, or for two titles that are alike."""
        ends = {e.name for e in self.endpoint}
        for m in self.measure:
            if m.timed and m.of not in ends:
                raise unknown("endpoint", m.of, ends, m.place("of"))
        for kind in ("measure", "endpoint", "column"):
            titles(getattr(self, kind), kind)
        self._published()
        if self.samples and self.samples.visits not in self.visits:
            raise unknown("list of visits", self.samples.visits, self.visits, self.samples.place("visits"))

    def _published(self) -> None:
        """ScenarioError for a published row of no measure, in another unit, or told twice."""
        known = {m.name: m for m in self.measure}
        called = {" ".join(m.title.casefold().split()): m.name for m in self.measure if m.title}
        seen: dict[tuple[Any, ...], Published] = {}
        for row in self.published:
            if row.measure not in known and not row.not_comparable:
                name = called.get(" ".join(row.measure.casefold().split()))
                if name:
                    said = f"'{row.measure}' is the title of a measure"
                    raise ScenarioError(said, row.place("measure"), nearest=name, mend=f'write measure = "{name}"')
                raise unknown("measure", row.measure, known, row.place("measure"))
            if row.told in seen:
                said = f"two published rows of '{row.measure}' have one origin (the other: {seen[row.told].place()})"
                mend = "keep one, say its own source, where or cohort, or write replace = true in the one that holds"
                raise ScenarioError(said, where=row.place("measure"), mend=mend)
            seen[row.told] = row
            if row.unit is None and (row.measure not in known or known[row.measure].shown_unit != "1"):
                unit = known[row.measure].shown_unit if row.measure in known else "%"
                said = f"{row.value:g} was published of '{row.measure}' without a unit"
                raise UnitError(said, where=row.place("value"), mend=f'add unit = "{unit}"')
            if row.measure in known and row.unit not in (None, known[row.measure].shown_unit):
                said = f"the published unit is {row.unit}, the measure's {known[row.measure].shown_unit}"
                raise ScenarioError(said, where=row.place("unit"), mend="write the value as it is in that unit")
            if row.measure in known and known[row.measure].shown_unit == "%":
                row.percent()

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError when a published row cites what no file here defines."""
        for row in self.published:
            if row.source is not None and row.source not in sources:
                raise SourceError(
                    f"the published row of '{row.measure}' cites '{row.source}', which no file here defines",
                    where=row.place("source"),
                    nearest=unknown("source", row.source, sources).nearest,
                    mend=f"add a table [sources.{row.source}] with its title and year",
                )

    def visit_clock(self, name: str) -> Clock:
        """The days of a list of visits."""
        return self.visits[name]


def bench(entry: LibraryFile) -> bool:
    """Whether a library trial is the one that templates and benchmarks take."""
    return "like" not in entry.data and of_file(Trial, entry).bench


def columns_of(entry: LibraryFile) -> list[str]:
    """The names of the columns that a trial's own file speaks of."""
    rows = entry.data.get("column", [])
    return [row["name"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("name"), str)]
