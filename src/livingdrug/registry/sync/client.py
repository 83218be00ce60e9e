"""Asking a registry politely: one request at a time, not faster than it likes, again when it stumbles."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from livingdrug.registry.errors import RegistryError
from livingdrug.version import __version__

ATTEMPTS = 8
"""How often one request is tried."""

FIRST_ATTEMPTS = 3
"""... while the registry has not been reached at all: most likely there is no network"""

LONGEST_WAIT = 120.0
"""The longest pause between two tries [s]"""

_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)


class NotFound(RegistryError):
    """The registry knows no such thing (404)."""

    def __init__(self, path: str, said: str = "") -> None:
        super().__init__("the registry does not know this", where=path)
        self.said = said
        """the text of its answer"""


class Refused(RegistryError):
    """The registry does not accept the question (400)."""


class Moved(RegistryError):
    """The registry answers under another address (301)."""

    def __init__(self, location: str, path: str) -> None:
        super().__init__(
            f"the registry has moved this to {location or 'an unnamed place'}", where=path,
            mend="if its whole address is new, give it with --base-url",
        )  # fmt: skip
        self.location = location


@dataclass(frozen=True)
class Answer:
    """What came back."""

    text: str
    data: Any
    """the parsed JSON, or None when other text was asked for"""


def is_loopback(url: str) -> bool:
    """Whether an address is this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Client:
    """Requests to one registry.

    pause: seconds between the starts of two requests (default 1, none to this very machine). transport: an httpx
    transport, to ask through something else.
    """

    def __init__(
        self,
        base_url: str,
        *,
        pause: float | None = None,
        transport: Any = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
            raise RegistryError("not an address", where=f"--base-url {base_url}", allowed="http://... or https://...")
        local = is_loopback(base_url)
        self.base_url = base_url.rstrip("/")
        self.pause = pause if pause is not None else 0.0 if local else 1.0
        self._first_wait = 0.01 if local else 2.0
        self._sleep = sleep
        self._next = 0.0
        self._reached = False
        self._http = httpx.Client(
            timeout=httpx.Timeout(60.0, connect=20.0),
            transport=transport,
            trust_env=not local,
            headers={"User-Agent": f"livingdrug/{__version__} (mirror of trial registries, one request at a time)"},
            limits=httpx.Limits(max_connections=1),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, *, json: bool = True) -> Answer:
        """Asks for a path below the base address."""
        return self.ask("GET", path, params=params, wants_json=json)

    def post(self, path: str, body: Any) -> Answer:
        """Sends JSON and reads JSON."""
        return self.ask("POST", path, body=body)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        wants_json: bool = True,
    ) -> Answer:
        """One request, tried again with growing pauses; NotFound, Refused and Moved are answers, not failures."""
        import httpx

        trouble = ""
        for attempt in range(ATTEMPTS):
            self._wait(attempt, trouble)
            try:
                response = self._http.request(method, self.base_url + path, params=params, json=body)
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
                if not self._reached and attempt + 1 >= FIRST_ATTEMPTS:
                    break
                continue
            self._reached = True
            code = response.status_code
            if code == 404:
                raise NotFound(path, response.text)
            if code in (301, 302, 307, 308):
                raise Moved(response.headers.get("location", ""), path)
            if code == 400:
                raise Refused(f"the registry refuses the question: {response.text.strip()[:300]}", where=path)
            if code != 200:
                trouble = f"status {code}{_said(response.text)}"
                if wait := _seconds(response.headers.get("retry-after")):
                    self._next = time.monotonic() + min(wait, LONGEST_WAIT)
                if code < 500 and code not in (403, 408, 425, 429):
                    break
                continue
            if not wants_json:
                if response.text.strip() and not _WEB_PAGE.match(response.text):
                    return Answer(response.text, None)
                trouble = "a web page instead of data" if response.text.strip() else "an empty answer"
                continue
            try:
                if "html" in response.headers.get("content-type", ""):
                    raise ValueError("a web page instead of data")
                return Answer(response.text, json.loads(response.text))
            except (ValueError, RecursionError) as error:
                trouble = f"unreadable answer: {error}"
        raise RegistryError(
            f"the registry gives no usable answer ({trouble})",
            where=self.base_url + path,
            mend="run the same command again later; it goes on where it stopped",
        )

    def _wait(self, attempt: int, trouble: str) -> None:
        wait = self._next - time.monotonic()
        if attempt and trouble:
            wait = max(wait, min(LONGEST_WAIT, self._first_wait * 2 ** (attempt - 1)) * random.uniform(0.5, 1.5))
        if wait > 0:
            self._sleep(wait)
        self._next = time.monotonic() + self.pause


def _said(text: str) -> str:
    """What an answer in JSON says of its error, as `: words`; empty where it says nothing."""
    try:
        said = json.loads(text)["error"]
        return f": {' '.join(str(said['message'] if isinstance(said, dict) else said).split())[:200]}"
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None
