"""The equations of each mechanism, as they are run, with their words, states, numbers and sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from livingdrug import library
from livingdrug.errors import nearest
from livingdrug.library import Stamp
from livingdrug.model import Model, Module, Param, Reads, State
from livingdrug.model.mathml import Equation, module_equations
from livingdrug.parameters import Parameter, Source
from livingdrug.plot.ticks import number
from livingdrug.published import entry
from livingdrug.scenario import resolve
from livingdrug.units import of_unit
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._evidence import evidence
from livingdrug.web.pages._numbers import spoken
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])
GROUPS = (
    ("flow", "What moves", "A flow takes out of the first and into the second; its rate is never below zero."),
    ("change", "What changes without a flow", "A rate that may be above or below zero."),
    ("published", "What others may read", "Worked out from the states at every moment."),
    ("acts on", "What it does to others", "It acts on what another mechanism has opened."),
    ("term", "Terms that these share", "Written once here, under a name, since they stand in many lines above."),
    ("constant", "Constants of a patient", "Worked out once for each patient."),
    ("start", "Where it starts", ""),
    ("share", "Where a dose lands", ""),
)


CITED = re.compile(r"\s*\[[a-z]+\d{4}[a-z]?\]")  # the key of a source, which stands in full on the page itself


@dataclass(frozen=True)
class Mechanism:
    """One mechanism, by the first library trial that has it, or a published model. words: its paragraphs; left_out:
    what it says that it leaves out; cited: key -> source of those it names; values: of a published model's numbers."""

    stem: str
    role: str
    trial: str
    name: str
    words: tuple[str, ...]
    left_out: str
    cited: dict[str, Source]
    states: tuple[State, ...]
    numbers: tuple[Param, ...]
    reads: tuple[str, ...]
    values: Mapping[str, Parameter] = field(default_factory=dict)
    published: bool = False


@router.get("/evidence/equations")
def equations(request: Request) -> Response:
    """Every mechanism, with what it is in a sentence."""
    return evidence(
        request,
        "equations.html",
        "Equations",
        "What each mechanism of the model says, in words and equations.",
        mechanisms=[(m, CITED.sub("", m.words[0])) for m in mechanisms().values() if not m.published],
        models=[(m, CITED.sub("", m.words[0])) for m in mechanisms().values() if m.published],
    )


@router.get("/evidence/equations/{stem}")
def equation(request: Request, stem: str) -> Response:
    """One mechanism."""
    known = mechanisms()
    if stem not in known:
        raise Refused(404, f"no mechanism is called '{stem[:80]}'", allowed=list(known), nearest=nearest(stem, known))
    found = known[stem]
    lines = written(stem)
    return evidence(
        request,
        "mechanism.html",
        found.name,
        found.words[0],
        found=found,
        groups=[(k, title, about, [e for e in lines if e.kind == k]) for k, title, about in GROUPS],
        shown=lambda e: Markup(e.mathml),  # made of our own declarations; names are escaped where it is made
        homes=_homes(library.state()),
        unit=of_unit,
        number=number,
    )


def mechanisms() -> dict[str, Mechanism]:
    """Stem -> mechanism, over all library trials in the order in which they are wired; then the published models."""
    return _mechanisms(library.state())


@lru_cache(maxsize=2)
def _mechanisms(state: tuple[Stamp, ...]) -> dict[str, Mechanism]:
    found: dict[str, Mechanism] = {}
    for trial in library.names("trials"):
        for role, module in resolve(trial).model().modules.items():
            if module.stem not in found:
                found[module.stem] = _mechanism(trial, role, module)
    for name in entry.names():
        model = entry.published(name)
        several = len(model.model.modules) > 1
        for role, module in model.model.modules.items():
            told = _mechanism(name, role, module)
            stem, title = (f"{name}.{role}", f"{model.title}: {told.name}") if several else (name, model.title)
            found[stem] = replace(
                told, stem=stem, name=title, cited=model.sources, values=model.parameters, published=True
            )
    return found


@lru_cache(maxsize=2)
def _homes(state: tuple[Stamp, ...]) -> dict[str, str]:
    """Path of a quantity -> address where it stands: a number's own, or its mechanism's page."""
    found: dict[str, str] = {}
    for m in (x for x in _mechanisms(state).values() if not x.published):
        model = _model(m.trial, state)
        for path in model.parameters:
            found.setdefault(path, f"/evidence/parameters/{path}")
        for path in model.covariates:
            found.setdefault(path, f"/evidence/parameters/{path}")
        for path in (*model.states, *model.derived, *model.quantities):
            stem = model.modules[path.rpartition(".")[0]].stem
            found.setdefault(path, f"/evidence/equations/{stem}")
    return found


def written(stem: str) -> tuple[Equation, ...]:
    """The equations of a mechanism."""
    m = mechanisms()[stem]
    return _written(m.trial, m.role, m.published, library.state())


@lru_cache(maxsize=64)
def _written(home: str, role: str, published: bool, state: tuple[Stamp, ...]) -> tuple[Equation, ...]:
    return module_equations(entry.published(home).model if published else _model(home, state), role)


@lru_cache(maxsize=16)
def _model(trial: str, state: tuple[Stamp, ...]) -> Model:
    return resolve(trial).model()


def _mechanism(trial: str, role: str, module: Module) -> Mechanism:
    paragraphs = [" ".join(p.split()) for p in (type(module).__doc__ or "").split("\n\n")]
    text = "\n".join(paragraphs)
    told, _, left_out = text.partition("Leaves out:")
    known = library.names("mechanisms")
    sources = library.find("mechanisms", module.stem).sources if module.stem in known else {}
    keys = dict.fromkeys(re.findall(r"\[(\w+)\]", text))
    return Mechanism(
        module.stem,
        role,
        trial,
        spoken(module.stem),
        tuple(filter(None, (p.strip() for p in told.split("\n")))) or (module.stem,),
        left_out.strip(),
        {key: sources[key] for key in keys if key in sources},
        tuple(module.of(State)),
        tuple(module.of(Param)),
        tuple(d.path for d in module.of(Reads)),
    )
