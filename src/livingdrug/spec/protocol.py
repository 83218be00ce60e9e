"""A protocol: who gets what, when; what is looked for; the care rules of the ward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from livingdrug.errors import ScenarioError, UnitError, nearest, short
from livingdrug.library.located import Located, Place, mistakable, plain
from livingdrug.parameters import WIDEST, Source
from livingdrug.spec.clock import Clock, clock
from livingdrug.spec.fields import (
    Amount,
    Asked,
    Count,
    Days,
    Duration,
    Expression,
    Looked,
    Modules,
    Moment,
    Real,
    Text,
    Texts,
    Ticks,
    Truth,
    expression,
)
from livingdrug.spec.grammar import Number
from livingdrug.spec.origin import File, Quantity, Sourced
from livingdrug.spec.typed import Refused, Typed

INFUSION = "infusion"  # the word for the cell product as it is given, and for the day from which time is counted
SHARES = {"1": 1.0, "%": 100.0}  # units of a share, and how much is the whole
SHORTEST = 1.0 / 1440.0  # [day] of follow-up: a minute; clocks are kept to some hundredths of a second
EARLIEST = -366.0  # [day] from which a patient is simulated: the disease of a year before is none that was measured
NEVER_FULL = 1_000_000  # doses of a rule that says no limit
AT_ONCE = Clock("on days 0", ((0.0,),))
EVERY_SIX_HOURS = clock("every 6 h")
ONE = expression(1)


class Dose(Sourced):
    """A scheduled dose. log_sd: between-patient standard deviation of its logarithm."""

    called: ClassVar[str] = "scheduled dose"
    renamed: ClassVar[Mapping[str, str]] = {"spread": "log_sd"}
    name: Text
    give: Text
    amount: Asked
    when: Asked | None = None
    days: Days = AT_ONCE
    over: Duration = 0.0
    log_sd: Real = 0.0
    at_least: Asked | None = None
    at_most: Asked | None = None

    def consistent(self) -> None:
        for key in ("over", "log_sd"):
            if getattr(self, key) < 0:
                raise ScenarioError(f"{key} cannot be negative", where=self.place(key), allowed="0 or more")
        if self.log_sd > WIDEST:
            said = f"log_sd = {self.log_sd:g} is wider than doses can differ"
            raise ScenarioError(said, where=self.place("log_sd"), allowed=f"0 to {WIDEST:g}")


class Do(Typed):
    """What a rule does: gives a drug, sets a switch, or ends follow-up."""

    called: ClassVar[str] = "action of a rule"
    give: Text | None = None
    amount: Amount | None = None
    at_most: Amount | None = None
    at_least: Amount | None = None
    over: Duration = 0.0
    after: Duration = 0.0
    set: Text | None = None
    to: Asked | None = None
    stop: Truth = False

    def consistent(self) -> None:
        done = [word for word, x in (("give", self.give), ("set", self.set), ("stop", self.stop)) if x]
        if len(done) != 1:
            said = "a rule does one thing: give, set or stop"
            raise ScenarioError(said, where=self.place(), mend="write two rules" if done else 'add give = "DRUG"')
        if self.give and self.amount is None:
            said = f"the rule gives {self.give} but not how much"
            raise ScenarioError(said, where=self.place("give"), mend='add amount = "8 mg/kg"')
        own = {"give": ("amount", "at_most", "at_least", "over", "after"), "set": ("to", "after"), "stop": ("after",)}
        for key in self.model_fields_set - {done[0], *own[done[0]]}:
            said = f"'{key}' does not belong to a rule that says {done[0]}"
            raise ScenarioError(said, where=self.place(key), allowed=", ".join(own[done[0]]))
        for key in ("amount", "at_most", "at_least"):
            asked = getattr(self, key)
            if asked is not None and asked.text.strip().startswith("-"):
                said = f"{key} = '{asked.text}': a dose is never negative"
                raise ScenarioError(said, where=self.place(key), allowed="0 or more")
            if key != "at_least" and asked is not None and isinstance(asked.node, Number) and not asked.node.value:
                said = f"a rule that gives {asked.text} does nothing, and would count as a dose"
                mend = "write remove = true in the rule to leave it out"
                raise ScenarioError(said, where=self.place(key), allowed="above 0", mend=mend)
        for key in ("over", "after"):
            if getattr(self, key) < 0:
                raise ScenarioError(f"{key} cannot be negative", where=self.place(key), allowed="0 or more")


class Limits(Typed):
    """How often a rule may act, and how far apart; 0 times switches a rule off that something else asks after."""

    called: ClassVar[str] = "limit of a rule"
    doses: Count | None = None
    times: Count | None = None
    apart: Duration = 0.0

    def consistent(self) -> None:
        if self.doses is not None and self.times is not None:
            raise ScenarioError("doses and times are the same limit", where=self.place("times"), mend="keep one")
        if self.apart < 0:
            raise ScenarioError("apart cannot be negative", where=self.place("apart"), allowed="0 or more")

    @property
    def most(self) -> int:
        """How many times at most."""
        return next((n for n in (self.doses, self.times) if n is not None), NEVER_FULL)


class Watch(Sourced):
    """One look at a patient at each tick of `check`: is it so (`when`), or how much is it (`value`)?"""

    called: ClassVar[str] = "watch"
    name: Text
    when: Asked | None = None
    value: Looked | None = None
    check: Ticks = EVERY_SIX_HOURS

    def consistent(self) -> None:
        if (self.when is None) == (self.value is None):
            said = f"the {self.called} '{self.name}' " + ("says both" if self.when else "does not say") + " when"
            raise ScenarioError(said, where=self.place(), mend='write when = "..." or value = "...", one of them')
        if self.value is not None and not self.value.names:
            said = f"the {self.called} '{self.name}' notes {self.value.text} at each look"
            raise ScenarioError(said, where=self.place("value"), mend="ask about something that it can see")

    @property
    def asked(self) -> Expression:
        """What is asked at each look."""
        found = self.when if self.when is not None else self.value
        assert found is not None
        return found

    @property
    def key(self) -> str:
        """The word by which expressions ask about it."""
        return "_".join(self.name.split())


class Rule(Watch):
    """A watch that acts: if what it asks is true and the limits allow, something is done.

    A rule without `do` looks only (`value`), after what the rules above it did at the same tick.
    """

    called: ClassVar[str] = "rule"
    do: Do | None = None
    limits: Limits = Limits()

    def consistent(self) -> None:
        super().consistent()
        if self.do is None and self.value is None:
            said = f"the rule '{self.name}' does nothing"
            raise ScenarioError(
                said,
                where=self.place(),
                mend="add do = { give = ... }, use the name of the rule to change, or write a [[watch]]",
            )


class Grading(Typed):
    """When the scales are looked at."""

    called: ClassVar[str] = "clock of grading"
    check: Ticks


GRADED = Grading(check=clock("every 6 h for 60 d"))


class Protocol(File):
    """Who gets what, when. Tables that are none of these hold numbers ([share.salvaged]): `numbers`, by path. like: the
    protocol it is a change of."""

    called: ClassVar[str] = "protocol"
    like: Text | None = None
    start: Moment = 0.0
    follow_up: Moment = 365.25
    drugs: Texts = ()
    modules: Modules = {}
    schedule: tuple[Dose, ...] = ()
    rule: tuple[Rule, ...] = ()
    watch: tuple[Watch, ...] = ()
    crs: Grading = GRADED
    numbers: dict[str, Quantity] = {}

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Numbers stand in tables of their own; a word that is neither is left to be refused."""
        data = super()._current(data)
        if not isinstance(data, Located):
            return data
        if "numbers" in data:  # not a word of a file
            raise Refused(cls.unknown("numbers", data.at("numbers")))
        for key, x in data.items():
            if key not in cls.model_fields and isinstance(x, Mapping):
                said = "value" not in x and any(isinstance(inside, (str, list)) for inside in x.values())
                close = nearest(key, cls.model_fields) if said else mistakable(key, cls.model_fields)
                if close:
                    raise Refused(ScenarioError(cls.unknown(key, None).what, data.at(key), nearest=close))
        found = {p: x for key in data for p, x in numbers(data[key], key)}
        kept = {k: x for k, x in data.items() if k in cls.model_fields or not isinstance(x, Mapping)}
        kept["numbers"] = Located(found, {p: x.place for p, x in found.items()}, data.place)
        return Located(kept, data.places, data.place)

    def consistent(self) -> None:
        if not self.start <= 0 < self.follow_up:
            raise ScenarioError(
                f"follow-up from day {self.start:g} to day {self.follow_up:g} cannot be",
                where=self.place("start" if self.start > 0 else "follow_up"),
                allowed="start <= 0 < follow_up",
            )
        for key, far, allowed in (
            ("start", self.start < EARLIEST, f"day {EARLIEST:g} to day 0"),
            ("follow_up", self.follow_up < SHORTEST, "1 min or more"),
        ):
            if far:
                said = f"{key} = day {getattr(self, key):g} is out of all proportion to a course of therapy"
                raise ScenarioError(said, where=self.place(key), allowed=allowed)
        for kind in ("schedule", "rule", "watch"):
            once(getattr(self, kind), kind)
        for path, number in self.numbers.items():
            if not path.startswith("share."):
                continue
            if number.unit not in SHARES:
                said = f"'{path}' is a share, and not in {number.unit}"
                raise UnitError(said, where=number.place("unit"), allowed=", ".join(SHARES))
            if not 0.0 <= number.value <= SHARES[number.unit]:
                said = f"'{path}' = {number.value:g} is no share"
                raise ScenarioError(said, where=number.place("value"), allowed=f"0 to {SHARES[number.unit]:g}")

    @property
    def looks(self) -> tuple[Watch, ...]:
        """Every watch, and then every rule: what looks at a patient, in this order at one tick."""
        return (*self.watch, *self.rule)

    def share(self, path: str) -> float:
        """A share by its path [1]; 0 when the protocol does not speak of it."""
        number = self.numbers.get(path)
        return number.value / SHARES[number.unit] if number else 0.0

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError when a row cites what no file here defines."""
        for row in (*self.schedule, *self.rule, *self.watch):
            row.cites(sources)
        for path, number in self.numbers.items():
            number.sourced(path, sources)


def once(rows: Any, kind: str) -> None:
    """ScenarioError when a row has no name, or two rows have one."""
    seen: dict[str, Any] = {}
    for row in rows:
        if not row.name.strip() or not row.name.isprintable():
            said = f"a {row.called} without a name" if not row.name.strip() else f"{short(row.name)} cannot be a name"
            raise ScenarioError(said, row.place("name"), "letters on one line", mend='write name = "..."')
        key = plain(row.name)
        if key in seen:
            said = f"two rows of [[{kind}]] are called '{row.name}'"
            if row.name != seen[key].name:
                said = f"'{row.name}' and '{seen[key].name}' of [[{kind}]] look alike: no table tells them apart"
            raise ScenarioError(said, where=row.place("name"), mend="keep one of them, or rename one")
        seen[key] = row


def titles(rows: Any, kind: str) -> None:
    """ScenarioError when two rows have one title: no table tells them apart."""
    seen: set[str] = set()
    for row in rows:
        title = plain(row.title or "").casefold()
        if title and title in seen:
            said = f"two {kind}s have the title '{row.title}'"
            raise ScenarioError(said, row.place("title"), mend="no table tells them apart: change one title")
        seen.add(title)


def numbers(data: Any, path: str) -> Iterator[tuple[str, Located]]:
    """Path and table of every number in a protocol's nested tables; a bare number is in its own (no) unit."""
    if not isinstance(data, Mapping) or path in Protocol.model_fields:
        return
    own = [key for key in Quantity.model_fields if key in data and not isinstance(data[key], Mapping)]
    if "value" in own or len(own) > 1:
        yield path, data if isinstance(data, Located) else Located(data)
        return
    for key, x in data.items():
        inside = f"{path}.{key}"
        if isinstance(x, (int, float)) and not isinstance(x, bool):
            place = data.at(key) if isinstance(data, Located) else Place("")
            yield inside, Located({"value": x, "unit": "1", "kind": "assumed", "why": "a bare number"}, {}, place)
        elif isinstance(x, Mapping):
            yield from numbers(x, inside)
        else:
            said = f"'{inside}' = {x!r} is not a number"
            place = data.at(key) if isinstance(data, Located) else Place("")
            raise Refused(ScenarioError(said, place, mend=f"write [{inside}] with value and unit"))
