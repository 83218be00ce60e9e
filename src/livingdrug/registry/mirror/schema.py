"""The tables of the mirror, and the steps that bring an older file up to date.

`study`         one row per registry record: what it says, typed; `version` points to its newest raw record
`version`       every raw record ever received that said something new (zlib of the text exactly as received)
`event`         what changed between two versions, field by field, and when a study came or went
`identifier`    registry and sponsor numbers; `trial` in table study joins the records of one trial
`tombstone`     records that the registry no longer lists; nothing is ever deleted
`quarantine`    what could not be read, with the reason
`run`, `todo`   where a sync stands, so that it can go on after any interruption
`label`         one row per product and service: the newest label of it that the service gave
`label_record`  every record of a label that said something new, exactly as received
`label_version` which versions of a label DailyMed lists, and when each was published
`label_event`   what changed between two records of a label, field by field

Dates keep their precision. For each of `start primary_completion completion first_posted updated results_posted
verified` there is `<date>` (as stated: 2015-04), `<date>_precision` (day, month, year), `<date>_first` and
`<date>_last` (the earliest and latest day it can mean: sort and filter by these) and `<date>_type` (ACTUAL, ESTIMATED
or NULL).
"""

from __future__ import annotations

import sqlite3

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.records.study import DATES

_DATE_COLUMNS = ",\n  ".join(
    f"{d} TEXT, {d}_precision TEXT, {d}_first TEXT, {d}_last TEXT, {d}_type TEXT" for d in DATES
)

_FIRST = f"""
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE study (
  id TEXT PRIMARY KEY,
  registry TEXT NOT NULL,          -- ctgov, ctis, isrctn, euctr
  trial TEXT NOT NULL,             -- id of the trial; records of one trial in several registries share it
  url TEXT NOT NULL,
  hash TEXT NOT NULL,              -- of the content, without the registry's daily stamp
  version INTEGER NOT NULL,        -- version.number of the newest raw record
  revision INTEGER NOT NULL,       -- store revision at which this study last changed
  as_of TEXT NOT NULL,             -- data version of the newest record seen
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  changed_seen TEXT NOT NULL,
  title TEXT, official_title TEXT, acronym TEXT,
  status TEXT, status_stated TEXT, last_known_status TEXT, why_stopped TEXT,
  study_type TEXT,
  enrollment INTEGER, enrollment_type TEXT, enrollment_stated TEXT,
  sex TEXT, minimum_age TEXT, maximum_age TEXT, minimum_age_years REAL, maximum_age_years REAL,
  healthy_volunteers INTEGER, has_results INTEGER NOT NULL,
  sponsor TEXT, sponsor_category TEXT,
  {_DATE_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX study_trial ON study (trial);
CREATE INDEX study_revision ON study (revision);
CREATE TABLE version (
  study TEXT NOT NULL, number INTEGER NOT NULL,   -- 1, 2, 3, ...
  hash TEXT NOT NULL, seen TEXT NOT NULL,
  registry_date TEXT,                             -- the registry's own date of last update
  raw BLOB NOT NULL,
  PRIMARY KEY (study, number)
);
CREATE TABLE condition (study TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL,                             -- stated, keyword or mesh
  PRIMARY KEY (study, kind, position)) WITHOUT ROWID;
CREATE TABLE intervention (study TEXT NOT NULL, position INTEGER NOT NULL, name TEXT, type TEXT, description TEXT,
  other_names TEXT NOT NULL,                      -- one a line
  PRIMARY KEY (study, position)) WITHOUT ROWID;
CREATE TABLE country (study TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (study, name)) WITHOUT ROWID;
CREATE TABLE site (study TEXT NOT NULL, position INTEGER NOT NULL, facility TEXT, city TEXT, state TEXT, country TEXT,
  status TEXT, latitude REAL, longitude REAL, PRIMARY KEY (study, position)) WITHOUT ROWID;
CREATE TABLE phase (study TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (study, name)) WITHOUT ROWID;
CREATE TABLE sponsor (study TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
  category TEXT, PRIMARY KEY (study, position)) WITHOUT ROWID;
CREATE TABLE identifier (study TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (study, kind, value)) WITHOUT ROWID;
CREATE INDEX identifier_value ON identifier (kind, value);
CREATE TABLE alias (alias TEXT PRIMARY KEY, study TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX alias_study ON alias (study);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  study TEXT NOT NULL,
  version INTEGER NOT NULL,        -- the version that brought the change
  kind TEXT NOT NULL,              -- new, removed, returned, status, phase, enrollment, sites, dates, ...
  field TEXT NOT NULL,
  before TEXT, after TEXT,
  seen TEXT NOT NULL,              -- when the mirror saw it
  registry_date TEXT,              -- the registry's own date of last update after the change
  silent INTEGER NOT NULL,         -- 1: the registry's date of last update did not move
  doubt TEXT                       -- why this may not be a change of the trial at all; NULL: no doubt
);
CREATE INDEX event_seen ON event (seen);
CREATE INDEX event_study ON event (study);
CREATE TABLE tombstone (study TEXT PRIMARY KEY, since TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE quarantine (id INTEGER PRIMARY KEY, seen TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL,
  raw BLOB NOT NULL, digest TEXT NOT NULL UNIQUE);
CREATE TABLE run (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, query TEXT NOT NULL, base_url TEXT NOT NULL,
  started TEXT NOT NULL, finished TEXT,
  data_timestamp TEXT,             -- the registry's data version the run reads
  stage TEXT NOT NULL, token TEXT, since TEXT,
  counts TEXT NOT NULL             -- JSON
);
CREATE TABLE todo (run INTEGER NOT NULL, study TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (run, study)) WITHOUT ROWID;
CREATE TABLE listed (query TEXT NOT NULL, study TEXT NOT NULL, run INTEGER NOT NULL, missed INTEGER NOT NULL DEFAULT 0,
  reread TEXT, PRIMARY KEY (query, study)) WITHOUT ROWID;
"""

