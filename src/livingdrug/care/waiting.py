"""Rules that wait on themselves or on each other: what each asks is true only after it, or one of them, has acted.

Which rules and watches can ever come about is found from below: at first none has; one of which something can be true
while those not found yet never were comes about, and what waits on it may follow. What is left waits for ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from livingdrug.care.compiler import Programs
from livingdrug.care.possible import Possible
from livingdrug.care.truth import written
from livingdrug.errors import ScenarioError
from livingdrug.spec.grammar import Call, Name, Node, names, walk
from livingdrug.spec.protocol import Rule, Watch

# What is answered about something that never was; the other questions of the grammar are about values.
NEVER: Mapping[str, float] = {
    **dict.fromkeys(("count", "given", "done"), 0.0),
    **dict.fromkeys(("first", "first_dose", "first_done", "since", "since_dose", "since_done"), math.inf),
    **dict.fromkeys(("last", "last_dose", "last_done"), -math.inf),
}
OF_ACTS = ("done", "first_done", "last_done", "since_done")


def refuse_circles(looks: Sequence[Watch], programs: Programs) -> None:
    """ScenarioError for the first of a user's rules that waits on itself, or in a circle. What
    asks about nothing that differs (`when = "0"`) is meant never to be, and what waits on it as well."""
    waiting = {look.key: look for look in looks if look.when is not None and names(look.when.node)}
    found = True
    while found:
        found = False
        never = dict(_never(waiting.values(), programs))
        for key, look in list(waiting.items()):
            asked = look.asked.node
            if not (_asks(asked) & never.keys()) or True in Possible(programs, programs.own, None, fixed=never).answers(
                asked
            ):
                del waiting[key]
                found = True
    for look in waiting.values():
        place = look.place("when")
        if not place.ours:
            others = [f"'{x.name}'" for x in waiting.values() if x is not look]
            said = f"the {look.called} '{look.name}' waits on itself"
            if others:
                said = f"the {look.called} '{look.name}' waits in a circle with {', '.join(others)}"
            mend = f"say what begins it, as {look.when} or ..."
            raise ScenarioError(f"{said}: '{look.when}' is never true before it was", where=place, mend=mend)


def _never(waiting: Iterable[Watch], programs: Programs) -> Iterable[tuple[str, float]]:
    """What is answered about rules and watches that never came about, and about drugs that only they give."""
    numbers = {programs.number(look.key): look for look in waiting}
    for look in numbers.values():
        yield look.key, 0.0
        for function, answer in NEVER.items():
            acts = function in OF_ACTS
            if not function.endswith(("given", "_dose")) and (not acts or isinstance(look, Rule)):
                yield f"{function}({look.key})", answer
    for drug, rules in programs.gives.items():
        if rules and all(rule in numbers for rule in rules):
            yield from (
                (f"{function}({drug})", NEVER[function])
                for function in ("given", "first_dose", "last_dose", "since_dose")
            )


def _asks(node: Node) -> set[str]:
    """Names and questions of an expression, as they are written."""
    return {written(part) for part in walk(node) if isinstance(part, (Name, Call))}
