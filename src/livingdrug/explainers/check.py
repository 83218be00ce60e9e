"""What the claims of a page rest on today, and what was checked by whom.

A claim is backed; reported (told, not confirmed: open); stale (read more than 90 days ago, or what it is bound to
changed since the page was reviewed); contradicted (what it is bound to says otherwise); unbacked (no source that
counts); or not checked (a registry's record, and no mirror here). Nothing here can say that a person read a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from livingdrug.errors import LivingDrugError
from livingdrug.explainers import bound, evidence
from livingdrug.explainers.page import Claim, Page
from livingdrug.explainers.unmarked import fact

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store

DUE = timedelta(days=90)
"""After how long a claim is read again."""

STATUSES = ("backed", "reported", "not checked", "stale", "contradicted", "unbacked")
FAILING = ("stale", "contradicted", "unbacked")
_SECOND_HAND = re.compile(
    r"\bas (?:summarised|cited|carried|transcribed)\b|\bciting\b|\breview table\b|^review of\b|\(editorial\)", re.I
)
"""How a source says that it was read in another text."""


@dataclass(frozen=True)
class Checked:
    """One claim and what it rests on.

    evidence: what carries it, as the file of the page says; source, place: the same in words, and where in it; url:
    where that can be opened; read, due: days; why: what is wrong; value, n: of something bound, the number and of how
    many people it is.
    """

    id: str
    says: str
    status: str
    evidence: str
    source: str
    url: str
    read: date
    due: date
    where: str
    why: str = ""
    place: str = ""
    value: Any = None
    n: int | None = None

    @property
    def fails(self) -> bool:
        """Whether a page with it should not stand."""
        return self.status in FAILING

    @property
    def second_hand(self) -> bool:
        """Whether its source was read in another text: a review, a summary, a copy."""
        return bool(_SECOND_HAND.search(f"{self.source}; {self.place}"))


@dataclass(frozen=True)
class Unmarked:
    """A sentence that states a fact outside any claim."""

    text: str
    what: str
    where: str


@dataclass(frozen=True)
class Stage:
    """One stage of checking. state: full, half or none; by: by what; on: the day, None where it was not done."""

    title: str
    state: str
    says: str
    by: str
    on: date | None


@dataclass(frozen=True)
class Report:
    """A page, checked: its claims in the order of the text, then those of its figures; what stands without a mark."""

    page: str
    claims: tuple[Checked, ...]
    unmarked: tuple[Unmarked, ...]
    today: date

    @property
    def ok(self) -> bool:
        """Whether nothing fails; what is only reported is open, and no failure."""
        return not self.unmarked and not any(c.fails for c in self.claims)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have which status."""
        found = Counter(c.status for c in self.claims)
        return {status: found[status] for status in STATUSES}


def today() -> date:
    """The present day, UTC."""
    return datetime.now(UTC).date()


def check(page: Page, store: Store | None = None, day: date | None = None) -> Report:
    """What the claims of a page rest on. store: the mirror of the registries, where there is one."""
    day = day or today()
    table, text = page.table, page.text
    keys = dict.fromkeys((*text.claims, *table.claims))
    claims = tuple(_checked(page, key, table.claims[key], store, day) for key in keys)
    unmarked = tuple(Unmarked(s.text, what, f"{text.where}:{s.line}") for s in text.sentences if (what := fact(s.bare)))
    return Report(page.name, claims, unmarked, day)


def _checked(page: Page, key: str, claim: Claim, store: Store | None, day: date) -> Checked:
    where = str(claim.place("says"))
    return _sourced(page, key, claim, day, where) if claim.source else _bound(page, key, claim, store, day, where)


def _sourced(page: Page, key: str, claim: Claim, day: date, where: str) -> Checked:
    source = page.table.sources[str(claim.source)]
    read = claim.read or page.table.reviewed
    wrong = evidence.fault(source)
    if claim.reported:
        status, why = "reported", "reported, not confirmed at the regulator"
    elif wrong:
        status, why = "unbacked", wrong
    elif read > day + timedelta(days=1):
        status, why = "unbacked", f"it cannot have been read on {read}, which is to come"
    else:
        status, why = _aged(read, day)
    told = evidence.cited(source)
    url, at = evidence.address(source), str(claim.at)
    return Checked(key, claim.says, status, str(claim.source), told, url, read, read + DUE, where, why, at)


