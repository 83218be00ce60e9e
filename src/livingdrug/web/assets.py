"""Style sheets, scripts and the model as a module: each under a name that changes with its content.

`/static/page.css` is read anew each time it changes; `/static/page.css?v=1a2b3c4d` may be kept for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False)
FOLDER = "static"
FOREVER, LOOK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent. body: as it stands; packed: by gzip; tag: changes with the content."""

    body: bytes
    packed: bytes
    kind: str
    tag: str


def _charts() -> str:
    from livingdrug.plot import svg

    return svg.layout()  # the colours are those of tokens.css


def _base() -> str:
    files = resources.files("livingdrug.web").joinpath(FOLDER)
    return "".join(files.joinpath(name).read_text(encoding="utf-8") for name in ("tokens.css", "page.css"))


def _model() -> str:
    from livingdrug.web import living

    return living.module()


def _people() -> str:
    from livingdrug.web import living

    return living.people()


def _making() -> str:
    from livingdrug.web import making

    return making.module()


def _made_for() -> str:
    from livingdrug.web import making

    return making.crowd()


def _of(trial: str) -> str:
    """The model that some figures run instead, or the people of a trial."""
    from livingdrug.web import crowds, living

    if trial in living.asked()["more"]:
        return living.module(trial)
    if trial not in crowds.trials():
        raise Refused(404, f"no figure shows a trial '{trial}'", allowed=crowds.trials())
    return crowds.module(trial)


def _recorded() -> str:
    from livingdrug.web import moments

    return moments.text("tumour_cells.json")


def _draws() -> str:
    return resources.files("livingdrug.engine.codegen").joinpath("draws.js").read_text(encoding="utf-8")


MADE: dict[str, Callable[[], str]] = {
    "base.css": _base,
    "chart.css": _charts,
    "models/therapy.js": _model,
    "models/people.js": _people,
    "models/making.js": _making,
    "models/making-people.js": _made_for,
    "models/draws.js": _draws,
    "models/tumour-cells.json": _recorded,
}
"""What is not a file but made on first use: name -> its text. Beside these, the other models, and people of trials."""
MODELS = re.compile(r"models/([a-z0-9-]+)\.js")


_AT_HAND: dict[str, Asset] = {}


def asset(name: str) -> Asset:
    """A file of the static folder, or one that is made, read once; raises Refused (404) for any other name."""
    if name not in _AT_HAND:
        _AT_HAND[name] = _asset(name)
    return _AT_HAND[name]


def _asset(name: str) -> Asset:
    if (found := MODELS.fullmatch(name)) and name not in MADE:
        body = _of(found[1]).encode()
    elif name in MADE:
        body = MADE[name]().encode()
    elif name in _files():
        body = resources.files("livingdrug.web").joinpath(FOLDER, *name.split("/")).read_bytes()
    else:
        raise Refused(404, f"there is no file '{name}' here")
    suffix = name[name.rfind(".") :]
    kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(body, gzip.compress(body, 9, mtime=0), kind, hashlib.sha256(body).hexdigest()[:12])


@cache
def _files() -> frozenset[str]:
    """The names of all static files: nothing else can be asked for, whatever a path says."""
    from pathlib import Path

    folder = Path(str(resources.files("livingdrug.web").joinpath(FOLDER)))
    return frozenset(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def link(name: str) -> str:
    """The address of a file, with its tag, for templates."""
    return f"/static/{name}?v={asset(name).tag}"


@router.get("/static/{name:path}")
async def static(name: str, request: Request) -> Response:
    """One file, packed where the browser takes it; one that was read waits for no thread."""
    found = _AT_HAND.get(name)
    if found is None:
        found = await to_thread(asset, name)
    return sent(found, request)


def sent(found: Asset, request: Request) -> Response:
    """A file as it is answered."""
    quoted = f'"{found.tag}"'
    headers = {"ETag": quoted, "Vary": "Accept-Encoding"}
    headers["Cache-Control"] = FOREVER if request.query_params.get("v") == found.tag else LOOK_AGAIN
    if request.headers.get("if-none-match") == quoted:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.kind, headers=headers)


@router.get("/favicon.ico")
def favicon(request: Request) -> Response:
    """The mark, for browsers that do not read the page's own link to it."""
    return sent(asset("mark.svg"), request)
