"""A mirror that is damaged, cannot be written or has no room: one message with path and mend, and nothing lost."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emulator.studies import studies, study
from livingdrug.cli.mirror import say
from livingdrug.cli.trials import app
from livingdrug.errors import LivingDrugError
from livingdrug.registry.classify import targets
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror import file
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search import document, index
from livingdrug.registry.search.search import Request, search

COMMANDS = (["search", "CD19"], ["overview"], ["statistics"], ["changes", "--since", "2020"], ["show", "NCT00001001"],
            ["draft", "NCT00001001"], ["overview", "--study", "NCT00001001"])  # fmt: skip


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "t.sqlite"
    store = Store(path)
    for record in studies(6):
        store.upsert(record, "2026-01-01")
    store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, list(words))
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result


def one_message(result: Any, path: Path) -> None:
    assert result.exit_code == 2 and "Traceback" not in result.output
    assert str(path) in result.output and "mend:" in result.output, result.output


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c[:2]))
@pytest.mark.parametrize("damage", ["garbage", "cut", "holes", "text", "empty"])
def test_a_damaged_mirror_gives_one_message_or_an_answer(db: Path, damage: str, command: list[str]) -> None:
    whole = db.read_bytes()
    shutil.rmtree(f"{db}.search", ignore_errors=True)
    damaged = {
        "garbage": b"\0" * 4096 + whole[4096:],
        "cut": whole[: len(whole) // 2],
        "holes": b"".join(whole[i : i + 4096] if i % 12288 else whole[i : i + 100] + b"\xaa" * 3996
                          for i in range(0, len(whole), 4096)),
        "text": b"these are notes, not a mirror\n" * 500,
        "empty": b"",
    }[damage]  # fmt: skip
    db.write_bytes(damaged)
    result = run(*command, "--db", str(db))
    if result.exit_code:
        assert result.exit_code == 2 and "mend:" in result.output, result.output
    assert result.exit_code or damage != "empty"  # no trial is not the answer of what is no mirror


@pytest.mark.parametrize("held", [b"[]", b"[" * 5000, b"[[]]", b'{"studies": []}', None], ids=repr)
def test_files_without_a_record_are_no_success(db: Path, tmp_path: Path, held: bytes | None) -> None:
    given = tmp_path / "given"
    given.mkdir() if held is None else given.write_bytes(held)
    result = run("import", str(given), "--db", str(db))
    assert result.exit_code == 2 and "mend:" in result.output and len(Store(db)) == 6


SAID = (
    "file is not a database",
    "database disk image is malformed",
    "database or disk is full",
    "attempt to write a readonly database",
    "unable to open database file",
    "database is locked",
    "odd",
)


def test_every_message_names_path_and_mend(tmp_path: Path) -> None:
    for said in SAID:
        error = file.trouble(sqlite3.OperationalError(said), tmp_path)
        assert error.where == str(tmp_path) and error.mend and said in str(error)


def test_one_damaged_record_stops_no_command_and_can_be_replaced(db: Path) -> None:
    store = Store(db)
    store.connect().execute("UPDATE version SET raw = ? WHERE study = 'NCT00001001'", (b"no zlib",))
    store.connect().execute("UPDATE version SET raw = ? WHERE study = 'NCT00001002'", (zlib.compress(b'{"a":'),))
    found = run("search", "--db", str(db))
    assert "6 studies" in found.output and "2 studies of the mirror could not be read whole" in found.output
    assert "NCT00001001" in run("search", "NCT00001001", "--db", str(db)).output
    assert "not classified 2" in run("overview", "--db", str(db)).output
    for command in (["show", "NCT00001001"], ["draft", "NCT00001001"]):
        result = run(*command, "--db", str(db))
        assert result.exit_code == 2 and "the record of NCT00001001 cannot be read" in result.output
    assert store.upsert(study(1001, updated="2029-01-01"), "2029-01-02") == "changed"
    assert store.reading("NCT00001001").updated


def test_one_study_that_the_classifier_fails_on_is_told_and_found(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classify = document.classify

    def failing(words: Any, **options: Any) -> Any:
        if words.study.id == "NCT00001003":
            raise KeyError("HLA-Z9")
        return classify(words, **options)

    monkeypatch.setattr(document, "classify", failing)
    result = search(Store(db), Request(text="lymphoma"))
    assert result.total == 6 and set(result.faults) == {"NCT00001003"} and "HLA-Z9" in result.faults["NCT00001003"]
    again = search(Store(db), Request(text="lymphoma"))
    assert again.faults == result.faults


def test_a_product_row_with_an_unknown_antigen_stops_nothing(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {name: row for name, row in targets._rows().items() if name != "CD19"}
    monkeypatch.setattr(targets, "_rows", lambda: rows)
    record = study(9, title="Tisagenlecleucel in lymphoma")
    Store(db).upsert(record)
    assert run("overview", "--study", "NCT00000009", "--db", str(db)).exit_code == 0


def test_a_full_disk_is_told_and_what_was_kept_is_whole(db: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.json"
    more.write_text(json.dumps([study(n, title="x" * 5000) for n in range(2000, 2040)]))
    opened = file._connected

    def small(*where: Any, **options: Any) -> sqlite3.Connection:
        connection = opened(*where, **options)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return connection

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(file, "_connected", small)
        result = run("import", str(more), "--db", str(db))
    one_message(result, db)
    assert "the disk is full" in result.output
    assert len(Store(db)) == 6
    run("import", str(more), "--db", str(db))
    assert len(Store(db)) == 46


def test_a_full_disk_for_the_index_is_told_with_its_folder(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index.Index, "add", full)
    with pytest.raises(RegistryError, match="the disk is full") as caught:
        search(Store(db), Request())
    assert ".search" in (caught.value.where or "")
    assert {f.name for f in index.folder_of(Store(db)).iterdir()} <= {"lock.sqlite"}


def test_a_full_disk_for_a_workbook_is_told(db: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    (tmp_path / "found.xlsx").symlink_to("/dev/full")
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    result = run("search", "CD19", "--xlsx", str(tmp_path / "found.xlsx"), "--db", str(db))
    one_message(result, tmp_path / "found.xlsx")


def test_output_that_finds_no_room_is_not_blamed_on_the_mirror(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(LivingDrugError, match="No space left") as caught:
        say("one line")
    assert caught.value.where == "standard output"


@pytest.fixture
def read_only(db: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The mirror where nothing can be written, as on a mount for reading."""
    opened, cache = file._connected, db.parent / "cache"

    def refuse(where: str, *, uri: bool) -> sqlite3.Connection:
        if not uri or "mode=ro" in where:
            raise sqlite3.OperationalError("unable to open database file")
        return opened(where, uri=uri)

    monkeypatch.setattr(file, "_connected", refuse)
    monkeypatch.setattr(index, "can_write", lambda folder: "cache" in str(folder) and file.can_write(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    yield db
    assert sorted(p.name for p in db.parent.iterdir()) in (["cache", "t.sqlite"], ["t.sqlite"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c[:2]))
def test_reading_needs_no_writing(read_only: Path, command: list[str]) -> None:
    result = run(*command, "--db", str(read_only))
    assert result.exit_code == 0, result.output


def test_what_stands_in_the_log_alone_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Store(tmp_path / "w.sqlite")
    writer.upsert(study(1), "2026-01-01")
    writer.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    writer.upsert(study(2), "2026-01-02")
    mount = tmp_path / "mount"
    mount.mkdir()
    for name in ("w.sqlite", "w.sqlite-wal"):  # as on a mount for reading that a copy was put on
        shutil.copy(tmp_path / name, mount / name)
    opened = file._connected

    def refuse(where: str, *, uri: bool) -> sqlite3.Connection:
        if str(mount) in where and "immutable" not in where:
            raise sqlite3.OperationalError("unable to open database file")
        return opened(where, uri=uri)

    monkeypatch.setattr(file, "_connected", refuse)
    assert len(Store(mount / "w.sqlite", create=False)) == 2
    assert sorted(p.name for p in mount.iterdir()) == ["w.sqlite", "w.sqlite-wal"]


def test_writing_to_a_file_for_reading_is_told(read_only: Path, tmp_path: Path) -> None:
    source = read_only.parent / "cache" / "r.json"
    source.parent.mkdir()
    source.write_text(json.dumps(study(5)))
    result = run("import", str(source), "--db", str(read_only))
    one_message(result, read_only)
    assert "cannot be written" in result.output


def total(db: Path) -> int:
    return search(Store(db, create=False), Request(text="lymphoma"), engine="fts5").total


@pytest.mark.skipif(not hasattr(os, "fork") or os.geteuid() != 0, reason="only the superuser can become another user")
def test_a_person_without_rights_to_write_can_search(db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert total(db) == 6  # everything is imported before rights are given up
    shutil.rmtree(f"{db}.search")
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in str(folder):
            folder.chmod(0o755)
    db.chmod(0o444)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    child = os.fork()
    if not child:
        found = -1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            found = total(db)
        finally:
            os._exit(found if found >= 0 else 99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
    assert not Path(f"{db}.search").exists()
