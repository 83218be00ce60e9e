"""What is yours: corrections of labels and saved searches, in one file beside the mirror, which no sync touches."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from livingdrug.files import write_text
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store


@dataclass(frozen=True)
class OwnLabel:
    """One correction: the values that stand in place of what the rules say."""

    values: tuple[str, ...]
    why: str
    day: str


@dataclass(frozen=True)
class Watch:
    """A saved search."""

    asked: dict[str, Any]
    """the options of the search that were given"""
    day: str
    """when it was saved"""
    trials: tuple[str, ...] = ()
    """every trial it has found so far: one that no longer fits is still told of"""


@dataclass
class Own:
    """The file as it is read and written."""

    labels: dict[str, dict[str, OwnLabel]] = field(default_factory=dict)
    """study -> question (target, disease, ...) -> correction"""
    watches: dict[str, Watch] = field(default_factory=dict)


def path_of(store: Store) -> Path:
    """Where the file of a mirror lies."""
    return store.path.with_name(store.path.name + ".own.json")


def read_own(store: Store) -> Own:
    """What is kept beside a mirror; nothing where there is no file. RegistryError for a file that cannot be read."""
    path = path_of(store)
    try:
        said = json.loads(path.read_text("utf-8"))
        return Own(
            {s: {q: OwnLabel(tuple(map(str, x["values"])), str(x["why"]), str(x["day"])) for q, x in own.items()}
             for s, own in said.get("labels", {}).items()},
            {n: Watch(dict(w["asked"]), str(w["day"]), tuple(map(str, w.get("trials", ()))))
             for n, w in said.get("watches", {}).items()},
        )  # fmt: skip
    except FileNotFoundError:
        return Own()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(
            f"your labels and saved searches cannot be read: {error or type(error).__name__}",
            where=str(path),
            mend="mend the JSON, put back a copy, or move the file away and begin anew",
        ) from None


def write_own(store: Store, own: Own) -> None:
    """Keeps the file, whole or not at all."""
    text = json.dumps(asdict(own), ensure_ascii=False, indent=1)
    write_text(path_of(store), text.encode("utf-8", "replace").decode() + "\n")
