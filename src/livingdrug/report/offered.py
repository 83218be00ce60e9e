"""What of a scenario can be changed, in words: each path with what it means, its value, unit, kind and source.

Nothing is listed by hand: doses and rules are those of the protocol, patient properties those of the population, and
the numbers shown are those that the files of product, class, drugs and tumour say themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.care.rules import rule_sentence, scheduled
from livingdrug.parameters import Source
from livingdrug.report.speaker import speaker
from livingdrug.report.words import Words, capital, property_of, words
from livingdrug.units import of_unit

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved
    from livingdrug.spec.clock import Clock
    from livingdrug.spec.origin import Quantity, Sourced

OWN_LAYERS = ("product", "costimulation", "drug", "tumour", "population")  # files that say numbers of this therapy


@dataclass(frozen=True)
class Choice:
    """Something that can be changed. path: as after --set; value: as one would write it; kind: measured, fitted, ...;
    source: where it comes from, or why it is assumed; allowed: its bounds in words, "" where there are none."""

    path: str
    title: str
    value: str
    unit: str = ""
    kind: str = ""
    source: str = ""
    about: str = ""
    allowed: str = ""


@dataclass(frozen=True)
class Offer:
    """Choices that belong together."""

    name: str
    title: str
    about: str
    choices: tuple[Choice, ...]


def offered(resolved: Resolved) -> tuple[Offer, ...]:
    """What one is likely to change, in the order in which it happens to a patient.

    >>> from livingdrug.report.offered import offered
    >>> from livingdrug.scenario import resolve
    >>> [offer.name for offer in offered(resolve("eliana"))]
    ['patients', 'doses', 'rules', 'protocol', 'therapy']
    """
    said = words(resolved)
    found = (
        Offer("patients", "The patients", "Typical values; how patients differ around them.", tuple(_people(resolved))),
        Offer("doses", "Doses and conditioning", "What is given on which day.", tuple(_doses(resolved, said))),
        Offer("rules", "Care rules", "When the ward gives what, and how much.", tuple(_rules(resolved, said))),
        Offer(
            "protocol", "Other numbers of the protocol", "Losses before infusion and the like.", tuple(_own(resolved))
        ),
        Offer(
            "therapy",
            "Cells, drugs and disease",
            "The numbers that belong to this product, its drugs and this disease.",
            tuple(_therapy(resolved)),
        ),
    )
    return tuple(offer for offer in found if offer.choices)


def every_path(resolved: Resolved) -> Mapping[str, Choice]:
    """Every path that takes one value: those offered, and all numbers of the model."""
    found = {choice.path: choice for offer in offered(resolved) for choice in offer.choices}
    return found | {path: _number(resolved, path) for path in resolved.parameters if path not in found}


def written(value: Any) -> str:
    """A value as one would type it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def step(word: str) -> str:
    """A word of a path; one with spaces or dots stands in quotes."""
    return word if re.fullmatch(r"[\w-]+", word) else f'"{word}"'


def _people(resolved: Resolved) -> Iterator[Choice]:
    for name, covariate in resolved.covariates.items():
        title, unit = capital(property_of(resolved, name)), of_unit(covariate.unit)
        ends = (covariate.low, covariate.high)
        share = covariate.distribution == "chance"
        for key, called in (("value", "share" if share else "typical"), ("low", "lowest"), ("high", "highest")):
            value = getattr(covariate, key)
            if isinstance(value, (int, float)) and covariate.given is None:
                within = f"{written(ends[0])} to {written(ends[1])}" if key == "value" and None not in ends else ""
                allowed = "0 to 1" if share else within
                path = f"covariates.{step(name)}.{key}"
                about = resolved.population.sources
                yield Choice(
                    path, f"{title}, {called}", written(value), unit, *_origin(covariate, about), allowed=allowed
                )


