"""Pictures of the pages for README and docs, from a real server on the demonstration trials, so that they stay true.

Run: python verification/pictures.py [NAME ...] (or `make pictures`). Needs Chromium; writes docs/pictures/NAME.png,
each under 150 kB. A page that this server does not have is passed over with a word.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST = 150_000  # [byte] of a picture
PATIENCE = 24  # times that a page which is being made ready is asked for again, 5 s apart
COLOURS = (256, 128, 64, 32)  # of its palette, most first


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the page, the window [px], the theme."""

    name: str
    address: str
    width: int = 1200
    height: int = 900
    theme: str = "light"


SHOTS = (
    Shot("first_page", "/", height=1000),
    Shot("first_page_dark", "/", height=1000, theme="dark"),
    Shot("explained", "/explained/car-t"),
    Shot("explained_phone", "/explained/car-t", width=390, height=844),
    Shot("trials", "/trials?q=lymphoma"),
    Shot("trials_map", "/trials/map"),
    Shot("virtual", "/virtual"),
    Shot("evidence", "/evidence/scoreboard"),
    Shot("equations", "/evidence/equations/leukaemia", theme="dark"),
    Shot("gallery", "/gallery"),
)

# people of a figure in sight are counted once its first frame is made, some time after the server began
COUNTED = """() => [...document.querySelectorAll('[data-part^="count-"]')].every(
    x => x.textContent !== "–" || x.getBoundingClientRect().top > innerHeight)"""


def main() -> None:
    """Takes the pictures that are asked for, or all."""
    parser = argparse.ArgumentParser(description="Pictures of the pages.")
    parser.add_argument("names", nargs="*", help=f"which ({', '.join(s.name for s in SHOTS)}); all without")
    asked = parser.parse_args().names
    if unknown := set(asked) - {s.name for s in SHOTS}:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(exist_ok=True)
    with serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            if not asked or shot.name in asked:
                print(f"{shot.name}: {take(browser, address, shot)}")
        browser.close()


def take(browser: Browser, address: str, shot: Shot, folder: Path = FOLDER) -> str:
    """One picture, put into a folder; gives its size in words, or why there is none."""
    size = {"width": shot.width, "height": shot.height}
    context = browser.new_context(viewport=size, color_scheme=shot.theme, reduced_motion="reduce")
    page = context.new_page()
    for _ in range(PATIENCE):
        answer = page.goto(address + shot.address, wait_until="load", timeout=120_000)
        if answer is None or answer.status != 503:
            break
        page.wait_for_timeout(5000)  # the trials are being made ready to search
    if answer is None or answer.status != 200:
        context.close()
        return "no such page here"
    page.wait_for_function(COUNTED, timeout=300_000)
    page.wait_for_timeout(1500)  # living figures draw their first frame
    path = folder / f"{shot.name}.png"
    page.screenshot(path=path)
    context.close()
    return f"{shrunk(path):,} bytes"


def shrunk(path: Path) -> int:
    """Makes the picture as small as its colours allow; its size [byte]. ValueError where that is too large."""
    whole = Image.open(path).convert("RGB")
    for colours in COLOURS:
        whole.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            return path.stat().st_size
    raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes; make its window smaller")


@contextmanager
def serving() -> Iterator[str]:
    """A server on the demonstration trials, with a folder of its own; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        mirror = Path(folder) / "trials.sqlite"
        program = [sys.executable, "-m", "livingdrug"]
        subprocess.run([*program, "trials", "demo", "--db", str(mirror)], check=True, stdout=subprocess.DEVNULL)
        env = {**os.environ, "LIVINGDRUG_TRIALS": str(mirror), "LIVINGDRUG_WEB": str(Path(folder) / "web")}
        server = subprocess.Popen([*program, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True, env=env)
        assert server.stdout
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found, "the server did not start"
        try:
            yield found[0].rstrip("/")
        finally:
            server.terminate()
            server.wait(20)


def chromium() -> str:
    """Where Chromium is; SystemExit where there is none."""
    found = os.environ.get("LIVINGDRUG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        sys.exit("no Chromium on this machine (Debian: apt install chromium)")
    return found


if __name__ == "__main__":
    main()
