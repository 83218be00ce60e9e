"""What is given before the cells, and what it does to the host; what both chains of the marrow share stands here."""

from __future__ import annotations

from typing import Any

from livingdrug.model.math import exp, log, minimum


def renewal(v: Any, count: Any) -> Any:
    """Renewal of marrow precursors relative to rest [1]: feedback from a blood count [cell/uL], less what blasts and
    active macrophages take away. The small share of the normal count keeps an empty blood from endless feedback."""
    feedback = exp(v.feedback * log(v.normal / (count + 0.001 * v.normal)))
    return feedback * (1 - v.crowding * minimum(v.blasts, 1.0)) / (1 + v.inflammation * v.macrophages)
