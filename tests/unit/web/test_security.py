"""A real server on a real socket: what a stranger may try, and what comes of it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

PARTS = ("product", "population", "tumour", "protocol")
SECRET = "the secret of the house"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}"


class Served:
    """`livingdrug serve` in a process of its own, with a secret beside its folder."""

    def __init__(self, root: Path, *more: str) -> None:
        self.home = root / "web"
        (root / "secret.toml").write_text(f'title = "{SECRET}"\n')
        (root / "secret.csv").write_text(f"ID,age\n1,{SECRET}\n")
        self.secret = root / "secret"
        command = [sys.executable, "-m", "livingdrug", "serve", "--port", "0", "--folder", str(self.home), *more]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.log = (root / "log").open("w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=env)
        assert self.process.stdout
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found, (root / "log").read_text()
        self.address = found[0].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.address, timeout=300)

    def raw(self, *lines: str, body: bytes = b"", close: bool = False) -> str:
        """The answer to a request as it is written here; close: the sender goes away after it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as wire:
            wire.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            if close:
                wire.shutdown(socket.SHUT_WR)
            found = b""
            wire.settimeout(20)
            try:
                while more := wire.recv(65_536):
                    found += more
            except (TimeoutError, ConnectionResetError):
                pass
        return found.decode("latin-1")

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(300)
        self.log.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("security"))
    yield made
    made.stop()


def test_listens_on_this_machine_alone(served: Served) -> None:
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("this system does not list its sockets in /proc")
    rows = [line.split() for line in listening.read_text().splitlines()[1:]]
    where = {
        row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == served.port
    }
    assert where == {"0100007F"}


def test_folder_is_for_this_user_alone(served: Served) -> None:
    served.client.get("/api/jobs")
    assert served.home.stat().st_mode & 0o077 == 0


CLIMBS = [
    "../secret.toml", "../../secret.toml", "..%2fsecret.toml", "%2e%2e/secret.toml", "%2e%2e%2fsecret.toml",
    "..%252fsecret.toml", "%252e%252e%252fsecret.toml", "..\\secret.toml", "..%5csecret.toml", "....//secret.toml",
    "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "C:\\secret.toml", "secret.toml%00.css",
    "..%c0%af..%c0%afsecret.toml", "..;/secret.toml", ".", "..", "%00", "~/secret.toml",
]  # fmt: skip


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("below", ["/static/", "/api/show/", "/api/models/", "/api/jobs/", "/api/schema/", "/"])
def test_no_path_leads_out(served: Served, below: str, climb: str) -> None:
    found = served.raw(f"GET {below}{climb} HTTP/1.1", "Host: localhost", "Connection: close")
    status = int(found.split()[1])
    assert 400 <= status < 500, found[:200]
    assert SECRET not in found and "root:" not in found and "Traceback" not in found


def test_a_scenario_reads_no_file_of_this_machine(served: Served) -> None:
    """Neither what it builds on, nor its parts, scales and cohort; nor does a message tell what such a file says."""
    toml, csv = f"{served.secret}.toml", f"{served.secret}.csv"
    bodies: list[dict[str, Any]] = [
        {"trial": toml},
        {"trial": "../secret.toml"},
        {"scenario": f'trial = "{toml}"'},
        {"scenario": 'trial = "../../../secret.toml"'},
        *({"scenario": f'trial = "eliana"\n{part} = "{toml}"'} for part in PARTS),
        {"scenario": f'trial = "eliana"\n[population]\nbase = "{toml}"'},
        {"scenario": f'trial = "eliana"\nscale = "{toml}"'},
        {"scenario": f'trial = "eliana"\nalso_graded = ["penn", "{toml}"]'},
        {"scenario": f'trial = "eliana"\n[cohort]\nfile = "{csv}"'},
        {"scenario": f'trial = "eliana"\n[set]\n"cohort.file" = "{csv}"'},
        {"scenario": f'trial = "eliana"\n[[arm]]\nname = "a"\nproduct = "{toml}"'},
        {"trial": "eliana", "set": {"cohort.file": csv}},
        {"trial": "eliana", "set": {"product": toml}},
        {"trial": "eliana", "arms": [{"name": "a", "set": {"protocol": toml}}]},
        {"scenario": 'trial = "own.toml"', "files": {"own.toml": f'trial = "{toml}"'}},
        {"scenario": 'trial = "own.toml"', "files": {"../own.toml": 'trial = "eliana"'}},
        {"scenario": 'trial = "eliana"', "files": {"library/mechanisms/x.py": "import os"}},
        {"scenario": 'trial = "eliana"', "files": {"x.py": "import os"}},
        {"scenario": 'trial = "eliana"', "files": {"/x.toml": ""}},
    ]  # fmt: skip
    for body in bodies:
        found = served.client.post("/api/run", json=body)
        assert found.status_code == 422, (body, found.text)
        assert SECRET not in found.text
        assert "this machine" in found.text or "no name for a file" in found.text, (body, found.text)


def test_messages_name_no_folder_of_this_machine(served: Served) -> None:
    for text in ('trial = "eliana"\n[set]\n"tumour.kil" = 1\n', "trial = [", 'trial = "eliana"\npatients = "x"\n'):
        found = served.client.post("/api/run", json={"scenario": text}).json()
        assert found["status"] == 422 and re.fullmatch(r"line \d of the scenario", found["where"]), found
        assert str(served.home) not in json.dumps(found) and "/tmp" not in json.dumps(found)