_LABELS = """
CREATE TABLE label (
  product TEXT NOT NULL,           -- as library/approvals.toml names it
  source TEXT NOT NULL,            -- dailymed or openfda
  set_id TEXT NOT NULL,            -- what all versions of the label share
  version INTEGER NOT NULL,        -- the label's own count
  effective TEXT,                  -- the day it states, ISO
  title TEXT NOT NULL, boxed_title TEXT, boxed_text TEXT, indications TEXT, url TEXT NOT NULL,
  hash TEXT NOT NULL, number INTEGER NOT NULL,     -- label_record.number of what stands here
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, changed_seen TEXT NOT NULL,
  missing_since TEXT,              -- since when the service no longer gives it
  PRIMARY KEY (product, source)
) WITHOUT ROWID;
CREATE TABLE label_record (product TEXT NOT NULL, source TEXT NOT NULL, number INTEGER NOT NULL,   -- 1, 2, 3, ...
  version INTEGER NOT NULL, hash TEXT NOT NULL, seen TEXT NOT NULL, raw BLOB NOT NULL,
  PRIMARY KEY (product, source, number));
CREATE TABLE label_version (set_id TEXT NOT NULL, version INTEGER NOT NULL, published TEXT,
  PRIMARY KEY (set_id, version)) WITHOUT ROWID;
CREATE TABLE label_event (id INTEGER PRIMARY KEY, product TEXT NOT NULL, source TEXT NOT NULL,
  number INTEGER NOT NULL, field TEXT NOT NULL, before TEXT, after TEXT, seen TEXT NOT NULL);
CREATE INDEX label_event_product ON label_event (product);
"""

_PLACES = "CREATE INDEX site_place ON site (latitude, longitude, status);\n"

_STUDY = _FIRST[_FIRST.index("CREATE TABLE study (") : _FIRST.index("CREATE TABLE version")]
_RESULTS = f"""
ALTER TABLE study RENAME TO study_before;
DROP INDEX study_trial;
DROP INDEX study_revision;
{_STUDY.replace("has_results INTEGER NOT NULL", "has_results INTEGER")}
INSERT INTO study SELECT * FROM study_before;
DROP TABLE study_before;
UPDATE study SET has_results = NULL WHERE NOT has_results
  AND (registry <> 'ctgov' OR EXISTS (SELECT 1 FROM setting WHERE name = 'demo'));
"""
"""Whether results are posted may be unknown (NULL): of the registries only ClinicalTrials.gov always says"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _LABELS, _PLACES, _RESULTS)
"""Step n brings a file from schema version n to n + 1; steps are only ever appended."""

VERSION = len(MIGRATIONS)
OURS = {"setting", "study", "version"}  # tables without which a file that has any is not ours


def migrate(connection: sqlite3.Connection, *, reading: bool = False) -> None:
    """Brings the file to the present schema; each step is one transaction.

    reading: a file that cannot be written is read as it is, since a step only ever adds to what is there.
    RegistryError for another program's database, in which nothing is changed.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if there and not OURS <= there:
        few = ", ".join(sorted(there)[:3])
        raise RegistryError(
            f"this is a database of another program, and no mirror of the registries (its tables: {few})",
            mend="name the mirror with --db; `livingdrug trials sync` or `import` makes one in a new file",
        )
    if reading and not there:
        raise RegistryError(
            "this file is empty: no mirror of the registries, or what was left of one when the disk was full",
            mend="put back a copy, or fill it: `livingdrug trials sync`, `import` or `demo`",
        )
    if found > VERSION:
        raise RegistryError(
            f"the mirror has schema version {found}, this program knows up to {VERSION}",
            mend="update livingdrug, or name another file with --db",
        )
    for step in range(found, VERSION):
        try:
            connection.execute("BEGIN IMMEDIATE")
            (now,) = connection.execute("PRAGMA user_version").fetchone()
            if now == step:  # another process may have been faster
                for statement in MIGRATIONS[step].split(";\n"):
                    if statement.strip():
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step + 1}")
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if reading and found and isinstance(error, sqlite3.OperationalError) and "readonly" in str(error):
                return
            raise
