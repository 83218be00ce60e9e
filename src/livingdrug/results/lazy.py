"""A mapping whose values are worked out when they are asked for, so that only those in use take room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


class Lazy(Mapping[str, T]):
    """Names in order, each made by `make(name)`; the last `keep` of them are remembered."""

    def __init__(self, names: Iterable[str], make: Callable[[str], T], keep: int = 0) -> None:
        self._names = dict.fromkeys(names)
        self._made = lru_cache(keep)(make)

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        return self._made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
