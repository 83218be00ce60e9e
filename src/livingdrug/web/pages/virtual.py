"""Virtual trials: choose one, change what matters, run it; and a scenario that came by a link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from livingdrug import library
from livingdrug.errors import LivingDrugError, unknown
from livingdrug.scenario import link
from livingdrug.spec.entry import entry
from livingdrug.spec.scenario import MOST_SEED, PARTS
from livingdrug.web.pages import _form
from livingdrug.web.pages._asked import only
from livingdrug.web.pages._drafted import drafted
from livingdrug.web.pages._form import Form, Ground
from livingdrug.web.pages._mirror import damage_told, opened
from livingdrug.web.pages._runs import command, scenario_of
from livingdrug.web.pages._scenario import Fault, notes, wrong
from livingdrug.web.pages._sent import fields, only_pressed
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False)
SHELF = ("trials", "products", "populations", "protocols")  # kinds one may begin with
RECENT = 8
DOES = ("run", "look", "text", "form")  # what the buttons of a form ask for
MORE = {"arm+": "arms", "arm-": "arms", "row+": "arms", "parts": "parts"}  # buttons that only change the form


Sent = Annotated[Mapping[str, str], Depends(fields)]


@router.get("/virtual")
def choose(request: Request) -> Response:
    """What there is to begin with, each with a sentence, and what was run lately."""
    shelf = [(kind, [_entry(kind, name) for name in library.names(kind)]) for kind in SHELF]
    only(request.query_params)
    recent = request.app.state.jobs.all()[:RECENT]
    return page(request.scope, "virtual.html", title="Virtual trials", shelf=dict(shelf), recent=recent, about=ABOUT)


ABOUT = (
    "Run a virtual CAR-T trial on this machine: choose a trial, change what matters, compare with what was published."
)


def _entry(kind: str, name: str) -> dict[str, Any]:
    file = library.find(kind, name)
    said = entry(file)
    head, _, rest = file.title.partition(": ")
    return {
        "name": name,
        "title": head if rest else file.title,
        "rest": rest[:1].upper() + rest[1:],
        "about": " ".join(said.about.split("\n\n")[0].split()),
        "rows": len({row.measure for row in said.published}),
    }


@router.get("/virtual/new")
def begin(request: Request) -> Response:
    """The form of a trial, product, population or protocol; the draft of a registered trial; or an earlier run's."""
    taken = ("trial", *_form.CHOSEN, "draft", "from", "view")
    asked = {name: listed[0] for name, listed in only(request.query_params, *taken).items()}
    if asked.get("view", "text") != "text":
        raise Refused(422, f"'{asked['view'][:80]}' is no view", where="view", allowed="text")
    text, note = "", ""
    if draft := asked.get("draft"):
        store = opened(request).store
        with damage_told(store.path):
            text, note = drafted(store, draft)
    elif key := asked.get("from"):
        text = scenario_of(_known(request, key))
    if text:
        form, why = (None, "") if draft else _form.shown(text)
        if form is None:
            return _as_text(request, text, note or (f"Shown as text: {why}." if why else ""))
    else:
        form = _first({kind: asked[kind] for kind in ("trial", *_form.CHOSEN) if kind in asked})
    ground = Ground.of(form)
    if asked.get("view") == "text":
        return _as_text(request, _form.written(form, ground)[0])
    return _as_form(request, _form.settled(form, ground), ground)


def _first(asked: Mapping[str, str]) -> Form:
    """A trial as the library has it, with the parts that were asked for; the trial that has most of them by itself."""
    named = {kind: _named(kind, name) for kind, name in asked.items()}
    wanted = {k: x for k, x in named.items() if k != "trial"}
    names = library.names("trials")
    if not names:
        raise Refused(404, "the library has no trial to build on", mend="livingdrug new trial NAME")
    trial = named.get("trial") or max(names, key=lambda name: sum(_says(name, k, x) for k, x in wanted.items()))
    parts = {k: x for k, x in wanted.items() if not _says(trial, k, x)}
    return Form(trial, parts=parts)


