"""What a file is, by its content: text, text packed in one of several ways, or a form that is refused by name.

Nothing is ever unpacked to disk. Archives may hold archives, to a depth that no honest file exceeds.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

LARGEST = 512 * 2**20
"""The longest single document or line that is read [byte]"""

DEEPEST = 4
"""Archives within archives"""

DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)
"""What a damaged archive can cause"""

_UTF16 = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"{\0", "utf-16-le"), (b"[\0", "utf-16-le"),
          (b"\0{", "utf-16-be"), (b"\0[", "utf-16-be"))  # fmt: skip
"""How a text of two bytes a letter begins -> its coding"""


class Refusal(NamedTuple):
    """A form of file that is not read: what it is, and what to do instead."""

    what: str
    mend: str


_AS_JSON = "fetch the same studies as v2 JSON: `livingdrug trials sync --query 'NCT..., NCT...'`, or Download > JSON"
_PACKED = "unpack it first, then import the folder"
_OFFICE = b"\xd0\xcf\x11\xe0"
"""How an Office document of the older kind begins"""

_BEGINNINGS = (
    (b"%PDF", Refusal("this is a PDF document, not records", _AS_JSON)),
    (_OFFICE, Refusal("this is an Office document, not records", _AS_JSON)),
    (b"SQLite format 3", Refusal("this is an SQLite database", "give a mirror with --db, or export its records")),
    (b"PAR1", Refusal("this is a Parquet table, not records", _AS_JSON)),
    (b"7z\xbc\xaf", Refusal("this is a 7z archive", _PACKED)),
    (b"Rar!", Refusal("this is a rar archive", _PACKED)),
    (b"BZh", Refusal("this is a bzip2 file", _PACKED)),
    (b"\xfd7zXZ", Refusal("this is an xz file", _PACKED)),
    (b"\x28\xb5\x2f\xfd", Refusal("this is a zstd file", _PACKED)),
    (b"TY  - ", Refusal("this is a RIS file of references, not records", _AS_JSON)),
)
_ICTRP = Refusal(
    "this is an export of the WHO platform (ICTRP): it holds a part of what each registry says",
    "fetch the trials from their own registries: `livingdrug trials sync --query 'NCT..., NCT...'`",
)
_EUCTR = Refusal(
    "this is a list of trials from the EU Clinical Trials Register: it holds a part of each protocol",
    "download the full trial details there (.txt), and import that",
)
_WEBSITE = "this is a table (CSV) from the download button of {}: it holds a part of each record"
_CLASSIC = Refusal("classic ClinicalTrials.gov XML is not read: the registry retired that form in June 2024", _AS_JSON)
_PAGE = Refusal("this is a web page, not records", _AS_JSON)
_WORDS = (
    (("nct number", "title"), Refusal(_WEBSITE.format("ClinicalTrials.gov"), _AS_JSON)),
    (("nct id",), Refusal("this is a table with a column of NCT numbers, not records", _AS_JSON)),
    (("trial number", "overall trial status"), Refusal(
        _WEBSITE.format("EU CTIS"), "fetch the same trials: `livingdrug trials sync --registry ctis --query ...`")),
    (("trialid", "public title"), _ICTRP),
    (("trialid", "last refreshed on"), _ICTRP),
    (("<trials downloaded from ictrp",), _ICTRP),
    (("eudract number:", "sponsor"), _EUCTR),
    (("eudract number:", "member state concerned"), _EUCTR),
    (("<clinical study",), _CLASSIC),
    (("<search results",), _CLASSIC),
    (("<!doctype html",), _PAGE),
    (("<html",), _PAGE),
)  # fmt: skip
"""(words in the beginning of a text, all of which must be there, what it then is); _ counts as a space"""


def refused(head: bytes) -> Refusal | None:
    """The refusal of a file that begins so; None for what may hold records."""
    for beginning, refusal in _BEGINNINGS:
        if head.startswith(beginning):
            return refusal
    if head.startswith((b"{", b"[", b'"{', b'"[')):
        return None
    small = head[:8192].decode("utf-8", "replace").lower().replace("_", " ")
    tagged = small.startswith("<")  # what a record of XML says of itself in words is no sign of another form
    forms = ((words, refusal) for words, refusal in _WORDS if words[0].startswith("<") == tagged)
    return next((refusal for words, refusal in forms if all(w in small for w in words)), None)


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, stream of plain bytes) of a file, or of each member of an archive and of the archives in it."""
    with path.open("rb") as file:
        yield from _opened(path.name, file, 0)


def _opened(name: str, stream: Any, depth: int) -> Iterator[tuple[str, IO[bytes]]]:
    plain = _plain(stream)
    head = plain.peek(512)[:512]
    if depth > DEEPEST:
        raise OSError(f"archives within archives, more than {DEEPEST} deep, at {name}")
    if head[257:262] == b"ustar":
        with tarfile.open(fileobj=plain, mode="r|") as tar:
            for entry in tar:
                if entry.isfile() and not _hidden(entry.name) and (inner := tar.extractfile(entry)):
                    yield from _opened(entry.name, io.BytesIO(inner.read(LARGEST)), depth + 1)
        return
    if head[:4] == b"PK\x03\x04":
        with suppress(zipfile.BadZipFile):
            archive = zipfile.ZipFile(plain)
            if "[Content_Types].xml" in archive.namelist():
                yield name, io.BytesIO(_OFFICE)  # refused by the name of what it is, not unpacked
                return
            for member in archive.infolist():
                if not member.is_dir() and not _hidden(member.filename):
                    with archive.open(member) as inner:
                        yield from _opened(member.filename, inner, depth + 1)
            return
        plain.seek(0)
    if head.count(0) > len(head) // 4:  # two bytes a letter, of which one is nought
        for beginning, coding in _UTF16:
            if head.startswith(beginning):
                text = plain.read(LARGEST).decode(coding, "replace")
                yield name, io.BytesIO(text.encode("utf-8"))
                return
    yield name, plain


def _hidden(name: str) -> bool:
    """Whether a member is a system's own note: `__MACOSX/...`, `.DS_Store`, `._x`."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _plain(stream: Any) -> io.BufferedReader:
    """The stream, unpacked when it is gzip."""
    buffered = io.BufferedReader(stream)
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        unpacked: Any = gzip.GzipFile(fileobj=buffered)
        with suppress(*DAMAGE):  # two damaged bytes do not make a text gzip
            unpacked.peek(1)
            return io.BufferedReader(unpacked)
        buffered.seek(0)
    return buffered
