"""Statistics people ask of the registered trials: enrolment, time to start, recruiting sites, results overdue."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from statistics import median, quantiles
from typing import Any

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country as country_name
from livingdrug.registry.search.engine import Wanted
from livingdrug.registry.search.index import Progress, fresh

MONTHS_TO_RESULTS = 12
"""After this many months from primary completion, results of an interventional trial are due [month]"""

_MOST = 10_000_000


@dataclass(frozen=True)
class Statistics:
    """Figures over a set of studies; what was left out of each is counted beside it."""

    studies: int
    enrollment: dict[str, float | int | None]
    """people: total, median, and the studies left out (placeholder numbers, withdrawn, not stated)"""
    placeholders: tuple[tuple[str, str], ...]
    """(study, number as stated) where the registry holds a placeholder"""
    days_to_start: dict[str, float | int | None]
    """from first posting to start [day]: median and quartiles; studies whose dates are known to the day"""
    sites_by_country: dict[str, dict[str, float | int]]
    """country -> recruiting, all, share of all recruiting sites [%]"""
    sites_without_status: int
    results: dict[str, int]
    """interventional studies: posted, overdue, not yet due, not stated (no completion date), not known (where
    a record says nothing of results), withdrawn"""
    as_of: str
    """day the due dates are judged on"""
    faults: dict[str, str] = field(default_factory=dict)
    """studies of the mirror that could not be read whole -> why"""

    def as_json(self) -> dict[str, Any]:
        """The figures for machines."""
        return asdict(self)


def statistics(
    store: Store, wanted: Wanted | None = None, today: date | None = None, progress: Progress | None = None
) -> Statistics:
    """Figures over the studies a search finds (all of them without one).

    today: the day on which results are due or not; by default the day the newest record was updated.
    """
    index = fresh(store, progress=progress)
    ids = index.search(wanted or Wanted(), _MOST).ids
    db = store.connect()
    db.execute("CREATE TEMP TABLE IF NOT EXISTS asked (id TEXT PRIMARY KEY)")
    db.execute("DELETE FROM asked")
    db.executemany("INSERT INTO asked VALUES (?)", [(i,) for i in ids])
    chosen = "FROM study WHERE id IN (SELECT id FROM temp.asked)"
    (newest,) = db.execute(f"SELECT max(updated_first) {chosen}").fetchone()
    day = today or (date.fromisoformat(newest) if newest else date.today())
    sites, silent = _sites(db)
    enrolled, placeholders = _enrollment(db, chosen)
    return Statistics(
        len(ids),
        enrolled,
        placeholders,
        _days_to_start(db, chosen),
        sites,
        silent,
        _results(db, chosen, day),
        day.isoformat(),
        index.faults(),
    )


def _enrollment(db: Any, chosen: str) -> tuple[dict[str, float | int | None], tuple[tuple[str, str], ...]]:
    counted, placeholders, withdrawn, silent = [], [], 0, 0
    for study, status, people, stated in db.execute(
        f"SELECT id, status, enrollment, enrollment_stated {chosen} ORDER BY id"
    ):
        if status == "WITHDRAWN":
            withdrawn += 1
        elif people is not None:
            counted.append(people)
        elif stated:
            placeholders.append((study, stated))
        else:
            silent += 1
    figures = {
        "people": sum(counted), "median": median(counted) if counted else None, "studies": len(counted),
        "placeholders": len(placeholders), "withdrawn": withdrawn, "not_stated": silent,
    }  # fmt: skip
    return figures, tuple(placeholders)


def _days_to_start(db: Any, chosen: str) -> dict[str, float | int | None]:
    rows = db.execute(f"SELECT first_posted_first, start_first, start_precision {chosen}").fetchall()
    days = sorted(
        (date.fromisoformat(start) - date.fromisoformat(posted)).days
        for posted, start, known in rows
        if posted and start and known == "day"
    )
    quarters = quantiles(days, n=4) if len(days) > 1 else [None, None, None]
    return {
        "median": median(days) if days else None, "lower_quartile": quarters[0], "upper_quartile": quarters[2],
        "started_before_posting": sum(d < 0 for d in days), "studies": len(days),
        "left_out_month_only": sum(known in ("month", "year") for _, _, known in rows),
        "left_out_no_date": sum(not posted or not start for posted, start, _ in rows),
    }  # fmt: skip


def _sites(db: Any) -> tuple[dict[str, dict[str, float | int]], int]:
    everywhere: Counter[str] = Counter()
    recruiting: Counter[str] = Counter()
    silent = 0
    for country, status in db.execute(
        "SELECT coalesce(site.country, 'not stated'), site.status FROM site JOIN study s ON s.id = site.study"
        " WHERE s.trial IN (SELECT id FROM temp.asked)"
    ):
        name = country_name(country)
        everywhere[name] += 1
        recruiting[name] += status == "RECRUITING"
        silent += status is None
    total = sum(recruiting.values())
    return {
        country: {
            "recruiting": recruiting[country], "sites": everywhere[country],
            "share_of_recruiting": round(100 * recruiting[country] / total, 1) if total else 0.0,
        }
        for country in sorted(everywhere, key=lambda c: (-recruiting[c], -everywhere[c], c))
    }, silent  # fmt: skip


def _results(db: Any, chosen: str, day: date) -> dict[str, int]:
    due_before = date(day.year - MONTHS_TO_RESULTS // 12, day.month, min(day.day, 28)).isoformat()
    counts = Counter({"posted": 0, "overdue": 0, "not_yet_due": 0, "not_stated": 0, "withdrawn": 0})
    for posted, status, end in db.execute(
        f"SELECT has_results, status, primary_completion_last {chosen}"
        " AND (study_type = 'INTERVENTIONAL' OR study_type IS NULL AND has_results IS NULL)"
    ):
        if posted:
            counts["posted"] += 1
        elif status == "WITHDRAWN":
            counts["withdrawn"] += 1
        elif posted is None:
            counts["not_known"] += 1
        elif not end:
            counts["not_stated"] += 1
        else:
            counts["overdue" if end < due_before else "not_yet_due"] += 1
    return dict(counts)