def _named(kind: str, name: str) -> str:
    """The name of an entry of the library; 404 with the nearest for one that is none."""
    folder = PARTS.get(kind, "trials")
    if name.endswith(".toml") or name not in library.names(folder):
        answering = [e.name for e in library.everywhere(name) if e.kind == folder]
        if len(answering) != 1:
            problem = unknown(kind, name[:80], library.names(folder))
            raise Refused(404, problem.what, allowed=problem.allowed, nearest=problem.nearest)
        return answering[0]
    return name


def _says(trial: str, part: str, name: str) -> bool:
    return library.find("trials", trial).says(part) == name


@router.post("/virtual/new")
def changed(request: Request, sent: Sent) -> Response:
    """What was typed: run, looked at, shown as text or as a form again, or with one more arm or row."""
    only(request.query_params)
    do, limits = _do(sent), request.app.state.settings.limits
    _form.only_known(sent, limits)
    if "text" in sent:
        return _typed(request, sent["text"].replace("\r\n", "\n"), do)
    form = _form.read(sent, limits)
    if do in MORE:
        form = _more(form, do, limits.arms)
    try:
        ground = Ground.of(form)
    except LivingDrugError as problem:
        return _stand(request, form, problem)
    if do == "text":
        return _as_text(request, _form.written(form, ground)[0])
    if do in MORE:
        return _as_form(request, _form.settled(form, ground), ground)
    faults = _form.faults(form, ground, lambda text: wrong(text, request.app.state.jobs))
    if faults or do == "look":
        said = () if faults else notes(_form.written(form, ground)[0], request.app.state.jobs)
        return _as_form(request, form, ground, faults, looked=not faults, notes=said)
    return _asked_for(request, _form.written(form, ground)[0])


def _do(sent: Mapping[str, str]) -> str:
    """What is to be done with a form: what its button says, to run it where none does; Refused (422) for another."""
    do = sent.get("do", "run")
    if do not in (*DOES, *MORE):
        raise Refused(422, f"'{do[:40]}' is nothing that can be done with a form", where="do", allowed=[*DOES, *MORE])
    return do


def _more(form: Form, do: str, most: int) -> Form:
    """One arm more or less; a row more needs nothing but the page again."""
    arms = list(form.arms)
    rows = form.rows
    if do == "arm+" and len(arms) < most:
        first = not arms
        arms += ["as it stands", "arm 2"] if first else [f"arm {len(arms) + 1}"]
        rows = tuple((path, ("", *cells) if first else (*cells, "")) for path, cells in rows)
    elif do == "arm-" and arms:
        keep = max(len(arms) - 1, 1)
        arms, rows = arms[:keep], tuple((path, cells[:keep] if keep > 1 else cells[1:2]) for path, cells in rows)
    return Form(
        form.trial,
        form.title,
        form.parts,
        form.patients,
        form.seed,
        form.values,
        tuple(arms if len(arms) > 1 else ()),
        rows,
    )


def _typed(request: Request, text: str, do: str) -> Response:
    """A scenario written as text."""
    if do == "form":
        form, why = _form.shown(text)
        if form is None:
            return _as_text(request, text, f"This stays as text: {why}.")
        ground = Ground.of(form)
        return _as_form(request, _form.settled(form, ground), ground)
    fault = wrong(text, request.app.state.jobs)
    if fault or do == "look":
        said = () if fault else notes(text, request.app.state.jobs)
        return _as_text(request, text, fault=fault, looked=not fault, notes=said)
    return _asked_for(request, text)


def _asked_for(request: Request, text: str) -> Response:
    job = request.app.state.jobs.submit(text)
    return RedirectResponse(f"/virtual/jobs/{job.key}", 303)


def _stand(request: Request, form: Form, problem: LivingDrugError) -> Response:
    """A form whose trial and parts do not go together: the parts alone, with what is wrong."""
    plain = _first({"trial": form.trial}) if form.trial in library.names("trials") else _first({})
    return _as_form(request, form, Ground.of(plain), {"": Fault(problem)})


