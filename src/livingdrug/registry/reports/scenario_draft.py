"""From a registered trial to a virtual one: a scenario file whose every line says which sentence it came from.

What the record does not state is written as assumed, and what the library lacks is named, never passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from livingdrug import library
from livingdrug.library import LibraryFile
from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.conditioning import stated_conditioning
from livingdrug.registry.classify.disease import places_in
from livingdrug.registry.classify.dosing import StatedDose, stated_doses
from livingdrug.registry.classify.passages import Passages, passages_of
from livingdrug.registry.records.study import Study
from livingdrug.registry.reports.in_words import ILLNESSES, within
from livingdrug.registry.terms.synonyms import forms_of, key

OLDEST_ADULT = 80
"""Upper age of the drafted population where the record states none [year]"""

_SIMULATED = 500
"""Patients a draft simulates"""

CONDITIONING_DRUGS = ("fludarabine", "cyclophosphamide", "alemtuzumab")
"""What protocols of the library give before the cells"""

_PRIOR = re.compile(
    r"[^.\n]*\b(?:prior|previous|lines? of|relaps|refractory|failed|after \w+ (?:lines|therap))[^.\n]*", re.IGNORECASE
)


@dataclass
class Draft:
    """A scenario in the making."""

    text: str = ""
    missing: list[str] = field(default_factory=list)
    """what the library lacks for this trial, in plain words"""


def draft(study: Study, said: Classification | None = None) -> Draft:
    """A scenario for a registered trial, as TOML with a comment for every line.

    said: what is known of the study, with a reader's corrections; without it what the rules say.
    """
    words = passages_of(study)
    said = said or classify(words)
    made = Draft()
    lines = [*_head(study, said), *_body(study, words, said, made)]
    if made.missing:
        lines[len(_head(study, said)) : len(_head(study, said))] = [
            "# The library lacks, so that this does not run yet:",
            *(f"#   - {m}" for m in made.missing),
            "",
        ]
    made.text = "\n".join(lines).rstrip() + "\n"
    return made


def _comment(text: str, limit: int = 220) -> str:
    """Text of a record as one harmless comment line."""
    flat = " ".join(text.split())
    return "# " + (flat if len(flat) <= limit else flat[: limit - 3] + "...")


def _head(study: Study, said: Classification) -> list[str]:
    return [
        _comment(f"{study.id}: {study.title or 'no title'}"),
        _comment(study.url),
        "# Drafted from the registry record: every line says which sentence it came from, or that it is assumed.",
        "# Read it, mend it, then: livingdrug run THIS_FILE.  Not medical advice.",
        *(
            []
            if said.is_car
            else [_comment(f"Note: this does not look like a CAR cell therapy ({said.kind.value}: {said.kind.rule}).")]
        ),
        "",
    ]


def _body(study: Study, words: Passages, said: Classification, made: Draft) -> Iterator[str]:
    own = _library_trial(study)
    if own:
        yield f"# {study.id} is in the library as '{own.name}', with product, patients, protocol, endpoints, results"
        yield f"trial = {json.dumps(own.name)}"
        yield from _size(study)
        yield "# The record also states (the library trial already has its own values for these):"
        yield from (f"# {line}" for line in _eligibility(study, words, None))
        return
    product, product_line = _product(said, made)
    population, disease_line = _population(said, made)
    base, near = _base(said, product, population)
    whose = (
        "the nearest library trial" if near else "a library trial of another product in other patients: none is near"
    )
    yield f"# assumed: visits, endpoints, care rules and the published results beside, as of {whose}"
    yield f"trial = {json.dumps(base)}" if base else "# trial = (the library has no trial to build on)"
    yield from product_line
    yield from disease_line
    yield from _size(study)
    yield from _eligibility(study, words, population)
    yield from _protocol(words, base)


def _library_trial(study: Study) -> LibraryFile | None:
    wanted = {study.id.upper(), *(i.value.upper() for i in study.identifiers), *study.aliases}
    for name in library.names("trials"):
        entry = library.find("trials", name)
        if wanted & {a.upper() for a in (entry.says("registry"), *entry.aliases) if a}:
            return entry
    return None


def _product(said: Classification, made: Draft) -> tuple[LibraryFile | None, list[str]]:
    """The library product of the trial, and the lines that choose it."""
    meant = {key(form) for name in said.products for form in forms_of(name)}
    for name in library.names("products"):
        entry = library.find("products", name)
        if meant & {key(n) for n in (name, *entry.aliases)}:
            why = _comment(f"product named in the record: {', '.join(said.products)}")
            return entry, ["", why, f"product = {json.dumps(name)}"]
    target = said.target
    named = said.products[0] if said.products else f"{target.replace('/', '-')} CAR" if said.targets else "the product"
    made.missing.append(
        f"a product for {named} (target {target}, costimulation {said.costimulation.value})."
        f" It has {len(library.names('products'))} (`livingdrug list products`); `livingdrug new product NAME` begins"
        " one"
    )
    lines = [
        "",
        _comment(
            f"the record names: {', '.join(said.products) or 'no product the product table knows'}; target {target}"
        ),
    ]
    lines += [
        _comment(t.evidence if t.rule == "named product" else f"{t.place}: {t.evidence}") for t in said.targets[:3]
    ]
    return None, [*lines, f"product = {json.dumps(_slug(named))}"]


def _population(said: Classification, made: Draft) -> tuple[LibraryFile | None, list[str]]:
    """The library population of the trial's disease, and the lines that choose it."""
    if said.diseases is None:
        made.missing.append("the disease: the record names none that the disease tree knows")
        return None, ["", "# population: the record names no disease that the disease tree knows"]
    why = _comment(f"disease: {said.diseases.evidence}")
    names = list(dict.fromkeys(p.name for p in (said.diseases.main, *said.diseases.places)))
    for disease in names:
        forms = {key(form) for form in forms_of(disease)}
        for name in library.names("populations"):
            entry = library.find("populations", name)
            tumour = entry.says("tumour")
            known = {
                key(n)
                for n in (
                    tumour,
                    *(library.find("tumours", tumour).aliases if tumour in library.names("tumours") else ()),
                )
            }
            if forms & known:
                return entry, ["", why, f"population = {json.dumps(name)}"]
    made.missing.append(
        f"patients with {ILLNESSES.get(said.diseases.main.name, within(said.diseases.main.name))}. It has"
        f" {len(library.names('populations'))} populations (`livingdrug list populations`);"
        " `livingdrug new population NAME` begins one"
    )
    return None, ["", why, f"population = {json.dumps(_slug(said.diseases.main.name))}"]


