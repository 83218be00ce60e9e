"""What keeps pages and visitors safe: headers, host names, the size of a request, and who may post.

Written as plain ASGI middleware, so that streams of events pass through untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect

from livingdrug.web.faults import refusal
from livingdrug.web.headers import HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from livingdrug.web.settings import Settings

READING = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """Refuses what should not come in, and signs what goes out.

    A host name that is not ours is refused (another site's name may be made to point at this machine); a post from
    another site is refused by `Sec-Fetch-Site` and by `Origin`; a body is counted as it comes, whatever it says of its
    own length.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if wrong := self._wrong(scope["method"], headers):
            await refusal(scope, *wrong)(scope, receive, signed)
            return
        if scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _headers_alone(signed))
            return
        if scope["method"] in READING:
            await self.app(scope, receive, signed)
            return
        try:
            body = await _body(receive, self.settings.limits.body)
        except ClientDisconnect:  # half a request is none
            return
        if body is None:
            most = f"at most {self.settings.limits.body // 1024} kB"
            await refusal(scope, 413, "this request is too large", most)(scope, receive, signed)
            return
        await self.app(scope, _again(body, receive), signed)

    def _wrong(self, method: str, headers: Headers) -> tuple[int, str, str] | None:
        host = headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname or "") if _is_host(host) else ""
        if name not in {h.strip("[]").lower() for h in self.settings.hosts} and "*" not in self.settings.hosts:
            return 421, "this server does not answer to that name", f"names: {', '.join(self.settings.hosts)}"
        if method in READING:
            return None
        foreign = headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        origin = headers.get("origin")
        if foreign or (origin is not None and origin.partition("://")[2].lower() != host.lower()):
            return 403, "a form of another site may not act here", "open this server's own page and send its form"
        return None


def _headers_alone(send: Send) -> Send:
    """What is sent without its body, which ends with the headers."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sending


def _is_host(text: str) -> bool:
    try:
        urlsplit(f"//{text}").port  # noqa: B018  raises where it is no number
    except ValueError:
        return False
    return bool(text) and not set(text) & set("/\\@?# ")


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None where it is longer than `most` bytes, which are the most that is ever kept. ClientDisconnect
    where the sender went away in the middle."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        size += len(message.get("body", b""))
        if size > most:
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A receiver that gives the body once, and then what else the client says."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read
