"""The model that runs in the page: an ES module made from the library's therapy model, and courses of the same model
for the drawings that stand in the page before a script runs.

Both take seconds to make (equations to text; compiling), so they are kept in the user's cache folder under a hash of
everything they are made from, and a process beside the server makes them. Nothing here knows biology: which trial and
which quantities stands in `templates/figures/_model.toml`, every number in the library.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.errors import unknown
from livingdrug.files import alone, write_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from livingdrug.model import Model
    from livingdrug.parameters import Parameter
    from livingdrug.scenario import Resolved

STILLS = "stills.json"  # the first frames of all figures, made by `livingdrug.web.figures`
START = -7.0  # [day] conditioning lies between this and the infusion
DIGITS = 8  # of the people's properties, as they are sent
FROM = (
    "engine",
    "model",
    "biology",
    "library",
    "spec",
    "scenario",
    "cohort",
    "web/templates/figures",
    "web/living.py",
    "web/figures.py",
    "web/chances.py",
    "web/crowds.py",
    "web/making.py",
    "web/drawn.py",
    "web/moments.py",
    "web/data/tumour_cells.json",
)
KINDS = {".py", ".toml", ".js"}  # of the files that decide what is made


def folder() -> Path:
    """The figures' own folder inside the package: templates and what each figure says."""
    return Path(str(resources.files("livingdrug.web").joinpath("templates", "figures")))


@cache
def asked(name: str = "") -> dict[str, Any]:
    """What `_model.toml` says; name: of one of the other models, completed by what all share."""
    said = tomllib.loads((folder() / "_model.toml").read_text(encoding="utf-8"))
    more = said.pop("more", {})
    return {**said, "start": START, **more[name]} if name else {**said, "start": START, "more": tuple(more)}


@cache
def key() -> str:
    """Changes with every text that the module or a drawing is made from."""
    root, digest = Path(str(resources.files("livingdrug"))), hashlib.sha256()
    for part in FROM:
        for path in sorted(root.glob(part if Path(part).suffix else f"{part}/**/*")):
            if (path.suffix in KINDS or part.endswith(path.name)) and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


# ---- the therapy -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dose:
    """An amount per kg or m2 of the body, or the same for all (no `per`) [unit of the entry], on some days, over so
    long [day].

    small: the amount per kg of who weighs less than `below` [kg]; most: the most in all.
    """

    into: str
    per: str | None
    amount: float
    days: tuple[float, ...]
    over: float
    most: float | None = None
    small: float | None = None
    below: float | None = None

    def of(self, body: Mapping[str, float], amount: float | None = None) -> float:
        """What this body is given; amount: per kg or m2, another than the usual."""
        size = float(body[self.per]) if self.per else 1.0
        small = self.small is not None and self.below is not None and size < self.below
        per = amount if amount is not None else self.small if small else self.amount
        return min(size * (per or 0.0), self.most if self.most is not None else math.inf)


