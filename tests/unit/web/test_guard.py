"""What comes in is refused where it should not, and whatever goes out carries the headers: asked of the application
itself, as a server would ask it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livingdrug.web.app import build
from livingdrug.web.headers import HEADERS
from livingdrug.web.settings import Limits, Settings

HOST = (b"host", b"localhost:8000")
LONGEST = 64


class Asked:
    """One request as an ASGI server hands it over, and what came back."""

    def __init__(
        self,
        app: Any,
        method: str,
        path: str,
        headers: list[tuple[bytes, bytes]],
        messages: list[Any],
        query: bytes = b"",
    ):
        self.sent: list[dict[str, Any]] = []
        self.left = list(messages)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": query,
            "headers": headers,
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 8000),
        }
        asyncio.run(self._ask(app, scope))

    async def _ask(self, app: Any, scope: dict[str, Any]) -> None:
        async def receive() -> dict[str, Any]:
            return self.left.pop(0) if self.left else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            self.sent.append(message)

        try:
            await app(scope, receive, send)
        except ZeroDivisionError:  # the test's own fault, which the server logs
            pass

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {k.decode().lower(): v.decode() for k, v in self.sent[0]["headers"]}

    @property
    def text(self) -> str:
        return b"".join(m.get("body", b"") for m in self.sent[1:]).decode()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = build(Settings(folder=tmp_path_factory.mktemp("web"), limits=Limits(body=LONGEST)))

    @made.post("/echo")
    @made.delete("/echo")
    def echo() -> dict[str, bool]:
        return {"ok": True}

    @made.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("the secret of the house")

    return made


def ask(
    app: Any, method: str = "GET", path: str = "/", *more: tuple[bytes, bytes], body: Any = None, query: bytes = b""
) -> Asked:
    messages = [{"type": "http.request", "body": b"", "more_body": False}] if body is None else body
    host = [] if any(k == b"host" for k, _ in more) else [HOST]
    return Asked(app, method, path, [*host, *more], messages, query)


def whole(*parts: bytes) -> list[dict[str, Any]]:
    return [{"type": "http.request", "body": p, "more_body": i < len(parts) - 1} for i, p in enumerate(parts)]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/api", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/static/page.css", 200),
        ("GET", "/favicon.ico", 200),
        ("GET", "/no-such-page", 404),
        ("GET", "/static/no-such-file", 404),
        ("GET", "/api/no-such-thing", 404),
        ("PUT", "/api/run", 405),
        ("GET", "/broken", 500),
    ],
)
def test_every_response_carries_the_headers(app: Any, method: str, path: str, status: int) -> None:
    found = ask(app, method, path)
    assert found.status == status
    assert {k: found.headers.get(k.lower()) for k in HEADERS} == HEADERS


def test_refusals_carry_them_too(app: Any) -> None:
    for found in (ask(app, "GET", "/", (b"host", b"evil.example")), ask(app, "POST", "/x", (b"origin", b"null"))):
        assert found.status in {403, 421}
        assert {k: found.headers.get(k.lower()) for k in HEADERS} == HEADERS


def test_a_fault_tells_nothing_of_the_house(app: Any) -> None:
    for accept in (b"text/html", b"application/json"):
        found = ask(app, "GET", "/broken", (b"accept", accept))
        assert found.status == 500
        assert "secret" not in found.text and "Traceback" not in found.text and "ZeroDivision" not in found.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST:8000"])
def test_own_names(app: Any, host: str) -> None:
    assert ask(app, "GET", "/", (b"host", host.encode())).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "localhost:x",
     "user@localhost", "localhost/x", "[::1", "[::2]", "0.0.0.0", "localhost@evil.example", "2130706433", "::1"],
)  # fmt: skip
def test_foreign_names_are_refused(app: Any, host: str) -> None:
    """A name of another site that was made to point at this machine reads nothing (DNS rebinding)."""
    found = ask(app, "GET", "/", (b"host", host.encode()), (b"accept", b"application/json"))
    assert found.status == 421 and "does not answer to that name" in found.text


OWN = (b"origin", b"http://localhost:8000")


@pytest.mark.parametrize(
    "headers",
    [[], [OWN], [(b"sec-fetch-site", b"same-origin"), OWN], [(b"sec-fetch-site", b"none")]],
    ids=["neither, as curl", "origin", "both", "typed by the visitor"],
)
def test_own_posts_come_in(app: Any, headers: list[tuple[bytes, bytes]]) -> None:
    assert ask(app, "POST", "/echo", *headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [(b"sec-fetch-site", b"cross-site")],
        [(b"sec-fetch-site", b"same-site")],
        [(b"sec-fetch-site", b"cross-site"), OWN],
        [(b"sec-fetch-site", b"")],
        [(b"origin", b"null")],
        [(b"origin", b"")],
        [(b"origin", b"http://evil.example")],
        [(b"origin", b"http://localhost:8001")],
        [(b"origin", b"http://localhost:8000.evil.example")],
        [(b"origin", b"http://evil.example/localhost:8000")],
        [(b"origin", b"http://[")],
        [(b"origin", b"localhost:8000")],
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
def test_posts_of_other_sites_are_refused(app: Any, method: str, headers: list[tuple[bytes, bytes]]) -> None:
    found = ask(app, method, "/echo", *headers, (b"accept", b"application/json"))
    assert found.status == 403 and "another site" in found.text


def test_reading_from_another_site_is_left_to_the_headers(app: Any) -> None:
    """A link may lead here; what a script of another site fetches is kept from it by the browser."""
    found = ask(app, "GET", "/", (b"sec-fetch-site", b"cross-site"))
    assert found.status == 200 and found.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in found.headers


@pytest.mark.parametrize("length", [None, b"3", b"99999999", b"-1", b"x"], ids=str)
@pytest.mark.parametrize("parts", [(b"x" * 65,), (b"x" * 40, b"x" * 40), tuple([b"x"] * 1000)], ids=len)
def test_a_large_body_is_refused_whatever_it_says_of_itself(app: Any, parts: Any, length: bytes | None) -> None:
    said = [(b"content-length", length)] if length else [(b"transfer-encoding", b"chunked")]
    found = ask(app, "POST", "/echo", *said, (b"accept", b"application/json"), body=whole(*parts))
    assert found.status == 413 and "too large" in found.text
    assert len(found.left) >= len(parts) - LONGEST - 1, "no more is read than is needed to know"


def test_a_body_of_the_largest_size_comes_in(app: Any) -> None:
    assert ask(app, "POST", "/echo", body=whole(b"x" * 32, b"x" * 32)).status == 200


def test_half_a_request_is_none(app: Any) -> None:
    """Who goes away in the middle of a body asked for nothing."""
    sent = ask(app, "POST", "/echo", body=[{"type": "http.request", "body": b"{}", "more_body": True}]).sent
    assert sent == []


def test_a_socket_that_is_no_page_is_let_go(app: Any) -> None:
    said = []

    async def talk() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message["type"])

        scope = {"type": "websocket", "path": "/", "headers": [HOST], "query_string": b"", "subprotocols": []}
        await app(scope, receive, send)

    asyncio.run(talk())
    assert said == ["websocket.close"]


def test_everything_loads_from_here_alone() -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[k] for k in ("script-src", "style-src", "worker-src", "connect-src", "form-action")} == {"'self'"}
    assert not [p for p in policy.values() if "unsafe" in p or "*" in p or "http" in p]


def test_settings_answer_to_this_machine_alone() -> None:
    from livingdrug.cli.serve import LOOPBACK
    from livingdrug.web.serve import names

    assert LOOPBACK == "127.0.0.1"
    assert set(Settings().hosts) == {"localhost", "127.0.0.1", "[::1]"} == set(names(LOOPBACK))


@pytest.mark.parametrize("path", ["/", "/trials/nowhere", "/static/page.css", "/api/list"])
def test_head_answers_as_get_does_without_its_body(app: Any, path: str) -> None:
    given, asked = ask(app, "GET", path), ask(app, "HEAD", path)
    assert asked.status == given.status
    assert set(asked.headers) == set(given.headers)
    assert given.text and not asked.text


FIXED = (
    "/", "/api", "/api/explainers", "/evidence", "/evidence/limits", "/evidence/equations", "/evidence/parameters",
    "/evidence/scoreboard/eliana", "/evidence/approvals", "/explained", "/explained/car-t", "/gallery",
    "/gallery/sixty-days", "/virtual/new",
)  # fmt: skip


@pytest.mark.parametrize("path", FIXED)
def test_what_a_page_cannot_be_asked_is_told(app: Any, path: str) -> None:
    for asked in (b"colour=red", b"theme=dark&theme=light", b"nowhere.burden=80"):
        found = ask(app, "GET", path, (b"accept", b"application/json"), query=asked)
        assert found.status == 422, asked
        assert asked.partition(b"=")[0].decode() in found.text
    assert ask(app, "GET", path, query=b"theme=dark").status == 200
    assert ask(app, "GET", "/virtual", query=b"colour=red").status == 422


def test_the_state_of_a_figure_stands_in_the_address(app: Any) -> None:
    assert ask(app, "GET", "/explained/car-t", query=b"sixty-days.burden=80").status == 200
    assert ask(app, "GET", "/explained/car-t", query=b"sixty-days.burden=80&sixty-days.burden=9").status == 422


@pytest.mark.parametrize("path", ["/", "/explained", "/evidence/methods", "/api", "/static/base.css"])
def test_who_has_the_page_is_not_sent_it_again(app: Any, path: str) -> None:
    first = ask(app, "GET", path)
    tag = first.headers["etag"].encode()
    again = ask(app, "GET", path, (b"if-none-match", tag))
    other = ask(app, "GET", path, (b"if-none-match", b'W/"other"'))
    assert (first.status, again.status, other.status) == (200, 304, 200)
    assert not again.text and other.text == first.text


@pytest.mark.parametrize("page", ["/gallery", "/explained/car-t"])
def test_every_state_of_every_figure_may_stand_in_an_address_and_no_other(app: Any, page: str) -> None:
    from urllib.parse import urlencode

    from livingdrug.web import figures

    said = {}
    for name in figures.names():
        spec = figures.spec(name)
        state = {**figures.first(spec), **({"longer": spec["longer"]} if spec.get("longer") else {})}
        said |= {f"{name}.{key}": 1.5 if value != value else value for key, value in state.items()}
    assert len(said) > 40 and ask(app, "GET", page, query=urlencode(said).encode()).status == 200
    for wrong in ("sixty-days.burdn=80", "sixty-days=1", "nothing.burden=80"):
        found = ask(app, "GET", page, (b"accept", b"application/json"), query=wrong.encode())
        assert found.status == 422, wrong