def _bound(page: Page, key: str, claim: Claim, store: Store | None, day: date, where: str) -> Checked:
    reviewed = page.table.reviewed

    def found(status: str, why: str, thing: bound.Thing | None = None) -> Checked:
        thing = thing or bound.Thing((), "nothing")
        return Checked(
            key, claim.says, status, str(claim.bound), thing.source, thing.url, reviewed, reviewed + DUE, where, why,
            thing.place, claim.value, thing.n,
        )  # fmt: skip

    try:
        thing = bound.look_up(str(claim.bound), store)
    except bound.NoMirror:
        return found("not checked", "no copy of the registries here")
    except LivingDrugError as problem:
        return found("unbacked", problem.message.replace("\n", ";"))
    if not bound.agrees(claim.value, thing):
        says = ", ".join(map(str, thing.values)) or "nothing"
        return found("contradicted", f"the text relies on {claim.value}; it says {says}", thing)
    if thing.recalled:
        return found("unbacked", "the number is recalled, not read", thing)
    if thing.changed and thing.changed > reviewed:
        return found("stale", f"it changed on {thing.changed}, after the page was reviewed", thing)
    if bound.only_told(claim.value, thing):
        return found("reported", "reported, not confirmed at the regulator", thing)
    return found(*_aged(reviewed, day), thing)


def _aged(read: date, day: date) -> tuple[str, str]:
    """Whether something read on a day is due."""
    if day > read + DUE:
        return "stale", f"read on {read}; due on {read + DUE}"
    return "backed", ""


NOBODY = "No clinician has reviewed this page."


def stages(page: Page, report: Report, mirrored: date | str | None = None) -> tuple[Stage, Stage, Stage]:
    """The three stages of a page. mirrored: the day of the mirror's data, None where there is no mirror or it is
    empty."""
    return (
        _primary(report),
        Stage("Medical accuracy read", "none", f"Not done. {NOBODY}", "", None),
        _registry(page, report, mirrored),
    )


def _primary(report: Report) -> Stage:
    counts, total = report.counts, len(report.claims)
    good = counts["backed"] + counts["not checked"]
    says = (
        f"{good} of {total} claims rest on a regulator, a registry, a journal, or a number kept here with its source."
    )
    for status, told in (
        ("reported", "reported only, and said so"),
        ("stale", "due to be read again"),
        ("contradicted", "contradicted by what they rest on"),
        ("unbacked", "without a source that counts"),
    ):
        says += f" {counts[status]} {told}." if counts[status] else ""
    second = sum(c.second_hand for c in report.claims)
    if second:
        says += f" {second} of them {'were' if second > 1 else 'was'} read second-hand, in a review or a summary."
    state = "full" if total and good == total and not second else "half" if good else "none"
    return Stage("Primary source found", state, says, "by program", report.today)


def _registry(page: Page, report: Report, mirrored: date | str | None) -> Stage:
    title, lists = "Registry verified", len(page.table.trials)
    those = [c for c in report.claims if c.evidence.startswith("registry:")]
    if not mirrored:
        says = "Not done. There is no copy of the registries on this computer that holds a study."
        return Stage(title, "none", says, "", None)
    good = sum(c.status == "backed" for c in those)
    if those:
        says = f"{good} of {len(those)} claims on trials match their record."
    else:
        says = "No sentence here rests on one trial's record."
    if lists:
        says += f" {lists} lists of trials read" if lists > 1 else " One list of trials reads"
        says += " the registries anew at each visit."
    state = "full" if good == len(those) else "half" if good else "none"
    return Stage(title, state, says, f"by program, data of {mirrored}", report.today)


def as_json(reports: Iterable[Report]) -> dict[str, Any]:
    """Reports for machines."""
    reports = list(reports)
    counts = Counter[str]()
    for report in reports:
        counts.update(report.counts)
    pages = [
        {
            "page": r.page,
            "claims": list(map(_claim, r.claims)),
            "unmarked": [{"text": u.text, "what": u.what, "where": u.where} for u in r.unmarked],
            "ok": r.ok,
        }
        for r in reports
    ]
    unmarked = sum(len(r.unmarked) for r in reports)
    total = {s: counts[s] for s in STATUSES} | {"unmarked": unmarked}
    return {"pages": pages, "counts": total, "ok": all(r.ok for r in reports)}


def _claim(claim: Checked) -> dict[str, Any]:
    told = ("id", "says", "status", "second_hand", "evidence", "source", "place", "url", "where", "why", "value", "n")
    days = {"read": claim.read.isoformat(), "due": claim.due.isoformat()}
    return {key: getattr(claim, key) for key in told} | days
