"""What the library knows: `livingdrug list`, `show`, `explain`, `schema`, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.requests import Request

from livingdrug.web.api._asked import Body, of_the_library, only_known
from livingdrug.web.api._shapes import FAULTS, Entry, Explained, Shown
from livingdrug.web.api.run import Changes, text_of
from livingdrug.web.jobs import Jobs
from livingdrug.web.jobs.question import Question

router = APIRouter(prefix="/api", tags=["library"], dependencies=[Depends(only_known)], responses=FAULTS)


@router.get("/list")
def kinds() -> dict[str, int]:
    """The kinds of entries, and how many there are of each."""
    from livingdrug import library

    with library.held():
        return {kind: len(library.names(kind)) for kind in library.KINDS}


@router.get("/list/{kind}")
def list_(
    kind: Annotated[str, Path(examples=["trials"], description="A kind, as /api/list names them.")],
) -> list[Entry]:
    """The entries of a kind."""
    from livingdrug import library

    with of_the_library(kind):
        entries = [library.find(kind, name) for name in library.names(kind)]
    return [Entry(name=e.name, title=e.title, aliases=list(e.aliases), file=e.file) for e in entries]


@router.get("/show/{name:path}")
def show(
    name: Annotated[str, Path(description="A name or alias, or KIND/NAME.", examples=["eliana"])],
) -> list[Shown]:
    """The entries of a name, with every number's source."""
    from livingdrug.cli.library import as_dict, asked

    with of_the_library(name):
        return [Shown(**as_dict(entry)) for entry in asked(name)]


@router.get("/explain")
def explain(
    request: Request,
    scenario: Annotated[str, Query(description="A library trial, or a scenario as TOML.", examples=["eliana"])],
    path: Annotated[str, Query(description="As covariates.age or protocol.follow_up.", examples=["covariates.age"])],
    arm: Annotated[str | None, Query(description="In this arm.")] = None,
) -> Explained:
    """Why a number has its value: every layer that spoke, and where."""
    jobs: Jobs = request.app.state.jobs
    return Explained(**jobs.explain(Question(scenario), path, arm))


class ExplainAsked(Body):
    """A number of a scenario."""

    path: str = Field(examples=["covariates.age"], description="As covariates.age or protocol.follow_up.")
    trial: str | None = Field(None, examples=["eliana"], description="A trial of the library.")
    scenario: str | None = Field(None, examples=[None], description="A scenario as TOML, instead of a trial.")
    arm: str | None = Field(None, examples=[None], description="In this arm.")
    set: Changes = {}


@router.post("/explain")
def explain_text(asked: ExplainAsked, request: Request) -> Explained:
    """The same for a scenario too long for an address, or with changes laid on it."""
    jobs: Jobs = request.app.state.jobs
    text = text_of(asked.trial, asked.scenario)
    return Explained(**jobs.explain(Question(text, sets=asked.set), asked.path, asked.arm))


@router.get("/schema")
def schemas() -> list[str]:
    """The kinds of files that have a schema."""
    from livingdrug.spec.json_schema import KINDS

    return list(KINDS)


@router.get("/schema/{kind}")
def schema(
    kind: Annotated[str, Path(examples=["scenario"], description="A kind, as /api/schema names them.")],
) -> dict[str, Any]:
    """What a file of a kind may say, as JSON Schema."""
    from livingdrug.spec.json_schema import schema_of

    with of_the_library(kind):
        return schema_of(kind)