class Therapy:
    """A therapy of the library, as figures use it; asked: its part of `_model.toml`."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self.asked = asked

    @cached_property
    def resolved(self) -> Resolved:
        from livingdrug.trial import Trial

        return Trial(self.asked["trial"]).resolved.arms[0].resolved

    @cached_property
    def model(self) -> Model:
        """The model as the page has it: without what no figure gives, a tissue as one shell."""
        from livingdrug.model.mixed import well_mixed
        from livingdrug.scenario.numbers import assembled

        left_out = self.asked["without"]
        return well_mixed(
            assembled(tuple((role, stem) for role, stem in self.resolved.modules.items() if role not in left_out))
        )

    @cached_property
    def typical(self) -> dict[str, float]:
        """The properties of a patient who is typical in all."""
        from livingdrug.cohort.covariates import middle

        return middle(self.resolved)

    @cached_property
    def values(self) -> dict[str, float]:
        """The numbers of the typical patient: the middle of each distribution."""
        model = self.model
        return {
            **{p: self.resolved.parameters[p].value for p in model.parameters},
            **{p: self.typical[p] for p in model.covariates},
        }

    @cached_property
    def classes(self) -> dict[str, dict[str, float]]:
        """What the library says that receptors of one costimulation class share, in the model's units."""
        from livingdrug import library

        names = library.names("costimulation")
        return {name: {p: x.value for p, x in self.of_class(name).items()} for name in names}

    def of_class(self, name: str) -> dict[str, Parameter]:
        """What one costimulation class says of the model's numbers, by path."""
        from livingdrug import library
        from livingdrug.parameters import read_parameter
        from livingdrug.spec.numbers import Costimulation
        from livingdrug.spec.typed import of_file

        entry, found = library.find("costimulation", name), {}
        for path, said in of_file(Costimulation, entry).numbers.items():
            if path in self.model.parameters:
                parameter = read_parameter(path, said, None, entry.sources, "costimulation", entry.file, None)
                found[path] = parameter.in_unit(self.model.unit(path))
        return found

    @cached_property
    def latent(self) -> dict[str, dict[str, float]]:
        """For each latent property that a figure moves: the numbers that hang on it, and how strongly (on the log)."""
        found: dict[str, dict[str, float]] = {name: {} for name in self.asked["latent"]}
        for path in self.model.parameters:
            v = self.resolved.parameters[path].variability
            for name in found if v is not None and v.distribution == "log-normal" else ():
                if v is not None and name in v.loadings:
                    found[name][path] = v.loadings[name]
        return found

    @cached_property
    def given(self) -> dict[str, Dose]:
        """What a figure may give, by its short name, as the library's protocol writes it."""
        return {name: self._dose(**said) for name, said in self.asked["given"].items()}

    def _dose(
        self,
        per: str | None = None,
        schedule: str | None = None,
        rule: str | None = None,
        into: str | None = None,
        among: str | None = None,
    ) -> Dose:
        """into: where it is given instead; among: the number by which the amount is shared out."""
        from livingdrug.care.rules import find_input
        from livingdrug.spec.grammar import Number, walk

        protocol = self.resolved.protocol
        row: Any = next(x for x in protocol.schedule if x.name == schedule) if schedule else None
        done: Any = row or next(x.do for x in protocol.rule if x.name == rule)
        numbers = [n for n in walk(done.amount.node) if isinstance(n, Number) and n.unit]
        amounts = [n.value for n in numbers if ("/" in str(n.unit)) == bool(per)]  # of several flat ones: the last
        bounds = [n.value for n in numbers if per and "/" not in str(n.unit)]
        most = done.at_most.node if rule and done.at_most else None
        return Dose(
            into=find_input(self.model, into or done.give, True),
            per=per,
            amount=amounts[-1] / (self.values[among] if among else 1.0),
            days=row.days.listed if row else (),
            over=float(done.over or 0.0),
            most=most.value if isinstance(most, Number) else None,
            small=amounts[0] if per and len(amounts) > 1 else None,
            below=bounds[0] if len(amounts) > 1 and bounds else None,
        )

    @cached_property
    def people(self) -> Any:
        """The hundred people, as the library draws them."""
        from livingdrug.cohort import draw

        return draw(self.resolved, range(self.asked["people"]), self.asked["seed"])


@cache
def therapy(name: str = "") -> Therapy:
    """The therapy of most figures; name: one of the others."""
    return Therapy(asked(name))


def scale_file(name: str) -> Any:
    """A grading scale of the library, typed."""
    from livingdrug import library
    from livingdrug.spec.scale import Scale
    from livingdrug.spec.typed import of_file

    return of_file(Scale, library.find("scales", name))


def scale(name: str) -> dict[str, Any]:
    """A grading scale of the library as nested lists that a page can evaluate: ["and", x, y], [">=", path, number]."""
    from livingdrug.spec.grammar import Binary, Name, Number

    found = scale_file(name)

    def plain(node: Any) -> Any:
        match node:
            case Binary(sign=sign, left=left, right=right):
                return [sign, plain(left), plain(right)]
            case Number(value=value, unit=unit):
                return value - 37.0 if unit == "degC" else value  # temperatures are carried as degrees above 37
            case Name(path=path):
                return plain(found.meanings[path].node) if path in found.meanings else path
        raise NotImplementedError(f"the scale '{name}' says {node}, which a page cannot read")

    return {"entry": plain(found.entry.when.node), "grades": [[g.grade, plain(g.when.node)] for g in found.grade]}


# ---- the module --------------------------------------------------------------------------------------------------


def module(name: str = "") -> str:
    """A model as an ES module, with what a page has to know to treat the typical patient."""
    return kept_text(f"{name or 'therapy'}.js", lambda: _module(therapy(name)))


def people() -> str:
    """How the hundred people differ, as an ES module: their properties, and the distribution of every other number."""
    return kept_text("people.js", _people)


def _module(made: Therapy) -> str:
    from livingdrug.engine.codegen.emit_javascript import write

    text = write(made.model, made.values, made.resolved.title, seen=made.asked["seen"])
    facts = {
        "start": made.asked["start"],
        "given": {n: {k: x for k, x in vars(d).items() if x is not None} for n, d in made.given.items()},
        "classes": made.classes,
        "latent": made.latent,
        "limits": {p: made.resolved.parameters[p].value for p in made.asked["limits"]},
        "scales": {n: scale(n) for n in made.asked["scales"]},
    }
    return f"{text}\nexport const therapy = {_json(facts)};\n"


