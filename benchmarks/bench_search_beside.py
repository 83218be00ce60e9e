"""Search and its index beside another checkout, in one run: the same studies, the same questions, by turns.

    python benchmarks/bench_search_beside.py --beside CHECKOUT --dir FOLDER [--studies 600000] [--shared FOLDER]
    python benchmarks/bench_search_beside.py --beside CHECKOUT --dir FOLDER --imports 8000

The first form fills a mirror by the bench_search.py of the other checkout, which is taken for the older, and copies it
(once; a folder filled before is used again); it builds each index (anew with --build) and asks both the whole of a
search with three filters and seven facets, suggestions on, in turns of forty. With --copies K only every K-th study is
generated and read; mirror and index hold it K times under other numbers, so that a registry's size is reached sooner
(of the time to build, reading is then that of the first studies alone). The second form times whole commands:
`trials import` of a file, the first search after it and the next one.
Processor time counts all threads and child processes, so that other work on the machine hits the figures little.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
AT_ONCE = 40
"""searches in one turn, as many as there are texts to ask for"""

Study = tuple[str, str, str, str, str]


def own_benchmark() -> Any:
    """The bench_search.py of the checkout that this worker stands for (`PYTHONPATH` names its src and benchmarks)."""
    return importlib.import_module("bench_search")


def processor() -> float:
    """Processor time of this process and of those it waited for [s]."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + children()


def children() -> float:
    """Processor time of the processes that this one waited for [s]: while an index is made, those that read records."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def studies(bench: Any, shared: Path, count: int) -> Iterator[Study]:
    """The generator's studies: the same in every checkout, as its text never moved."""
    made: Iterator[Study] = bench.generated(bench.real_parts(shared) or bench.made_up_parts(), count, 1)
    return made


def fill(store: Any, bench: Any, shared: Path, count: int, copies: int) -> None:
    """A mirror of so many studies, each with its countries (which the older generator left out), and its copies."""
    named: list[tuple[str, str]] = []

    def noted() -> Iterator[Study]:
        for study in studies(bench, shared, count):
            named.extend((study[0], part.split('"', 1)[0]) for part in study[1].split('"country":"')[1:])
            yield study

    bench.fill(store, noted(), 1)
    with store.transaction():
        db = store.connect()
        db.executemany("INSERT OR IGNORE INTO country VALUES (?, ?)", named)
        for table, column in (("version", "study"), ("country", "study"), ("study", "id")):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            other = f"printf('NCT%08d', CAST(substr({column}, 4) AS INTEGER) + ?1)"
            chosen = ", ".join(other if name in (column, "trial") else name for name in names)
            db.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {table} WHERE {column} <= ?2",
                [(k * count, f"NCT1{count:07d}") for k in range(1, copies)],
            )


def read_once(bench: Any, count: int) -> None:
    """Makes the index read the first studies only: what follows them are their copies under other numbers."""
    module = importlib.import_module(bench.fresh.__module__)
    name = "_documents" if hasattr(module, "_documents") else "_entries"
    read = getattr(module, name)

    def documents(store: Any, ids: list[str]) -> Iterator[list[Any]]:
        kept = []
        for chunk in read(store, ids[:count]):
            kept.append(chunk)
            yield chunk
        for begin in range(count, len(ids), count):
            others = iter(ids[begin : begin + count])
            for chunk in kept:
                yield [replace(document, id=other) for document, other in zip(chunk, others, strict=False)]

    setattr(module, name, documents)


def requests(bench: Any) -> Iterator[Any]:
    """Endless questions with three filters: each round asks for every text once, in another order."""
    draw = random.Random(3)
    while True:
        for text in draw.sample(bench.ASKED, len(bench.ASKED)):
            phase = draw.choice((("2",), ("3",), ("1", "2")))
            country = draw.choice(bench.COUNTRIES)
            yield bench.Request(text, status=("completed", "recruiting"), phase=phase, country=(country,))


