"""Blocks of patients in files: the same bits whoever did them, in whatever order, and after whatever was killed."""

from __future__ import annotations

import io
import os
import random
import re
import signal
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest

from livingdrug.errors import EngineError, ScenarioError
from livingdrug.results.columns import Columns, Texts
from livingdrug.results.courses import Courses
from livingdrug.results.grades import Grades
from livingdrug.results.kept import Kept
from livingdrug.results.packed import Damaged, add, pack
from livingdrug.trial import Trial, blocks, joined, simulate

N = 40


def empty():
    return Kept(
        Courses.empty(np.arange(3.0), ["a", "b"], {}, keep=[7]),
        Grades.empty(np.arange(2.0), {"s.grade": "S"}, keep=[7]),
    )


def some(first, many, seed=1):
    """What is kept of patients [first, first + many): columns of every kind."""
    rng, kept = np.random.default_rng([seed, first]), empty()
    ids = np.arange(first, first + many)
    kept.courses.add(ids, rng.lognormal(0, 9, (many, 3, 2)))
    kept.grades.add(ids, rng.integers(0, 6, (many, 2, 1)).astype(float))
    words = np.array(["", "died", "é µ", "a long word indeed"])
    kept.patients.append(
        {
            "patient": ids,
            "x": np.where(rng.random(many) < 0.3, np.nan, rng.normal(size=many)),
            "yes": rng.random(many) < 0.5,
            "status": words[rng.integers(0, 4, many)].astype("U24"),
        }
    )
    rows = rng.integers(0, 3, many)
    kept.append(
        {"doses": {"patient": np.repeat(ids, rows), "what": Texts(["x", "", "y"], rng.integers(0, 3, rows.sum()))}}
    )
    return kept


def same(a, b):
    """Whether two of what is kept are equal to the bit, types and order included."""
    np.testing.assert_array_equal(a.courses.counts, b.courses.counts)
    np.testing.assert_array_equal(a.grades.counts, b.grades.counts)
    for x, y in ((a.courses, b.courses), (a.grades, b.grades)):
        assert list(x.samples) == list(y.samples)
        assert all(x.samples[i].tobytes() == y.samples[i].tobytes() for i in x.samples)
    assert list(a.tables) == list(b.tables)
    for x, y in ((a.patients, b.patients), *((a.tables[n], b.tables[n]) for n in a.tables)):
        same_table(x, y)


def same_table(a, b):
    assert list(a) == list(b) and a.size == b.size
    for name in a:
        assert a[name].dtype == b[name].dtype, name
        assert a[name].tolist() == b[name].tolist() if a.kind(name) in "OU" else a[name].tobytes() == b[name].tobytes()


def counted(parts):
    """The same without bytes in between."""
    whole = empty()
    for part in parts:
        whole.count(part)
        whole.patients.append(part.patients)
        whole.append(part.tables)
    return whole


def test_what_is_packed_comes_back():
    parts = [some(0, 9), some(9, 0), some(9, 30)]
    found = empty()
    for part in parts:
        assert pack(part) == pack(part)
        add(pack(part), found)
    same(found, counted(parts))
    assert 7 in found.courses.samples


def test_a_damaged_packet_is_known_and_leaves_no_trace():
    data, rng = pack(some(5, 20)), random.Random(3)
    for _ in range(300):
        broken = bytearray(data)
        at = rng.randrange(len(data))
        broken[at] ^= 1 << rng.randrange(8)
        _as_before_or_whole(bytes(broken), data)
    for _ in range(40):
        _as_before_or_whole(data[: rng.randrange(len(data))], data)
    _as_before_or_whole(b"", data)


def _as_before_or_whole(broken, data):
    """A changed byte is found; one that nothing hangs on (of a date, say) changes nothing."""
    found, right = empty(), empty()
    add(pack(some(0, 5)), found)
    try:
        add(broken, found)
    except Damaged:
        wanted = [some(0, 5)]
    else:
        wanted = [some(0, 5), some(5, 20)]
    for part in wanted:
        add(pack(part), right)
    same(found, right)


