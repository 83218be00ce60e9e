"""CAR-T cell therapy in silico, from vein to vein, beside the trials that test it in people."""

from typing import TYPE_CHECKING, Any

from livingdrug.version import __version__

if TYPE_CHECKING:
    from livingdrug.trial.run import Trial
    from livingdrug.trial.saved import load
    from livingdrug.trial.scoring import scoreboard

__all__ = ["Trial", "__version__", "load", "scoreboard"]
_WHERE = {  # imported when they are asked for
    "Trial": "livingdrug.trial.run",
    "load": "livingdrug.trial.saved",
    "scoreboard": "livingdrug.trial.scoring",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'livingdrug' has no attribute '{name}'")
