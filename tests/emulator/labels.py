"""DailyMed and openFDA on a loopback address, with generated labels and with faults at any request."""

from __future__ import annotations

import json
import re
import threading
import uuid
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class MadeLabel:
    """A generated label of an invented or real name; every text in it is made up."""

    brand: str
    generic: str
    version: int = 3
    effective: str = "2026-07-21"
    heading: str = (
        "WARNING: CYTOKINE RELEASE SYNDROME, NEUROLOGICAL TOXICITIES, and SECONDARY HEMATOLOGICAL MALIGNANCIES"
    )
    box: tuple[str, ...] = ("Cytokine release syndrome occurred. Treat it.", "Monitor for neurological toxicities.")
    uses: tuple[str, ...] = (
        "adult patients with relapsed multiple myeloma who have received at least 2 prior lines of therapy",
    )
    set_id: str = ""
    earlier: tuple[tuple[int, str], ...] = field(default=((2, "2025-11-03"), (1, "2024-02-29")))

    @property
    def number(self) -> str:
        return self.set_id or str(uuid.uuid5(uuid.NAMESPACE_DNS, self.brand))

    def next(self, effective: str, **other: Any) -> MadeLabel:
        """The label's next version."""
        past = ((self.version, self.effective), *self.earlier)
        return replace(self, version=self.version + 1, effective=effective, earlier=past, **other)

    @property
    def title(self) -> str:
        return f"{self.brand.upper()} ({self.generic.upper()}) SUSPENSION [MAKER OF THE NORTH, INC.]"


def spl(label: MadeLabel) -> str:
    """The label as a document in XML: sections in sections, highlights beside the text, marks inside words."""
    items = "".join(
        f"<item>{escape(use)} <linkHtml href='#s2'>[see <content>Clinical Studies (14)</content>]</linkHtml></item>"
        for use in label.uses
    )
    box = "".join(f"<item><content styleCode='bold'>{escape(text)}</content></item>" for text in label.box)
    return f"""<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet href="spl.xsl" type="text/xsl"?>
<document xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <id root="{uuid.uuid5(uuid.NAMESPACE_DNS, label.brand + str(label.version))}"/>
 <code code="60684-8" codeSystem="2.16.840.1.113883.6.1" displayName="CELLULAR THERAPY"/>
 <title>These highlights do not include all the information needed to use {label.brand.upper()}.<br/>
  {label.brand.upper()}<sup>®</sup> ({label.generic}) suspension for intravenous infusion</title>
 <effectiveTime value="{label.effective.replace("-", "")}"/>
 <setId root="{label.number}"/>
 <versionNumber value="{label.version}"/>
 <component><structuredBody>
  <component><section><code code="48780-1" codeSystem="2.16.840.1.113883.6.1"/><title/></section></component>
  <component><section><code code="34066-1" codeSystem="2.16.840.1.113883.6.1" displayName="BOXED WARNING SECTION"/>
   <title mediaType="text/x-hl7-title+xml">{escape(label.heading)}</title>
   <text><list>{box}</list></text>
   <excerpt><highlight><text><paragraph>In the highlights only.</paragraph></text></highlight></excerpt>
  </section></component>
  <component><section><code code="34067-9" codeSystem="2.16.840.1.113883.6.1"/><title>1 INDICATIONS AND USAGE</title>
   <text><paragraph>{label.brand.upper()} is indicated for the treatment of:</paragraph><list>{items}</list></text>
   <component><section><code code="42229-5"/><title>1.1 More</title>
    <text><paragraph>Limitation of Use: {label.brand.upper()} is not indicated for
     primary central nervous system lymphoma.</paragraph></text>
   </section></component>
  </section></component>
 </structuredBody></component>
</document>"""


def openfda_record(label: MadeLabel) -> dict[str, Any]:
    """The label as openFDA copies it: whole sections as one text without marks."""
    uses = " ".join(f"{use} [see Clinical Studies (14)]" for use in label.uses)
    return {
        "set_id": label.number,
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, label.brand + str(label.version))),
        "version": str(label.version),
        "effective_time": label.effective.replace("-", ""),
        "boxed_warning": [f"{label.heading} {' '.join(label.box)}"],
        "indications_and_usage": [
            f"1 INDICATIONS AND USAGE {label.brand.upper()} is indicated for the treatment of: {uses} 1.1 More"
            f" Limitation of Use: {label.brand.upper()} is not indicated for primary central nervous system lymphoma."
        ],
        "spl_product_data_elements": [f"{label.brand} {label.generic.upper()} {label.generic.upper()} WATER"],
        "openfda": {"brand_name": [label.brand.upper()], "generic_name": [label.generic.upper()],
                    "product_type": ["CELLULAR THERAPY"], "spl_set_id": [label.number]},
    }  # fmt: skip


