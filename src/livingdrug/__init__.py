"""CAR-T cell therapy in silico, from vein to vein, beside the trials that test it in people."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livingdrug.trial.run import Trial

__version__ = "0.1.0"
__all__ = ["Trial", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Trial":
        from livingdrug.trial.run import Trial

        return Trial
    raise AttributeError(f"module 'livingdrug' has no attribute '{name}'")
