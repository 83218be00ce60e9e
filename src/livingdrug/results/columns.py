"""The patients' table, column by column: in memory while the trial is small, in a temporary folder once it is large."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, named

IN_MEMORY = 65_536  # patients whose rows are held in memory
PART = 4_096  # patients read together where the whole table is gone through


@dataclass(frozen=True)
class Texts:
    """A column of texts (n,), each as its place in a list of words: as it is kept, so that no text is looked at."""

    words: Sequence[str]
    places: NDArray[np.int64]

    dtype = np.dtype(object)

    def __len__(self) -> int:
        return len(self.places)

    def counts(self, among: Any = slice(None)) -> dict[str, int]:
        """How many rows have each text, of those `among` (a mask); by the text."""
        many = np.bincount(np.asarray(self.places)[among], minlength=len(self.words))
        found: dict[str, int] = {}
        for word, n in zip(self.words, many):
            if n:
                found[word] = found.get(word, 0) + int(n)
        return dict(sorted(found.items()))


class Columns(Mapping[str, Any]):
    """Columns of patients (n,), filled chunk by chunk and read one at a time; texts are kept as codes.

    A large table lies in one file a column, in a folder that goes when the table goes; in_memory: rows from which it
    does. A table may also have several rows a patient.
    """

    def __init__(self, table: Mapping[str, Any] | None = None, in_memory: int | None = None) -> None:
        self.size = 0
        self._in_memory = in_memory
        self._columns: dict[str, _Column] = {}
        self._folder: Path | None = None
        if table:
            self.append(table)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Columns:
        """A table that is already one, or made of arrays by name."""
        return table if isinstance(table, cls) else cls(table)

    def append(self, table: Mapping[str, Any]) -> None:
        """Add the next patients, or further rows of theirs: the same columns each time."""
        if not self._columns:
            self._columns = {name: _Column(_array(x).dtype) for name, x in table.items()}
        if table.keys() != self._columns.keys():
            raise ValueError(f"columns {sorted(table)} do not go under {sorted(self._columns)}")
        for name, column in self._columns.items():
            column.append(_array(table[name]))
        self.size += len(next(iter(table.values())))
        held = self.size - next(iter(self._columns.values())).filed
        if held > (IN_MEMORY if self._in_memory is None else self._in_memory):
            self._to_files()

    def _to_files(self) -> None:
        try:
            if self._folder is None:
                folder = tempfile.TemporaryDirectory(prefix="livingdrug-table-", ignore_cleanup_errors=True)
                self._folder = Path(folder.name)
                weakref.finalize(self, folder.cleanup)
            for place, column in enumerate(self._columns.values()):
                column.to_file(self._folder / f"{place}.bin")
        except OSError as problem:
            raise ScenarioError(
                f"the patients' table cannot be kept: {problem.strerror or problem}",
                where=str(self._folder or "the folder for temporary files"),
                mend="make room there, or name another folder in the environment variable TMPDIR",
            ) from None

    def part(self, name: str, first: int, last: int) -> NDArray[Any]:
        """One column of the patients [first, last) of the table."""
        return self._columns[name].part(first, min(last, self.size))

    def parts(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The whole table, some patients at a time."""
        for first in range(0, self.size, PART):
            yield {name: self.part(name, first, first + PART) for name in self}

    def coded(self, name: str) -> NDArray[Any] | Texts:
        """One column as it is kept: texts as places in a list of words."""
        column = self._columns[name]
        kept = column.coded(0, self.size)
        return kept if column.words is None else Texts(tuple(column.words), kept)

    def texts(self, name: str) -> Texts:
        """A column of texts as they are kept: a fiftieth of the memory of the texts."""
        kept = self.coded(name)
        assert isinstance(kept, Texts), f"{name} is no column of texts"
        return kept

    def dtype(self, name: str) -> np.dtype[Any]:
        """The type that a column has when it is read."""
        return self._columns[name].dtype

    def kind(self, name: str) -> str:
        """What a column holds, by NumPy's letter: f, i, U, ..."""
        return self._columns[name].dtype.kind

    def __getitem__(self, name: str) -> NDArray[Any]:
        return named("column", name, self._columns).part(0, self.size)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __reduce__(self) -> tuple[Any, ...]:
        return Columns, (dict(self),)

    def __repr__(self) -> str:
        return f"{self.size:,} patients: {', '.join(self)}"


def _array(x: Any) -> NDArray[Any] | Texts:
    return x if isinstance(x, Texts) else np.asarray(x)


class _Column:
    """One column: a file for the first rows, once there are many, and arrays in memory for the others."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.words: list[str] | None = [] if dtype.kind in "OU" else None
        self.kept: np.dtype[Any] = dtype if self.words is None else np.dtype(np.int32)
        self.held: list[NDArray[Any]] = []
        self.file: Path | None = None
        self.filed = 0

    def append(self, values: NDArray[Any] | Texts) -> None:
        if self.words is not None:
            if isinstance(values, Texts):
                found, place = list(values.words), values.places
            else:
                unique, place = np.unique(values, return_inverse=True)
                found = unique.tolist()
            self.words += [w for w in dict.fromkeys(found) if w not in self.words]
            values = np.array([self.words.index(w) for w in found], self.kept)[place]
        assert not isinstance(values, Texts)
        self.held.append(values.astype(self.kept, casting="safe", copy=False))

    def to_file(self, path: Path) -> None:
        with path.open("ab") as file:
            for part in self.held:
                part.tofile(file)
                self.filed += len(part)
        self.file, self.held = path, []

    def part(self, first: int, last: int) -> NDArray[Any]:
        values = self.coded(first, last)
        return values if self.words is None else np.array(self.words or [""], self.dtype)[values]

    def coded(self, first: int, last: int) -> NDArray[Any]:
        parts = []
        if self.file and first < self.filed:
            count = min(last, self.filed) - first
            parts.append(np.fromfile(self.file, self.kept, count, offset=first * self.kept.itemsize))
        if len(self.held) > 1:
            self.held = [np.concatenate(self.held)]
        for rest in self.held:
            parts.append(rest[max(0, first - self.filed) : max(0, last - self.filed)])
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, self.kept), *parts])
