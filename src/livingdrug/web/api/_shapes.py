"""What the interface answers with, as types: from them the description at /api/openapi.json is made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from livingdrug.web.jobs import Job


class Fault(BaseModel):
    """Every error has this form."""

    ok: Literal[False] = False
    error: str = Field(description="What is wrong.")
    where: str | None = Field(description="Where: a line of the scenario, or a word of the request.")
    allowed: str | None = Field(description="What is allowed.")
    mend: str | None = Field(description="What to do.")
    nearest: str | None = Field(description="The known word most like the one given.")
    errors: list[dict[str, str]] = Field(description="The single faults of a body: field, error.")
    status: int = Field(description="The HTTP status.")


class Links(BaseModel):
    """Where the rest of a run is found; null until the run is done."""

    self: str
    events: str = Field(description="Progress as server-sent events.")
    cancel: str
    page: str = Field(description="The run as a page.")
    result: str | None
    report: str | None
    files: dict[str, str] | None = Field(description="Tables and texts of the result, by name.")


class JobShown(BaseModel):
    """One run of a virtual trial."""

    key: str = Field(description="Of the question: the same question has the same key.")
    title: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    step: Literal["waiting", "compiling", "running", "report"]
    arm: str | None = Field(description="The arm being simulated.")
    done: int = Field(description="Patients simulated so far, of all arms together.")
    total: int
    patients: int = Field(description="Patients of each arm.")
    arms: int
    seed: int
    error: Fault | None
    notes: list[str]
    created: str = Field(description="UTC.")
    finished: str | None
    links: Links


class JobsShown(BaseModel):
    """The newest runs first, 200 at most."""

    total: int
    jobs: list[JobShown]


class Entry(BaseModel):
    """One entry of the library."""

    name: str
    title: str
    aliases: list[str]
    file: str


class Shown(BaseModel):
    """One entry of the library, with every number's source."""

    kind: str
    name: str
    title: str
    file: str
    aliases: list[str]
    about: Any
    numbers: list[dict[str, Any]]
    published: list[dict[str, Any]]
    sources: dict[str, str]


class Explained(BaseModel):
    """What every layer said of one number, the lowest first; the last holds."""

    path: str
    about: str
    value: Any
    unit: str
    layers: list[dict[str, Any]]


class ModelEntry(BaseModel):
    """One published model."""

    name: str
    title: str
    variants: list[str]
    read: str


class Board(BaseModel):
    """The scoreboard as it is kept: the object of `livingdrug scoreboard --json`, and what it was made with."""

    version: str
    finished: str
    changed: list[str]
    seeds: int
    first_seed: int
    wall_s: float
    calibration: dict[str, Any]
    validation: dict[str, Any]
    outlook: dict[str, Any]
    naive: dict[str, Any]
    wrong_truths: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    notes: list[str]
    trials: list[dict[str, Any]]


class Approvals(BaseModel):
    """Approvals, each with the sources where it was read."""

    total: int
    approvals: list[dict[str, Any]]


def shown(job: Job) -> JobShown:
    """A job as the interface shows it."""
    here = f"/api/jobs/{job.key}"
    parts = ("key", "title", "state", "step", "arm", "done", "total", "patients", "arms", "seed", "created", "finished")
    links = Links(
        self=here,
        events=f"{here}/events",
        cancel=f"{here}/cancel",
        page=f"/virtual/jobs/{job.key}",
        result=f"{here}/result" if job.folder else None,
        report=f"{here}/report.html" if job.folder else None,
        files={name: f"{here}/files/{name}" for name in names(job)} if job.folder else None,
    )
    error = Fault(**job.error) if job.error else None
    return JobShown(**{k: getattr(job, k) for k in parts}, error=error, notes=list(job.notes), links=links)


REPORT = "report.html"  # among the files of a result, but drawn when it is asked for


def names(job: Job) -> list[str]:
    """The files of a result, each as its path below the result's folder."""
    if job.folder is None:
        return []
    return sorted({REPORT, *(f.relative_to(job.folder).as_posix() for f in job.folder.rglob("*") if f.is_file())})


FAULTS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Fault, "description": "What is wrong, where, what is allowed, and what to do."}
}
