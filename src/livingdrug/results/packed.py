"""What is kept of some patients as bytes: small enough to be sent, whole enough to lie in a file of its own.

A zip archive of NumPy arrays (no pickle: opening a stranger's file runs nothing), each with its checksum. Counts are
kept where there are any; columns come back with the type that they had.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.results.columns import Columns, Texts
from livingdrug.results.courses import Courses
from livingdrug.results.grades import Grades
from livingdrug.results.kept import Kept

ABOUT = "about.json"
PATIENTS = "patients"
FORM = 1  # of the archive; another one is not read
READING = (zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, TypeError, AttributeError, EOFError)


class Damaged(Exception):
    """These bytes are no whole packet of what was asked for."""


def pack(kept: Kept) -> bytes:
    """All that is kept of some patients; the same patients give the same bytes."""
    about: dict[str, Any] = {"form": FORM, "tables": {}, "samples": {}}
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:

        def put(name: str, values: NDArray[Any]) -> None:
            text = io.BytesIO()
            np.lib.format.write_array(text, np.ascontiguousarray(values), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")  # its date is that of the format, so that bytes do not hang on it
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.getvalue(), compresslevel=1)

        for name, part in (("courses", kept.courses), ("grades", kept.grades)):
            _put_counts(put, name, part)
            about["samples"][name] = list(part.samples)
        for name, table in ((PATIENTS, kept.patients), *kept.tables.items()):
            about["tables"][name] = [_put_column(put, f"{name}/{i}", table, c) for i, c in enumerate(table)]
        archive.writestr(zipfile.ZipInfo(ABOUT), json.dumps(about))
    return found.getvalue()


def _put_counts(put: Any, name: str, part: Courses | Grades) -> None:
    flat = part.counts.reshape(-1)
    where = np.flatnonzero(flat)
    put(f"{name}/where", np.diff(where, prepend=0).astype(np.int32))
    put(f"{name}/counts", flat[where].astype(np.int64))
    if part.samples:
        put(f"{name}/samples", np.stack(list(part.samples.values())))


def _put_column(put: Any, place: str, table: Columns, column: str) -> dict[str, Any]:
    """Writes a column; what has to be known beside its numbers."""
    values = table.coded(column)
    if not isinstance(values, Texts):
        put(place, values)
        return {"name": column}
    put(place, values.places)
    return {"name": column, "words": list(values.words), "kind": table.dtype(column).str}


def add(data: bytes, kept: Kept) -> None:
    """Count the patients in these bytes, and put their rows behind those that are there.

    Damaged when they are not whole, or are of other times, observables or scales; `kept` is then as it was.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            about = json.loads(archive.read(ABOUT))
            if about["form"] != FORM:
                raise Damaged(f"form {about['form']}")

            def get(name: str) -> NDArray[Any]:
                read: NDArray[Any] = np.lib.format.read_array(
                    io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False
                )
                return read

            counts = [_counts(get, n, about["samples"][n], p) for n, p in _counted(kept)]
            tables = {
                name: {c["name"]: _column(get(f"{name}/{i}"), c) for i, c in enumerate(columns)}
                for name, columns in about["tables"].items()
            }
            _alike(tables, kept)
    except (*READING, OverflowError, RuntimeError, NotImplementedError) as problem:  # of zipfile, too
        raise Damaged(str(problem)) from problem
    rows = tables.pop(PATIENTS)
    for (_, part), (where, many, samples) in zip(_counted(kept), counts, strict=True):
        part.counts = part.counts.astype(np.int64, copy=False)
        part.counts[np.unravel_index(where, part.counts.shape)] += many
        part._keep(samples)
    kept.patients.append(rows)
    kept.append(tables)


def _alike(tables: Mapping[str, Mapping[str, Any]], kept: Kept) -> None:
    """Damaged unless the rows can go under those that are there."""
    for name, rows in tables.items():
        there = kept.patients if name == PATIENTS else kept.tables.get(name, Columns())
        if len({len(x) for x in rows.values()}) != 1 or (len(there) and there.keys() != rows.keys()):
            raise Damaged(f"columns of '{name}'")


def _counted(kept: Kept) -> list[tuple[str, Courses | Grades]]:
    return [("courses", kept.courses), ("grades", kept.grades)]


def _counts(get: Any, name: str, patients: list[int], part: Courses | Grades) -> tuple[Any, Any, dict[int, Any]]:
    where, many = np.cumsum(get(f"{name}/where").astype(np.int64)), get(f"{name}/counts")
    if len(where) != len(many) or (len(where) and not 0 <= where[0] <= where[-1] < part.counts.size):
        raise Damaged(f"{name} of {len(where)} counts do not go into {part.counts.shape}")
    samples = get(f"{name}/samples") if patients else np.zeros((0, *part.counts.shape[:2]))
    if samples.shape != (len(patients), *part.counts.shape[:2]):
        raise Damaged(f"{name} of the shape {samples.shape}")
    return where, many, dict(zip(patients, samples, strict=True))


def _column(values: NDArray[Any], about: Mapping[str, Any]) -> Any:
    if "words" not in about:
        return values
    if about["kind"] == "|O":
        return Texts(about["words"], values.astype(np.int64))
    return np.array(about["words"] or [""], about["kind"])[values]
