"""Each run of the engine's unit tests is plain Python unless it says that it is about the compiled code."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def plain():
    """The ward model as plain Python."""
    from ward_model import MODEL

    from livingdrug.engine import cache

    return cache.plain(MODEL)
