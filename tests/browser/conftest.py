"""A real server on real data, and Debian's Chromium to look at it; skipped with a reason where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WIDTHS = {"phone": 390, "tablet": 820, "desk": 1440}
PATIENCE = 300.0  # s in which what is waited for comes, on a machine that does other things too


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
        self.process.wait(PATIENCE)
        self.log.close()


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Waits for something to come true, and returns it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found


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
    """Debian's Chromium, driven by Playwright: the one without a window where it is there (a tab costs a quarter)."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    found = os.environ.get("LIVINGDRUG_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
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
            self.opened[kind].set_default_timeout(1000 * PATIENCE)
        return self.opened[kind].new_page()


@pytest.fixture(scope="session")
def windows(chromium: Any) -> Windows:
    """The windows that all browser tests share."""
    return Windows(chromium)


class Visit:
    """One reader's tab. Fails at the end for any console error, broken script or request to another host.

    What is read at once is that of the page that is there: a click that leads to another page stands in
    `with page.expect_navigation()`, and what a press changes is waited for, `expect(...).to_have_text(...)`.
    `tests/contract/test_browser_waits.py` looks for reads that do not wait.
    """

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


def after(page: Any, ms: int = 100) -> None:
    """Waits until a page has done what it put off until the next frame or for less than so long, however late it is."""
    page.evaluate("ms => new Promise(done => requestAnimationFrame(() => setTimeout(done, ms)))", ms)


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