def test_a_packet_of_other_columns_or_times_is_not_taken():
    other = some(5, 4)
    other.patients = Columns({"patient": np.arange(4), "y": np.zeros(4)})
    wider = Kept(Courses.empty(np.arange(9.0), ["a", "b"], {}), empty().grades)
    wider.courses.add(np.arange(4), np.ones((4, 9, 2)))
    wider.patients.append({"patient": np.arange(4)})
    for part in (other, wider):
        found = empty()
        add(pack(some(0, 5)), found)
        with pytest.raises(Damaged):
            add(pack(part), found)
        assert found.patients.size == 5
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr("about.json", '{"form": 2}')
    with pytest.raises(Damaged, match="form 2"):
        add(text.getvalue(), empty())


class Shuffled:
    """Parts come back in any order; the most that were under way, and early."""

    def __init__(self, seed, ahead=3):
        self.rng, self.most, self.running, self.begun = random.Random(seed), ahead, [], []

    def ahead(self):
        return self.most

    def start(self, part):
        self.running.append(part)
        self.begun.append(part)
        assert len(self.running) <= self.most

    def next(self):
        part = self.running.pop(self.rng.randrange(len(self.running)) if self.rng.random() < 0.7 else -1)
        return part, pack(some(part[0], part[1] - part[0]))


@pytest.mark.parametrize("seed", range(5))
def test_parts_in_any_order_give_the_same(seed, tmp_path):
    parts, told = blocks.spans(61, 5), []
    right = counted([some(a, b - a) for a, b in parts])
    same(joined.join(Shuffled(seed), empty(), parts, progress=told.append), right)
    assert sum(told) == 61
    folder, rng = blocks.Blocks(tmp_path / "key"), random.Random(seed)
    there = rng.sample(parts, 6)
    for a, b in there:
        folder.write(a, b, pack(some(a, b - a)))
    hurt = rng.choice(there)
    folder.path(*hurt).write_bytes(folder.path(*hurt).read_bytes()[:-9])
    pool, told = Shuffled(seed), []
    same(joined.join(pool, empty(), parts, folder, told.append), right)
    assert set(pool.begun) == {*parts, hurt} - ({*there} - {hurt}) and sum(told) == 61
    pool = Shuffled(seed)
    same(joined.join(pool, empty(), parts, folder), right)
    assert pool.begun == [] and sorted(p.name for p in folder.folder.iterdir())[0] == "00000000-00000005.zip"


def test_a_first_part_that_is_late_holds_the_others_back():
    class Late(Shuffled):
        def next(self):
            others = [p for p in self.running if p[0]]
            if len(others) < len(self.running) and not others:
                self.begun_before_the_first = len(self.begun)
            self.running.remove(part := (others or self.running)[0])
            return part, pack(some(part[0], part[1] - part[0]))

    parts = blocks.spans(300, 5)
    pool = Late(1)
    same(joined.join(pool, empty(), parts), counted([some(a, b - a) for a, b in parts]))
    assert pool.begun_before_the_first <= (joined.EARLY + 1) * pool.most < len(parts)


@pytest.fixture
def few(monkeypatch):
    """Blocks of 16 patients."""
    monkeypatch.setattr(blocks, "SIZE", 16)


