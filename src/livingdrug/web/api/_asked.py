"""What a program may send: words that are known, and nothing else; a misspelt one is refused with the nearest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from starlette.requests import Request

from livingdrug.errors import LivingDrugError, short
from livingdrug.scenario.link import once
from livingdrug.web.refused import Refused


class Body(BaseModel):
    """A JSON object that holds no other words than these, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        for word in data if isinstance(data, dict) else ():
            if word not in cls.model_fields and word not in {f.alias for f in cls.model_fields.values()}:
                words = [f.alias or name for name, f in cls.model_fields.items()]
                said = f"unknown word {short(word)} in the body"
                raise Refused(422, said, where=str(word)[:80], allowed=words, given=str(word))
        return data


async def only_known(request: Request) -> None:
    """Refuses a word in the address that this part of the interface does not know, and a word that is said twice."""
    words = [p.alias for p in request.scope["route"].dependant.query_params]
    given = [word for word, _ in request.query_params.multi_items()]
    for word in given:
        if word not in words:
            said = f"unknown word {short(word)} in the address"
            given_as = {"where": word[:80], "allowed": words or "none here", "given": word if words else None}
            raise Refused(422, said, **given_as)
        if given.count(word) > 1:
            raise Refused(422, f"{word}: given {given.count(word)} times, but it takes one value", where=word)
    if request.method == "POST":
        try:
            body = json.loads(await request.body() or b"{}", object_pairs_hook=once)
        except (json.JSONDecodeError, UnicodeDecodeError) as problem:
            said = problem.msg if isinstance(problem, json.JSONDecodeError) else "it is not UTF-8"
            raise Refused(422, f"the body is no JSON: {said}", mend="send a JSON object") from None
        except ValueError as problem:
            raise Refused(422, f"the body says a word twice: {problem}", mend="say each word once") from None
        if body and request.scope["route"].body_field is None:
            first = next(iter(body)) if isinstance(body, dict) else None
            said = (
                "nothing is asked for in a body here" if first is None else f"unknown word {short(first)} in the body"
            )
            raise Refused(422, said, where=first and str(first)[:80], allowed="none here", mend="send no body")


@contextmanager
def of_the_library(name: str) -> Iterator[None]:
    """While something is looked up by a name: it is refused where it is a file, and not found (404) where unknown."""
    if name.strip().endswith(".toml") or set(name) & set("\\\0") or ".." in name:
        said = f"{short(name)} is no name of the library; files of this machine are not read"
        raise Refused(422, said, mend="ask for an entry by its name")
    try:
        yield
    except Refused:
        raise
    except LivingDrugError as problem:
        parts = {k: getattr(problem, k) for k in ("where", "allowed", "nearest", "mend")}
        raise Refused(404, problem.what, **parts) from None
