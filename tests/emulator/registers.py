"""EU CTIS and ISRCTN on a loopback address."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


def ctis_trial(
    serial: int, resubmission: int = 0, updated: str = "19/08/2025", status: int = 4, **names: Any
) -> dict[str, Any]:
    """A generated CTIS trial: what the list says (key `entry`) and what retrieve says (key `record`)."""
    number = f"2023-5{serial:05d}-11-{resubmission:02d}"
    title = names.get("title", f"CAR-T trial {serial}")
    return {
        "entry": {
            "ctNumber": number, "ctTitle": title, "lastUpdated": updated, "totalNumberEnrolled": "13",
            "decisionDateOverall": "12/04/2024", "trialCountries": ["Poland:4"],
        },
        "record": {
            "ctNumber": number,
            "ctStatus": status,
            "startDateEU": "28/04/2021",
            "publishDate": "2025-08-20T03:46:14.147548867",
            "ctPublicStatusCode": status,
            "authorizedApplication": {
                "authorizedPartI": {
                    "trialDetails": {
                        "clinicalTrialIdentifiers": {
                            "fullTitle": title, "secondaryIdentifyingNumbers": names.get("numbers", {}),
                        },
                        "trialInformation": {
                            "trialCategory": {"trialPhase": "7"},
                            "populationOfTrialSubjects": {
                                "ageRangeSecondaryIds": [{"ctAgeRangeCode": "3"}, {"ctAgeRangeCode": "5"}],
                                "isFemaleSubjects": True,
                            },
                        },
                    },
                    "sponsors": [{"primary": True, "isCommercial": True, "organisation": {"name": "Acme"}}],
                    "medicalConditions": [{"medicalCondition": "Leukaemia"}],
                },
                "authorizedPartsII": [
                    {
                        "mscInfo": {"countryName": "Poland"},
                        "trialSites": [{"personInfo": {"lastName": "Hiddenman", "email": "h@example.org"}}],
                    }
                ],
            },
        },
    }  # fmt: skip


class Registers:
    """Both registers behind one address: CTIS below /ctis, ISRCTN below /isrctn."""

    def __init__(self, cap: int = 10_000) -> None:
        self.cap = cap
        self.trials: dict[str, dict[str, Any]] = {}
        self.isrctn: dict[str, str] = {}
        self.requests: list[str] = []
        registers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                registers.requests.append(self.path)
                registers._send(self, registers._search(body))

            def do_GET(self) -> None:
                registers.requests.append(self.path)
                registers._get(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        address = f"http://127.0.0.1:{self._server.server_port}"
        self.ctis_url, self.isrctn_url = f"{address}/ctis", f"{address}/isrctn"

    def __enter__(self) -> Registers:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, trial: dict[str, Any]) -> None:
        """Adds or replaces a CTIS trial."""
        self.trials[trial["entry"]["ctNumber"]] = trial

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        criteria = body["searchCriteria"]
        words = [w.strip().lower() for w in criteria.get("containAny", criteria.get("containAll", "")).split(",")]
        found = [
            t["entry"]
            for t in self.trials.values()
            if any(w in json.dumps(t).lower() for w in words)
            and t["record"]["ctPublicStatusCode"] in criteria.get("status", range(1, 13))
        ]
        if body["sort"]["direction"] == "ASC":
            found.reverse()
        page, size = body["pagination"]["page"], body["pagination"]["size"]
        if page == 0:  # pages are counted from 1; page 0 is an empty answer, not an error
            return {"pagination": {"totalRecords": 0}, "data": []}
        return {"pagination": {"totalRecords": len(found)}, "data": found[: self.cap][(page - 1) * size : page * size]}

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        if match := re.fullmatch(r"/ctis/retrieve/([\d-]+)", url.path):
            trial = self.trials.get(match[1])
            return self._send(handler, trial["record"] if trial else None)
        asked = parse_qs(url.query)
        words = [w.strip(' "').lower() for w in asked.get("q", [""])[0].split(" OR ")]
        found = [x for x in self.isrctn.values() if any(w in x.lower() for w in words)]
        shown = "".join(found[: int(asked["limit"][0])])
        xml = f'<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="{len(found)}">{shown}</allTrials>'
        self._send(handler, xml)

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, data: Any) -> None:
        body = (data if isinstance(data, str) else json.dumps(data)).encode()
        handler.send_response(404 if data is None else 200)
        handler.send_header("Content-Type", "application/xml" if isinstance(data, str) else "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def isrctn_trial(number: str, title: str, nct: str = "") -> str:
    """A generated ISRCTN trial as XML."""
    return (
        f'<fullTrial><trial lastUpdated="2026-01-05T00:00:00Z"><isrctn>{number}</isrctn>'
        f"<trialDescription><title>{escape(title)}</title></trialDescription>"
        f"<externalRefs><clinicalTrialsGovNumber>{nct}</clinicalTrialsGovNumber></externalRefs>"
        "<participants><recruitmentStart>2015-11-01T00:00:00.000Z</recruitmentStart></participants></trial>"
        "<contact><surname>Hiddenman</surname></contact></fullTrial>"
    )
