"""The API v2 of ClinicalTrials.gov on a loopback address, with its habits and its faults."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator.studies import number

FIELDS = {
    "NCTId": "identificationModule.nctId",
    "OverallStatus": "statusModule.overallStatus",
    "LastKnownStatus": "statusModule.lastKnownStatus",
    "LeadSponsorName": "sponsorCollaboratorsModule.leadSponsor.name",
    "LastUpdatePostDate": "statusModule.lastUpdatePostDateStruct.date",
    "HasResults": "hasResults",
}
_PAGING = {"countTotal", "pageSize", "pageToken"}


class Ctgov:
    """A registry of studies. Tokens are opaque, grow, and expire with the data version.

    `faults` maps the running number of a request to one of: 429, 500, 503, html, truncated, empty (a page without
    studies that still has a follower).
    """

    def __init__(self, records: Iterable[dict[str, Any]], faults: dict[int, str] | None = None) -> None:
        self.records = {number(r): r for r in records}
        self.aliases: dict[str, str] = {}
        self.faults = dict(faults or {})
        self.version = 1
        self.requests: list[str] = []
        self.agents: set[str] = set()
        self.moves: dict[int, Any] = {}
        """request number -> function called before that request is answered"""
        self._tokens: dict[str, tuple[int, str, int]] = {}
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                registry._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/api/v2"

    def __enter__(self) -> Ctgov:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def data_timestamp(self) -> str:
        return f"2026-01-{self.version:02d}T09:00:05"

    def next_day(self) -> None:
        """The daily refresh: every record gets a new stamp, every token is worthless."""
        self.version += 1
        for record in self.records.values():
            record["derivedSection"]["miscInfoModule"]["versionHolder"] = f"2026-01-{self.version:02d}"
        self._tokens.clear()

    def put(self, record: dict[str, Any]) -> None:
        """Adds or replaces a study."""
        self.records[number(record)] = record

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        count = len(self.requests)
        self.requests.append(handler.path)
        self.agents.add(handler.headers.get("User-Agent", ""))
        if count in self.moves:
            self.moves.pop(count)()
        fault = self.faults.get(count)
        url = urlsplit(handler.path)
        asked = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix("/api/v2")
        if fault in ("429", "500", "503"):
            self._send(handler, int(fault), "text/plain", b"busy", {"Retry-After": "0.01"})
        elif fault == "html":
            self._send(handler, 200, "text/html", b"<!doctype html><title>Down for maintenance</title>")
        elif path == "/version":
            self._json(handler, {"apiVersion": "2.0.5", "dataTimestamp": self.data_timestamp})
        elif path == "/studies":
            self._list(handler, asked, fault)
        elif match := re.fullmatch(r"/studies/(NCT\d{8})", path, re.IGNORECASE):
            self._single(handler, match[1].upper())
        else:
            self._send(handler, 400 if path.startswith("/studies/") else 404, "text/plain", b"no such thing")

    def _single(self, handler: BaseHTTPRequestHandler, nct: str) -> None:
        if nct in self.aliases:
            location = f"/api/v2/studies/{self.aliases[nct]}"
            self._send(handler, 301, "text/plain", b"", {"Location": location})
        elif nct in self.records:
            self._json(handler, self.records[nct])
        else:
            self._send(handler, 404, "text/plain", f"NCT number {nct} not found".encode())

    def _list(self, handler: BaseHTTPRequestHandler, asked: dict[str, str], fault: str | None) -> None:
        question = json.dumps({k: v for k, v in asked.items() if k not in _PAGING}, sort_keys=True)
        start = 0
        if token := asked.get("pageToken"):
            version, first_question, start = self._tokens.get(token, (0, "", 0))
            if version != self.version or first_question != question:
                return self._send(handler, 400, "text/plain", b"Invalid value in parameter `pageToken`")
        try:
            found = [r for r in self.records.values() if self._matches(r, asked)]
        except ValueError as error:
            return self._send(handler, 400, "text/plain", f"Error parsing query in {error}".encode())
        size = min(int(asked.get("pageSize", "10")) or 10, 1000)
        end = start if fault == "empty" else start + size
        page = found[start:end]
        if fields := asked.get("fields"):
            try:
                page = [_cut(r, re.split(r"[|,]", fields)) for r in page]
            except KeyError as bad:
                message = f"Parameter `fields` contains invalid field name: {bad}"
                return self._send(handler, 400, "text/plain", message.encode())
        answer: dict[str, Any] = {"studies": page}
        if asked.get("countTotal") == "true" and not token:
            answer = {"totalCount": len(found)} | answer
        if end < len(found):
            token = f"Z{len(self._tokens):x}" + "kQ9" * (2 + len(self._tokens) % 7)
            self._tokens[token] = (self.version, question, end)
            answer["nextPageToken"] = token
        self._json(handler, answer, truncated=fault == "truncated")

    @staticmethod
    def _matches(record: dict[str, Any], asked: dict[str, str]) -> bool:
        status = record["protocolSection"]["statusModule"]
        if ids := asked.get("filter.ids"):
            if number(record) not in re.split(r"[|,]", ids):
                return False
        if advanced := asked.get("filter.advanced"):
            span = re.fullmatch(r"AREA\[LastUpdatePostDate\]RANGE\[([\d-]+|MIN),([\d-]+|MAX)\]", advanced)
            if not span:
                raise ValueError("filter.advanced")
            low, high = span[1].replace("MIN", ""), span[2].replace("MAX", "9999")
            if not low <= status["lastUpdatePostDateStruct"]["date"] <= high:
                return False
        if term := asked.get("query.term"):
            if term.count("(") != term.count(")"):
                raise ValueError("query.term")
            words = [w.strip(' "').lower() for w in term.split(" OR ")]
            text = json.dumps(record).lower()
            return any(re.search(rf"\b{re.escape(w)}\b", text) for w in words)
        return True

    def _json(self, handler: BaseHTTPRequestHandler, data: Any, truncated: bool = False) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self._send(handler, 200, "application/json", body, truncated=truncated)

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes,
        headers: dict[str, str] | None = None, truncated: bool = False,
    ) -> None:  # fmt: skip
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            handler.wfile.write(body[: len(body) // 2] if truncated else body)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if truncated:
            handler.close_connection = True


def _cut(record: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """A field-limited record."""
    made: dict[str, Any] = {"protocolSection": {}}
    for field in fields:
        *parents, leaf = FIELDS[field].split(".")
        source = record if not parents else record["protocolSection"]
        target = made if not parents else made["protocolSection"]
        for parent in parents:
            source = source.get(parent, {})
        if leaf in source:
            for parent in parents:
                target = target.setdefault(parent, {})
            target[leaf] = source[leaf]
    return made