def test_a_run_is_taken_up_again(few, tmp_path, monkeypatch):
    plain, place = Trial("eliana").run(patients=N, seed=5), tmp_path / "blocks"
    with pytest.raises(RuntimeError, match="enough"):
        Trial("eliana").run(patients=N, seed=5, blocks=place, threads=1, progress=_enough)
    (folder,) = (p for p in place.iterdir() if p.is_dir())
    assert 1 <= len(list(folder.glob("*.zip"))) < 3
    done = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    again = Trial("eliana").run(patients=N, seed=5, blocks=place)
    assert done.items() <= {p: p.stat().st_mtime_ns for p in folder.iterdir()}.items()
    equal(plain, again)
    monkeypatch.setattr(simulate, "gather", None)  # nobody is simulated any more
    equal(plain, Trial("eliana").run(patients=N, seed=5, blocks=place))
    more = Trial("eliana").run(patients=32, seed=5, blocks=place)
    assert more.arm().columns["patient"].tolist() == list(range(32))
    for other in ({"seed": 6}, {"seed": 5, "keep": [3]}):
        with pytest.raises(TypeError):
            Trial("eliana").run(patients=N, blocks=place, **other)
    with pytest.raises(TypeError):
        Trial("eliana", {"tumour.kill": "* 0.5"}).run(patients=N, seed=5, blocks=place)


def _enough(done, total):
    raise RuntimeError("enough")


def equal(a, b):
    same_table(a.arm().columns, b.arm().columns)
    for name, table in a.arm().tables.items():
        same_table(table, b.arm().tables[name])
    np.testing.assert_array_equal(a.arm().courses.counts, b.arm().courses.counts)
    assert a.json()["measures"] == b.json()["measures"]


def test_a_run_that_was_killed_goes_on(few, tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, sys\nfrom livingdrug.trial import Trial, blocks\nblocks.SIZE = 16\n"
        "Trial('eliana').run(patients=40, seed=5, blocks=sys.argv[1], threads=1,"
        " progress=lambda done, total: os.kill(os.getpid(), 9))\n"
    )
    place = tmp_path / "blocks"
    assert subprocess.run([sys.executable, script, place], env=_env(), check=False).returncode == -signal.SIGKILL
    assert len(list(place.glob("*/*.zip"))) == 1
    equal(Trial("eliana").run(patients=N, seed=5), Trial("eliana").run(patients=N, seed=5, blocks=place))


def _env():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ScenarioError, match="holds no blocks"):
        Trial("eliana").run(patients=2, blocks=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ScenarioError, match="cannot be written"):
        Trial("eliana").run(patients=2, blocks=tmp_path / "mine.txt")
    with pytest.raises(ScenarioError, match="processors"):
        Trial("eliana").run(patients=2, blocks=tmp_path / "new", device="cuda")
    with pytest.raises(ScenarioError, match="a path is needed"):
        Trial("eliana").run(patients=2, blocks=3)


@pytest.mark.thorough
def test_a_scheduler_that_dies_ends_the_run_and_the_next_goes_on(few, tmp_path, capfd):
    pytest.importorskip("distributed", reason="Dask is not installed (livingdrug[cluster])")
    place, started = tmp_path / "blocks", []

    def dask(*words):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", *words, "--no-dashboard"], stderr=subprocess.PIPE, text=True, env=_env()
            )
        )
        return started[-1]

    def cluster():
        scheduler = dask("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        address = next(m[1] for line in scheduler.stderr if (m := re.search(r"Scheduler at:\s+(tcp://\S+)", line)))
        for process in (scheduler, dask("distributed.cli.dask_worker", address, "--nthreads", "1")):
            threading.Thread(target=list, args=(process.stderr,), daemon=True).start()
        return scheduler, address

    def told(done, total):
        scheduler.kill()

    try:
        scheduler, address = cluster()
        _worker(address)
        with pytest.raises(EngineError, match="scheduler is lost") as lost:
            Trial("eliana").run(patients=400, seed=5, cluster=address, blocks=place, progress=told)
        assert "what is done is kept" in lost.value.mend
        assert "Traceback" not in capfd.readouterr().err, "Dask's own words are not shown"
        many = len(list(place.glob("*/*.zip")))
        assert 1 <= many < 25
        _, address = cluster()
        _worker(address)
        equal(
            Trial("eliana").run(patients=400, seed=5),
            Trial("eliana").run(patients=400, seed=5, cluster=address, blocks=place),
        )
    finally:
        for process in started:
            process.kill()


def _worker(address):
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=300)
