"""What a trial file may say, table by table. Looked at once, before anybody is enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livingdrug.care.tables import table, tables
from livingdrug.errors import ScenarioError

COURSE = {"clock": "clock", "shown": "texts"}
SAMPLES = {"observable": "text", "noise": "text", "limit": "text", "visits": "text", "days": "numbers"}
COLUMN = {"name": "text", "value": "asked", "unit": "text", "about": "text", "title": "text"}
ENDPOINT = {
    "name": "text", "title": "text", "among": "asked", "start": "text", "events": "texts", "censors": "texts",
    "about": "text",
}  # fmt: skip
MEASURE = {
    "name": "text", "title": "text", "kind": "text", "of": "asked", "among": "asked", "by": "asked", "at": "asked",
    "unit": "text", "about": "text",
}  # fmt: skip
PUBLISHED = {
    "measure": "text", "title": "text", "value": "number", "low": "number", "high": "number", "range": "span",
    "unit": "text", "n": "whole", "size": "whole", "cohort": "text", "source": "text", "year": "whole", "where": "text",
    "read": "text", "fitted": "truth", "not_comparable": "text", "why": "text",
}  # fmt: skip
LISTS = {
    "column": (COLUMN, ("name", "value")),
    "endpoint": (ENDPOINT, ("name", "events")),
    "measure": (MEASURE, ("name", "kind", "of")),
    "published": (PUBLISHED, ("measure", "value")),
}


def check(trial: Mapping[str, Any]) -> None:
    """ScenarioError when a table of the trial holds a key or a value that cannot be, or a name stands twice."""
    table(trial.get("visits", {}), dict.fromkeys(trial.get("visits", {}), "clock"), "visits")
    table(trial.get("course", {}), COURSE, "course")
    if "samples" in trial:
        table(trial["samples"], SAMPLES, "samples", None, ["observable", "visits"])
    for word, (kinds, needed) in LISTS.items():
        names = [row[needed[0]] for row in tables(trial.get(word), kinds, word, None, needed)]
        twice = {n for n in names if names.count(n) > 1}
        if twice:
            raise ScenarioError(f"{word} '{min(twice)}' stands twice", mend="keep one of them, or rename one")
    table({k: trial[k] for k in ("scale", "size") if k in trial}, {"scale": "text", "size": "whole"}, "trial")
    table({k: trial[k] for k in ("also_graded",) if k in trial}, {"also_graded": "texts"}, "trial")
