"""Files of any of the covered forms are read; damage costs the damaged record and no other."""

import gzip
import io
import json
import os
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.shared import REGISTRY, needs_shared
from emulator.studies import number, studies, study
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.sync.import_files import Tally, import_files
from thoroughness import some

SOME = studies(5)
LINES = "".join(json.dumps(r) + "\n" for r in SOME)
PAGE = json.dumps({"totalCount": 5, "studies": SOME, "nextPageToken": "abc"})
ISRCTN_XML = """<?xml version="1.0" encoding="UTF-8"?>
<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="2">
 <fullTrial><trial lastUpdated="2026-02-03T00:00:00.000Z">
  <isrctn dateAssigned="2015-09-01T00:00:00.000Z">12949496</isrctn>
  <trialDescription><title>Milk &amp; honey</title></trialDescription>
  <externalRefs><clinicalTrialsGovNumber>NCT00001003</clinicalTrialsGovNumber></externalRefs>
  <participants><recruitmentStart>2015-11-01T00:00:00.000Z</recruitmentStart>
   <targetEnrolment>20</targetEnrolment></participants>
 </trial><contact><surname>Hiddenman</surname></contact><sponsor><organisation>Acme</organisation></sponsor></fullTrial>
 <fullTrial><trial><isrctn>20343063</isrctn><trialDesign/></trial></fullTrial>
</allTrials>"""


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "/"), data)
    return made.getvalue()


def read(path: Path, data: bytes | str) -> tuple[Store, Tally]:
    file = path / "given.dat"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    store = Store(path / "t.sqlite")
    return store, import_files(store, [file])


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        LINES.rstrip("\n"),
        "\ufeff" + LINES,
        json.dumps(SOME),
        json.dumps(SOME, indent=2),
        PAGE,
        json.dumps({"studies": SOME}, indent=1),
        PAGE + "\n" + PAGE,
        json.dumps({"studies": SOME[:3]}, indent=1) + json.dumps({"nextPageToken": "x", "studies": SOME[3:]}, indent=1),
        "\n".join(json.dumps(r, indent=1) for r in SOME),
        gzip.compress(LINES.encode()),
        zipped(a_one=json.dumps(SOME[0]).encode(), rest=gzip.compress("".join(LINES.splitlines(True)[1:]).encode())),
        "".join(json.dumps({"seen_at": "2026-02-03T10:00:00+09:00", "study": r}) + "\n" for r in SOME),
    ],
    ids=(
        "lines no-last-newline byte-order-mark list pretty-list page pretty-page two-pages two-pretty-pages"
        " pretty-records gzip zip wrapped"
    ).split(),
)
def test_every_form_gives_the_same_records(tmp_path: Path, data: bytes | str) -> None:
    store, tally = read(tmp_path, data)
    assert dict(store.studies()) == {number(r): r for r in SOME}
    assert tally.new == 5 and tally.quarantined == 0
    assert tally.read == tally.new + tally.changed + tally.unchanged


def test_a_second_reading_changes_nothing(tmp_path: Path) -> None:
    store, _ = read(tmp_path, LINES)
    assert import_files(store, [tmp_path / "given.dat"]).as_dict() == {
        "read": 5, "new": 0, "changed": 0, "unchanged": 5, "quarantined": 0,
    }  # fmt: skip


def test_the_day_of_a_wrapped_record_is_kept_in_utc(tmp_path: Path) -> None:
    store, _ = read(tmp_path, json.dumps({"seen_at": "2026-02-03T10:00:00+09:00", "study": SOME[0]}))
    assert store.connect().execute("SELECT first_seen FROM study").fetchone() == ("2026-02-03T01:00:00Z",)


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.json").write_text(json.dumps(SOME[0]))
    (tmp_path / "in" / "deep" / "b.jsonl").write_text(LINES)
    assert import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "in"]).new == 5


