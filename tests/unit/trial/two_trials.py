"""Two made-up trials of the small library, one fitted and one not; what is copied between them; wrong truths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livingdrug import library
from livingdrug.engine import cache
from unit.small_library import small_library

PROTOCOL = """
title = "Plain"
follow_up = "40 d"
[[schedule]]
name = "cells"
give = "cells.infusion"
amount = "1e6 cell"
days = [0]
kind = "assumed"
why = "test"
[[watch]]
name = "seen"
value = "cells.number"
check = "at day 14"
[[watch]]
name = "full"
when = "cells.number > 1e9 cell"
check = "every 1 d for 40 d"
"""

DESIGN = """
product = "cellix"
population = "people"
protocol = "plain"
[visits]
late = [14]
[[column]]
name = "cells_14"
value = "peak(seen)"
unit = "cell"
[[column]]
name = "full_day"
value = "first(full)"
unit = "day"
[[endpoint]]
name = "free"
events = ["full"]
[[measure]]
name = "large"
title = "More than 1e9 cells within 12 days"
family = "kinetics"
kind = "share"
of = "full_day <= 12 d"
[[measure]]
name = "heavy"
title = "Heavier than 70 kg"
kind = "share"
of = "weight > 70 kg"
[[measure]]
name = "cells"
title = "Cells on day 14"
family = "kinetics"
kind = "median"
of = "cells_14"
unit = "cell"
[[measure]]
name = "free_10d"
title = "Not full on day 10"
family = "durability"
kind = "survival"
of = "free"
at = "10 d"
[[measure]]
name = "free_median"
title = "Median time until full"
family = "durability"
kind = "survival median"
of = "free"
unit = "day"
[[measure]]
name = "nobody"
title = "Cells of those over 300 kg"
family = "kinetics"
kind = "median"
of = "cells_14"
among = "weight > 300 kg"
unit = "cell"
[sources.paper]
title = "A paper"
year = 2020
"""


def published(measure: str, value: float, more: str = "") -> str:
    """A published row as a file says it."""
    unit = {"free_median": "day", "cells": "cell", "nobody": "cell"}.get(measure, "%")
    said = f'measure = "{measure}"\nvalue = {value}\nunit = "{unit}"\n'
    return f'[[published]]\n{said}source = "paper"\nyear = 2020\n{more}\n'


FITTED = 'title = "Fitted"\nrole = "calibration"\nsize = 60\n' + DESIGN
APART = 'title = "Kept apart"\nrole = "validation"\nsize = 40\n' + DESIGN

WRONG = """
[[truth]]
name = "slow"
title = "Growth halved"
set = { "cells.growth" = "* 0.5" }
why = "test"
[[truth]]
name = "strong brake"
title = "A brake that this protocol does not have"
set = { "drug.brake.half" = "* 0.5" }
why = "test"
[[truth]]
name = "same"
title = "The same again"
set = { "cells.room" = "* 1" }
why = "test"
"""

COPIED = """
[[row]]
trial = "apart"
measures = ["large"]
from = "fitted"
[[row]]
trial = "apart"
measures = ["free_10d"]
from = "fitted"
[[row]]
trial = "apart"
measures = ["free_median"]
from = "fitted"
[[row]]
trial = "apart"
measures = ["cells"]
not_comparable = "other assays"
"""

FILES = {
    "protocols/plain.toml": PROTOCOL,
    "trials/fitted.toml": FITTED
    + published("large", 90, "n = 60")
    + published("free_10d", 10, "low = 4\nhigh = 20")
    + published("free_median", 7, "low = 6\nhigh = 8")
    + published("cells", 1.2e10)
    + published("nobody", 5.0),
    "trials/apart.toml": APART
    + published("large", 85, "n = 40")
    + published("free_10d", 60)
    + published("free_median", 12)
    + published("cells", 1.2e10)
    + published("heavy", 50, "n = 40"),
    "wrong_truths.toml": WRONG,
    "naive_transfer.toml": COPIED,
}


@contextmanager
def two_trials(folder: Path) -> Iterator[Path]:
    """The small library with these trials instead of its own."""
    scales = (library.HERE / "scales" / "astct.toml").read_text(encoding="utf-8")
    with small_library(folder):
        (folder / "trials" / "first.toml").unlink()
        for name, text in {**FILES, "scales/astct.toml": scales}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")
        yield folder


def forgetful(folder: Path) -> str:
    """A cache folder that remembers no run; compiled models stand in it as in the usual one."""
    (folder / "models").symlink_to(cache.folder().resolve())
    return str(folder)
