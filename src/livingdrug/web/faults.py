"""One form of error: `{ok, error, where, allowed, mend, nearest, errors, status}`, or a page that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from livingdrug.errors import LivingDrugError
from livingdrug.web.headers import HEADERS
from livingdrug.web.refused import by_field

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Scope

TITLES = {
    400: "That cannot be done",
    403: "Refused",
    404: "There is no such page",
    405: "Refused",
    413: "Too large",
    421: "Refused",
    422: "That cannot be done",
    429: "Too much at once",
    500: "Something broke here",
    503: "Not now",
}


def shape(status: int, problem: str | LivingDrugError, errors: Sequence[Any] = (), **parts: Any) -> dict[str, Any]:
    """The JSON object of an error; errors: the single faults of a form, each `{field, error}`."""
    found: dict[str, Any] = {"where": None, "allowed": None, "mend": None, "nearest": None}
    if isinstance(problem, LivingDrugError):
        found |= by_field(problem)
        problem = problem.what
    return _sendable({"ok": False, "error": problem, **found, **parts, "errors": list(errors), "status": status})


def _sendable(data: Any) -> Any:
    """With halves of characters, which no response can carry, written as escapes."""
    if isinstance(data, dict):
        return {_sendable(k): _sendable(x) for k, x in data.items()}
    if isinstance(data, list):
        return [_sendable(x) for x in data]
    return data.encode("utf-8", "backslashreplace").decode() if isinstance(data, str) else data


def wants_json(scope: Scope) -> bool:
    """Whether an error is read by a program: anything under /api/, or whoever asks for JSON and not for a page."""
    accepted = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"accept"), "")
    return scope["path"].startswith("/api/") or ("json" in accepted and "html" not in accepted)


def answer(scope: Scope, fault: dict[str, Any]) -> Response:
    """An error as a response."""
    if wants_json(scope):
        return JSONResponse(fault, status_code=fault["status"])
    from livingdrug.web.paper import page

    return page(scope, "fault.html", status=fault["status"], title=TITLES.get(fault["status"], "Not done"), fault=fault)


def refusal(scope: Scope, status: int, what: str, mend: str) -> Response:
    """A refusal before any page has seen the request."""
    return answer(scope, shape(status, what, mend=mend))


def install(app: FastAPI) -> None:
    """Every error of the application comes out in the one form."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    @app.exception_handler(LivingDrugError)
    async def _known(request: Request, problem: LivingDrugError) -> Response:
        return answer(request.scope, shape(getattr(problem, "status", 400), problem))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, problem: HTTPException) -> Response:
        said = {
            400: "the body cannot be read: it is nested too deeply, or holds a number of thousands of digits",
            404: "there is no such page here",
            405: "this page is not asked in that way",
        }
        mend = "begin at the first page" if problem.status_code == 404 else None
        what = said.get(problem.status_code, str(problem.detail))
        response = answer(request.scope, shape(problem.status_code, what, mend=mend))
        response.headers.update(problem.headers or {})  # 405: what it may be asked
        return response

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, problem: RequestValidationError) -> Response:
        errors = list({e["field"]: e for e in map(_single, problem.errors())}.values())
        what = "; ".join(": ".join(filter(None, e.values())) for e in errors) or "the request cannot be read"
        where = next((e["field"] for e in errors if e["field"]), None)
        return answer(request.scope, shape(422, what, errors, where=where))

    @app.exception_handler(Exception)
    async def _broken(request: Request, problem: Exception) -> Response:
        said = "this page met a fault of its own; it was written to the server's log"
        response = answer(request.scope, shape(500, said))
        response.headers.update(HEADERS)  # the guard has let go of it already
        return response


ONE_OF = ("str", "int", "float", "bool")
"""How pydantic names the types of a value that may have any of them."""


def _single(error: Mapping[str, Any]) -> dict[str, str]:
    """One fault of a form or body: its field ("" for the whole) and what is wrong."""
    place, said = error["loc"][1:], str(error["msg"])
    if error["type"] == "json_invalid":
        return {"field": "", "error": f"the body is no JSON: {error['ctx']['error']}, at character {place[-1]}"}
    if not place:
        return {"field": "", "error": "the body must be a JSON object, sent with Content-Type: application/json"}
    if place[-1] in ONE_OF and len(place) > 1:  # a value of one of several types: pydantic tells each by itself
        return {"field": _path(place[:-1]), "error": "should be a text, a number, true or false"}
    return {"field": _path(place), "error": said[:1].lower() + said[1:]}


def _path(place: Sequence[Any]) -> str:
    """The words that lead to a place of a body: arms[1].set.dose.factor."""
    return "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in place).lstrip(".")