def test_isrctn_xml_is_read(tmp_path: Path) -> None:
    store, tally = read(tmp_path, ISRCTN_XML)
    assert tally.new == 2
    trial = store.reading("ISRCTN12949496")
    assert (trial.title, trial.enrollment, trial.sponsor) == ("Milk & honey", 20, "Acme")
    assert trial.first_posted is not None and trial.first_posted.text == "2015-09-01"
    assert "NCT00001003" in {i.value for i in trial.identifiers}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("<?xml version='1.0'?>\n<clinical_study rank='1'>", "classic ClinicalTrials.gov XML is not read"),
        (gzip.compress(b"<search_results><clinical_study/>", mtime=0), "classic ClinicalTrials.gov XML is not read"),
        (zipped(x=b"<?xml version='1.0'?><clinical_study>"), "classic ClinicalTrials.gov XML is not read"),
        ("<!DOCTYPE html><html>", "this is a web page"),
    ],
)
def test_what_is_not_read_is_refused_by_name_before_anything(tmp_path: Path, data: Any, message: str) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.xml"
    good.write_text(LINES)
    bad.write_bytes(data if isinstance(data, bytes) else data.encode())
    store = Store(tmp_path / "t.sqlite")
    with pytest.raises(RegistryError, match=message) as caught:
        import_files(store, [good, bad])
    assert "bad.xml" in str(caught.value) and len(store) == 0
    with pytest.raises(RegistryError, match="a pipe or a device"):
        import_files(Store(tmp_path / "t.sqlite"), [os.devnull])
    with pytest.raises(RegistryError, match="no such file"):
        import_files(store, [tmp_path / "none.json"])


@pytest.mark.parametrize(
    ("data", "kept", "set_aside"),
    [
        (LINES[:-40], 4, 1),
        (LINES.replace('"protocolSection"', '"protocolSectoin"', 1), 4, 1),
        (LINES.encode().replace(b"Lymphoma", b"Lymph\xffma", 1), 4, 1),
        (gzip.compress(LINES.encode())[:-30], 4, 2),  # the record that breaks off, and the file
        (json.dumps(SOME)[:-40], 4, 1),
        (PAGE.replace("Study 1002", 'Study "1002', 1), 4, 1),
        (json.dumps(SOME, indent=1).encode().replace(b"Study 1003", b"Study \xfe1003", 1), 4, 1),
        ("<html " + LINES, 5, 1),
        ("[1, 2, null]", 0, 3),
        ('{"a": 1}', 0, 1),
        (b"\x00\x01\x02\xff\xfe", 0, 1),
        (zipped(x=LINES.encode())[:-20], 5, 1),
        (b"PK\x03\x04" + LINES.encode(), 5, 1),
        (b"\x1f\x8b\x08" + LINES.encode(), 5, 1),
        ("[" * 50_000, 0, 0),
        ('{"x":' * 50_000, 0, 1),
        (ISRCTN_XML.replace("12949496", "nonsense"), 1, 1),
        (ISRCTN_XML[:-5], 0, 1),
        ("<unknown/>", 0, 1),
    ],
)  # fmt: skip
def test_damage_costs_only_the_damaged(tmp_path: Path, data: Any, kept: int, set_aside: int) -> None:
    store, tally = read(tmp_path, data)
    assert (len(store), tally.quarantined) == (kept, set_aside)
    (rows,) = store.connect().execute("SELECT count(*) FROM quarantine WHERE reason <> ''").fetchone()
    assert (rows > 0) == (set_aside > 0)


@settings(max_examples=some(60))
@given(st.data())
def test_random_bytes_in_one_line_lose_no_other_line(tmp_path: Path, data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, 4))
    lines = [line.encode() for line in LINES.splitlines(True)]
    place = data.draw(st.integers(0, len(lines[victim]) - 2))
    junk = data.draw(st.binary(min_size=1, max_size=8)).replace(b"\n", b"?")
    lines[victim] = lines[victim][:place] + junk + lines[victim][place + len(junk) - data.draw(st.integers(0, 1)) :]
    if not lines[victim].endswith(b"\n"):
        lines[victim] += b"\n"
    (tmp_path / "t.sqlite").unlink(missing_ok=True)
    for tail in ("-wal", "-shm"):
        (tmp_path / f"t.sqlite{tail}").unlink(missing_ok=True)
    store, tally = read(tmp_path, b"".join(lines))
    kept = dict(store.studies())
    for i, record in enumerate(SOME):
        if i != victim:
            assert kept[number(record)] == record
    assert tally.read == tally.new + tally.changed + tally.unchanged + tally.quarantined >= 5
    store.close()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=some(150))
