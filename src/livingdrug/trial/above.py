"""What stands above the trial (reports, figures, exports), found when a result asks for it: imports point down only.

A result holds where its page is made (`partial(above, "report.html", "write")`), and travels with that.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def above(room: str, name: str, *given: Any, **asked: Any) -> Any:
    """What a function of a module above (`report.html`, `write`) makes of what it is given."""
    return getattr(import_module(f"livingdrug.{room}"), name)(*given, **asked)


def view(room: str, *given: Any, **asked: Any) -> Any:
    """The view of that name in the report (`vpc`), drawn."""
    return above(f"report.{room}", "draw", *given, **asked)
