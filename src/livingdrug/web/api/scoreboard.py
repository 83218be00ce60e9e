"""How right the model is: the kept `livingdrug scoreboard`, as JSON."""

from __future__ import annotations

import json

from fastapi import APIRouter, Depends

from livingdrug.web.api._asked import only_known
from livingdrug.web.api._shapes import FAULTS, Board

router = APIRouter(prefix="/api", tags=["library"], dependencies=[Depends(only_known)], responses=FAULTS)


@router.get("/scoreboard")
def scoreboard() -> Board:
    """How right the model is: each library trial beside its published results, over seeds, as it was run last and kept.

    `changed`: trials that are no longer as they were when they were run.
    """
    from livingdrug.cli.terminal import dump
    from livingdrug.trial.stored import changed_since, stored

    kept = stored()
    board = json.loads(dump(kept.board.json()))  # numbers that JSON cannot hold are null
    return Board(version=kept.version, finished=kept.finished, changed=list(changed_since(kept)), **board)
