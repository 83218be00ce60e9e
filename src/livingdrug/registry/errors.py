"""What can go wrong between a registry and its mirror."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from livingdrug.errors import LivingDrugError


class RegistryError(LivingDrugError):
    """A registry, a file of records or the mirror itself cannot be used as asked."""


class RecordError(RegistryError):
    """One record cannot be read; it goes to quarantine, the others go on."""


@contextmanager
def reading(study: str) -> Iterator[None]:
    """Whatever one record can cause, as a RecordError that names its study; faults of disk and memory pass."""
    try:
        yield
    except (LivingDrugError, sqlite3.Error, OSError, MemoryError):
        raise
    except Exception as error:
        raise RecordError(
            f"the record of {study} cannot be read: {type(error).__name__}: {error}",
            mend="fetch or import it again; no other study is affected",
        ) from error