ROLES = ("outlook", "validation", "calibration")
"""Of trials that are as near as each other the one is taken whose numbers rest on most: the last of these."""


def _base(said: Classification, product: LibraryFile | None, population: LibraryFile | None) -> tuple[str, bool]:
    """The library trial to build on: same product, then nearest illness, same target, best founded, same patients; and
    whether it is near in any of these."""
    trials = [library.find("trials", n) for n in library.names("trials")]

    def likeness(trial: LibraryFile) -> tuple[bool, int, bool, int, bool]:
        own = bool(product and trial.says("product") == product.name)
        patients = bool(population and trial.says("population") == population.name)
        target = key(library.find("products", trial.says("product")).says("target") or "")
        role = trial.says("role")
        founded = ROLES.index(role) if role in ROLES else 1
        return own, _kinship(said, trial), target in {key(t.value) for t in said.targets}, founded, patients

    best = max(trials, key=likeness, default=None)
    if best is None:
        return "", False
    own, kinship, target, _, patients = likeness(best)
    return best.name, own or kinship > 0 or target or patients


def _kinship(said: Classification, trial: LibraryFile) -> int:
    """How near the illness of a library trial is to those of the record: 3 the same, 2 its group, 1 its branch."""
    tumour = _tumour(trial.says("population"))
    if said.diseases is None or tumour not in library.names("tumours"):
        return 0
    entry = library.find("tumours", tumour)
    treated = places_in("; ".join((entry.title, *entry.aliases)))
    return max(
        (
            sum(bool(x) and x == y for x, y in ((a.branch, b.branch), (a.group, b.group), (a.disease, b.disease)))
            for a in (said.diseases.main, *said.diseases.places)
            for b in treated
        ),
        default=0,
    )


def _tumour(population: str) -> str:
    """The tumour of a library population, or of the one that it is like."""
    seen: set[str] = set()
    while population in library.names("populations") and population not in seen:
        seen.add(population)
        entry = library.find("populations", population)
        if tumour := entry.says("tumour"):
            return tumour
        population = entry.says("like")
    return ""


def _size(study: Study) -> Iterator[str]:
    yield ""
    if study.enrollment and study.status != "WITHDRAWN":
        yield _comment(f"enrollment {study.enrollment} ({(study.enrollment_type or 'type not stated').lower()})")
        yield f"size = {study.enrollment}"
    else:
        yield _comment(f"assumed: the trial's own size; the record states {study.enrollment_stated or 'none'}")
    yield "# assumed: enough patients for steady percentiles"
    yield f"patients = {_SIMULATED}"