def _doses(resolved: Resolved, said: Words) -> Iterator[Choice]:
    told, numbers = speaker(resolved, said), resolved.protocol.numbers
    for path in sorted(_of_doses(resolved)):
        yield _protocol_number(path, numbers[path], resolved)
    for dose in resolved.protocol.schedule:
        path, origin = f"protocol.schedule.{step(dose.name)}", _origin(dose, resolved.protocol.sources)
        about = scheduled(dose, told)
        yield Choice(f"{path}.amount", f"{capital(dose.name)}: how much", dose.amount.text, "", *origin, about=about)
        yield Choice(f"{path}.days", f"{capital(dose.name)}: on which days", _days(dose.days), "", *origin)


def _days(clock: Clock) -> str:
    """The days of a dose as a file writes them: a list of numbers, or words."""
    if len(clock.pieces) != 1 or clock.listed == ():
        return clock.text
    return "[" + ", ".join(f"{day:.12g}" for day in clock.listed) + "]"


def _rules(resolved: Resolved, said: Words) -> Iterator[Choice]:
    told = speaker(resolved, said)
    for rule in resolved.protocol.rule:
        if not (rule.do and rule.do.give and rule.do.amount):
            continue
        path, origin = f"protocol.rule.{step(rule.name)}", _origin(rule, resolved.protocol.sources)
        title = capital(rule.name)
        if rule.when is not None:
            yield Choice(f"{path}.when", f"{title}: when", rule.when.text, "", *origin, about=rule_sentence(rule, told))
        yield Choice(f"{path}.do.amount", f"{title}: how much", rule.do.amount.text, "", *origin)
        if rule.limits.doses is not None:
            yield Choice(f"{path}.limits.doses", f"{title}: at most", str(rule.limits.doses), "doses", *origin)


def _of_doses(resolved: Resolved) -> set[str]:
    """The protocol's numbers that its scheduled doses are made of."""
    used = {name.path for dose in resolved.protocol.schedule for name in dose.amount.names}
    return used & set(resolved.protocol.numbers)


def _own(resolved: Resolved) -> Iterator[Choice]:
    elsewhere = _of_doses(resolved)
    for path, number in resolved.protocol.numbers.items():
        if path not in elsewhere:
            yield _protocol_number(path, number, resolved)


def _protocol_number(path: str, number: Quantity, resolved: Resolved) -> Choice:
    share = path.startswith("share.")
    title = capital(path.replace("share.", "share: ").replace("_", " ").replace(".", " "))
    allowed = ("0 to 100" if number.unit == "%" else "0 to 1") if share else ""
    origin = _origin(number, resolved.protocol.sources)
    return Choice(path, title, written(number.value), of_unit(number.unit), *origin, number.about or "", allowed)


def _therapy(resolved: Resolved) -> Iterator[Choice]:
    for path in resolved.parameters:
        if any(said.layer in OWN_LAYERS for said in resolved.layers(path)):
            yield _number(resolved, path)


def _number(resolved: Resolved, path: str) -> Choice:
    """A number of the model."""
    parameter, declared = resolved.parameters[path], resolved.model().declared[path]
    varies = parameter.variability
    allowed = ""
    if varies and None not in (varies.low, varies.high):
        allowed = f"patients: {written(varies.low)} to {written(varies.high)}"
    reference = str(parameter.reference) if parameter.reference else parameter.source or ""
    source = "; ".join(x for x in (reference, parameter.where, parameter.why) if x)
    about = f"varies between patients: {varies}" if varies else ""
    title = capital(declared.doc or path)
    return Choice(
        path, title, written(parameter.value), of_unit(parameter.unit), parameter.kind, source, about, allowed
    )


def _origin(row: Sourced, sources: Mapping[str, Source]) -> tuple[str, str]:
    """Kind, and source with place and reason, of a row that may say where it comes from."""
    known = sources.get(row.source or "")
    cited = str(known) if known else row.source
    kind = row.kind or ("measured" if row.source else "")
    return kind, "; ".join(x for x in (cited, row.where, row.why) if x)
