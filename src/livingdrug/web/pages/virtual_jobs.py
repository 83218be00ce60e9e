"""One run of a virtual trial: how far it is, its results, one of its patients, and what can be taken away."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.web.jobs import Job
from livingdrug.web.pages import _patient, _results
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._runs import command, command_of, piece_of, scenario_of
from livingdrug.web.pages._sent import only_pressed
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(prefix="/virtual/jobs", include_in_schema=False, dependencies=[Depends(declared)])


def job_of(request: Request, key: str) -> Job:
    """The job of a key; 404 where there is none."""
    job: Job | None = request.app.state.jobs.get(key)
    if job is None:
        raise Refused(
            404,
            "there is no such run here",
            mend="it may have been cleared away; begin it again at /virtual, or open the link that carries it",
        )
    return job


def done(request: Request, key: str) -> tuple[Job, Path]:
    """A finished job and the folder of its result."""
    job = job_of(request, key)
    if job.state != "done" or job.folder is None:
        raise Refused(404, "this run has no result", mend=f"see how it stands: /virtual/jobs/{key}")
    return job, job.folder


@router.get("/{key}")
def look(request: Request, key: str) -> Response:
    """How far a run is, or its results."""
    job = job_of(request, key)
    if job.state == "done" and job.folder is not None:
        return _result(request, job, job.folder)
    given = {"job": job, "says": says(job), "scenario": scenario_of(job), "fault": _fault(job)}
    return page(request.scope, "virtual_job.html", title=job.called, **given)


def says(job: Job) -> str:
    """How a run stands, in a sentence."""
    if job.state == "waiting":
        return "Waiting for its turn"
    if job.step == "running":
        return f"{job.done:,} of {job.total:,} patients followed"
    return {"compiling": "Making the model ready, once per model", "report": "Writing the results"}.get(
        job.step, "Begun"
    )


def _fault(job: Job) -> Any:
    """Why a run failed, as pages show what is wrong."""
    if not job.error:
        return None
    from livingdrug.web.pages._scenario import Fault

    said = {k: job.error.get(k) for k in ("where", "allowed", "nearest", "mend")}
    return Fault(ScenarioError(str(job.error.get("error", "it failed")), **said))


def _result(request: Request, job: Job, folder: Path) -> Response:
    """The results: what they say is drawn once, what stands around them is the visitor's own address."""
    body = _results.page_of(folder, job.key)
    piece = piece_of(job)
    shared = f"{request.base_url}virtual/s/{piece}" if piece else None
    given: dict[str, Any] = {
        "job": job,
        "body": body,
        "shared": shared,
        "commands": [command_of(job), *([command(shared)] if shared else [])],
        "scenario": scenario_of(job),
        "about": f"Results of the virtual trial {job.called}, beside what was published.",
    }
    return page(request.scope, "virtual_results.html", title=job.called, **given)


@router.post("/{key}/cancel", dependencies=[Depends(only_pressed)])
def cancel(request: Request, key: str) -> Response:
    """Stops a run."""
    job_of(request, key)
    request.app.state.jobs.cancel(key)
    return RedirectResponse(f"/virtual/jobs/{key}", 303)


@router.post("/{key}/again", dependencies=[Depends(only_pressed)])
def again(request: Request, key: str) -> Response:
    """Asks for a run that was stopped or failed once more."""
    job = job_of(request, key)
    fresh = request.app.state.jobs.submit(job.text, job.patients, job.seed, dict(job.files), dict(job.sets))
    return RedirectResponse(f"/virtual/jobs/{fresh.key}", 303)


@router.get("/{key}/patient")
def patient(request: Request, key: str, number: str = "", arm: str = "") -> Response:
    """One patient of a run, simulated again, with the care given."""
    job, folder = done(request, key)
    result = _results.result_of(folder)
    number, fault = number.strip(), None
    try:
        shown = _patient.chosen(result, number, arm or None)
    except LivingDrugError as problem:
        fault, shown = problem, _patient.chosen(result, "", None)
    arms = [(name, a.title) for name, a in result.arms.items()]
    last = int(max(result.arm().columns["patient"]))
    given: dict[str, Any] = {
        "job": job,
        "shown": shown,
        "arms": arms,
        "arm": arm or arms[0][0],
        "last": last,
        "fault": fault,
        "typed": number,
    }
    title = f"{shown.title} of {job.called}" if shown else f"One patient of {job.called}"
    return page(request.scope, "virtual_patient.html", 422 if fault else 200, title=title, **given)


@router.get("/{key}/report.html")
def report(request: Request, key: str) -> Response:
    """The report, one file that needs nothing else."""
    _, folder = done(request, key)
    return _file(_results.report_of(folder).encode(), "report.html", "text/html; charset=utf-8")


@router.get("/{key}/scenario.toml")
def scenario(request: Request, key: str) -> Response:
    """The scenario, which the command line runs."""
    return _file(scenario_of(job_of(request, key)).encode(), "scenario.toml", "application/toml")


@router.get("/{key}/tables.zip")
def tables(request: Request, key: str) -> Response:
    """Every table of the run as CSV, with the meaning of each column."""
    _, folder = done(request, key)
    result = _results.result_of(folder)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="livingdrug-tables-") as place:
        result.export("csv", place)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(place).rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(place).as_posix())
            archive.writestr("result.json", json.dumps(result.json(), ensure_ascii=False, default=str))
    return _file(packed.getvalue(), "tables.zip", "application/zip")


def _file(body: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}
    return Response(body, media_type=kind, headers=headers)
