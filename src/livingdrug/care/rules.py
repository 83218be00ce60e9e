"""Care rules: when to look, what to ask, what to do, how often at most. Written as TOML, printed as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livingdrug.care.compiler import NOTHING, Programs
from livingdrug.care.grammar import parse, sentence
from livingdrug.care.schedule import duration
from livingdrug.care.tables import ORIGIN, table
from livingdrug.engine.plan import Act, Watch
from livingdrug.errors import ScenarioError, unknown
from livingdrug.model.assemble import Model
from livingdrug.model.declare import Entry, Switch

RULE = {"name": "text", "when": "asked", "value": "asked", "check": "clock", "do": "table", "limits": "table", **ORIGIN}
DO = {
    "give": "text", "amount": "asked", "at_most": "asked", "at_least": "asked", "over": "asked", "after": "asked",
    "set": "text", "to": "asked", "stop": "truth",
}  # fmt: skip
LIMITS = {"doses": "count", "times": "count", "apart": "asked"}


@dataclass(frozen=True)
class Rule:
    """One look at a patient: `when` is asked at each tick of `check`; if true and the limits allow, something is done.

    give / set: the input that a dose goes to, or the switch that is set to `amount`; both empty for a mere watch.
    over, after, apart [day].
    """

    name: str
    when: str
    check: Any = "every 6 h"
    give: str = ""
    set: str = ""
    stop: bool = False
    amount: str = "1"
    at_most: str = ""
    at_least: str = ""
    over: float = 0.0
    after: float = 0.0
    limit: int = 1_000_000
    apart: float = 0.0
    place: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any], where: str | None = None) -> Rule:
        """The rule that a [[rule]] or [[watch]] table describes; ScenarioError for anything that cannot be."""
        name = data.get("name", "") if isinstance(data, Mapping) else ""
        place = f"{where}, rule '{name}'" if where else f"rule '{name}'"
        table(data, RULE, "rule", place, ["name"])
        do = table(data.get("do", {}), DO, "action of a rule", place)
        limits = table(data.get("limits", {}), LIMITS, "limit of a rule", place)
        when = data.get("when", data.get("value"))
        if when is None:
            raise ScenarioError("a rule does not say when", where=place, mend='add when = "..."')
        give, switch = str(do.get("give", "")), str(do.get("set", ""))
        if bool(give) + bool(switch) + bool(do.get("stop")) > 1:
            raise ScenarioError("a rule does one thing: give, set or stop", where=place, mend="write two rules")
        if give and "amount" not in do:
            raise ScenarioError(f"the rule gives {give} but not how much", where=place, mend='add amount = "8 mg/kg"')
        for word in ("amount", "at_most", "at_least"):
            if give and str(do.get(word, "")).strip().startswith("-"):
                raise ScenarioError(
                    f"{word} = '{do[word]}': a dose is never negative", where=place, allowed="0 or more"
                )
        limit = limits.get("doses", limits.get("times", 1_000_000))
        over, after = (duration(do.get(word, 0.0), place) for word in ("over", "after"))
        apart = duration(limits.get("apart", 0.0), place)
        if min(over, after, apart) < 0:
            raise ScenarioError("over, after and apart cannot be negative", where=place, allowed="0 or more")
        parse(when, place)
        return cls(
            name=name,
            when=str(when),
            check=data.get("check", "every 6 h"),
            give=give,
            set=switch,
            stop=bool(do.get("stop")),
            amount=str(do.get("amount", do.get("to", 1))),
            at_most=str(do.get("at_most", "")),
            at_least=str(do.get("at_least", "")),
            over=over,
            after=after,
            limit=limit,
            apart=apart,
            place=place,
        )

    @property
    def key(self) -> str:
        """The word by which expressions ask about this rule."""
        return "_".join(self.name.split())

    def sentence(self) -> str:
        """The rule as a nurse would read it."""
        check = self.check if isinstance(self.check, str) else f"on days {self.check}"
        said = f"{check[:1].upper()}{check[1:]}: "
        condition = sentence(parse(self.when, self.place))
        if not (self.give or self.set or self.stop):
            return f"{said}note {condition}."
        if self.give:
            action = f"give {self.give}, {sentence(parse(self.amount, self.place))}"
            action += f" (at most {self.at_most})" if self.at_most else ""
            action += f" (at least {self.at_least})" if self.at_least else ""
            action += f" over {24 * self.over:g} h" if self.over else ""
            action += f", {24 * self.after:g} h later" if self.after else ""
        else:
            action = f"set {self.set} to {self.amount}" if self.set else "end follow-up"
        limits = [f"at most {self.limit} {'doses' if self.give else 'times'}"] * (self.limit < 1_000_000)
        limits += [f"at least {24 * self.apart:g} h apart"] * (self.apart > 0)
        return f"{said}when {condition}, {action}{'; ' if limits else ''}{', '.join(limits)}."

    def enlist(self, programs: Programs) -> None:
        """Make the rule known to expressions, before any is compiled."""
        if self.key in programs.watches:
            raise ScenarioError(f"two rules are called '{self.key}'", where=self.place, mend="rename one")
        programs.watch(self.key, gives=drug(self.give) if self.give else None)

    def compile(self, programs: Programs, model: Model, marks: int) -> Watch:
        """The engine's watch for this rule; `marks` are the ticks at which it looks."""
        target = (
            find_input(model, self.give or self.set, bool(self.give), self.place) if self.give or self.set else None
        )
        program, constants = programs.compile(self.when, where=self.place)
        amount, numbers = NOTHING
        if target is not None:
            text = self.amount
            if self.at_most:
                text = f"min({text}, {self.at_most})"
            if self.at_least:
                text = f"max({text}, {self.at_least})"
            amount, numbers = programs.compile(text, model.unit(target), self.place, dose=bool(self.give))
        act = Act.DOSE if self.give else Act.SET if self.set else Act.STOP if self.stop else Act.NOTHING
        number = -1 if target is None else model.inputs.index(target)
        return Watch(
            self.key,
            marks,
            program,
            constants,
            act,
            number,
            amount,
            numbers,
            self.over,
            self.after,
            self.limit,
            self.apart,
        )


def drug(word: str) -> str:
    """The drug that a path such as "drug.tocilizumab.dose" gives."""
    parts = word.split(".")
    return parts[-2] if len(parts) > 1 else word


def drugs(model: Model) -> dict[str, str]:
    """What may be given by its short name: the last word of a role with one entry -> the path of that entry, and
    "infusion" -> where the model takes the cell product."""
    found: dict[str, list[str]] = {}
    for path in model.entries:
        found.setdefault(drug(path), []).append(path)
    short = {word: paths[0] for word, paths in found.items() if len(paths) == 1}
    return short if model.infusion is None else {**short, "infusion": model.infusion}


def find_input(model: Model, word: str, dose: bool, where: str | None = None) -> str:
    """The path of the entry (dose) or switch that a rule means; a drug's own name is enough."""
    declared = {p: model.declared[p] for p in model.inputs}
    wanted = {p for p, d in declared.items() if isinstance(d, Entry if dose else Switch)}
    short = drugs(model) if dose else {}
    if word in wanted:
        return word
    if word in short:
        return short[word]
    raise unknown("drug or entry" if dose else "switch", word, {*wanted, *short}, where)
