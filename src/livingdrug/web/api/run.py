"""Asking for a run: `livingdrug run`, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import LivingDrugError, short
from livingdrug.scenario.link import FILE
from livingdrug.scenario.saved import toml
from livingdrug.web.api._asked import Body, only_known
from livingdrug.web.api._shapes import FAULTS, JobShown, shown
from livingdrug.web.jobs import Jobs
from livingdrug.web.refused import Refused

router = APIRouter(prefix="/api", tags=["virtual trials"], dependencies=[Depends(only_known)], responses=FAULTS)

Value = str | int | float | bool
Changes = Annotated[
    dict[str, Value],
    Field(
        description='Path -> value, as after --set: `{"dose.factor": 0.5}`.',
        examples=[{"dose.factor": 0.5}],
    ),
]


class ArmAsked(Body):
    """One arm: its name, and what it changes."""

    name: str = Field(examples=["half the killing"])
    title: str | None = None
    set: Changes = {}


class RunAsked(Body):
    """A trial of the library, or a scenario's text; one of the two."""

    trial: str | None = Field(None, description="A trial of the library.", examples=["eliana"])
    scenario: str | None = Field(None, description="A scenario as TOML, as in a file of your own.", examples=[None])
    patients: int | None = Field(None, description="Of each arm; as the scenario says without it.", examples=[200])
    seed: int | None = Field(None, description="Same seed, same patients, same random numbers.", examples=[1])
    set: Changes = {}
    arms: list[ArmAsked] = Field([], description="Arms laid side by side, in the same patients.", examples=[[]])
    files: dict[str, str] = Field(
        {}, description="Files that the scenario names, such as a cohort's CSV: name -> text.", examples=[{}]
    )


@router.post(
    "/run",
    status_code=202,
    response_model=JobShown,
    responses={200: {"model": JobShown, "description": "The same was asked before: here it is."}},
)
def run(asked: RunAsked, request: Request, response: Response) -> JobShown:
    """Ask for a run of a virtual trial; the answer says where to follow it.

    The scenario is checked at once, and what is wrong with it is told as the command line tells it.
    """
    jobs: Jobs = request.app.state.jobs
    text = text_of(asked.trial, asked.scenario, asked.arms)
    with in_words_of_the_body(asked.scenario, asked.arms):
        job = jobs.submit(text, asked.patients, asked.seed, asked.files, asked.set)
    response.status_code = 200 if job.state == "done" else 202
    response.headers["Location"] = f"/api/jobs/{job.key}"
    return shown(job)


def text_of(trial: str | None, scenario: str | None, arms: Sequence[ArmAsked] = ()) -> str:
    """The scenario that is asked for, with its arms behind it; a trial's name where nothing but that is asked."""
    if (trial is None) == (scenario is None):
        said = "no trial is asked for" if trial is None else "a trial and a scenario are asked for"
        raise Refused(422, said, where="trial", allowed="trial: a name of the library, or scenario: a text")
    if scenario is None:
        name = str(trial)
        if "\n" in name or "=" in name:
            raise Refused(422, f"{short(name)} is no trial's name", mend="send a scenario's text as 'scenario'")
        scenario = f"trial = {json.dumps(name)}\n" if arms else name
    return "\n".join([scenario, *map(_arm, arms)]) if arms else scenario


@contextmanager
def in_words_of_the_body(scenario: str | None, arms: Sequence[ArmAsked]) -> Iterator[None]:
    """While a question is looked at: a line of the text that is made of a body is told by the body's own words."""
    try:
        yield
    except LivingDrugError as problem:
        parts = {name: getattr(problem, name) for name in ("where", "allowed", "nearest", "mend")}
        parts["where"] = re.sub(
            rf"{re.escape(FILE)}:(\d+)", lambda m: _place(int(m[1]), scenario, arms), parts["where"] or ""
        )
        parts["where"] = parts["where"] or None
        raise Refused(getattr(problem, "status", 422), problem.what, **parts) from None


def _place(line: int, scenario: str | None, arms: Sequence[ArmAsked]) -> str:
    """What of a body stands in a line of the scenario that is made of it."""
    own = scenario.count("\n") + 1 if scenario is not None else 1 + (1 if arms else 0)
    if line <= own:
        return f"line {line} of the scenario" if scenario is not None else "trial"
    line -= own
    for i, arm in enumerate(arms):
        lines = ["", "name", *(["title"] if arm.title is not None else []), "set", *(f"set.{p}" for p in arm.set), ""]
        if line <= len(lines):
            return f"arms[{i}].{lines[line - 1]}".rstrip(".")
        line -= len(lines)
    return "arms"


def _arm(arm: ArmAsked) -> str:
    words: dict[str, Any] = {"name": arm.name, **({"title": arm.title} if arm.title is not None else {})}
    sets = [f"{json.dumps(path)} = {toml(x)}" for path, x in arm.set.items()]
    return "\n".join(["[[arm]]", *(f"{k} = {toml(x)}" for k, x in words.items()), "[arm.set]", *sets, ""])
