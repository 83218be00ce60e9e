"""Where the server finds things, and how much one request may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What one visitor may ask of the server at most."""

    body: int = 256 * 1024  # [byte] of a request
    patients: int = 20_000  # of one arm
    arms: int = 10
    waiting: int = 32  # jobs in the queue
    text: int = 200  # [character] of a search
    seconds: float = 3600.0  # of one job
    kept: int = 2_000_000_000  # [byte] of results on disk; the oldest are cleared first


@dataclass(frozen=True)
class Settings:
    """How a server is set up.

    mirror: the file of the trial registries; None for the user's own, and where there is none, the small one of
        `livingdrug trials demo`. folder: where jobs and their results are kept; None for the user's cache folder.
    hosts: names under which the server may be asked; anything else is refused. cluster: a Dask scheduler, or None.
    workers: how many jobs run at a time; None for a number that suits this machine. warm: whether the processes of jobs
        are started with the server; without it, when the first job is asked for.
    """

    mirror: Path | None = None
    folder: Path | None = None
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    cluster: str | None = None
    workers: int | None = None
    warm: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def home(self) -> Path:
        """The folder of jobs and results."""
        if self.folder is not None:
            return self.folder
        from platformdirs import user_cache_path

        return user_cache_path("livingdrug", appauthor=False) / "web"
