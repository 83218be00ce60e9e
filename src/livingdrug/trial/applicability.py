"""Whether the model is applicable to what a run asks: inside calibrated ground, extrapolating, or silent.

Worked out from what was entered - the resolved scenario, its arms and overrides - against the trials that calibrate
(`ground`), and from what a change can reach in the equations (`reach`). No scenario is known by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from livingdrug import library
from livingdrug.care.rules import drug
from livingdrug.results.comparison import number
from livingdrug.results.score import OUTLOOK
from livingdrug.scenario import Resolved
from livingdrug.scenario.together import lacking
from livingdrug.spec.numbers import Mechanism
from livingdrug.spec.typed import of_file
from livingdrug.trial import beside
from livingdrug.trial.ground import MANY, PARTS, Ground, Seen, as_calibrated, calibration, changed, outside
from livingdrug.trial.question import Question, question
from livingdrug.units import of_unit

INSIDE, EXTRAPOLATING, SILENT = "inside calibrated ground", "extrapolating", "silent"
SAID = {
    INSIDE: "inside calibrated ground",
    EXTRAPOLATING: "extrapolating: what follows was entered, and no calibration trial covers it",
    SILENT: "silent: nothing that is changed can move any measure by its equations",
}
STANDING = ("calibrated", "outlook")  # what a mechanism's file may say of itself
AHEAD = "what it shares with calibrated trials is as fitted there; other numbers are assumed, or derived if they say so"
MOST = 8  # findings that are printed one by one


@dataclass(frozen=True)
class Finding:
    """Something entered that lies outside. kind: part, number, property, dose, rule, protocol, mechanism; name: its
    path or name; said: how far; arms: the arms in which it was entered, none when in all."""

    kind: str
    name: str
    said: str
    arms: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """How far it lies outside, and in which arms."""
        return self.said + (f" (arm {', '.join(self.arms)})" if self.arms else "")


@dataclass(frozen=True)
class Applicability:
    """trials: those that calibrate; findings: what lies outside; question: what is changed, and what that can reach;
    standing: what the mechanisms say of themselves, (what, words)."""

    trials: tuple[str, ...]
    findings: tuple[Finding, ...]
    question: Question
    standing: tuple[tuple[str, str], ...] = ()

    @property
    def word(self) -> str:
        """The verdict on the run: silent when nothing that is asked about can move, else extrapolating or inside."""
        if self.question.asked and self.question.silent and not self.question.reached:
            return SILENT
        return EXTRAPOLATING if self.findings else INSIDE

    @property
    def summary(self) -> str:
        """The verdict in a line."""
        ground = ", ".join(self.trials) or "no trial"
        return f"The model is {SAID[self.word]} (calibrated on {ground})."

    def points(self, most: int | None = MOST) -> list[tuple[str, str]]:
        """What the verdict rests on: (what, words); most: findings that are named, None for all."""
        told = [*((what, words.rstrip(".")) for what, words in self.standing)]
        told += [(f.name, f.told) for f in self.findings[:most]]
        if more := len(self.findings) - len(self.findings[:most]):
            told.append(("And", f"{more} more, under applicability of --json"))
        if self.question.silent:
            words = (
                f"{'; '.join(self.question.fields())}: in the model's equations nothing leads there from what is "
                "changed; only care that is given or spared can move them"
            )
            told.append(("Silent on", words))
        return [*told, *((f"Left out ({role})", words.rstrip(".")) for role, words in self.question.left_out.items())]

    def json(self) -> dict[str, Any]:
        """The object under `applicability` of `run --json`."""
        return {
            "verdict": self.word,
            "calibrated_on": list(self.trials),
            "outside": [{**vars(f), "arms": list(f.arms)} for f in self.findings],
            "silent": list(self.question.silent),
            "left_out": dict(self.question.left_out),
            "standing": [list(x) for x in self.standing],
        }

    def __str__(self) -> str:
        return "\n".join([self.summary, *(f"  {what}: {words}." for what, words in self.points())])


def applicability(resolved: Resolved) -> Applicability:
    """What a resolved scenario asks, judged.

    >>> from livingdrug.scenario import resolve
    >>> from livingdrug.trial.applicability import applicability
    >>> print(applicability(resolve("eliana")).word)
    inside calibrated ground
    """
    if as_calibrated(resolved):
        return Applicability(calibration(), (), Question(), _standing(resolved))
    ground = Ground.known()
    listed = {a.name: list(_outside(Seen(a.name, a), ground)) for a in resolved.arms}
    names = tuple(t.name for t in ground.trials)
    return Applicability(names, tuple(_merged(listed)), question(resolved), _standing(resolved))


def _standing(resolved: Resolved) -> tuple[tuple[str, str], ...]:
    """What the mechanisms of any arm say of themselves: what of them was calibrated, and what is an outlook."""
    stems = {role: stem for a in resolved.arms for role, stem in a.resolved.modules.items()}
    known, said = library.names("mechanisms"), []
    for role, stem in stems.items():
        if stem in known:
            own = of_file(Mechanism, library.find("mechanisms", stem))
            said += [(f"{key.capitalize()} ({role})", text) for key in STANDING if (text := getattr(own, key))]
    return tuple(said)


def _merged(listed: dict[str, list[Finding]]) -> Iterator[Finding]:
    """The findings of all arms, each once, with its arms where it is not in all."""
    for key in dict.fromkeys(f for found in listed.values() for f in found):
        arms = tuple(name for name, found in listed.items() if key in found)
        yield key if len(arms) == len(listed) else Finding(key.kind, key.name, key.said, arms)


def _outside(arm: Seen, ground: Ground) -> Iterator[Finding]:
    """What of an arm lies outside the ground."""
    if not ground.trials:
        yield Finding("part", "the model", "no trial of the library calibrates it")
        return
    trials = ground.near(arm)
    if arm.resolved.trial.role == OUTLOOK:
        yield Finding("part", "outlook", AHEAD)
    if beside.alone(arm.resolved):
        yield Finding("part", "trial", beside.NONE)
    yield from _parts(arm, ground)
    yield from _mechanisms(arm, ground)
    yield from _numbers(arm, ground, trials)
    yield from _properties(arm, ground, trials)
    yield from _doses(arm, ground, trials)
    yield from _rules(arm, trials)
    yield from _protocol(arm, trials)


def _parts(arm: Seen, ground: Ground) -> Iterator[Finding]:
    unseen = []
    for part in PARTS:
        seen = dict.fromkeys(str(t.parts[part]) for t in ground.trials if t.parts[part])
        if arm.parts[part] and arm.parts[part] not in seen:
            unseen.append(part)
            yield Finding("part", part, f"no fit saw {arm.parts[part]} (seen: {', '.join(seen) or 'none'})")
    for missing in lacking(arm.resolved.product, arm.resolved.tumour):
        if arm.resolved.comparator is None:
            yield Finding("part", "antigen", f"no number of {arm.parts['tumour']} is of cells with {missing}")
    pair = ("tumour", "costimulation")
    together = {tuple(t.parts[p] for p in pair) for t in ground.trials}
    if (
        not {*pair} & {*unseen}
        and all(arm.parts[p] for p in pair)
        and tuple(arm.parts[p] for p in pair) not in together
    ):
        yield Finding("part", " and ".join(pair), f"no fit saw {arm.parts['tumour']} with {arm.parts['costimulation']}")


def _mechanisms(arm: Seen, ground: Ground) -> Iterator[Finding]:
    seen = {(r, m) for t in ground.trials for r, m in t.resolved.modules.items()}
    for role, stem in arm.resolved.modules.items():
        if (role, stem) not in seen:
            yield Finding("mechanism", role, f"no fit saw the mechanism {stem} in this role")


def _numbers(arm: Seen, ground: Ground, trials: Sequence[Seen]) -> Iterator[Finding]:
    """Numbers of the model that no calibration trial has so, where patients lie elsewhere by them."""
    roles = {
        role for role, stem in arm.resolved.modules.items() if any(t.resolved.modules.get(role) == stem for t in trials)
    }
    for path in changed(arm.resolved.parameters, arm, trials):
        span = ground.span(path, trials) if path.rpartition(".")[0] in roles else None
        if span and (said := _beyond(arm.of_patients(path), span, arm.resolved.parameters[path].unit)):
            yield Finding("number", path, said)


def _properties(arm: Seen, ground: Ground, trials: Sequence[Seen]) -> Iterator[Finding]:
    for name, covariate in arm.resolved.covariates.items():
        if name in arm.enrolled.cohort.values and (span := ground.span(name, trials)):
            unit = arm.enrolled.cohort.units.get(name, covariate.unit)
            if said := _beyond(arm.of_patients(name), span, unit):
                yield Finding("property", name, said)


def _beyond(values: Any, span: tuple[float, float], unit: str) -> str:
    """How far values lie outside; "" when hardly any do."""
    share, side = outside(values, span)
    if share <= MANY:
        return ""
    unit = f" {of_unit(unit)}".rstrip()
    who = f"{number(float(values[0]))}{unit} lies" if len(values) == 1 else f"{100 * share:.0f} % of patients lie"
    if span[0] == span[1]:
        return f"{who} {side} the {number(span[0])}{unit} that was calibrated"
    return f"{who} {side} the calibrated range, {number(span[0])} to {number(span[1])}{unit}"


def _doses(arm: Seen, ground: Ground, trials: Sequence[Seen]) -> Iterator[Finding]:
    for path in dict.fromkeys([*arm.doses, *(p for t in trials for p in t.doses)]):
        name = drug(path) if path != arm.resolved.model().infusion else "infused cells"
        spans, given = ground.dose_spans(path, trials), arm.doses.get(path)
        if not spans:
            yield Finding("dose", name, "no calibration trial has it in its schedule")
        elif given is None:
            if all(path in t.doses for t in trials):
                yield Finding("dose", name, "not given, as it was in every calibration trial")
        else:
            ways = [(outside(x, spans[w])[0], w) for w, x in given.items() if w in spans]
            _, nearest = min(ways)
            if said := _beyond(given[nearest], spans[nearest], _unit(arm, path, nearest)):
                yield Finding("dose", name, said)


def _unit(arm: Seen, path: str, way: str) -> str:
    unit = arm.resolved.model().unit(path)
    return f"{unit}/{way}" if way else unit


def _rules(arm: Seen, trials: Sequence[Seen]) -> Iterator[Finding]:
    """Care rules that act as none does in the calibration trials, and drugs that are no longer given."""
    seen = {words for t in trials for words, _ in t.rules.values()}
    for key, (words, rule) in arm.rules.items():
        if words in seen:
            continue
        own = next((t.rules[key][0] for t in trials if key in t.rules), None)
        if own is None:
            yield Finding("rule", rule.name, "no calibration trial has this rule")
        else:
            yield Finding("rule", rule.name, _difference(words, own))
    given = [{r.do.give for _, r in t.rules.values() if r.do and r.do.give} for t in (arm, *trials)]
    for gone in sorted(set.intersection(*given[1:]) - given[0]) if trials else ():
        yield Finding("rule", str(gone), "no rule gives it, as one did in every calibration trial")


def _difference(words: str, seen: str) -> str:
    """Where two rules differ, in their own words."""
    new, old = words.split("; "), seen.split("; ")
    pairs = [(a, b) for a, b in zip(new, old, strict=False) if a != b]
    return f"{pairs[0][0]} (in calibration: {pairs[0][1]})" if pairs and len(new) == len(old) else f"{words} ({seen})"


def _protocol(arm: Seen, trials: Sequence[Seen]) -> Iterator[Finding]:
    """Numbers of the protocol that care asks about, and the length of follow-up."""
    protocol = arm.resolved.protocol
    in_doses = {n.path for d in protocol.schedule for x in (d.amount, d.at_least, d.at_most) if x for n in x.names}
    for path, own in protocol.numbers.items():
        known = [t.resolved.protocol.numbers[path] for t in trials if path in t.resolved.protocol.numbers]
        values = [x.value for x in known if x.unit == own.unit]
        if values and path not in in_doses and not min(values) <= own.value <= max(values):
            calibrated = " to ".join(number(x) for x in dict.fromkeys((min(values), max(values))))
            yield Finding("protocol", path, f"{number(own.value)}, {calibrated} in calibration")
    longest = max(t.resolved.protocol.follow_up for t in trials)
    if protocol.follow_up > longest:
        said = f"{protocol.follow_up:.0f} d, and calibration trials end at {longest:.0f} d"
        yield Finding("protocol", "follow-up", said)
