"""A model whose tissue, if it has one, is one shell: well mixed, as every model is outside the compiled engine.

What follows no shells (a page, a quick look) runs this one; depth is then left out, and nothing else.
"""

from __future__ import annotations

from livingdrug.model.assemble import Model


class WellMixed(Model):
    """The same modules; what is in every shell of a tissue is an ordinary state here."""

    @property
    def tissue(self) -> str | None:
        """None: there is no place that differs from another."""
        return None

    @property
    def fields(self) -> tuple[str, ...]:
        """None: every state is one number."""
        return ()


def well_mixed(model: Model) -> Model:
    """The model with its tissue as one shell; the model itself where there is none."""
    return WellMixed(model.modules.values()) if model.tissue else model
