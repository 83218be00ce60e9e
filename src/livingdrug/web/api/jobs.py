"""Runs: which there are, how far each is, its result; and no more of it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from livingdrug.errors import LivingDrugError
from livingdrug.web.api._asked import only_known
from livingdrug.web.api._shapes import FAULTS, REPORT, JobShown, JobsShown, names, shown
from livingdrug.web.jobs import Job, Jobs
from livingdrug.web.refused import Refused

router = APIRouter(prefix="/api/jobs", tags=["virtual trials"], dependencies=[Depends(only_known)], responses=FAULTS)
Key = Annotated[str, Path(description="The key of a run, as POST /api/run gives it.", examples=["KEY"])]
NEVER_KEPT = {"Cache-Control": "no-store"}
TYPES = {".json": "application/json", ".html": "text/html", ".toml": "application/toml", ".csv": "text/csv"}


@router.get("")
def all_(request: Request) -> JobsShown:
    """The runs of this server, the newest first."""
    found = [shown(job) for job in _jobs(request).all()]
    return JobsShown(total=len(found), jobs=found)


@router.get("/{key}")
def one(key: Key, request: Request) -> JobShown:
    """How far a run is, and where its result lies."""
    return shown(_job(request, key))


@router.get(
    "/{key}/events",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "An event `job` after each change."}},
)
async def events(key: Key, request: Request) -> Response:
    """Progress as server-sent events, each with the run as `/api/jobs/KEY` shows it; ends when the run has ended."""
    from asyncio import to_thread

    await to_thread(_job, request, key)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(_jobs(request), key), media_type="text/event-stream", headers=headers)


async def _told(jobs: Jobs, key: str) -> AsyncIterator[str]:
    last: Job | None = None
    async for job in jobs.events(key):
        if job == last:
            yield ": still there\n\n"
        else:
            yield f"event: job\ndata: {shown(job).model_dump_json()}\n\n"
        last = job


@router.post("/{key}/cancel")
def cancel(key: Key, request: Request) -> JobShown:
    """End a run that waits or runs. One that has ended stays as it is."""
    _job(request, key)
    job = _jobs(request).cancel(key)
    return shown(job or _job(request, key))


@router.delete("/{key}", status_code=204)
def remove(key: Key, request: Request) -> Response:
    """End a run and forget it, with its result."""
    if not _jobs(request).remove(key):
        _job(request, key)
    return Response(status_code=204)


@router.get("/{key}/result")
def result(key: Key, request: Request) -> dict[str, Any]:
    """The result: the very object that `livingdrug run --json` prints."""
    found = _done(request, key).result
    try:
        text = found.read_text(encoding="utf-8") if found else ""
    except OSError:
        raise _cleared() from None
    return Response(text, media_type="application/json", headers=NEVER_KEPT)  # type: ignore[return-value]


@router.get("/{key}/report.html", response_class=HTMLResponse)
def report(key: Key, request: Request) -> Response:
    """The report as one page."""
    text = _report(_done(request, key))
    return HTMLResponse(text, headers={**NEVER_KEPT, "Content-Security-Policy": policy(text)})


def _report(job: Job) -> str:
    from livingdrug.web.pages import _results

    assert job.folder
    try:
        return _results.report_of(job.folder)
    except (OSError, LivingDrugError):
        raise _cleared() from None


def policy(page: str) -> str:
    """What a report may do: show itself with the style that stands in it, which is named by its hash; nothing else."""
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in styles)
    hashes = " ".join(f"'sha256-{d}'" for d in digests) or "'none'"
    return (
        f"default-src 'none'; style-src {hashes}; img-src data:; sandbox allow-popups; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


@router.get("/{key}/files/{name:path}", response_class=FileResponse)
def file(
    key: Key,
    name: Annotated[str, Path(description="As /api/jobs/KEY names it.", examples=["patients.parquet"])],
    request: Request,
) -> Response:
    """One file of the result, to keep."""
    job = _done(request, key)
    there = names(job)
    if name not in there or job.folder is None:
        raise Refused(404, "the result has no such file", allowed=there, given=name[:200])
    if name == REPORT:
        attached = {"Content-Disposition": f'attachment; filename="{job.key}-{name}"'}
        return HTMLResponse(_report(job), headers={**NEVER_KEPT, **attached})
    path = job.folder / name
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return FileResponse(path, media_type=kind, filename=f"{job.key}-{path.name}", headers=NEVER_KEPT)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _job(request: Request, key: str) -> Job:
    job = _jobs(request).get(key)
    if job is None:
        said = "there is no run of that key, or its result was cleared to make room"
        raise Refused(404, said, mend="ask for the run again: the same question has the same key")
    return job


def _done(request: Request, key: str) -> Job:
    job = _job(request, key)
    if job.state != "done":
        said = f"this run is not done: it is {job.state}"
        raise Refused(409, said, where=f"/api/jobs/{key}", mend="follow its events; then ask again")
    return job


def _cleared() -> Refused:
    return Refused(404, "this result was cleared to make room", mend="ask for the run again")