def test_script_in_text_is_inert(served: Served) -> None:
    """What a visitor writes comes back as text, on every page that tells it."""
    pages = [f"/{quote(EVIL)}", f"/static/{quote(EVIL)}", f"/?q={quote(EVIL)}", f"/api?x={quote(EVIL)}"]
    for address in pages:
        text = served.client.get(address, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in text and "<img src=x" not in text and "49" not in text.split("</main>")[0][-400:]
    found = served.client.post("/api/run", json={"trial": EVIL})
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-content-type-options"] == "nosniff"


def test_script_in_a_title_is_inert_in_the_report(served: Served) -> None:
    text = f"trial = \"eliana\"\ntitle = '''{EVIL}'''\n"
    job = served.client.post("/api/run", json={"scenario": text, "patients": 5}).json()
    with served.client.stream("GET", job["links"]["events"]) as told:
        assert told.headers["content-type"].startswith("text/event-stream")
        assert told.headers["content-security-policy"] and told.headers["x-content-type-options"] == "nosniff"
        assert "content-encoding" not in told.headers
        list(told.iter_lines())
    job = served.client.get(job["links"]["self"]).json()
    assert job["state"] == "done" and job["title"] == EVIL
    report = served.client.get(job["links"]["report"])
    assert "<script" not in report.text and "<img src=x" not in report.text
    policy = report.headers["content-security-policy"]
    assert (
        "default-src 'none'" in policy and "sandbox" in policy and "unsafe" not in policy and "script-src" not in policy
    )
    for name, address in job["links"]["files"].items():
        kept = served.client.get(address)
        assert kept.headers["content-disposition"].startswith("attachment"), name
        assert kept.headers["x-content-type-options"] == "nosniff"
    here = job["links"]["self"]
    for climb in [*CLIMBS, "../" + job["key"] + ".json", "../../jobs.sqlite", "..%2f..%2fjobs.sqlite"]:
        found = served.raw(f"GET {here}/files/{climb} HTTP/1.1", "Host: localhost", "Connection: close")
        assert 400 <= int(found.split()[1]) < 500, (climb, found[:300])


LARGE = 300 * 1024  # byte


def test_lies_about_the_length_of_a_body(served: Served) -> None:
    head = ("POST /api/run HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Connection: close")
    assert " 413 " in served.raw(*head, f"Content-Length: {LARGE}", body=b"x" * LARGE)[:20]
    chunk = b"%x\r\n%s\r\n" % (1024, b"x" * 1024)
    assert " 413 " in served.raw(*head, "Transfer-Encoding: chunked", body=chunk * 300 + b"0\r\n\r\n")[:20]
    assert " 400 " in served.raw(*head, "Content-Length: -5", body=b"{}")[:20]
    assert " 400 " in served.raw(*head, "Content-Length: two", body=b"{}")[:20]
    short = served.raw(*head, "Content-Length: 5000", body=b'{"trial": "eliana"}', close=True)
    assert " 202 " not in short[:20] and " 200 " not in short[:20], "half a request asked for a run"
    both = served.raw(*head, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert int(both.split()[1]) in {400, 422}
    assert served.client.get("/").status_code == 200


def test_a_request_that_is_none_ends_nothing(served: Served) -> None:
    for said in ("GET / HTTP/9.9", "\x00\x01\x02", "GET", "GET  HTTP/1.1", "POST / HTTP/1.1"):
        found = served.raw(said, "Connection: close", close=True)
        assert "Traceback" not in found
    assert served.client.get("/").status_code == 200


def test_limits_of_a_run(served: Served) -> None:
    asks: list[dict[str, Any]] = [
        {"trial": "eliana", "patients": 20_001},
        {"trial": "eliana", "patients": 10**30},
        {"scenario": 'trial = "eliana"\npatients = 30000\n'},
        {"trial": "eliana", "arms": [{"name": str(i)} for i in range(11)]},
        {"trial": "eliana", "files": {f"f{i}.csv": "" for i in range(21)}},
    ]
    for body in asks:
        found = served.client.post("/api/run", json=body)
        assert found.status_code == 422, (body, found.text)
        assert found.json()["allowed"], found.text
    assert served.client.post("/api/run", json={"scenario": "#" * LARGE}).status_code == 413


def test_a_refused_post_asks_for_nothing(served: Served) -> None:
    before = served.client.get("/api/jobs").json()["total"]
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        found = served.client.post("/api/run", json={"trial": "eliana", "patients": 6, "seed": 66}, headers=headers)
        assert found.status_code in {403, 421}
    form = {"trial": "eliana"}  # what a form of another site can send without asking first
    assert served.client.post("/api/run", data=form).status_code == 422
    text = served.client.post("/api/run", content=json.dumps(form), headers={"Content-Type": "text/plain"})
    assert text.status_code == 422
    assert served.client.get("/api/jobs").json()["total"] == before


def test_the_log_holds_no_fault(served: Served) -> None:
    """After all of the above: whatever was tried, nothing broke."""
    assert "Traceback" not in Path(served.log.name).read_text()