def _people() -> str:
    made, cohort = therapy(), therapy().people
    differing, loaded = {}, set()
    for path in made.model.parameters:
        v = made.resolved.parameters[path].variability
        if v is not None and (v.sd or v.loadings or v.distribution == "uniform"):
            row = {"distribution": v.distribution, "sd": v.sd, "low": v.low, "high": v.high}
            row |= {"loadings": dict(v.loadings)}
            differing[path] = {k: x for k, x in row.items() if x not in (None, {})}
            loaded |= set(v.loadings)
    names = dict.fromkeys((*made.model.covariates, *sorted(loaded)))
    own = {n: [float(f"{x:.{DIGITS}g}") for x in cohort.of(n)] for n in names}
    facts = {"seed": cohort.seed, "count": len(cohort), "given": list(made.model.covariates), "own": own}
    return f"export const people = {_json({**facts, 'variability': differing})};\n"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


# ---- courses of the same model -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One patient's numbers that differ from the typical one's, and what is given: (day, input, amount, duration)."""

    values: Mapping[str, float]
    doses: tuple[tuple[float, str, float, float], ...]


def known(path: str, values: Mapping[str, Any]) -> str:
    """The path of a number that a figure sets; ScenarioError with the nearest where the model has none, as the
    script throws."""
    if path not in values:
        raise unknown("number of a living figure's model", path, values)
    return path


def courses(
    rows: Sequence[Asked], times: NDArray[np.float64], seen: Sequence[str], rtol: float = 1e-7, of: str = ""
) -> NDArray[np.float64]:
    """(rows, times, seen) by the engine, with no rule and no chance; of: one of the other models."""
    import numpy as np

    from livingdrug.engine import cache as programs
    from livingdrug.engine.plan import Patients, Plan
    from livingdrug.engine.run import simulate

    made = therapy(of)
    whole, n = made.resolved.model(), len(rows)
    # the whole model is the one that `livingdrug run` has compiled; one with a tissue runs as in the page, uncompiled
    model, program = (made.model, programs.plain(made.model)) if whole.tissue else (whole, None)
    base = {**{p: made.resolved.parameters[p].value for p in model.parameters}, **made.typical}
    paths = dict.fromkeys((*model.parameters, *model.covariates))
    values: dict[str, float | NDArray[np.float64]] = {
        p: np.array([row.values.get(p, base[p]) for row in rows], float) for p in paths
    }
    doses = np.full((n, max(len(r.doses) for r in rows), 4), np.inf)
    for i, row in enumerate(rows):
        ordered = sorted(row.doses)
        doses[i, : len(ordered)] = [(day, model.inputs.index(into), a, over) for day, into, a, over in ordered]
    plan = Plan(
        start=made.asked["start"],
        end=float(times[-1]),
        ticks=np.asarray(times, float),
        marks=np.zeros(len(times), np.int64),
        output=np.ones(len(times), bool),
        clone_ticks=np.zeros(len(times), bool),
        observables=tuple(seen),
        written=len(seen),
        rtol=rtol,
        extinction=False,
    )
    patients = Patients(np.arange(n), values, np.zeros((n, 0)), doses, np.full((n, len(model.hazards)), np.inf))
    return np.asarray(simulate(model, plan, patients, threads=1, program=program).observables)


# ---- kept on disk ------------------------------------------------------------------------------------------------

_making = threading.RLock()  # one thing that is made may rest on another
_beside: list[subprocess.Popen[bytes]] = []


def kept(name: str) -> Path:
    """Where a thing that was made is kept."""
    return _folder(os.environ.get("LIVINGDRUG_CACHE")) / f"{key()}-{name}"


@cache
def _folder(asked_for: str | None) -> Path:
    """The folder of what was made; found once, since looking tries to write there."""
    from livingdrug.engine import cache as disk

    return disk.folder("figures")


def kept_text(name: str, make: Any) -> str:
    """From the disk; else, when another process is at it, what that one makes; else made here, once."""
    path = kept(name)
    with _making:
        while not path.exists() and _beside and _beside[0].poll() is None:
            time.sleep(0.1)
        if not path.exists():
            with alone(path):
                if not path.exists():
                    write_text(path, make())
        return path.read_text(encoding="utf-8")


def begin() -> None:
    """Starts a process that makes what is not there yet, once, out of the way of the pages."""
    if _beside or kept(STILLS).exists():  # it is made last
        return
    _beside.append(subprocess.Popen([sys.executable, "-m", "livingdrug.web.figures"], stdout=subprocess.DEVNULL))
