"""LU decomposition of a matrix whose zeros are known beforehand, as straight-line statements without pivoting."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Pattern = Iterable[tuple[int, int]]


def markowitz(size: int, pattern: Pattern) -> list[int]:
    """Order of elimination that keeps new non-zeros few: always the diagonal with the least rows times columns."""
    rows: dict[int, set[int]] = {i: {i} for i in range(size)}
    for i, j in pattern:
        rows[i].add(j)
    left, order = set(range(size)), []
    while left:
        best = min(left, key=lambda p: ((len(rows[p]) - 1) * (sum(p in rows[r] for r in left) - 1), p))
        order.append(best)
        left.discard(best)
        for r in left:
            if best in rows[r]:
                rows[r] |= rows[best] & left
                rows[r].discard(best)
    return order


class SparseLU:
    """Where each entry is kept, and the statements that factorise and solve; `at` prints entry k of the matrix."""

    def __init__(self, size: int, pattern: Pattern) -> None:
        self.size, self.pattern = size, list(pattern)
        self.order = markowitz(size, self.pattern)
        place = {p: i for i, p in enumerate(self.order)}
        rows: list[set[int]] = [{i} for i in range(size)]  # in the order of elimination
        for i, j in self.pattern:
            rows[place[i]].add(place[j])
        for k in range(size):
            for i in range(k + 1, size):
                if k in rows[i]:
                    rows[i] |= {j for j in rows[k] if j > k}
        self.rows = rows
        self.slot = {(i, j): n for n, (i, j) in enumerate((i, j) for i in range(size) for j in sorted(rows[i]))}
        self.entry = {(i, j): self.slot[place[i], place[j]] for i, j in [*self.pattern, *((i, i) for i in range(size))]}

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def fill(self) -> list[int]:
        """Entries that are zero in the matrix but not in its factors."""
        return sorted(set(self.slot.values()) - set(self.entry.values()))

    def factor(self, at: Callable[[int], str]) -> list[str]:
        """Statements that turn the entries into the factors; each diagonal entry becomes its inverse."""
        s, out = self.slot, []
        for i in range(self.size):
            for k in sorted(c for c in self.rows[i] if c < i):
                out.append(f"{at(s[i, k])} = {at(s[i, k])}*{at(s[k, k])}")
                for j in sorted(c for c in self.rows[k] if c > k):
                    product = f"{at(s[i, k])}*{at(s[k, j])}"
                    fresh = s[i, j] in self.fill and not any(line.startswith(f"{at(s[i, j])} = ") for line in out)
                    out.append(f"{at(s[i, j])} = -{product}" if fresh else f"{at(s[i, j])} = {at(s[i, j])} - {product}")
            out.append(f"{at(s[i, i])} = 1.0/{at(s[i, i])}")
        return out

    def solve(self, at: Callable[[int], str], b: Callable[[int], str]) -> list[str]:
        """Statements that solve in place for the right-hand side b(state)."""
        s, p, out = self.slot, self.order, []
        for i in range(self.size):
            terms = "".join(f" - {at(s[i, k])}*{b(p[k])}" for k in sorted(c for c in self.rows[i] if c < i))
            if terms:
                out.append(f"{b(p[i])} = {b(p[i])}{terms}")
        for i in reversed(range(self.size)):
            terms = "".join(f" - {at(s[i, j])}*{b(p[j])}" for j in sorted(c for c in self.rows[i] if c > i))
            out.append(f"{b(p[i])} = ({b(p[i])}{terms})*{at(s[i, i])}")
        return out