def _eligibility(study: Study, words: Passages, population: LibraryFile | None) -> Iterator[str]:
    """Age limits as numbers of the population; sex and earlier treatment as comments."""
    yield ""
    low, high = study.minimum_age_years, study.maximum_age_years
    ages = f"eligible ages: {study.ages.removeprefix('ages ')}"
    if population is not None and (low is not None or high is not None):
        age = population.data.get("covariates", {}).get("age", {})
        if isinstance(age, dict):
            yield _comment(ages)
            yield from _age(age, low, high)
    else:
        yield _comment(ages)
    if study.sex and study.sex != "ALL":
        yield _comment(f"only {study.sex.lower()} patients are eligible; the population is not changed for it")
    for passage in words.of("eligibility"):
        inclusion = re.split(r"(?i)exclusion criteria", passage.text)[0]
        for sentence in list(dict.fromkeys(s.strip(" *-") for s in _PRIOR.findall(inclusion)))[:3]:
            yield _comment(f"earlier treatment (not a number of the model): {sentence}")


def _age(age: dict[str, object], low: float | None, high: float | None) -> Iterator[str]:
    """The drafted limits of the distribution of age, with a median that lies between them."""
    numbers = {k: float(age[k]) for k in ("low", "high", "value") if isinstance(age.get(k), (int, float))}  # type: ignore[arg-type]
    least = low if low is not None else min(numbers.get("low", 0.0), high or 0.0)
    most = (
        high
        if high is not None
        else max(numbers.get("high", 0.0), float(OLDEST_ADULT if least >= 12 else 0), least + 1)
    )
    if high is None:
        yield f"# assumed: no one above {most:g} years"
    yield "[set]"
    yield f'"covariates.age.low" = {least:.3g}'
    yield f'"covariates.age.high" = {most:.3g}'
    middle = numbers.get("value")
    if middle is not None and not least < middle < most:
        yield "# assumed: the median lies midway, as the library population's own lies outside the limits"
        yield f'"covariates.age.value" = {(least + most) / 2:.3g}'


def _protocol(words: Passages, base: str) -> Iterator[str]:
    """Conditioning and dose, laid over the base trial's schedule where that has such an entry."""
    trial = library.find("trials", base) if base else None
    protocol = library.find("protocols", trial.says("protocol")) if trial and trial.says("protocol") else None
    schedule = [s for s in (protocol.data.get("schedule", []) if protocol else []) if isinstance(s, dict)]
    given = {str(s.get("give")): s for s in schedule}
    yield ""
    conditioning = stated_conditioning(words)
    for agent, stated in conditioning.drugs.items():
        yield _comment(stated.sentence)
        if agent not in given:
            yield _comment(f"not understood: {agent}, which the library trial does not give")
            continue
        yield "[[protocol.schedule]]"
        yield f"name = {json.dumps(given[agent]['name'])}"
        yield f'amount = "{stated.value:g} {stated.unit}"'
        if stated.number:
            yield f"# assumed: the {stated.number} days that end on day -3; the record does not name them"
        days = stated.days or tuple(range(-2 - stated.number, -2))
        yield f"days = {list(days)}" if days else "# assumed: the days of the library trial"
        yield ""
    yield from (_comment(f"not understood: {what}") for what in conditioning.unread)
    if conditioning.none:
        yield _comment(f"the record says that none is given: {conditioning.none}")
        for agent in filter(given.__contains__, CONDITIONING_DRUGS):
            yield from ("[[protocol.schedule]]", f"name = {json.dumps(given[agent]['name'])}", "remove = true", "")
    elif not conditioning.drugs:
        yield "# assumed: conditioning as in the library trial; the record states no amount that could be read"
    stated_cells = stated_doses(words)
    doses = stated_cells.doses
    yield from (_comment(f"not understood: {what}") for what in stated_cells.unread)
    infusions = [s for s in schedule if str(s.get("give", "")).rpartition(".")[2] == "infusion"]
    if not doses or not infusions:
        yield "# assumed: the cell dose of the library trial; the record states none that could be read"
        return
    if len(doses) == 1:
        yield _comment(doses[0].sentence)
        yield from _dosed("protocol.schedule", infusions, doses[0])
        return
    yield "# several doses are stated: one arm for each"
    for n, dose in enumerate(doses[:6], 1):
        yield _comment(dose.sentence)
        yield "[[arm]]"
        yield f'name = "dose {n}: {dose.value:.3g} {dose.unit}"'
        yield from _dosed("arm.protocol.schedule", infusions, dose)


def _dosed(table: str, infusions: list[dict[str, object]], dose: StatedDose) -> Iterator[str]:
    """Every infusion of the protocol given this dose."""
    for infusion in infusions:
        yield f"[[{table}]]"
        yield f"name = {json.dumps(infusion['name'])}"
        for word in ("amount", *(w for w in ("at_least", "at_most") if w in infusion)):
            yield f'{word} = "{dose.value:.4g} {dose.unit}"'
        yield ""


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