@given(st.data())
def test_any_value_in_any_place_is_kept_or_set_aside(data: st.DataObject) -> None:
    record = study(next(FRESH))
    for _ in range(data.draw(st.integers(1, 4))):
        place: Any = record
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.integers(0, 3)) == 0:
                place[key] = data.draw(anything)
                break
            place = place[key]
        if not isinstance(record, dict) or not record:
            break
    check_kept_or_set_aside(record)


def check_kept_or_set_aside(record: Any) -> None:
    """A record without its number is set aside, any other is kept whole, read, compared and counted."""
    from livingdrug.registry.records.identifiers import nct_id
    from livingdrug.registry.records.text import at

    text = json.dumps(record)
    store = FUZZED
    outcome = store.take(text, "fuzz", "2026-01-01", newest=True)
    name = nct_id(at(record, "protocolSection.identificationModule.nctId", str))
    if name is None:
        assert outcome == "quarantined"
        return
    assert outcome in ("new", "changed", "unchanged")
    assert json.dumps(store.record(name)) == text
    assert store.take(json.dumps(study(int(name[3:]))), "fuzz", "2026-01-02", newest=True) in ("changed", "unchanged")
    assert store.take(text, "fuzz", "2026-01-03", newest=True) in ("changed", "unchanged", "quarantined")


class _Fuzzed:
    """A store in memory for the fuzz tests, made when first used."""

    def __getattr__(self, name: str) -> Any:
        if "store" not in self.__dict__:
            import tempfile

            self.__dict__["folder"] = tempfile.TemporaryDirectory()
            self.__dict__["store"] = Store(Path(self.__dict__["folder"].name) / "fuzz.sqlite")
        return getattr(self.__dict__["store"], name)


FUZZED: Any = _Fuzzed()
FRESH = count(50_001)


@needs_shared
def test_records_of_the_official_schema_are_kept() -> None:
    yaml = pytest.importorskip("yaml")
    schemas = yaml.safe_load((REGISTRY / "ctg-oas-v2.0.3.yaml").read_text(encoding="utf-8"))["components"]["schemas"]
    strategy = _of_schema({"$ref": "#/components/schemas/Study"}, schemas)

    @settings(max_examples=some(60))
    @given(strategy)
    def check(record: Any) -> None:
        record = {k: v for k, v in record.items() if v is not None}
        protocol = record.setdefault("protocolSection", {})
        protocol.setdefault("identificationModule", {})["nctId"] = f"NCT{next(FRESH):08d}"
        check_kept_or_set_aside(record)

    check()


def _of_schema(node: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A strategy for the values an OpenAPI schema allows, every part optional."""
    if ref := node.get("$ref"):
        return _of_schema(schemas[ref.rpartition("/")[2]], schemas, depth)
    if values := node.get("enum"):
        return st.sampled_from(values)
    kind = node.get("type")
    if kind == "object" or "properties" in node:
        if depth > 4:
            return st.just({})
        parts = {k: _of_schema(v, schemas, depth + 1) for k, v in node.get("properties", {}).items()}
        return (
            st.sets(st.sampled_from(sorted(parts)), max_size=6).flatmap(
                lambda chosen: st.fixed_dictionaries({k: parts[k] for k in sorted(chosen)})
            )
            if parts
            else st.just({})
        )
    if kind == "array":
        return st.lists(_of_schema(node.get("items", {}), schemas, depth + 1), max_size=2)
    plain = {"integer": st.integers(), "number": st.floats(allow_nan=False), "boolean": st.booleans()}
    return plain.get(kind or "", st.text(max_size=10))
