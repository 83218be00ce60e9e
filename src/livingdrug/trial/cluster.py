"""One arm's patients split over Dask workers, here or on a cluster; each part is reduced where it is simulated.

A part is a pure function of (arm, seed, which patients). Dask does again what a lost worker had done or was doing, so
the result is that of one process, bit for bit.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from livingdrug.errors import EngineError, ScenarioError, short
from livingdrug.parallel import TOGETHER
from livingdrug.results.kept import Kept
from livingdrug.results.packed import pack
from livingdrug.scenario import Arm
from livingdrug.trial.blocks import SIZE, Blocks, spans
from livingdrug.trial.design import Design, design
from livingdrug.trial.grades import grades
from livingdrug.trial.joined import Part, join
from livingdrug.whole import whole

MOST = SIZE  # patients in one part
ROUNDS = 4  # parts for each processor, so that nobody waits long for the last
AHEAD = 3  # parts under way for each processor
PLAIN = {"distributed": {"worker": {"profile": {"enabled": False}}}}  # Dask keeps 1,000 s of call stacks, some 90 MB
LOOK = 5.0  # seconds between two looks at how many processors there are
PATIENCE = 10  # seconds that a cluster may take to answer
ARRIVAL = 60  # seconds that the first worker may take to come: a scheduler answers long before its workers do
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:[\w.-]+|\[[0-9A-Fa-f:.%]+\]):([0-9]{1,5})", re.ASCII)

Progress = Callable[[int], None] | None


@contextmanager
def connected(workers: int | None = None, cluster: str | None = None) -> Iterator[Cluster]:
    """So many worker processes on this machine, or those of the Dask scheduler at an address."""
    if cluster is not None and workers:
        raise ScenarioError("workers and a cluster were both asked for", mend="choose one of them")
    if cluster is not None:
        check_address(cluster)
    else:
        workers = whole(workers, "workers", 1, 1024, "--workers")
    try:
        import distributed
    except ImportError as absent:
        raise EngineError("more than one worker needs Dask", mend="pip install 'livingdrug[cluster]'") from absent
    if cluster is not None:
        with _silence(), _client(cluster) as client:
            there = Cluster(client)
            there.processors()  # waits for the first worker
            _same_version(client)
            yield there
        return
    import dask.config

    with ExitStack() as opened:
        with _deaf():  # what is started here, and what that starts, does not hear Ctrl-C: this process alone does
            here = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",  # any free port; with None, Dask asks for one that may be taken
                scheduler_kwargs={"dashboard": False},
                host="127.0.0.1",
                silence_logs=50,
                config=dask.config.merge(dask.config.config, PLAIN),
            )
            opened.callback(_quietly, here.close)
            client = distributed.Client(here, set_as_default=False)
            opened.callback(_quietly, client.close)
        yield Cluster(client)


def check_address(cluster: str) -> None:
    """ScenarioError unless this is the address of a machine and a port."""
    found = _ADDRESS.fullmatch(cluster)
    if not found or not 0 < int(found[1]) < 65_536:
        raise ScenarioError(
            f"{short(cluster)} is not the address of a Dask scheduler",
            where="--cluster",
            allowed="tcp://HOST:PORT",
            mend="start one with `dask scheduler`; it says its address",
        )


def _client(cluster: str) -> Any:
    """A client of the scheduler at an address; EngineError when none answers there."""
    import distributed
    from distributed.comm import connect
    from distributed.security import Security

    async def knock() -> None:  # a client that finds nobody leaves threads behind; a call does not
        comm = await connect(cluster, timeout=PATIENCE, **Security().get_connection_args("client"))
        await comm.close()

    try:
        with _silence():
            asyncio.run(knock())
            return distributed.Client(cluster, timeout=f"{PATIENCE} s", set_as_default=False)
    except Exception as problem:  # whatever answers there may be anything
        raise EngineError(
            f"no Dask scheduler answers at '{cluster}'",
            where="--cluster",
            allowed="tcp://HOST:PORT",
            mend="start one with `dask scheduler`, and workers with `dask worker`",
        ) from problem


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C waits until this is over; threads and processes started meanwhile never hear it."""
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when it starts, it lets Ctrl-C through again
    before = mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)


@contextmanager
def _silence() -> Iterator[None]:
    """Dask tells its own logs, each of which has a level of its own, nothing below a catastrophe."""
    known = logging.root.manager.loggerDict
    logs = [logging.getLogger(name) for name in list(known) if name.partition(".")[0] == "distributed"]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)


def _quietly(close: Callable[[], Any]) -> None:
    """Close something of Dask's; that it is gone already is no matter."""
    with _deaf(), _silence(), suppress(Exception):
        close()


