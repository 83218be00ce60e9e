"""The folder that a result is written to: texts and JSON, and one message when the disk refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError
from livingdrug.whole import path


@dataclass(frozen=True)
class Written:
    """A folder that is there."""

    place: Path

    def texts(self, files: Mapping[str, str]) -> None:
        """Files by their path below the folder."""
        for name, text in files.items():
            (self.place / name).parent.mkdir(parents=True, exist_ok=True)
            (self.place / name).write_text(text, encoding="utf-8")

    def json(self, files: Mapping[str, Any]) -> None:
        """Data by the name of the file."""
        self.texts({n: json.dumps(x, indent=1, ensure_ascii=False, default=str) + "\n" for n, x in files.items()})


def plain(data: Any) -> Any:
    """Numbers, texts, lists and tables as JSON can hold them: what is not a finite number is None."""
    if isinstance(data, Mapping):
        return {key: plain(x) for key, x in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(x) for x in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


@contextmanager
def written(folder: str | Path, called: str) -> Iterator[Written]:
    """The folder, made where it is not there; ScenarioError when it cannot be written. called: what is written."""
    place = path(folder, "folder")
    try:
        place.mkdir(parents=True, exist_ok=True)
        yield Written(place)
    except OSError as problem:
        said = f"the {called} cannot be written: {problem.strerror or problem}"
        raise ScenarioError(said, where=str(place), mend="choose another folder") from None
