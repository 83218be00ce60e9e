"""What people have on their disks: each form of file is read, or refused by its name with what to do."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

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
}  # fmt: skip


@pytest.mark.parametrize("form", REFUSED)
def test_a_form_that_is_refused_by_name(tmp_path: Path, form: str) -> None:
    data, name = REFUSED[form]
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(RegistryError, match=name) as caught:
        import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert "given" in (caught.value.where or "") and caught.value.mend


def test_a_refused_form_among_records_costs_no_record(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(tarred({**EACH, "list.csv": WEBSITE, "p.pdf": b"%PDF-1.7"}, "w:gz"))
    tally = import_files(Store(tmp_path / "t.sqlite"), [tmp_path / "given"])
    assert (tally.new, tally.quarantined) == (6, 2)
    assert all("this is" in reason for _, reason in tally.set_aside)


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
