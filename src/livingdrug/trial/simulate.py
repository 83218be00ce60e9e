"""One arm simulated: chunks of enrolled patients, from enrolment to rows and counted courses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats, Output, Register
from livingdrug.parallel import TOGETHER, give_back, in_order, spans
from livingdrug.results.columns import Columns
from livingdrug.results.kept import Kept
from livingdrug.results.packed import pack
from livingdrug.scenario import Arm
from livingdrug.trial import grades
from livingdrug.trial.blocks import Blocks
from livingdrug.trial.blocks import spans as spans_of
from livingdrug.trial.design import Design
from livingdrug.trial.doses import doses
from livingdrug.trial.enrolment import Enrolled, enrol
from livingdrug.trial.hopeless import LONG, PROBED, stop_if_hopeless
from livingdrug.trial.joined import Part, join
from livingdrug.trial.joined import threads as of_threads
from livingdrug.trial.observations import observations
from livingdrug.trial.patient_table import rows
from livingdrug.trial.selected import chosen

FEWEST = 128  # patients that one thread takes at a time towards the end
DIED = "not infused: death before infusion"
KEPT = (
    "patient",
    "file_id",
    "status",
    "infused",
    "death_day",
    "cause",
)  # columns that a patient keeps who died before infusion
WIDTH = 24  # characters of a text column kept in the patients' table


def dry_run(arm: Arm, design: Design) -> dict[str, Any]:
    """The patients' table of an empty trial, as a dry run: finds a misspelt word before anything is compiled."""
    nobody = enrol(arm, design, np.zeros(0, np.int64), 0)
    looks = len(design.plan.watches)
    empty = Output(
        observables=np.zeros((0, int(design.plan.output.sum()), design.plan.written)),
        registers=np.zeros((0, looks, len(Register))),
        event_times=np.zeros((0, len(design.model.hazards))),
        ended=np.zeros(0),
        outcome=np.zeros(0, np.int64),
        steps=np.zeros((0, 2), np.int64),
        extinct=np.zeros((0, len(design.model.clones))),
        final=np.zeros((0, len(design.model.states))),
        given=np.zeros((0, 0, 4)),
    )
    return _table(nobody, [rows(arm, design, nobody, slice(0, 0), empty)])


def chunks(
    arm: Arm,
    design: Design,
    patients: int,
    seed: int,
    threads: int | None = None,
    block: int = TOGETHER,
    progress: Callable[[int], None] | None = None,
    seen: Callable[[Enrolled, slice, Output], Any] | None = None,
    first: int = 0,
    device: str = "cpu",
) -> Iterator[tuple[Enrolled, dict[str, Any], list[Any]]]:
    """Chunks of enrolled patients [first, patients) with their columns, in order. A thread takes a chunk
    all the way from enrolment to columns, so that none waits for another and memory stays flat. Of many the first few
    go before: EngineError when none of these can be simulated.

    seen: what it makes of (enrolled, which of the infused, their output) is given back too, block by block.
    """
    from livingdrug.engine import cache
    from livingdrug.engine.run import simulate_blocks

    threads = threads or os.cpu_count() or 1
    if device == "cuda":
        from livingdrug.engine import cuda

        program, together = cuda.load(design.model), cuda.together(design.plan, threads)
        fewest, block = min(cuda.FEWEST, together), together
    else:
        program, together, fewest = cache.load(design.model), TOGETHER, FEWEST

    who = chosen(arm.resolved, patients, seed)

    def chunk(span: tuple[int, int]) -> tuple[Enrolled, dict[str, Any], list[Any]]:
        enrolled = enrol(arm, design, who[slice(*span)], seed)
        size = _even(len(enrolled.infused), block)
        found, made = [], []
        for part, output in simulate_blocks(design.model, design.plan, enrolled.patients, 1, size, progress, program):
            found.append(rows(arm, design, enrolled, part, output))
            if seen:
                made.append(seen(enrolled, part, output))
        if progress:
            progress(len(enrolled.ids) - len(enrolled.infused))
        return enrolled, _table(enrolled, found), made

    if patients - first >= LONG:
        probe = chunk((first, first + PROBED))
        stop_if_hopeless(arm, probe[1])
        yield probe
        first += PROBED
    yield from in_order(chunk, spans(first, patients, together, fewest, threads), threads)