def worker(folder: Path, shared: Path, count: int, copies: int, build: bool) -> None:
    """Answers `ask N` on standard input with the processor and wall times of N searches [ms]; first tells the build."""
    bench = own_benchmark()
    store = bench.Store(folder / "trials.sqlite")
    if len(store) != count:
        fill(store, bench, shared, count // copies, copies)
        store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if build:
        shutil.rmtree(bench.folder_of(store), ignore_errors=True)
    if copies > 1:
        read_once(bench, count // copies)
    begun, wall, reading = processor(), time.perf_counter(), children()
    index = bench.fresh(store, "tantivy")
    told = {"cpu": processor() - begun, "reading": children() - reading, "wall": time.perf_counter() - wall}
    told["mb"] = sum(f.stat().st_size for f in bench.folder_of(store).rglob("*") if f.is_file()) / 1e6
    print(json.dumps(told), flush=True)
    asked = requests(bench)
    for line in sys.stdin:
        taken = []
        for _ in range(int(line.split()[1])):
            request = next(asked)
            before, wall = time.process_time(), time.perf_counter()
            bench.search(store, request, index=index)
            taken.append((1000 * (time.process_time() - before), 1000 * (time.perf_counter() - wall)))
        print(json.dumps(taken), flush=True)
    index.close()


def environment(checkout: Path) -> dict[str, str]:
    """What makes a process use a checkout; a fixed hash seed, as the generator's choice hangs on it."""
    path = os.pathsep.join(str(checkout / part) for part in ("src", "benchmarks"))
    return {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def percentile(values: list[float], share: float) -> float:
    """The value at a share of the sorted values."""
    return sorted(values)[int(share * (len(values) - 1))]


def searches(checkouts: dict[str, Path], given: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Name of a checkout -> build (`[cpu s, of it reading, wall s, MB]`) and times of searches [ms]."""
    running, found = {}, {}
    for name, checkout in checkouts.items():
        folder = given.dir / name
        folder.mkdir(parents=True, exist_ok=True)
        mirror = folder / "trials.sqlite"
        if running and not mirror.exists():  # a newer program brings an older file up to date, not the reverse
            shutil.copy(given.dir / next(iter(running)) / mirror.name, mirror)
        called = [sys.executable, "-P", __file__, "--worker", "--dir", str(folder), "--studies", str(given.studies)]
        called += ["--shared", str(given.shared), "--copies", str(given.copies), *(["--build"] if given.build else [])]
        running[name] = subprocess.Popen(
            called, env=environment(checkout), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        told = json.loads(_line(running[name]))
        found[name] = {"build": [round(told[k], 1) for k in ("cpu", "reading", "wall", "mb")]}
        build = f"{name}: index {found[name]['build']} (processor s, of it reading, wall s, MB)"
        print(build, file=sys.stderr, flush=True)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in running}
    for turn in range(1 + given.times // AT_ONCE):
        for name in sorted(running, reverse=bool(turn % 2)):
            running[name].stdin.write(f"ask {AT_ONCE}\n")
            running[name].stdin.flush()
            answer = json.loads(_line(running[name]))
            taken[name] += answer if turn else []  # the first turn warms the caches
    for name, process in running.items():
        process.communicate()
        for kind, n in (("processor", 0), ("wall", 1)):
            values = [t[n] for t in taken[name]]
            found[name][kind] = [round(percentile(values, share), 2) for share in (0.5, 0.95, 0.99, 1.0)]
    return found


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def command(checkout: Path, *words: str) -> float:
    """Processor time of a whole command of a checkout [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    called = [sys.executable, "-m", "livingdrug", "trials", *words]
    subprocess.run(called, env=environment(checkout), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(checkouts: dict[str, Path], given: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Name of a checkout -> processor time of each command in each turn [s]."""
    given.dir.mkdir(parents=True, exist_ok=True)
    records = given.dir / "records.jsonl"
    with records.open("w", encoding="utf-8") as out:
        out.writelines(s[1] + "\n" for s in studies(own_benchmark(), given.shared, given.imports))
    found: dict[str, dict[str, list[float]]] = {name: {} for name in checkouts}
    for _ in range(given.turns):
        for name, checkout in checkouts.items():
            folder = given.dir / f"{name}-imports"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            mirror = ("--db", str(folder / "trials.sqlite"))
            for what, words in {
                "import": ("import", str(records)),
                "first search": ("search", "lymphoma"),
                "next search": ("search", "lymphoma"),
            }.items():
                found[name].setdefault(what, []).append(round(command(checkout, *words, *mirror), 2))
            shutil.rmtree(folder / "trials.sqlite.search")
            found[name].setdefault("search that makes the index", []).append(
                round(command(checkout, "search", "lymphoma", *mirror), 2)
            )
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--beside", type=Path, help="another checkout of the project")
    options.add_argument("--dir", type=Path, required=True, help="where mirrors are made (about 6 kB a study, twice)")
    options.add_argument("--studies", type=int, default=600_000)
    options.add_argument("--copies", type=int, default=1, help="how often each generated study stands in the mirror")
    options.add_argument("--imports", type=int, default=0, help="time commands on a file of so many records instead")
    options.add_argument("--times", type=int, default=1200, help="searches of each checkout")
    options.add_argument("--turns", type=int, default=3, help="turns of the commands")
    options.add_argument("--build", action="store_true", help="make each index anew, though there is one")
    options.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("LIVINGDRUG_SHARED", HERE.parent / "shared"))
    )
    options.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.worker:
        worker(given.dir, given.shared, given.studies, given.copies, given.build)
        return
    checkouts = ({"beside": given.beside.resolve()} if given.beside else {}) | {"now": HERE}
    measured = (commands if given.imports else searches)(checkouts, given)
    print(json.dumps({"studies": given.imports or given.studies, "load": os.getloadavg()[0], **measured}, indent=2))


if __name__ == "__main__":
    main()
