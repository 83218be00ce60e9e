"""A real server on real data, and Debian's Chromium to look at it; skipped with a reason where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WIDTHS = {"phone": 390, "tablet": 820, "desk": 1440}


class Server:
    """`livingdrug serve` as a user starts it, in a process of its own."""

    def __init__(self, folder: Path, mirror: Path, *more: str) -> None:
        self.folder, self.mirror, self.more = folder, mirror, more
        self.start()

    def start(self, port: int = 0) -> None:
        """Starts it and waits for its address."""
        command = [sys.executable, "-m", "livingdrug", "serve", "--port", str(port), *self.more]
        env = {**os.environ, "LIVINGDRUG_TRIALS": str(self.mirror), "LIVINGDRUG_WEB": str(self.folder)}
        self.log = (self.folder.parent / f"{self.folder.name}.log").open("a+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=env)
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found, f"the server did not start: {said} {Path(self.log.name).read_text()}"
        self.address = found[0].rstrip("/")
        self.port = int(self.address.rsplit(":", 1)[1])

    def stop(self, *, kill: bool = False) -> None:
        """Ends it, by SIGKILL if asked."""
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)
        self.log.close()


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small mirror of `livingdrug trials demo`."""
    path = tmp_path_factory.mktemp("mirror") / "trials.sqlite"
    for command in ("demo", "overview"):  # and its index, so that the first page need not wait for it
        subprocess.run(
            [sys.executable, "-m", "livingdrug", "trials", command, "--db", str(path)], check=True, stdout=-3
        )
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Iterator[Server]:
    """A server that all browser tests share."""
    made = Server(tmp_path_factory.mktemp("web"), mirror)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    found = os.environ.get("LIVINGDRUG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Windows:
    """The browser's windows, one of each kind for the session: what a tab has loaded the next one need not load again.

    The site keeps nothing in a browser, so that tabs of one window do not know of each other.
    """

    def __init__(self, browser: Any) -> None:
        self.browser, self.opened = browser, dict[str, Any]()

    def tab(self, address: str, scripts: bool, **asked: Any) -> Any:
        """A new tab, in a window that shows the site at this address."""
        kind = repr((address, scripts, sorted(asked.items())))
        if kind not in self.opened:
            self.opened[kind] = self.browser.new_context(base_url=address, java_script_enabled=scripts, **asked)
        return self.opened[kind].new_page()


@pytest.fixture(scope="session")
def windows(chromium: Any) -> Windows:
    """The windows that all browser tests share."""
    return Windows(chromium)


class Visit:
    """One reader's tab. Fails at the end for any console error, broken script or request to another host."""

    def __init__(
        self, windows: Windows, server: Server, size: tuple[int, int], dark: bool, scripts: bool, **more: Any
    ) -> None:
        self.server, self.faults = server, list[str]()
        self.page = windows.tab(server.address, scripts, **more)
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.on("console", lambda m: self.faults.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(f"script: {e}"))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.server.address, "data:", "blob:")):
            self.faults.append(f"request to another host: {request.url}")

    def close(self) -> None:
        self.page.close()
        assert self.faults == []


def opener(windows: Windows, server: Server) -> Iterator[Any]:
    """Opens tabs on a server, and closes them at the end."""
    made: list[Visit] = []

    def open_(width: int = 1440, height: int = 900, dark: bool = False, scripts: bool = True, **more: Any) -> Any:
        made.append(Visit(windows, server, (width, height), dark, scripts, **more))
        return made[-1].page

    open_.visits = made  # type: ignore[attr-defined]
    yield open_
    for one in made:
        one.close()


@pytest.fixture
def visit(windows: Windows, server: Server) -> Iterator[Any]:
    """Opens tabs: `visit()` gives a Playwright page, `visit(width=390, dark=True, scripts=False)` another kind."""
    yield from opener(windows, server)