def _even(patients: int, block: int) -> int:
    """The size of blocks of patients, no larger than asked for, that leaves no small block over."""
    return -(-patients // -(-patients // block)) if patients and block > 0 else block


def gather(arm: Arm, design: Design, patients: int, seed: int, keep: Iterable[int] = (), **how: Any) -> Kept:
    """All that is kept of the enrolled patients (of those in `keep` the courses one by one); `how` as in `chunks`."""
    from livingdrug.engine.counting import count

    kept, alone = Kept(design.courses(keep), grades.grades(design, keep)), Lock()
    samples = arm.resolved.trial.samples

    def seen(enrolled: Enrolled, part: slice, output: Output) -> dict[str, Any]:
        ids, graded = enrolled.cohort.ids[part], grades.over_time(design, enrolled, part, output)
        with alone:
            kept.courses.add(ids, output.observables, count)
            kept.grades.add(ids, graded)
        return {
            "individual": individual(enrolled, part),
            "doses": doses(design, enrolled, part, output),
            "observations": observations(samples, design, enrolled, part, output),
            "toxicity": grades.episodes(design, enrolled, part, output),
        }

    for _, table, made in chunks(arm, design, patients, seed, **how, seen=seen):
        kept.patients.append(table)
        for tables in made:
            kept.append(tables)
    kept.courses.settle()
    give_back()
    return kept


def gather_blocks(
    arm: Arm,
    design: Design,
    patients: int,
    seed: int,
    keep: Iterable[int],
    blocks: Blocks,
    many: int | None = None,
    progress: Callable[[int], None] | None = None,
    **how: Any,
) -> Kept:
    """As `gather`, on so many threads here; what lies in the folder of blocks is read there, the rest is put there."""
    seen = tuple(keep)

    def work(part: Part) -> bytes:
        return pack(gather(arm, design, part[1], seed, seen, first=part[0], threads=1, **how))

    with of_threads(many or os.cpu_count() or 1, work) as pool:
        kept = Kept(design.courses(seen), grades.grades(design, seen))
        return join(pool, kept, spans_of(patients), blocks, progress)


def individual(enrolled: Enrolled, part: slice) -> dict[str, Any]:
    """The numbers of the model that differ between patients: parameters, constants derived from them, initial states.
    The patients' properties stand in their table."""
    cohort = enrolled.cohort
    own = {p: np.asarray(x)[part] for p, x in cohort.values.items() if np.ndim(x) and p not in cohort.properties}
    return {"patient": cohort.ids[part], **own}


def columns(arm: Arm, design: Design, patients: int, seed: int, **how: Any) -> Columns:
    """The columns of all enrolled patients; `how` as in `chunks`."""
    found = Columns()
    for _, table, _ in chunks(arm, design, patients, seed, **how):
        found.append(table)
    return found


def blocks(
    arm: Arm, design: Design, patients: int, seed: int, threads: int | None = None
) -> Iterator[tuple[Enrolled, dict[str, Any], Floats]]:
    """Chunks of enrolled patients: who they are, their columns, and every course of those infused (n, times, shown)."""
    shown = len(design.shown)
    seen = chunks(arm, design, patients, seed, threads, seen=lambda _, __, output: output.observables[:, :, :shown])
    for enrolled, table, courses in seen:
        yield enrolled, table, np.concatenate(courses)


def _table(enrolled: Enrolled, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Columns over all enrolled patients: nan (or an empty text) for those not infused.

    Who died before day 0 was not infused; the day and the cause of the death are kept.
    """
    n = len(enrolled.ids)
    table: dict[str, Any] = {
        "patient": enrolled.ids,
        "status": np.array(enrolled.status, f"U{2 * WIDTH}"),
        "infused": np.zeros(n),
    }
    table["infused"][enrolled.infused] = 1.0
    if enrolled.file_id is not None:
        table["file_id"] = enrolled.file_id
    for name in found[0]:
        if name == "patient":
            continue
        values = np.concatenate([f[name] for f in found])
        if values.dtype.kind in "OU":
            table[name] = np.full(n, "", f"U{WIDTH}")
        else:
            table[name] = np.full(n, np.nan)
        table[name][enrolled.infused] = values
    before = enrolled.before
    if before is not None:
        table |= {name: np.array(x) for name, x in before.columns.items()}
        lost = np.isfinite(before.lost["end_day"])
        for name, values in before.lost.items():
            table[name][lost] = values[lost]
    died = table["death_day"] < 0.0
    if died.any():
        table["status"][died] = DIED
        table["infused"][died] = 0.0
        for name, values in table.items():
            if name not in KEPT and (before is None or name not in before.columns):
                values[died] = "" if values.dtype.kind == "U" else np.nan
    return table