@dataclass(frozen=True)
class Cluster:
    """Workers who share out the patients of an arm."""

    client: Any

    def processors(self) -> int:
        """How many parts can be worked on at a time; waits for the first worker.

        EngineError when none comes within a minute.
        """
        with suppress(TimeoutError):
            self.client.wait_for_workers(1, timeout=ARRIVAL)
        threads = sum(self.client.nthreads().values())
        if not threads:
            raise EngineError(
                f"no worker came to the cluster within {ARRIVAL} s",
                where="--cluster",
                mend="start some with `dask worker`",
            )
        return threads

    def gather(
        self,
        arm: Arm,
        design: Design,
        patients: int,
        seed: int,
        block: int = TOGETHER,
        progress: Progress = None,
        keep: tuple[int, ...] = (),
        blocks: Blocks | None = None,
    ) -> Kept:
        """All that is kept of the enrolled patients (of those in `keep` the courses one by one).

        blocks: where parts are kept that are done, so that another run may take them up.
        """
        fair = max(1, min(MOST, -(-patients // (ROUNDS * self.processors()))))
        parts = spans(patients) if blocks else spans(patients, fair)
        packed = pickle.dumps(replace(arm, resolved=replace(arm.resolved)))  # without what it has worked out so far
        sent = self.client.submit(pickle.loads, packed, pure=False)  # a task, not data: made again when it is lost
        name = hashlib.blake2b(packed, digest_size=16).hexdigest()
        work = partial(self.client.submit, _part, name, sent, pure=False)
        shared = _Shared(self, lambda part: work(*part, seed, block, keep), bool(blocks))
        try:
            return join(shared, Kept(design.courses(keep), grades(design, keep)), parts, blocks, progress)
        finally:
            with _silence(), suppress(Exception):  # the scheduler may be gone
                self.client.cancel([*shared.running, sent])


class _Shared:
    """Dask's workers as those who simulate parts."""

    def __init__(self, cluster: Cluster, submit: Callable[[Part], Any], kept: bool) -> None:
        import distributed

        self.cluster, self.submit, self.kept = cluster, submit, kept
        self.running: dict[Any, Part] = {}
        self.done = distributed.as_completed(loop=cluster.client.loop)
        self.looked, self.processors = time.monotonic(), cluster.processors()

    def ahead(self) -> int:
        """Some parts for each processor that is there now: workers may come and go."""
        if time.monotonic() - self.looked > LOOK:
            with self._there():
                self.processors = max(1, sum(self.cluster.client.nthreads().values()))
            self.looked = time.monotonic()
        return AHEAD * self.processors

    def start(self, part: Part) -> None:
        """Begin with a part."""
        with self._there():
            future = self.submit(part)
            self.running[future] = part
            self.done.add(future)

    def next(self) -> tuple[Part, bytes]:
        """Wait for a part that is done."""
        import distributed

        future = next(self.done)
        part = self.running.pop(future)
        try:
            with self._there():
                data: bytes = future.result()
        except distributed.scheduler.KilledWorker as problem:
            raise EngineError(
                "worker after worker died over the same patients",
                where=str(part),
                mend="give each worker more memory, or use fewer workers",
            ) from problem
        future.release()
        return part, data

    @contextmanager
    def _there(self) -> Iterator[None]:
        """EngineError when the scheduler is not there any more."""
        from distributed.client import FutureCancelledError
        from distributed.comm import CommClosedError

        try:
            yield
        except (FutureCancelledError, CancelledError, CommClosedError, TimeoutError, OSError) as problem:
            again = "start one and run the same again" + (": what is done is kept" if self.kept else "")
            mend = again if self.kept else f"{again}; with --blocks FOLDER it goes on where it was"
            raise EngineError("the Dask scheduler is lost", where="--cluster", mend=mend) from problem


_designs: dict[str, Design] = {}  # of this worker, by the name of the arm sent


def _part(name: str, arm: Arm, first: int, last: int, seed: int, block: int, keep: tuple[int, ...] = ()) -> bytes:
    """What is kept of patients [first, last) of an arm, packed, simulated on one thread of a worker."""
    from livingdrug.trial.simulate import gather

    if name not in _designs:
        _designs[name] = design(arm)
    return pack(gather(arm, _designs[name], last, seed, keep, first=first, threads=1, block=block))


def _version() -> str:
    from livingdrug.version import __version__

    return __version__


def _same_version(client: Any) -> None:
    """EngineError unless every worker of the cluster has this version of the program."""
    try:
        found = set(client.run(_version).values())
    except ImportError:
        found = {"none"}
    if found - {_version()}:
        raise EngineError(
            f"the cluster's workers have livingdrug {', '.join(sorted(found))}, here is {_version()}",
            where="--cluster",
            mend="install the same version everywhere",
        )
