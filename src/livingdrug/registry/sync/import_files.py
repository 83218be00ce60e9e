"""Records from files: v2 JSON, JSON lines, gzip, zip, CTIS JSON, ISRCTN XML or JSON, EU CTR JSON.

What a file is, its content says, not its name. A damaged record is set aside; the records around it are kept.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store, now
from livingdrug.registry.records import isrctn
from livingdrug.registry.records.text import as_text

LARGEST = 512 * 2**20
"""The longest single document or line that is read [byte]"""

BATCH = 500
"""Records written in one transaction."""

_RECORD_START = re.compile(r'\{\s*"(?:protocolSection|ctNumber|ctStatus|isrctn|seen_at)"\s*:')
_STUDIES = re.compile(r'"studies"\s*:\s*\[')
_WRAPPED = re.compile(r'\{\s*"seen_at"\s*:\s*"([^"]{1,40})"\s*,\s*"study"\s*:\s*')
_TAIL = re.compile(r'"(?:nextPageToken|totalCount)"\s*:\s*(?:"[^"]*"|\d+|null)')
_DECODER = json.JSONDecoder()
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
_SPACE = re.compile(r"[\s,\[\]]*")


@dataclass
class Tally:
    """What became of the records of an import: read = new + changed + unchanged + quarantined."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0

    def count(self, outcome: str) -> None:
        """Counts one record."""
        self.read += 1
        setattr(self, outcome, getattr(self, outcome) + 1)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


@dataclass(frozen=True)
class RecordText:
    """A record's text as it stands in a file, or what is damaged there."""

    text: str | bytes
    seen: str | None = None
    damage: str | None = None


def import_files(
    store: Store, paths: Iterable[str | Path], progress: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Reads every record of the files and folders into the store; a file is refused before any is read."""
    files = list(_files(paths))
    for path in files:
        _refuse(path)
    tally, seen = Tally(), now()
    for path in files:
        found = records(path)
        while batch := [f for _, f in zip(range(BATCH), found, strict=False)]:
            with store.transaction():
                for record in batch:
                    tally.count(_keep(store, record, path.name, seen))
            progress(tally)
    return tally


def _keep(store: Store, found: RecordText, place: str, seen: str) -> str:
    if found.damage or isinstance(found.text, bytes):
        store.quarantine(found.text, found.damage or "unreadable", place, seen)
        return "quarantined"
    return store.take(found.text, place, found.seen or seen)


def _files(paths: Iterable[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise RegistryError("no such file", where=str(path), mend="give files (or folders) that exist")


def _refuse(path: Path) -> None:
    """Refuses, by name, what by its beginning does not hold records that are read here."""
    head = b""
    try:
        for _, stream in _streams(path):
            head = stream.read(2**20).lstrip(b"\xef\xbb\xbf \t\r\n")
            break
    except _DAMAGE:
        return  # reported when the file is read
    wanted = "ClinicalTrials.gov v2 JSON, JSON lines, gzip or zip of these; CTIS JSON; ISRCTN XML or JSON; EU CTR JSON"
    if not head.startswith(b"<") or _RECORD_START.search(head.decode("ascii", "replace")):
        return
    head = head.lower()
    if b"<clinical_study" in head or b"<search_results" in head:
        raise RegistryError(
            "classic ClinicalTrials.gov XML is not read: the registry retired that form in June 2024",
            where=str(path), allowed=wanted, mend="fetch the same studies as v2 JSON, for example with `trials sync`",
        )  # fmt: skip
    if b"<!doctype html" in head or b"<html" in head:
        raise RegistryError("this is a web page, not records", where=str(path), allowed=wanted)


def _streams(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, stream of plain bytes) of a file, or of each member of a zip file; nothing is ever unpacked to disk."""
    with path.open("rb") as file:
        archive = _archive(file)
        if archive is None:
            yield path.name, _plain(file)
            return
        for member in archive.infolist():
            if not member.is_dir() and not member.filename.startswith("__MACOSX/"):
                with archive.open(member) as stream:
                    yield member.filename, _plain(stream)


def _archive(file: IO[bytes]) -> zipfile.ZipFile | None:
    """The zip archive a file is, or None; afterwards the file stands at its beginning."""
    magic = file.read(4)
    file.seek(0)
    if magic == b"PK\x03\x04":
        with suppress(zipfile.BadZipFile):
            return zipfile.ZipFile(file)
        file.seek(0)
    return None


def _plain(stream: Any) -> IO[bytes]:
    """The stream, unpacked when it is gzip."""
    buffered = io.BufferedReader(stream)
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        unpacked: Any = gzip.GzipFile(fileobj=buffered)
        with suppress(*_DAMAGE):  # two damaged bytes do not make a text gzip
            unpacked.peek(1)
            return io.BufferedReader(unpacked)
        buffered.seek(0)
    return buffered


def records(path: Path) -> Iterator[RecordText]:
    """Every record of a file as its exact text, and every damaged stretch."""
    try:
        for _, stream in _streams(path):
            yield from _from_stream(stream)
    except _DAMAGE as error:
        yield RecordText(str(path).encode("utf-8", "surrogateescape"), damage=f"the file breaks off: {error}")


def _from_stream(stream: IO[bytes]) -> Iterator[RecordText]:
    first, second = stream.readline(LARGEST), stream.readline(LARGEST)
    if _is_json(first) or _is_json(second):  # one value a line
        for line in chain([first, second], iter(lambda: stream.readline(LARGEST), b"")):
            if line.strip():
                yield from _from_bytes(line)
        return
    document = first + second + stream.read(LARGEST)
    if document.strip():
        yield from _from_bytes(document)
    if stream.read(1):
        yield RecordText(document[:1000], damage=f"a document of more than {LARGEST:,} bytes; the rest was not read")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _from_bytes(data: bytes) -> Iterator[RecordText]:
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").strip()
    if text.startswith("<") and not _RECORD_START.search(text):
        try:
            yield from (RecordText(as_text(record)) for record in isrctn.records(text))
        except ValueError as error:
            yield RecordText(data, damage=str(error))
        return
    for found in _from_text(text):
        exact = found.text.encode("utf-8", "surrogateescape") if isinstance(found.text, str) else found.text
        if _is_utf8(exact):
            yield found
        else:
            yield RecordText(exact, damage=found.damage or "not UTF-8 text")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_text(text: str) -> Iterator[RecordText]:
    """The records of a JSON text: a record, a list, an answer of the interface, or several of them in a row."""
    at = 0
    while (at := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        answer = None
        if text[at] == "{" and not _RECORD_START.match(text, at):
            answer = _STUDIES.search(text, at)
        if answer and not _RECORD_START.search(text, at, answer.start()):
            at = answer.end()
            continue
        if text[at] == "}":
            at += 1
            continue
        if tail := _TAIL.match(text, at):  # token and count of an answer
            at = tail.end()
            continue
        wrapped = _WRAPPED.match(text, at)
        start = wrapped.end() if wrapped else at
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            following = _RECORD_START.search(text, start + 1)
            end = following.start() if following else len(text)
            yield RecordText(text[at:end], damage=f"not JSON: {error}")
            at = end
            continue
        yield RecordText(text[start:end], seen=wrapped[1] if wrapped else None)
        at = end
        if wrapped and text[at : at + 1] == "}":
            at += 1
