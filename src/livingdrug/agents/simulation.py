"""A tumour of agents as it runs: cells, fields and clocks, moved on together by one tick at a time.

Time is cut in three: movement in steps (0.1 min), what CAR-T do in beats (1 min), cells' own clocks and the fields in
ticks (6 min). Every kernel works on a range of cells and writes those cells alone, in an order that no thread changes,
and chance hangs on the cell's number and the moment: any number of threads gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.agents import boxes, car_t, chance, fields, law, living
from livingdrug.agents.cells import Cells
from livingdrug.agents.numbers import Dosed, Numbers
from livingdrug.errors import EngineError

Floats = NDArray[np.float64]
DAY = 1440.0  # min
SORTED = 10  # ticks between two sortings of the cells by place
OMEGA = 1.7  # of over-relaxation
EXACT = 1e-4  # largest change of the factor in the last sweep, of 1 at most
SWEEPS = 2_000  # of a field at most


class Simulation:
    """One tumour from its packing on. n: its numbers; doses: CAR-T by day; most: cells at most, or EngineError."""

    def __init__(
        self, n: Numbers, doses: Sequence[Dosed] = (), seed: int = 1, threads: int = 1, most: int = 1_000_000
    ) -> None:
        self.n, self.seed, self.most = n, seed, most
        self.key = np.uint64(rng.key(seed, chance.STREAM))
        self.waiting = sorted(doses)
        self.ticks = 0
        self.bound = self.killed = self.left = self.lost = 0  # bonds so far, and how they ended (lost: the CAR-T died)
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.threads = threads
        self.skin = np.array([n.skin, n.car_t_skin])
        self.cells = Cells()
        self.other, self.many = np.empty((0, 48), np.int32), np.empty(0, np.int32)
        self.table_is_whole = False
        self.oxygen = fields.voxels(n.side, n.voxel, n.oxygen_face)
        self.factor = fields.voxels(n.side, n.voxel, 0.0)
        self.sweeps = 0
        self._pack()
        self._breathe()

    @property
    def minutes(self) -> float:
        """How long it has run."""
        return self.ticks * self.n.tick

    def run(self, minutes: float) -> None:
        """On to this time [min], in whole ticks."""
        while self.minutes < minutes - 1e-9:
            self.tick()

    def close(self) -> None:
        """Lets the threads go."""
        if self.pool:
            self.pool.shutdown()

    def tick(self) -> None:
        """One tick: doses that are due, fields, cells' own clocks, then beats of movement."""
        n = self.n
        while self.waiting and self.waiting[0].day * DAY <= self.minutes + 1e-9:
            self._dose(self.waiting.pop(0).cells)
        self._breathe()
        self._secrete()
        self._live()
        for b in range(round(n.tick / n.beat)):
            self._neighbours()
            moment = self.ticks * round(n.tick / n.beat) + b
            c = self.cells.columns
            found = car_t.beat(self.cells.count, n.beat, self.key, moment, self.factor, c, self.other, self.many, n)
            self.bound, self.killed, self.left = self.bound + found[0], self.killed + found[1], self.left + found[2]
            for _ in range(round(n.beat / n.step)):
                self._neighbours()
                c = self.cells.columns
                self.table_is_whole = all(
                    self._parts(law.step, self.cells.count, n.step, c, self.other, self.many, self.skin, n)
                )
                self.cells.move()
        self.ticks += 1

    def oxygen_at(self) -> Floats:
        """Oxygen where each cell lies [mmHg]."""
        found = np.empty(self.cells.count)
        fields.at(self.cells.count, self.cells.columns.place, self.n.side, self.n.voxel, self.oxygen, found)
        return found

    def tumour_radius(self) -> float:
        """Distance of the farthest tumour cell from the middle [um]; 0 without any."""
        place = self.cells.of("place")[self.cells.of("kind") == law.TUMOUR]
        return float(np.sqrt((place[:, :3] ** 2).sum(axis=1).max())) if len(place) else 0.0

    def _parts(self, work: Callable[..., Any], count: int, *rest: Any) -> list[Any]:
        """A kernel over [0, count), in as many parts as there are threads."""
        if self.pool is None or count < 16:
            return [work(0, count, *rest)]
        cuts = [count * t // self.threads for t in range(self.threads + 1)]
        waiting = [self.pool.submit(work, a, b, *rest) for a, b in zip(cuts, cuts[1:], strict=False)]
        return [x.result() for x in waiting]

    def _pack(self) -> None:
        """A ball of cells in layers of rows: rows r sqrt(3) apart, cells in a row 2 r, every other half a cell on."""
        n = self.n
        r = float((0.75 / math.pi * n.volume) ** (1 / 3))
        steps = [int(2 * n.tumour_radius / (w * r)) + 1 for w in (math.sqrt(3), 2.0, math.sqrt(3))]
        a, b, c = np.meshgrid(*(np.arange(s) for s in steps), indexing="ij")
        x = -n.tumour_radius + a * math.sqrt(3) * r + c % 2 * 0.5 * r
        y = -n.tumour_radius + b * 2 * r + a % 2 * r
        z = -n.tumour_radius + c * math.sqrt(3) * r
        place = np.stack([w.ravel() for w in (x, y, z)], axis=1)
        place = place[(place**2).sum(axis=1) <= n.tumour_radius**2]
        self._room(len(place))
        new = self.cells.added(len(place))
        columns = self.cells.columns
        columns.place[new, :3], columns.place[new, 3] = place, r
        self._filled(new, n.volume)
        for i in range(new.start, new.stop):
            number = columns.number[i]
            columns.antigen[i] = max(
                n.antigen_mean + n.antigen_sd * chance.normal(self.key, number, 0, chance.ANTIGEN), 0.0
            )
            columns.due[i] = living.cycle(self.key, number, 0, n)

    def _filled(self, new: slice, volume: float) -> None:
        c, n = self.cells.columns, self.n
        nucleus = n.nucleus * volume / n.volume
        c.fluid[new], c.nuclear[new] = n.fluid * volume, (1 - n.fluid) * nucleus
        c.cytoplasm[new] = (1 - n.fluid) * (volume - nucleus)

    def _room(self, more: int) -> None:
        if self.cells.count + more > self.most:
            raise EngineError(
                f"on day {self.minutes / DAY:.3g} there would be {self.cells.count + more:,} cells",
                allowed=f"at most {self.most:,}",
                mend="ask for fewer days or a smaller dose; tens of thousands of cells are what this is for",
            )

    def _dose(self, cells: int) -> None:
        """CAR-T, evenly in the cube outside a gap around the tumour."""
        n = self.n
        self._room(cells)
        near = self.tumour_radius() + n.gap
        if near >= n.side * math.sqrt(3) / 2:
            raise EngineError("the tumour fills the cube, no CAR-T can be given", mend="ask for fewer days")
        new = self.cells.added(cells)
        c = self.cells.columns
        numbers, found, tried = c.number[new], np.zeros((cells, 3)), 0
        left = np.arange(cells)
        while len(left):
            for axis in range(3):
                found[left, axis] = n.side * (rng.uniform(self.seed, numbers[left], f"place {axis}", tried) - 0.5)
            left = left[(found[left] ** 2).sum(axis=1) < near**2]
            tried += 1
        c.kind[new] = law.CAR_T
        c.place[new, :3], c.place[new, 3] = found, (0.75 / math.pi * n.car_t_volume) ** (1 / 3)
        self._filled(new, n.car_t_volume)
        for i in range(new.start, new.stop):
            c.due[i] = self.minutes + car_t.life(self.key, c.number[i], n)
        self.table_is_whole = False

    def _neighbours(self) -> None:
        """The table of neighbours, where it is no longer whole."""
        if self.table_is_whole:
            return
        n, cells = self.n, self.cells
        widest = float(cells.of("place")[:, 3].max()) if cells.count else 1.0
        edge, across = boxes.edge_of(n.reach, widest, float(self.skin.max()), n.side)
        box, held = np.empty(cells.count, np.int64), np.empty(cells.count, np.int64)
        begin = np.empty(across**3 + 1, np.int64)
        boxes.into_boxes(cells.count, cells.columns.place, n.side, edge, across, box, begin, held)
        if len(self.other) < cells.count:
            self.other = np.empty((len(cells.columns.kind), self.other.shape[1]), np.int32)
            self.many = np.empty(len(self.other), np.int32)
        while True:
            rest = (cells.columns, n.reach, self.skin, boxes.Boxes(box, begin, held, across), self.other, self.many)
            most = max(self._parts(boxes.neighbours, cells.count, *rest))
            if most <= self.other.shape[1]:
                break
            self.other = np.empty((len(self.other), most + most // 4), np.int32)
        self.table_is_whole = True

    def _breathe(self) -> None:
        """Oxygen in balance with the cells as they stand."""
        n, cells, c = self.n, self.cells, self.cells.columns
        amount = np.where(cells.of("kind") == law.CAR_T, n.car_t_oxygen_use, n.oxygen_use)
        state = cells.of("state")
        amount *= np.where(state == law.ALIVE, 1.0, np.where(state == law.LYSED, 0.0, n.dead_use))
        amount *= (c.fluid + c.nuclear + c.cytoplasm)[: cells.count] / n.voxel**3
        medium = fields.Medium(n.oxygen_spread, n.oxygen_decay, n.voxel, True)
        if n.split > 0:
            self._split(medium, amount)
            return
        use = np.zeros_like(self.oxygen)
        fields.deposit(cells.count, c.place, amount, n.side, n.voxel, use)
        self._solve(self.oxygen, fields.Terms(use, np.zeros_like(use), self.oxygen, 0.0), medium, n.exactness)

    def _split(self, medium: fields.Medium, amount: Floats) -> None:
        """Oxygen as split steps leave it, cell after cell taking up its share; until a step changes nothing more."""
        n, u = self.n, self.oxygen
        logs = np.zeros_like(u)
        fields.deposit(self.cells.count, self.cells.columns.place, np.log1p(n.split * amount), n.side, n.voxel, logs)
        left, room = np.exp(-logs), np.empty((2, len(u)))
        for _ in range(100 * SWEEPS):
            before = u.copy()
            fields.split(u, left, n.split, n.oxygen_face, medium, *room)
            if np.abs(u - before).max() < 0.1 * n.exactness:
                return
        raise EngineError("oxygen does not come to rest", mend="leave the numbers of its spread and use as they were")

    def _secrete(self) -> None:
        """The factor, one tick on."""
        n, cells, c = self.n, self.cells, self.cells.columns
        alive = (cells.of("kind") == law.TUMOUR) & (cells.of("state") == law.ALIVE)
        amount = np.where(alive, n.factor_release / n.voxel**3, 0.0)
        amount *= (c.fluid + c.nuclear + c.cytoplasm)[: cells.count]
        use = np.zeros_like(self.factor)
        fields.deposit(cells.count, c.place, amount, n.side, n.voxel, use)
        medium = fields.Medium(n.factor_spread, n.factor_decay, n.voxel, False)
        self._solve(self.factor, fields.Terms(use, use, self.factor.copy(), 1.0 / n.tick), medium, EXACT)

    def _solve(self, u: Floats, terms: fields.Terms, medium: fields.Medium, exact: float) -> None:
        for _ in range(SWEEPS):
            change = 0.0
            for colour in (0, 1):
                change = max(change, *self._parts(_planes(colour), len(u), u, terms, medium, OMEGA))
            self.sweeps += 1
            if change < exact:
                return
        raise EngineError("a field does not come to rest", mend="leave the numbers of its spread and use as they were")

    def _live(self) -> None:
        """One tick of the cells' own clocks; who divides, who dies, who goes."""
        n, cells = self.n, self.cells
        oxygen = self.oxygen_at()
        moment = self.ticks
        self._parts(living.tick, cells.count, n.tick, self.key, moment, self.minutes, oxygen, cells.columns, n)
        becomes = cells.of("becomes")
        if not becomes.any() and self.ticks % SORTED:
            return
        dying = np.flatnonzero(becomes == living.DIES)
        c = cells.columns
        held = c.partner[dying]
        c.partner[held[held >= 0]] = -1
        self.lost += int((held >= 0).sum())
        c.partner[dying], c.state[dying], c.timer[dying] = -1, law.APOPTOTIC, 0.0
        mothers = np.flatnonzero(becomes == living.DIVIDES)
        going = becomes == living.GOES
        if len(mothers):
            self._room(len(mothers))
            new = cells.added(len(mothers))
            living.divide(mothers, new.start, self.key, moment, cells.columns, n)
        if going.any() or self.ticks % SORTED == 0:
            going = np.concatenate([going, np.zeros(cells.count - len(going), bool)])
            self._arrange(~going)
        self.table_is_whole = False

    def _arrange(self, kept: NDArray[np.bool_]) -> None:
        """Takes the others away; every SORTED ticks neighbours in space become neighbours in memory."""
        order = np.flatnonzero(kept)
        if self.ticks % SORTED == 0:
            place = self.cells.of("place")[order, :3]
            a, b, c = ((place + self.n.side / 2) // 22.0).astype(np.int64).T
            order = order[np.argsort((c * 4096 + b) * 4096 + a, kind="stable")]
        self.cells.arrange(order)


def _planes(colour: int) -> Callable[..., float]:
    """The sweep of one colour, over a range of planes: planes of one colour do not read one another."""
    return lambda first, last, *rest: fields.sweep(colour, first, last, *rest)
