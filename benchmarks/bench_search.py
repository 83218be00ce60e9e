"""Search at the size of a whole registry: builds a mirror of generated studies, its index, and asks it.

    python benchmarks/bench_search.py --studies 600000 --dir FOLDER [--engine tantivy|fts5] [--shared FOLDER]

Studies are mixed from parts of real records where those are at hand (--shared or ../shared), so that lengths, words and
frequencies are real; without them from made-up words of the same lengths. Results sections are left out. The mirror is
filled in bulk, past the checks of a sync: only search is measured here. A folder filled before is used again, mirror
and index (build_s is then the time to open it), so that a change of the search alone is measured in a minute.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import re
import resource
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search.index import folder_of, fresh
from livingdrug.registry.search.search import Request, search, wanted

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    "identificationModule",
    "sponsorCollaboratorsModule",
    "descriptionModule",
    "conditionsModule",
    "designModule",
    "armsInterventionsModule",
    "outcomesModule",
    "eligibilityModule",
    "contactsLocationsModule",
)
STATUSES = {
    "COMPLETED": 54,
    "UNKNOWN": 14,
    "RECRUITING": 12,
    "TERMINATED": 6,
    "NOT_YET_RECRUITING": 4,
    "ACTIVE_NOT_RECRUITING": 4,
    "WITHDRAWN": 3,
    "ENROLLING_BY_INVITATION": 2,
    "SUSPENDED": 1,
}
PHASES = {
    "[]": 24,
    '["NA"]': 37,
    '["PHASE1"]': 9,
    '["PHASE1","PHASE2"]': 3,
    '["PHASE2"]': 13,
    '["PHASE3"]': 9,
    '["PHASE4"]': 5,
}
COUNTRIES = (
    "United States",
    "China",
    "France",
    "Germany",
    "Spain",
    "Italy",
    "United Kingdom",
    "Japan",
    "Canada",
    "South Korea",
)
ASKED = (
    "cancer",
    "lymphoma",
    "breast cancer",
    "diabetes",
    "CD19",
    "CAR T",
    "B7-H3",
    "pembrolizumab",
    "stroke aspirin",
    "heart failure",
    "randomized placebo",
    "quality of life",
    "pain",
    "covid",
    "leukemia children",
    "overall survival",
    "insulin",
    "hiv",
    "asthma",
    "multiple myeloma",
    "safety tolerability",
    "surgery",
    "exercise",
    "vaccine",
    "depression",
    "lung cancer chemotherapy",
    "glio*",
    "cytokine release",
    "patients treatment",
    "hepatocellular carcinoma",
    "migraine",
    "obesity",
    "kidney transplant",
    "sepsis",
    "prostate cancer radiotherapy",
    "blood pressure",
    "schizophrenia",
    "rituximab",
    "immunotherapy",
    '"complete response"',
)
"""Rare and common words, names with synonyms, a phrase and a beginning"""


def real_parts(shared: Path) -> list[list[str]]:
    """Serialised modules of real records: one list per record, in the order of MODULES; empty text where absent."""
    parts: list[list[str]] = []
    general: list[list[str]] = []
    for file in sorted((shared / "registry" / "data").glob("ctgov_v2_*.jsonl.gz")):
        if "versions" in file.name:
            continue
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                protocol = json.loads(line)["protocolSection"]
                parts.append([_dumped(protocol.get(name)) for name in MODULES])
                if "oncology" not in file.name and "nsclc" not in file.name:
                    general.append(parts[-1])
    broad = shared / "registry" / "data" / "hint_trials.csv.gz"
    if broad.exists():
        csv.field_size_limit(10**8)
        with gzip.open(broad, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                parts.append(_broad(row, general))
    return parts


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value is not None else ""


def _listed(text: str) -> list[str]:
    return [t.strip(" '\"[]") for t in text.split(",") if t.strip(" '\"[]")]


def _broad(row: dict[str, str], before: list[list[str]]) -> list[str]:
    """The parts of a record of the broad sample; what it does not hold is taken from a record before it."""
    own = list(before[hash(row["nctid"]) % len(before)])
    diseases, drugs = _listed(row.get("diseases", "")), _listed(row.get("drugs", ""))
    given = " and ".join(drugs[:2]) or "treatment"
    own[0] = _dumped({"nctId": "", "briefTitle": f"{given} in {diseases[0] if diseases else 'patients'}"})
    own[3] = _dumped({"conditions": diseases})
    own[5] = _dumped({"interventions": [{"type": "DRUG", "name": d} for d in drugs]})
    own[7] = _dumped({"eligibilityCriteria": row.get("criteria", ""), "sex": "ALL", "minimumAge": "18 Years"})
    return own


def made_up_parts(count: int = 3000) -> list[list[str]]:
    """The same from made-up words, as long as in real records (median words: summary 110, eligibility 240)."""
    draw = random.Random(7)
    letters = "etaoinshrdlucmfw"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 10))) for _ in range(40_000)]
    weights = [1 / (n + 3) for n in range(len(words))]

    def text(median: float) -> str:
        return " ".join(draw.choices(words, weights, k=max(3, int(draw.lognormvariate(0, 0.7) * median))))

    named = [" ".join(a.replace("*", "").replace('"', "").split()) for a in ASKED]
    parts = []
    for _ in range(count):
        topic = draw.choice(named)
        parts.append(
            [
                _dumped({"nctId": "", "briefTitle": f"{text(10)} {topic}"}),
                _dumped({"leadSponsor": {"name": text(3), "class": "OTHER"}}),
                _dumped({"briefSummary": f"{topic} {text(110)}", "detailedDescription": text(150)}),
                _dumped({"conditions": [topic, text(3)]}),
                _dumped({"studyType": "INTERVENTIONAL"}),
                _dumped({"interventions": [{"type": "DRUG", "name": text(2), "description": text(25)}]}),
                _dumped({"primaryOutcomes": [{"measure": text(8)} for _ in range(3)]}),
                _dumped({"eligibilityCriteria": text(240), "sex": "ALL"}),
                _dumped(
                    {
                        "locations": [
                            {"city": text(1), "country": draw.choice(COUNTRIES)} for _ in range(draw.randint(1, 6))
                        ]
                    }
                ),
            ]
        )
    return parts


def generated(parts: list[list[str]], count: int, seed: int) -> Iterator[tuple[str, str, str, str, str]]:
    """(id, raw record, title, status, updated) of so many studies, each mixed from the parts of several records."""
    draw = random.Random(seed)
    cars = [p for p in parts if "CAR" in p[0]]
    others = [p for p in parts if "CAR" not in p[0]]
    broad = [p for p in others if '"studyType"' in p[4] and len(p[0]) < 140] or others
    statuses, phases = list(STATUSES), list(PHASES)
    for n in range(count):
        pool = cars if cars and draw.random() < 0.004 else broad if draw.random() < 0.65 else others
        taken = [draw.choice(pool)[k] for k in range(len(MODULES))]
        study = f"NCT{seed % 10}{n + 1:07d}"
        (status,) = draw.choices(statuses, list(STATUSES.values()))
        (phase,) = draw.choices(phases, list(PHASES.values()))
        year = 2000 + int(26.5 * draw.random() ** 0.6)
        updated = f"{year}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        identification = json.loads(taken[0])
        title = str(identification.get("briefTitle") or "")
        identification |= {"nctId": study, "briefTitle": title}
        taken[0] = _dumped(identification)
        taken[4] = (
            f'{{"studyType":"INTERVENTIONAL","phases":{phase},'
            f'"enrollmentInfo":{{"count":{int(draw.lognormvariate(4, 1))}}}}}'
        )
        modules = [f'"{name}":{text}' for name, text in zip(MODULES, taken) if text]
        modules.append(
            f'"statusModule":{{"overallStatus":"{status}","lastUpdatePostDateStruct":{{"date":"{updated}"}}}}'
        )
        yield (
            study,
            '{"protocolSection":{' + ",".join(modules) + '},"derivedSection":{},"hasResults":false}',
            title,
            status,
            updated,
        )


def fill(store: Store, studies: Iterator[tuple[str, str, str, str, str]], revision: int) -> int:
    """Puts studies into the mirror in bulk; returns how many."""
    db = store.connect()
    count = 0
    with store.transaction():
        for study, raw, title, status, updated in studies:
            db.execute(
                "INSERT OR REPLACE INTO version VALUES (?, 1, ?, ?, ?, ?)",
                (study, study, updated, updated, zlib.compress(raw.encode(), 1)),
            )
            db.execute(
                "INSERT OR REPLACE INTO study (id, registry, trial, url, hash, version, revision, as_of, first_seen,"
                " last_seen, changed_seen, title, status, has_results, updated, updated_first)"
                " VALUES (?, 'ctgov', ?, '', ?, 1, ?, '', ?, ?, ?, ?, ?, 0, ?, ?)",
                (study, study, study, revision, updated, updated, updated, title, status, updated, updated),
            )
            named = {(study, c) for c in re.findall(r'"country":"([^"]+)"', raw)}
            db.executemany("INSERT OR IGNORE INTO country VALUES (?, ?)", sorted(named))
            count += 1
        store.set_setting("revision", revision)
    return count


def timed(ask: Any, times: int) -> tuple[float, float]:
    """Median and 99th percentile of calls [ms]; the first round warms the cache and is not counted."""
    for _ in range(len(ASKED)):
        next_ask = ask()
        next_ask()
    taken = []
    for _ in range(times):
        next_ask = ask()
        begin = time.perf_counter()
        next_ask()
        taken.append(1000 * (time.perf_counter() - begin))
    taken.sort()
    return taken[len(taken) // 2], taken[int(0.99 * (len(taken) - 1))]


def measure(store: Store, engine: str, times: int) -> dict[str, Any]:
    """Builds the index and asks it."""
    begin = time.perf_counter()
    index = fresh(store, engine)
    build = time.perf_counter() - begin
    worked = sum(
        resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    size = sum(f.stat().st_size for f in folder_of(store).rglob("*") if f.is_file())
    draw = random.Random(3)

    def request(text: bool = True, filters: bool = True) -> Request:
        chosen: dict[str, Any] = {}
        if filters:
            chosen = {
                "status": ("completed", "recruiting"),
                "phase": draw.choice((("2",), ("3",), ("1", "2"))),
                "country": (draw.choice(COUNTRIES),),
            }
        return Request(draw.choice(ASKED) if text else "", **chosen)

    def hits(text: bool, filters: bool, facets: tuple[str, ...]) -> Any:
        asked = wanted(store, request(text, filters))
        return lambda: index.search(asked, 20, 0, facets)

    facets = ("status", "phase", "country", "kind", "target", "disease", "sponsor_type")
    rows = {
        "text + 3 filters, 20 hits": lambda: hits(True, True, ()),
        "text, 20 hits": lambda: hits(True, False, ()),
        "text + 3 filters, counts of 7 facets": lambda: hits(True, True, facets),
        "text, counts of one facet": lambda: hits(True, False, (draw.choice(facets),)),
        "text, counts of 7 facets": lambda: hits(True, False, facets),
        "3 filters only, newest 20": lambda: hits(False, True, ()),
        "everything, counts of one facet": lambda: hits(False, False, (draw.choice(facets),)),
        "everything, counts of 7 facets": lambda: hits(False, False, facets),
    }
    figures = {name: timed(ask, times) for name, ask in rows.items()}

    def whole() -> Any:
        asked = request()
        return lambda: search(store, asked, index=index)

    figures["the whole of `trials search` with 3 filters"] = timed(whole, times)
    index.close()
    return {
        "engine": engine,
        "build_s": round(build, 1),
        "processor_s_until_built": round(worked, 1),
        "index_mb": round(size / 1e6),
        "ms": {n: [round(a, 1), round(b, 1)] for n, (a, b) in figures.items()},
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--studies", type=int, default=20_000)
    options.add_argument("--dir", type=Path, required=True, help="where the mirror is made (about 5 kB a study)")
    options.add_argument("--engine", default="tantivy")
    options.add_argument("--times", type=int, default=400)
    options.add_argument("--delta", type=int, default=1500)
    options.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("LIVINGDRUG_SHARED", ROOT.parent / "shared"))
    )
    given = options.parse_args()
    parts = real_parts(given.shared) or made_up_parts()
    store = Store(given.dir / "trials.sqlite")
    if len(store) != given.studies:
        begin = time.perf_counter()
        count = fill(store, generated(parts, given.studies, 1), 1)
        print(f"{count:,} studies generated in {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    result = {
        "studies": len(store),
        "words": "real" if (given.shared / "registry").exists() else "made up",
        **measure(store, given.engine, given.times),
    }
    fill(store, generated(parts, given.delta, 1), store.revision() + 1)
    begin = time.perf_counter()
    fresh(store, given.engine).close()
    result |= {"delta_studies": given.delta, "delta_s": round(time.perf_counter() - begin, 2)}
    result["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result["load"] = os.getloadavg()[0]
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
