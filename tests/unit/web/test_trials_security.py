"""Script in the text of a register does nothing: on no page, in no feed, in no file."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient
from trials_mirror import FORMULA, HOSTILE, hostile

from livingdrug.web.app import build
from livingdrug.web.settings import Settings

ADDRESSES = (
    "/trials", "/trials?q=lymphoma", "/trials/NCT04100001",
    "/trials/NCT04100001?age=40&condition=lymphoma&lines=2&had=yes&near=Munich&sex=male",
    "/trials/compare?ids=NCT04100001,NCT04100002", "/trials/compare?ids=NCT04100001@1,NCT04100001",
    "/trials/changes?since=2026", "/trials/map", "/trials/map?q=lymphoma", "/trials/overview", "/trials/portfolio",
    "/trials/for-me?condition=lymphoma&age=40",
)  # fmt: skip
ECHOED = (
    "/trials?q={}", "/trials?near={}", "/trials?country={}", "/trials?start={}", "/trials/{}",
    "/trials/compare?ids={},x", "/trials/changes?since={}", "/trials/changes?target={}", "/trials/changes?study={}",
    "/trials/for-me?condition={}", "/trials/for-me?age={}", "/trials/map?q={}", "/trials/portfolio?q={}",
    "/trials/export?format={}", "/trials?{}=1",
)  # fmt: skip


class Looked(HTMLParser):
    """What a browser would take for elements that act."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in {"img", "iframe", "object", "embed", "base", "style"} or any(n.startswith("on") for n in said):
            self.bad.append(f"{tag} {said}")
        if tag == "script" and not (said.get("src") or "").startswith("/static/"):
            self.bad.append(f"{tag} {said}")
        if any(
            (said.get(n) or "").strip().lower().startswith(("javascript:", "data:")) for n in ("href", "src", "action")
        ):
            self.bad.append(f"{tag} {said}")


def acting(html: str) -> list[str]:
    looked = Looked()
    looked.feed(html)
    return looked.bad


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("hostile")
    hostile(folder / "t.sqlite")
    return TestClient(build(Settings(mirror=folder / "t.sqlite", folder=folder / "web", hosts=("testserver",))))


def test_the_looker_sees_what_acts() -> None:
    assert len(acting(f"<p>{HOSTILE}</p><a href='javascript:x'>a</a>")) == 3
    assert acting("<p>&lt;script&gt;</p><script src='/static/x.js'></script>") == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_record_does_nothing(web: TestClient, address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 200
    assert acting(answer.text) == []
    if "overview" not in address:
        assert "alert(1)" in answer.text, "the hostile text is shown, as text"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("address", ECHOED)
@pytest.mark.parametrize(
    "text", [HOSTILE[:180], "'\"><svg onload=alert(1)>", "{{ 7 * 7 }}", "%00%0d%0aSet-Cookie: a=b"]
)
def test_what_is_asked_comes_back_as_text(web: TestClient, address: str, text: str) -> None:
    from urllib.parse import quote

    answer = web.get(address.format(quote(text, safe="%")))
    assert answer.status_code < 500
    assert acting(answer.text) == [] and "set-cookie" not in answer.headers
    assert ">49<" not in answer.text


def test_the_feed_is_whole(web: TestClient) -> None:
    feed = web.get("/trials/changes.atom?since=2026")
    root = ElementTree.fromstring(feed.text)
    assert "alert(1)" in "".join(root.itertext())
    assert root.findall(".//{*}script") == []
    assert all(
        link.get("href", "").startswith(("https://", "http://testserver/")) for link in root.findall(".//{*}link")
    )


@pytest.mark.parametrize("text", [FORMULA, "+1+1", "@SUM(1)", "-2+3", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_table_is_a_formula(tmp_path: Path, text: str) -> None:
    hostile(tmp_path / "t.sqlite", text)
    web = TestClient(build(Settings(mirror=tmp_path / "t.sqlite", folder=tmp_path / "web", hosts=("testserver",))))
    rows = list(csv.reader(io.StringIO(web.get("/trials/export?format=csv").text)))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]
