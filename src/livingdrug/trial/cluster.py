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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from livingdrug.errors import EngineError, ScenarioError, short
from livingdrug.parallel import TOGETHER
from livingdrug.results.columns import Columns
from livingdrug.results.kept import Kept
from livingdrug.scenario import Arm
from livingdrug.trial.design import Design, design
from livingdrug.trial.grades import grades
from livingdrug.whole import whole

MOST = 4_096  # patients in one part
ROUNDS = 4  # parts for each processor, so that nobody waits long for the last
PATIENCE = 10  # seconds that a cluster may take to answer
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
        with _client(cluster) as client:
            _same_version(client)
            yield Cluster(client)
        return
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
    """Dask tells its own log nothing below a catastrophe."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _quietly(close: Callable[[], Any]) -> None:
    """Close something of Dask's; that it is gone already is no matter."""
    with _deaf(), _silence(), suppress(Exception):
        close()


@dataclass(frozen=True)
class Cluster:
    """Workers who share out the patients of an arm."""

    client: Any

    def processors(self) -> int:
        """How many parts can be worked on at a time."""
        threads = sum(self.client.nthreads().values())
        if not threads:
            raise EngineError("the cluster has no workers", where="--cluster", mend="start some with `dask worker`")
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
    ) -> Kept:
        """All that is kept of the enrolled patients (of those in `keep` the courses one by one)."""
        import distributed

        size = max(1, min(MOST, -(-patients // (ROUNDS * self.processors()))))
        parts = [(first, min(first + size, patients)) for first in range(0, patients, size)]
        packed = pickle.dumps(replace(arm, resolved=replace(arm.resolved)))  # without what it has worked out so far
        sent = self.client.submit(pickle.loads, packed, pure=False)  # a task, not data: made again when it is lost
        name = hashlib.blake2b(packed, digest_size=16).hexdigest()
        waiting = {
            self.client.submit(_part, name, sent, *part, seed, block, keep, pure=False): i
            for i, part in enumerate(parts)
        }
        kept, following = Kept(design.courses(keep), grades(design, keep)), 0
        early: dict[int, tuple[Columns, dict[str, Columns]]] = {}  # rows of parts done before the one that follows
        try:
            for future in distributed.as_completed(list(waiting), loop=self.client.loop):
                i = waiting[future]
                part = future.result()
                future.release()
                kept.count(part)
                early[i] = part.patients, part.tables
                while following in early:
                    patients_, tables = early.pop(following)
                    kept.patients.append(patients_)
                    kept.append(tables)
                    following += 1
                if progress:
                    progress(parts[i][1] - parts[i][0])
        except distributed.scheduler.KilledWorker as problem:
            raise EngineError(
                "worker after worker died over the same patients",
                where=str(parts[0]),
                mend="give each worker more memory, or use fewer workers",
            ) from problem
        finally:
            for future in waiting:
                future.cancel()
        return kept


_designs: dict[str, Design] = {}  # of this worker, by the name of the arm sent


def _part(name: str, arm: Arm, first: int, last: int, seed: int, block: int, keep: tuple[int, ...] = ()) -> Kept:
    """Patients [first, last) of an arm, simulated on one thread of a worker."""
    from livingdrug.trial.simulate import gather

    if name not in _designs:
        _designs[name] = design(arm)
    return gather(arm, _designs[name], last, seed, keep, first=first, threads=1, block=block)


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
