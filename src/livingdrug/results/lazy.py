"""A mapping whose values are worked out when they are asked for, so that only those in use take room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from livingdrug.errors import UnknownName, unknown

T = TypeVar("T")


class Named(dict[str, T]):
    """A table by name; `called`: what a message calls a name that is not there."""

    def __init__(self, called: str, found: Mapping[str, T]) -> None:
        super().__init__(found)
        self.called = called

    def __missing__(self, name: str) -> T:
        raise unknown(self.called, str(name), self, error=UnknownName)

    def __reduce__(self) -> tuple[Any, ...]:
        return Named, (self.called, dict(self))


class Lazy(Mapping[str, T]):
    """Names in order, each made by `make(name)`; the last `keep` of them are remembered, all with None. called: in
    messages."""

    def __init__(
        self, names: Iterable[str], make: Callable[[str], T], keep: int | None = 0, called: str = "name"
    ) -> None:
        self._names, self._called = dict.fromkeys(names), called
        self._made = lru_cache(keep)(make)

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise unknown(self._called, str(name), self._names, error=UnknownName)
        return self._made(name)

    def get(self, name: str, default: Any = None) -> Any:
        """What is made by that name, or the default: no message is written for a name that may well not be there."""
        return self._made(name) if name in self._names else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
