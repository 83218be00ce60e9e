"""The folder that a result is written to: texts, JSON and tables, and one message when the disk refuses.

The file of its provenance comes last, with a digest of every other file: a folder that was not written to its end has
none, and files of two runs in one folder are told apart.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError
from livingdrug.files import mask
from livingdrug.whole import path

PROVENANCE = "provenance.json"
DIGESTS = "files"  # its key for the digests
TEXTS = (".toml", ".csv", ".py", ".json")  # files whose line ends may be another system's


@dataclass(frozen=True)
class Written:
    """A folder, and the files that were written to it."""

    place: Path
    names: list[str] = field(default_factory=list)

    def file(self, name: str) -> Path:
        """Where a file is to be written."""
        self.names.append(name)
        (self.place / name).parent.mkdir(parents=True, exist_ok=True)
        return self.place / name

    def texts(self, files: Mapping[str, str]) -> None:
        """Files by their path below the folder."""
        for name, text in files.items():
            self.file(name).write_text(text, encoding="utf-8")

    def json(self, files: Mapping[str, Any]) -> None:
        """Data by the name of the file."""
        self.texts({n: json.dumps(x, indent=1, ensure_ascii=False, default=str) + "\n" for n, x in files.items()})

    def ended(self, provenance: Mapping[str, Any]) -> None:
        """Write how the result was made, and the digest of every file of it."""
        told = {**provenance, DIGESTS: {name: digest(self.place / name) for name in self.names}}
        self.json({PROVENANCE: told})


def digest(file: Path) -> str:
    """A digest of what a file holds, of a text whatever its line ends."""
    h = hashlib.blake2b(digest_size=16)
    if file.suffix in TEXTS:
        h.update(file.read_bytes().replace(b"\r\n", b"\n"))
        return h.hexdigest()
    with file.open("rb") as opened:
        while part := opened.read(1 << 20):
            h.update(part)
    return h.hexdigest()


def digests(place: Path) -> dict[str, str]:
    """File -> digest, as the provenance of a folder says; nothing where it says none, or of files elsewhere."""
    try:
        told = json.loads((place / PROVENANCE).read_text(encoding="utf-8"))[DIGESTS]
        return {str(k): str(x) for k, x in told.items() if (place / k).resolve().is_relative_to(place.resolve())}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def plain(data: Any) -> Any:
    """Numbers, texts, lists and tables as JSON can hold them: what is not a finite number is None."""
    if isinstance(data, Mapping):
        return {key: plain(x) for key, x in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(x) for x in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


@contextmanager
def written(folder: str | Path, called: str) -> Iterator[Written]:
    """A place to write to, whose files stand in the folder (made where it is not there) once all went well; those of an
    earlier result, by its provenance, go. Other files stay. ScenarioError when it cannot be written. called: what is
    written."""
    place = path(folder, "folder")
    made = not place.exists()
    try:
        place.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=place))
        try:
            yield Written(part)
            _settle(part, place)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            if made:
                with suppress(OSError):
                    place.rmdir()  # only when it is empty
    except OSError as problem:
        said = f"the {called} cannot be written: {problem.strerror or problem}"
        raise ScenarioError(said, where=str(place), mend="choose another folder") from None


def _settle(part: Path, place: Path) -> None:
    """Move everything to its place, the provenance last: until it is there, the folder holds no whole result."""
    files = sorted(file.relative_to(part) for file in part.rglob("*") if file.is_file())
    old = [name for name in digests(place) if Path(name) not in files]
    (place / PROVENANCE).unlink(missing_ok=True)
    for name in old:
        (place / name).unlink(missing_ok=True)
    for file in sorted(files, key=lambda file: file == Path(PROVENANCE)):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (part / file).chmod(0o666 & ~mask())
        os.replace(part / file, place / file)
