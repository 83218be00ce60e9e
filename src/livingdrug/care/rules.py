"""Care rules at work: enlisted by name, told as sentences, compiled to what the engine looks at."""

from __future__ import annotations

import re

from livingdrug import library
from livingdrug.care.compiler import NOTHING, Programs
from livingdrug.care.truth import span
from livingdrug.engine.plan import Act, Watch
from livingdrug.errors import ScenarioError, unknown
from livingdrug.model.assemble import Model
from livingdrug.model.declare import Entry, Switch
from livingdrug.spec import protocol as spec
from livingdrug.spec.fields import Expression, expression
from livingdrug.spec.grammar import WORDS, Call, Node, Speaker, sentence


def rule_sentence(rule: spec.Watch, speaker: Speaker | None = None) -> str:
    """A rule or watch as a nurse would read it; speaker: as in `grammar.sentence`."""
    check = rule.check.text
    said = f"{check[:1].upper()}{check[1:]}: "
    condition = sentence(rule.asked.node, speaker=speaker)
    do = rule.do if isinstance(rule, spec.Rule) else None
    if do is None:
        return f"{said}note {condition}."
    limits = rule.limits if isinstance(rule, spec.Rule) else spec.Limits()
    if do.give and do.amount:
        action = f"give {do.give}, {sentence(do.amount.node, speaker=speaker)}"
        action += f" (at most {do.at_most})" if do.at_most else ""
        action += f" (at least {do.at_least})" if do.at_least else ""
        action += f" over {24 * do.over:g} h" if do.over else ""
        action += f", {24 * do.after:g} h later" if do.after else ""
    else:
        action = f"set {do.set} to {do.to or 1}" if do.set else "end follow-up"
    ends = [f"at most {limits.most} {'doses' if do.give else 'times'}"] * (limits.most < spec.NEVER_FULL)
    ends += [f"at least {24 * limits.apart:g} h apart"] * (limits.apart > 0)
    return f"{said}when {condition}, {action}{'; ' if ends else ''}{', '.join(ends)}."


def scheduled(dose: spec.Dose, speaker: Speaker | None = None) -> str:
    """A scheduled dose as a sentence; speaker: as in `grammar.sentence`."""

    def told(asked: Expression) -> str:
        return sentence(asked.node, speaker=speaker)

    days = re.sub(r"^on days (-?[\d.]+)$", r"on day \1", dose.days.text)
    said = f"{days[:1].upper()}{days[1:]}: give {dose.give}, {told(dose.amount)}"
    said += f", varying with a log-SD of {dose.log_sd:g}" if dose.log_sd else ""
    limits = [f"at {word} {told(x)}" for word, x in (("least", dose.at_least), ("most", dose.at_most)) if x]
    said += f" ({', '.join(limits)})" if limits else ""
    said += f" over {24 * dose.over:g} h" if dose.over else ""
    return f"{said}, if {told(dose.when)}." if dose.when else f"{said}."


def enlist(rule: spec.Watch, programs: Programs) -> None:
    """Make a rule known to expressions, before any is compiled."""
    if rule.key in programs.watches:
        raise ScenarioError(f"two rules are called '{rule.key}'", where=rule.place("name"), mend="rename one")
    meant = {*WORDS, "time", "never", *programs.aliases, *programs.meanings, *programs.constants, *programs.observables}
    if rule.key in meant or rule.key in {path.partition(".")[0] for path in programs.levels}:
        said = f"'{rule.key}' means something else in expressions"
        raise ScenarioError(said, where=rule.place("name"), mend=f"choose another name for the {rule.called}")
    do = rule.do if isinstance(rule, spec.Rule) else None
    programs.watch(rule.key, gives=drug(do.give) if do and do.give else None)
    if rule.value is not None:
        programs.valued[rule.key] = rule.value.node


def compiled(rule: spec.Watch, programs: Programs, model: Model, marks: int) -> Watch:
    """The engine's watch for a rule; `marks` are the ticks at which it looks."""
    key = "value" if rule.when is None else "when"
    program, constants = programs.compile(rule.asked, where=rule.place(key), condition=key == "when")
    if not isinstance(rule, spec.Rule) or rule.do is None:
        return Watch(rule.key, marks, program, constants, Act.NOTHING, -1, *NOTHING)
    do, limits = rule.do, rule.limits
    if do.stop:
        act, number, amount, numbers = Act.STOP, -1, *NOTHING
    else:
        act, place = (Act.DOSE, do.place("give")) if do.give else (Act.SET, do.place("set"))
        target = find_input(model, do.give or do.set or "", bool(do.give), place)
        number = model.inputs.index(target)
        place = do.place("amount" if do.give else "to")
        low, high = (span(do.to.node, programs) if do.set and do.to else None) or (0.0, 1.0)
        if low < 0 or high > 1:
            said = f"the switch '{do.set}' cannot be set to {do.to}"
            raise ScenarioError(said, where=place, allowed="0 (off) to 1 (on)")
        amount, numbers = programs.compile(dose(do), model.unit(target), place, dose=bool(do.give))
    most, apart = limits.most, limits.apart
    return Watch(rule.key, marks, program, constants, act, number, amount, numbers, do.over, do.after, most, apart)


def dose(do: spec.Do) -> Node:
    """What is given, within its limits."""
    node = (do.amount or do.to or expression(1)).node
    if do.at_most:
        node = Call("min", (node, do.at_most.node))
    if do.at_least:
        node = Call("max", (node, do.at_least.node))
    return node


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
    return short if model.infusion is None else {**short, spec.INFUSION: model.infusion}


def find_input(model: Model, word: str, dose: bool, where: str | None = None) -> str:
    """The path of the entry (dose) or switch that a rule means; a drug's own name is enough."""
    declared = {p: model.declared[p] for p in model.inputs}
    wanted = {p for p, d in declared.items() if isinstance(d, Entry if dose else Switch)}
    short = drugs(model) if dose else {}
    if word in wanted:
        return word
    if word in short:
        return short[word]
    others = library.names("drugs") if dose else ()  # giving one brings its mechanism in
    if word in others:
        said = f"no mechanism takes the drug '{word}': none is chosen for drug.{word}"
        mend = f'write modules."drug.{word}" = "NAME" (in drugs/{word}.toml, where it is of your own)'
        raise ScenarioError(said, where, mend=mend)
    raise unknown("drug or entry" if dose else "switch", word, {*wanted, *short, *others}, where)
