"""The application: guard, files, JSON interface and pages, put together."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from livingdrug.version import __version__
from livingdrug.web.settings import Settings

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

ROOMS = ("livingdrug.web.api", "livingdrug.web.pages")
ABOUT = (
    "What the command line does, as JSON. Errors have one form: {ok, error, where, allowed, mend, nearest, errors, "
    "status}. Simulated patients are not people; not medical advice."
)


def build(settings: Settings | None = None) -> FastAPI:
    """The server's application.

    >>> from livingdrug.web.app import build
    >>> build().title
    'livingdrug'
    """
    from fastapi import FastAPI
    from starlette.middleware.gzip import GZipMiddleware

    from livingdrug.web import assets, faults, living
    from livingdrug.web.guard import Guard
    from livingdrug.web.jobs import Jobs

    settings = settings or Settings()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        living.begin()
        jobs = app.state.jobs = Jobs(settings)
        try:
            await to_thread(jobs.start if settings.warm else jobs.take_up)
            yield
        finally:
            await to_thread(jobs.close)

    app = FastAPI(
        title="livingdrug",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # their pages ask other hosts; ours is /api
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=life,
    )
    app.state.settings = settings
    faults.install(app)
    app.include_router(assets.router)
    for router in routers():
        app.include_router(router)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(Guard, settings=settings)
    return app


def routers() -> list[APIRouter]:
    """What the files of `api` and `pages` answer; a file that names no `router` is a mistake."""
    found = []
    for room in ROOMS:
        package = import_module(room)
        for name in sorted(m.name for m in iter_modules(package.__path__)):
            module = import_module(f"{room}.{name}")
            if not name.startswith("_"):
                found.append(module.router)
    return found