class LabelStores:
    """Both services behind one address: DailyMed below /dailymed, openFDA below /openfda.

    `faults` maps the running number of a request, or a piece of its path, to one of: 429, 500, 503, limit (openFDA's
    own 429, which names no time), html, html404, truncated, wrong-type, not-json, other-shape, empty.
    """

    def __init__(self, *labels: MadeLabel, faults: dict[int | str, str] | None = None, old_forms: bool = False) -> None:
        self.dailymed = {label.number: label for label in labels}
        self.openfda = {label.number: openfda_record(label) for label in labels}
        self.more: list[dict[str, Any]] = []
        """further entries of DailyMed's list, such as names that only begin alike"""
        self.faults = dict(faults or {})
        self.old_forms = old_forms
        """numbers as texts and `null` as a word, as the documentation shows them"""
        self.page = 100
        self.begin = ""
        """what stands before a document, such as the mark of a coding"""
        self.requests: list[str] = []
        stores = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                stores._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        address = f"http://127.0.0.1:{self._server.server_port}"
        self.urls = {"dailymed": f"{address}/dailymed", "openfda": f"{address}/openfda"}

    def __enter__(self) -> LabelStores:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, label: MadeLabel, *, copied: bool = True) -> None:
        """Adds or replaces a label; copied: at openFDA too."""
        self.dailymed[label.number] = label
        if copied:
            self.openfda[label.number] = openfda_record(label)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        count = len(self.requests)
        self.requests.append(handler.path)
        url = urlsplit(handler.path)
        asked = {k: v[0] for k, v in parse_qs(url.query).items()}
        fault = self.faults.get(count) or next(
            (f for p, f in self.faults.items() if str(p) in handler.path and isinstance(p, str)), None
        )
        status, kind, body = self._right(url.path, asked)
        truncated = fault == "truncated"
        headers = {}
        if fault in ("429", "500", "503"):
            status, kind, body, headers = int(fault), "text/plain", "busy", {"Retry-After": "0.01"}
        elif fault == "limit":
            message = "You have exceeded your rate limit. Try again later or contact us for assistance."
            status, kind, body = 429, "application/json", _error("OVER_RATE_LIMIT", message)
        elif fault in ("html", "html404"):
            status, kind = (404 if fault == "html404" else 200), "text/html"
            body = "<!doctype html><html><title>Down for maintenance</title></html>"
        elif fault == "wrong-type":
            kind = "application/octet-stream"
        elif fault == "not-json" and status == 200:
            body = "{" + body
        elif fault == "other-shape":
            body = (
                body.replace('"results"', '"labels"')
                .replace('"data"', '"items"')
                .replace("<document", "<label")
                .replace("</document>", "</label>")
            )
        elif fault == "empty" and status == 200:
            body = ""
        data = body.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            handler.wfile.write(data[: len(data) // 2] if truncated else data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if truncated:
            handler.close_connection = True

    def _right(self, path: str, asked: dict[str, str]) -> tuple[int, str, str]:
        """(status, content type, text) of the answer without a fault."""
        if path == "/openfda/label.json":
            return self._search(asked)
        if path == "/dailymed/spls.json":
            return self._list(asked)
        found = re.fullmatch(r"/dailymed/spls/([\w-]+)(\.xml|/history\.json)", path)
        label = self.dailymed.get(found[1]) if found else None
        if label is None or found is None:
            return 404, "text/html", "<html><body>Not Found</body></html>"
        if found[2] == ".xml":
            return 200, "application/xml", self.begin + spl(label)
        rows = [(label.version, label.effective), *label.earlier]
        entries = [{"spl_version": str(v) if self.old_forms else v, "published_date": _named(day)} for v, day in rows]
        data, meta = self._paged(entries, asked)
        about = {"title": label.title, "setid": label.number}
        said = {**about, "history": data} if self.old_forms else {"data": {"spl": about, "history": data}}
        return 200, "application/json;charset=UTF-8", json.dumps({**said, "metadata": meta})

    def _list(self, asked: dict[str, str]) -> tuple[int, str, str]:
        name = asked.get("drug_name", "").lower()
        rows = [
            {"spl_version": x.version, "published_date": _named(x.effective), "title": x.title, "setid": x.number}
            for x in self.dailymed.values()
            if name in x.title.lower()
        ]
        rows += [row for row in self.more if name in row["title"].lower()]
        data, meta = self._paged(rows, asked)
        return 200, "application/json;charset=UTF-8", json.dumps({"data": data, "metadata": meta})

    def _paged(self, rows: list[Any], asked: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
        size, page = min(self.page, int(asked.get("pagesize", "100"))), int(asked.get("page", "1"))
        pages = max(1, -(-len(rows) // size))
        meta: dict[str, Any] = {"total_elements": len(rows), "elements_per_page": size,
                                "total_pages": pages if rows else 0, "current_page": page,
                                "current_url": "https://dailymed.nlm.nih.gov/", "previous_page": "null",
                                "next_page": page + 1 if page < pages else "null", "next_page_url": "null",
                                "db_published_date": "May 29, 2026 07:40:57PM EST"}  # fmt: skip
        if self.old_forms:
            meta = {k: str(v) for k, v in meta.items()}
        return rows[(page - 1) * size : page * size], meta

    def _search(self, asked: dict[str, str]) -> tuple[int, str, str]:
        field_name, _, term = asked.get("search", "").partition(":")
        words = re.findall(r"\w+", term.lower())

        def held(record: Any) -> str:
            for key in field_name.removesuffix(".exact").split("."):
                record = record.get(key, "") if isinstance(record, dict) else ""
            return " ".join(re.findall(r"\w+", str(record).lower()))

        skip, limit = int(asked.get("skip", "0")), int(asked.get("limit", "1"))
        if limit > 1000 or skip > 25_000 or term.count('"') % 2:
            return 400, "application/json", _error("BAD_REQUEST", "the question is not understood")
        found = [r for r in self.openfda.values() if f" {' '.join(words)} " in f" {held(r)} "]
        limit = min(self.page, limit)
        if not found[skip:]:
            return 404, "application/json", _error("NOT_FOUND", "No matches found!")
        meta = {"disclaimer": "Do not rely on openFDA.", "last_updated": "2026-08-04",
                "results": {"skip": skip, "limit": limit, "total": len(found)}}  # fmt: skip
        return 200, "application/json; charset=utf-8", json.dumps({"meta": meta, "results": found[skip : skip + limit]})


def _error(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}}, indent=2)


def _named(day: str) -> str:
    return f"{date.fromisoformat(day):%b %d, %Y}"