def _as_form(
    request: Request,
    form: Form,
    ground: Ground,
    faults: Mapping[str, Fault] | None = None,
    looked: bool = False,
    notes: Sequence[str] = (),
) -> Response:
    faults = dict(faults or {})
    limits = request.app.state.settings.limits
    typed = [*form.rows, *[("", ("",) * max(len(form.arms), 1))] * _form.SPARE][: _form.MOST_ROWS]
    return page(
        request.scope,
        "virtual_new.html",
        status=422 if faults else 200,
        title="Set up a virtual trial",
        form=form,
        trial=ground.resolved,
        offers=list(_offers(form, ground, faults)),
        pieces=[
            (part, _part(part, form, ground), _form.choices(part))
            for part in _form.CHOSEN
            if part in ground.resolved.names
        ],
        trials=_form.choices("trials"),
        rows=typed,
        paths=sorted(ground.paths.values(), key=lambda c: c.path),
        known=ground.paths,
        faults=faults,
        looked=looked,
        notes=notes,
        limits=limits,
        most_seed=MOST_SEED - 1,
        usual=ground.resolved.patients or _form.USUAL_PATIENTS,
    )


def _part(part: str, form: Form, ground: Ground) -> str:
    return form.parts.get(part) or ground.resolved.names[part]


def _offers(form: Form, ground: Ground, faults: Mapping[str, Fault]) -> Iterator[dict[str, Any]]:
    """Each group of fields; open where something in it was changed or is wrong, and the first ones always."""
    for place, offer in enumerate(ground.offers):
        fields = [
            {"choice": c, "typed": typed, "changed": typed != c.value, "fault": faults.get(f"value:{c.path}")}
            for c in offer.choices
            for typed in [form.values.get(c.path, c.value)]
        ]
        changed = sum(bool(f["changed"]) for f in fields)
        wrong_ = any(f["fault"] for f in fields)
        yield {"offer": offer, "fields": fields, "open": place == 1 or changed > 0 or wrong_, "changed": changed}


def _as_text(
    request: Request,
    text: str,
    note: str = "",
    fault: Fault | None = None,
    looked: bool = False,
    notes: Sequence[str] = (),
) -> Response:
    lines = text.split("\n")
    line = lines[fault.line - 1] if fault and fault.line and fault.line <= len(lines) else ""
    given = {
        "text": text,
        "note": note,
        "fault": fault,
        "line": line,
        "looked": looked,
        "notes": notes,
        "rows": min(max(len(lines) + 2, 12), 40),
    }
    return page(request.scope, "virtual_text.html", 422 if fault else 200, title="A scenario as text", **given)


@router.get("/virtual/s/{piece}")
def shared(request: Request, piece: str) -> Response:
    """A scenario that came by a link: its result where it is there, else what it would run. Nothing is started."""
    sent = link.decode(piece)
    jobs, fault, job = request.app.state.jobs, None, None
    try:
        answer = jobs.check(sent.text, sent.patients, sent.seed)
        job = jobs.get(answer.key)
    except LivingDrugError as problem:
        fault, answer = Fault(problem, _line(problem)), None
    if job and job.state == "done":
        return RedirectResponse(f"/virtual/jobs/{job.key}", 303)
    told = command(f"{request.base_url}virtual/s/{piece}")
    title = answer.title if answer else "A shared scenario"
    given = {"sent": sent, "answer": answer, "job": job, "fault": fault, "command": told, "piece": piece}
    return page(request.scope, "virtual_shared.html", 422 if fault else 200, title=title, **given)


def _line(problem: LivingDrugError) -> int | None:
    found = re.search(r"\.toml:(\d+)", problem.where or "")
    return int(found[1]) if found else None


@router.post("/virtual/s/{piece}", dependencies=[Depends(only_pressed)])
def run_shared(request: Request, piece: str) -> Response:
    """Runs a scenario that came by a link."""
    sent = link.decode(piece)
    job = request.app.state.jobs.submit(sent.text, sent.patients, sent.seed)
    return RedirectResponse(f"/virtual/jobs/{job.key}", 303)


def _known(request: Request, key: str) -> Any:
    job = request.app.state.jobs.get(key)
    if job is None:
        raise Refused(404, "there is no such run here", mend="choose one of the latest runs: /virtual")
    return job
