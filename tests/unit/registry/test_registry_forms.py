"""What people have on their disks: each form of file is read, or refused by its name with what to do."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emulator.studies import number, studies
from livingdrug.cli.trials import app
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.sync.import_files import import_files

SOME = studies(6)


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(members: dict[str, bytes], mode: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


EACH = {f"deep/{number(r)}.json": json.dumps(r, indent=1).encode() for r in SOME}
BY_NUMBER = {number(r): r for r in SOME}

READ = {
    "keyed": json.dumps(BY_NUMBER).encode(),
    "keyed-pretty": json.dumps(BY_NUMBER, indent=2).encode(),
    "results": json.dumps({"count": 6, "results": SOME}).encode(),
    "hits": json.dumps({"hits": [{"score": 1.5, "study": r} for r in SOME]}).encode(),
    "elastic": json.dumps({"took": 3, "hits": {"hits": [{"_source": r} for r in SOME]}}, indent=1).encode(),
    "strings": json.dumps([json.dumps(r) for r in SOME]).encode(),
    "string-lines": "\n".join(json.dumps(json.dumps(r)) for r in SOME).encode(),
    "escaped-list": json.dumps(json.dumps(SOME)).encode(),
    "utf-16": json.dumps(SOME).encode("utf-16"),
    "utf-16-lines": "\r\n".join(json.dumps(r) for r in SOME).encode("utf-16"),
    "utf-16-be": json.dumps(SOME).encode("utf-16-be"),
    "tar": tarred(EACH, "w"),
    "tar-gz": tarred({"._x": b"\0\1", **EACH}, "w:gz"),
    "zip-in-zip": zipped(
        {"a.zip": zipped(dict(list(EACH.items())[:3])), "b.zip": zipped(dict(list(EACH.items())[3:]))}
    ),
    "zip-in-tar-gz": tarred({"a.zip": zipped(EACH)}, "w:gz"),
    "gzip-in-zip": zipped({"a.json.gz": gzip.compress(json.dumps(SOME).encode())}),
    "gzip-twice": gzip.compress(gzip.compress(json.dumps(SOME).encode())),
    "gzip-of-two": gzip.compress(json.dumps(SOME[:3]).encode()) + gzip.compress(json.dumps(SOME[3:]).encode()),
    "utf-32": json.dumps(SOME).encode("utf-32"),
    "escaped-three-times": json.dumps(json.dumps(json.dumps(SOME))).encode(),
    "carriage-returns": "\r".join(json.dumps(r) for r in SOME).encode(),
    "commas-at-line-ends": ",\n".join(json.dumps(r) for r in SOME).encode(),
    "in-a-row": b"".join(json.dumps(r).encode() for r in SOME),
    "record-separators": b"".join(b"\x1e" + json.dumps(r).encode() + b"\n" for r in SOME),
    "pages": json.dumps([{"studies": SOME[:3], "nextPageToken": "x"}, {"studies": SOME[3:]}]).encode(),
    "edges": json.dumps({"data": {"studies": {"edges": [{"node": r} for r in SOME]}}}).encode(),
    "columns": json.dumps({"study": {str(n): r for n, r in enumerate(SOME)}}).encode(),
    "lists-in-a-list": json.dumps([SOME[:2], SOME[2:]]).encode(),
    "tar-gz-in-zip": zipped({"a.tgz": tarred(EACH, "w:gz")}),
}


@pytest.mark.parametrize("form", READ)
def test_a_form_that_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "given").write_bytes(READ[form])
    store = Store(tmp_path / "t.sqlite")
    tally = import_files(store, [tmp_path / "given"])
    assert (tally.new, tally.quarantined) == (6, 0), tally.set_aside
    assert dict(store.studies()) == BY_NUMBER


def table(*columns: str) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows([columns, ["a value, with comma"] * len(columns)])
    return made.getvalue().encode()


WEBSITE = table("NCT Number", "Study Title", "Study URL", "Acronym", "Study Status", "Brief Summary")
ICTRP = table("TrialID", "Last Refreshed on", "Public title", "Scientific title", "Acronym", "Primary sponsor")
CTIS = table("Trial number", "Title of the trial", "Overall trial status", "Protocol code")
EUCTR = (
    b"Summary\n\nEudraCT Number: 2007-001012-23\nSponsor's Protocol Code Number: ABC\nNational Competent Authority:"
    b" Austria\nClinical Trial Type: EEA CTA\nTrial Status: Completed\n\nA. Protocol Information\n"
)

LOCKED = bytearray(zipped(EACH))
for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
    at = -1
    while (at := LOCKED.find(mark, at + 1)) >= 0:
        LOCKED[at + flags] |= 1

REFUSED = {
    "website-csv": (WEBSITE, "download button of ClinicalTrials.gov"),
    "website-csv-utf-16": (WEBSITE.decode().encode("utf-16"), "download button of ClinicalTrials.gov"),
    "website-csv-zip": (zipped({"ctg-studies.csv": WEBSITE}), "download button of ClinicalTrials.gov"),
    "aact": (b"nct_id|brief_title|phase\nNCT00000001|x|y\n", "column of NCT numbers"),
    "ictrp-csv": (ICTRP, "WHO platform"),
    "ictrp-xml": (b"<?xml version='1.0'?><Trials_downloaded_from_ICTRP><Trial/>", "WHO platform"),
    "ctis-csv": (CTIS, "download button of EU CTIS"),
    "euctr-text": (EUCTR, "EU Clinical Trials Register"),
    "pdf": (b"%PDF-1.7 ...", "a PDF document"),
    "xlsx": (zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "an Office document"),
    "parquet": (b"PAR1\0\0", "a Parquet table"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    "ris": (b"TY  - DBASE\nTI  - A trial\nER  - \n", "a RIS file"),
    "database": (b"SQLite format 3\0", "an SQLite database"),
    "website-tsv": (WEBSITE.replace(b",", b"\t"), "download button of ClinicalTrials.gov"),
    "other-table": (table("Registration number", "Public name", "Status"), "this is a table"),
    "semicolons": (b"Nummer;Titel;Status\nA1;x;y\n", "this is a table"),
    "numbers": (b"NCT00000001\nNCT00000002\n", "a list of registry numbers"),
    "eudract-numbers": (b"2007-001012-23, 2015-001234-11", "a list of registry numbers"),
    "text": (b"`query.term` is an unknown parameter", "plain text"),
    "yaml": (b"protocolSection:\n  identificationModule:\n    nctId: NCT00000001\n", "plain text"),
    "rich-text": (b"{\\rtf1 NCT00000001}", "rich text"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
    "empty": (b" \n", "empty"),
    "empty-zip": (zipped({}), "zip archive is empty"),
    "locked": (LOCKED, "locked with a password"),
}  # fmt: skip


@pytest.mark.parametrize("form", REFUSED)
def test_a_form_that_is_refused_by_name(tmp_path: Path, form: str) -> None:
    data, name = REFUSED[form]
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(RegistryError, match=name) as caught:
        import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert "given" in (caught.value.where or "") and caught.value.mend


def test_words_of_other_forms_in_an_xml_record_do_not_refuse_it(tmp_path: Path) -> None:
    said = "EudraCT number: 2015-001234-11, sponsor: Acme; NCT number and title; &lt;html&gt;"
    xml = f"<allTrials><fullTrial><trial><isrctn>12949496</isrctn><trialDescription><title>{said}</title>"
    (tmp_path / "given").write_text(xml + "</trialDescription></trial></fullTrial></allTrials>")
    assert import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"]).new == 1


def test_a_refused_form_among_records_costs_no_record(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(tarred({**EACH, "list.csv": WEBSITE, "p.pdf": b"%PDF-1.7"}, "w:gz"))
    tally = import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert (tally.new, tally.quarantined) == (6, 2)
    assert all("this is" in reason for _, reason in tally.set_aside)


PACKED = {
    "gzip": gzip.compress(json.dumps(SOME[:3]).encode()),
    "zip": zipped({"a.json": json.dumps(SOME[:3]).encode()}),
    "tar": tarred({"a.json": json.dumps(SOME[:3]).encode()}, "w"),
    "tar-gz": tarred({"a.json": json.dumps(SOME[:3]).encode()}, "w:gz"),
}
"""Three records, packed"""


@pytest.mark.parametrize(
    ("beside", "new", "told"),
    [
        (b"rubbish \xff\x00 here", 3, 1),
        (b"z" * 70_000, 3, 1),
        (b"\0" * 2048, 3, 0),
        (json.dumps(SOME[3]).encode(), 4, 0),
        (gzip.compress(json.dumps(SOME[3:]).encode()), 6, 0),
        (zipped({"b.json": json.dumps(SOME[4:]).encode()}), 5, 0),
        (b"xx" + gzip.compress(json.dumps(SOME[3:]).encode()) + b"yy", 6, 1),
    ],
)
@pytest.mark.parametrize("form", PACKED)
def test_what_stands_behind_a_packed_file_costs_no_record(
    tmp_path: Path, form: str, beside: bytes, new: int, told: int
) -> None:
    """What is no record is told, what is one is read."""
    if form in ("zip", "tar") and beside.startswith(b"xx"):
        new = 3  # within what stands behind an archive no packed part is looked for
    (tmp_path / "given").write_bytes(PACKED[form] + beside)
    tally = import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert (tally.new, tally.quarantined) == (new, told), tally.set_aside
    assert all("beside what is packed" in reason for _, reason in tally.set_aside)


@pytest.mark.parametrize("packed", [gzip.compress, lambda data: zipped({"a.json": data})])
def test_a_wrong_checksum_or_a_hurt_middle_costs_nothing_that_can_be_unpacked(tmp_path: Path, packed: Any) -> None:
    lines = b"\n".join(
        json.dumps({**r, "noise": random.Random(n).randbytes(9_000).hex()}).encode() for n, r in enumerate(SOME)
    )
    whole = packed(lines)
    for name, at, least in (("sum", whole.rindex(b"PK\x01\x02") + 16 if whole[:2] == b"PK" else len(whole) - 7, 6),
                            ("middle", len(whole) // 2, 2)):  # fmt: skip
        (tmp_path / name).write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        tally = import_files(Store(tmp_path / f"{name}.sqlite"), [tmp_path / name])
        assert tally.new >= least and tally.quarantined, tally.set_aside


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("form", ["zip", "tar-gz"])
def test_a_broken_off_archive_gives_what_stands_before_the_break(tmp_path: Path, form: str, stored: bool) -> None:
    noise = {n: random.Random(n).randbytes(20_000).hex() for n in range(6)}
    each = {f"{n}.json": json.dumps({**r, "noise": noise[n]}).encode() for n, r in enumerate(SOME)}
    if form == "zip":
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
            for name, data in each.items():
                archive.writestr(name, data)
        whole = made.getvalue()
    else:
        whole = tarred(each, "w:gz")
    kept = []
    for share in (0.3, 0.6, 0.99):
        (tmp_path / "given").write_bytes(whole[: int(share * len(whole))])
        tally = import_files(Store(tmp_path / f"{share}.sqlite"), [tmp_path / "given"])
        assert tally.quarantined, "the break is told"
        kept.append(tally.new)
    assert kept[0] >= 1 and kept[1] >= 3 and kept[2] >= 5, kept


def test_a_refused_form_in_a_folder_costs_no_record(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in {**EACH, "deep/list.csv": WEBSITE, "deep/README.txt": b"what this is"}.items():
        (folder / name.removeprefix("deep/")).write_bytes(data)
    tally = import_files(Store(tmp_path / "t.sqlite"), [folder])
    assert (tally.new, tally.quarantined) == (6, 2), tally.set_aside


def test_what_stands_among_records_without_being_one_is_counted(tmp_path: Path) -> None:
    mixed = {"results": [*SOME, {"no": "record"}, None, 5], "facets": {"phase": {"PHASE1": 6}}}
    keyed = {**{f"{k}x": r for k, r in BY_NUMBER.items()}, "NCT1": {"error": "withheld"}, "total": 7}
    for n, value in enumerate((mixed, keyed)):
        (tmp_path / "given").write_text(json.dumps(value))
        tally = import_files(Store(tmp_path / f"{n}.sqlite"), [tmp_path / "given"])
        assert (tally.new, tally.quarantined) == (6, 1), tally.set_aside


def test_archives_without_end_are_set_aside(tmp_path: Path) -> None:
    data = json.dumps(SOME[0]).encode()
    for _ in range(8):
        data = zipped({"inner": data})
    (tmp_path / "given").write_bytes(data)
    tally = import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert tally.new == 0 and tally.quarantined == 1


def test_an_import_tells_its_own_faults_only(tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    for name, data in (("a.json", '{"broken": '), ("b.json", json.dumps(SOME))):
        (tmp_path / name).write_text(data)
    first = CliRunner().invoke(app, ["import", str(tmp_path / "a.json"), "--db", db])
    assert first.exit_code == 2 and "nothing in these files could be read" in first.output
    second = CliRunner().invoke(app, ["import", str(tmp_path / "b.json"), "--db", db])
    assert second.exit_code == 0 and "set aside" not in second.output


def test_a_word_that_no_registry_had_is_kept_and_told(tmp_path: Path) -> None:
    strange = studies(2)
    strange[0]["protocolSection"]["designModule"]["phases"] = ["PHASE0"]
    strange[1]["protocolSection"]["statusModule"]["overallStatus"] = "PAUSED"
    (tmp_path / "a.json").write_text(json.dumps(strange))
    done = CliRunner().invoke(app, ["import", str(tmp_path / "a.json"), "--db", str(tmp_path / "t.sqlite")])
    assert "phase 'PHASE0' (1 studies)" in done.output and "status 'PAUSED' (1 studies)" in done.output
