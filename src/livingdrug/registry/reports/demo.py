"""A first look without a network: facts of the registered CAR-T trials as of one day, until records come.

The set holds numbers, phases, statuses, dates, countries, the towns of sites, and this program's own words for cells,
target, disease and kind of sponsor; no title and no sentence of a record. benchmarks/make_demo_trials.py makes it.
"""

from __future__ import annotations

import csv
import re
import shutil
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from livingdrug.registry.classify.disease import places_in
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search.index import folder_of
from livingdrug.registry.terms.synonyms import library

COLUMNS = (
    "number", "phase", "status", "start", "updated", "enrollment", "countries", "cells", "origin", "target", "disease",
    "sponsor",
)  # fmt: skip
"""Columns of the set; several values of one stand apart by |; origin: whose cells, empty where no record says so"""

_SETTING = "demo"
_CLASS = {"industry": "INDUSTRY", "government": "OTHER_GOV"}


def file() -> Traversable:
    """Where the set lies."""
    return files("livingdrug.library").joinpath("registry", "demo_trials.tsv")


SITE_STATUS = {
    "R": "RECRUITING", "N": "NOT_YET_RECRUITING", "A": "ACTIVE_NOT_RECRUITING", "C": "COMPLETED", "W": "WITHDRAWN",
    "T": "TERMINATED", "S": "SUSPENDED", "V": "AVAILABLE",
}  # fmt: skip
"""Letter behind a town's number in demo_sites.tsv -> status of the site; none where the registry states none"""


def sites_file() -> Traversable:
    """Where the towns of the set's sites lie; benchmarks/make_demo_sites.py makes them."""
    return files("livingdrug.library").joinpath("registry", "demo_sites.tsv")


def sites() -> dict[str, list[dict[str, Any]]]:
    """Trial -> its sites as a record gives them: town, country, point and, where stated, status."""
    towns: dict[str, dict[str, Any]] = {}
    found: dict[str, list[dict[str, Any]]] = {}
    for line in sites_file().read_text("utf-8").splitlines():
        number, *said = line.split("\t")
        if number.startswith("#"):
            continue
        if len(said) > 1:
            town, land, latitude, longitude = said
            towns[number] = {"city": town, "country": land}
            if latitude:
                towns[number]["geoPoint"] = {"lat": float(latitude), "lon": float(longitude)}
        else:
            found[number] = [
                {
                    **towns[place.rstrip(_LETTERS)],
                    **({"status": SITE_STATUS[place[-1]]} if place[-1] in _LETTERS else {}),
                }
                for place in said[0].split()
            ]
    return found


_LETTERS = "".join(SITE_STATUS)


def facts() -> tuple[str, list[dict[str, str]]]:
    """The day of the set, and its trials."""
    first, *lines = file().read_text("utf-8").splitlines()
    day = re.search(r"\d{4}-\d\d-\d\d", first)
    return day[0] if day else "", list(csv.DictReader(lines, delimiter="\t"))


def load(store: Store) -> tuple[str, int]:
    """Fills an empty mirror with the set: (its day, how many trials); RegistryError for a mirror that holds records."""
    if len(store) and not day_of(store):
        raise RegistryError(
            f"the mirror already holds {len(store):,} studies",
            where=str(store.path),
            mend="the demonstration set needs a mirror of its own: --db demo.sqlite",
        )
    day, rows = facts()
    written, places = _written(), sites()
    with store.transaction():
        for row in rows:
            store.upsert(_record(row, written, places.get(row["number"], [])), seen=day)
        store.set_setting(_SETTING, day)
    return day, len(rows)


def day_of(store: Store) -> str:
    """The day of the demonstration set that a mirror holds; empty where it holds none."""
    return store.setting(_SETTING) or ""


def leave(store: Store) -> int:
    """Takes the set out of a mirror that has records now; how many of its trials no record has replaced."""
    day = day_of(store)
    if not day:
        return 0
    left = "SELECT study FROM version GROUP BY study HAVING max(number) = 1 AND max(seen) = ?"
    with store.transaction() as db:
        (count,) = db.execute(f"SELECT count(*) FROM ({left})", (day,)).fetchone()
        if count == len(store):
            return 0  # nothing came
        for table in ("condition", "intervention", "country", "site", "phase", "sponsor", "identifier", "event"):
            db.execute(f"DELETE FROM {table} WHERE study IN ({left})", (day,))
        db.execute(f"DELETE FROM study WHERE id IN ({left})", (day,))
        db.execute("DELETE FROM version WHERE seen = ? AND number = 1", (day,))
        db.execute("DELETE FROM setting WHERE name = ?", (_SETTING,))
    shutil.rmtree(folder_of(store), ignore_errors=True)  # an index does not see what is gone
    return int(count)


def _written() -> dict[str, str]:
    """Name of a disease, group or branch -> a form by which it is found again in a text."""
    forms: dict[str, list[str]] = {}
    for branch in library("diseases")["branch"]:
        forms[branch["name"]] = [branch["name"], *branch.get("any", ())]
        for group in branch.get("group", ()):
            forms[group["name"]] = [group["name"], *group.get("any", ())]
            for disease in group.get("disease", ()):
                forms[disease["name"]] = [disease["name"], *disease.get("also", ())]
    return {name: _in_full(name, ways) for name, ways in forms.items()}


def _in_full(name: str, ways: list[str]) -> str:
    """A form that means this disease alone: for an abbreviation the first in whole words, as people search for it."""
    sure = [form for form in ways if [p.name for p in places_in(form)] == [name]]
    spelt = (form for form in sure if " " in form and _WORD.search(form))
    return next(iter(sure) if _WORD.search(name) else spelt, next(iter(sure), name))


_WORD = re.compile("[a-z]{4}")


def _title(words: list[str]) -> str:
    """What is tested, then the illnesses, as a title."""
    title = ", ".join(words)
    return title[:1].upper() + title[1:]


def _record(row: dict[str, str], written: dict[str, str], places: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts in the shape of a record that is not whole, so that any whole one takes its place."""
    diseases = [written.get(d, d) for d in row["disease"].split("|") if d]
    cells = " ".join(filter(None, (row["origin"], "/".join(row["target"].split("|")), row["cells"], "cells")))
    design: dict[str, Any] = {"phases": [p for p in row["phase"].split("/") if p]}
    left = [c for c in row["countries"].split("|") if c and c not in {place["country"] for place in places}]
    if row["enrollment"]:
        design["enrollmentInfo"] = {"count": row["enrollment"]}
    return {
        "protocolSection": {
            "identificationModule": {"nctId": row["number"], "briefTitle": _title([cells, *diseases])},
            "statusModule": {
                "overallStatus": row["status"],
                "startDateStruct": {"date": row["start"]},
                "lastUpdatePostDateStruct": {"date": row["updated"]},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"class": _CLASS.get(row["sponsor"], "OTHER")}},
            "conditionsModule": {"conditions": diseases},
            "designModule": design,
            "armsInterventionsModule": {"interventions": [{"name": cells}]},
            "contactsLocationsModule": {"locations": [*places, *({"country": c} for c in left)]},
        }
    }
