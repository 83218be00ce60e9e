"""Where the real records are, when they are here."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = Path(os.environ.get("LIVINGDRUG_SHARED", ROOT.parent / "shared")) / "registry"
DATA = REGISTRY / "data"

V2 = (
    "ctgov_v2_oncology_targets.jsonl.gz",
    "ctgov_v2_cluster_headache.jsonl.gz",
    "ctgov_v2_nsclc.jsonl.gz",
    "ctgov_v2_early_2023-06.jsonl.gz",
    "registers_ctgov2.jsonl.gz",
    "NCT02513394_v2.json.gz",
)
"""The files that hold the 1,455 full v2 studies."""

needs_shared = pytest.mark.skipif(not DATA.is_dir(), reason="the shared real records are not on this machine")


def lines(name: str) -> Iterator[str]:
    """The lines of a gzipped file."""
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from file


def rows(name: str) -> Iterator[Any]:
    """The JSON values of a gzipped JSON-lines file."""
    return map(json.loads, lines(name))
