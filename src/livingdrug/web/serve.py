"""Listens at a port and runs the application there until it is told to stop."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError
from livingdrug.web.settings import Settings

WHERE = "livingdrug serve"


def run(
    *,
    host: str,
    port: int,
    show: bool = False,
    mirror: Path | None = None,
    folder: Path | None = None,
    cluster: str | None = None,
) -> None:
    """Serves until Ctrl-C. Raises ScenarioError where the port or address cannot be had, Refused where the folder
    cannot keep runs."""
    import uvicorn

    from livingdrug.web.jobs import Jobs

    if cluster is not None:
        from livingdrug.trial.cluster import check_address

        check_address(cluster)
    settings = Settings(mirror=mirror, folder=folder, cluster=cluster, hosts=names(host), warm=True)
    Jobs(settings).usable()
    door = listen(host, port)
    address = f"http://{_written(host)}:{door.getsockname()[1]}/"
    config = uvicorn.Config(
        _application(settings), log_level="warning", server_header=False, timeout_graceful_shutdown=3
    )
    print(f"the pages are at {address}  (Ctrl-C ends it)", flush=True)
    if host not in {"127.0.0.1", "localhost", "::1"}:
        print("others who reach this machine can see them and run trials on it", file=sys.stderr, flush=True)
    if show:
        import webbrowser

        webbrowser.open(address)
    with door:
        uvicorn.Server(config).run(sockets=[door])


def _application(settings: Settings) -> Any:
    from livingdrug.web.app import build

    return build(settings)


def names(host: str) -> tuple[str, ...]:
    """The host names that the server answers to: its own, and those of this machine."""
    own = Settings().hosts
    if host in {"0.0.0.0", "::"}:
        return ("*",)
    return own if _written(host) in own else (*own, _written(host))


def _written(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ScenarioError where it cannot."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        said = f"'{host}' is no address of this machine"
        raise ScenarioError(said, where="--host", allowed="127.0.0.1, or an address of yours") from None
    door = socket.socket(family, kind)
    try:
        if sys.platform != "win32":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(2048)
    except OSError as problem:
        door.close()
        if problem.errno == errno.EADDRINUSE:
            raise ScenarioError(f"port {port} is taken", where="--port", mend="choose another, or 0 for any") from None
        if problem.errno == errno.EACCES:
            raise ScenarioError(f"port {port} may not be used", where="--port", mend="choose one above 1023") from None
        said = f"cannot listen at {host}: {problem.strerror or problem}"
        raise ScenarioError(said, where="--host", allowed="127.0.0.1, or an address of yours") from None
    return door
