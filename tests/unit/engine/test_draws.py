import numpy as np
import pytest
from scipy import stats

from livingdrug import rng

VECTORS = [  # Random123, kat_vectors, philox4x32 10: counter, key, result
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text):
    return [int(x, 16) for x in text.split()]


@pytest.mark.parametrize("counter, key, result", VECTORS)
def test_published_vectors(counter, key, result):
    assert rng.philox(words(counter), words(key)).tolist() == words(result)


def test_a_draw_depends_on_its_four_names_alone():
    ids = np.arange(1000)
    u = rng.uniform(7, ids, "weight")
    np.testing.assert_array_equal(u[::-1][:10], rng.uniform(7, ids[::-1][:10], "weight"))
    assert rng.uniform(7, 421, "weight")[0] == u[421]
    for other in (
        rng.uniform(8, ids, "weight"),
        rng.uniform(7, ids, "height"),
        rng.uniform(7, ids, "weight", 1),
        rng.uniform(7, ids + 2**32, "weight"),
    ):
        assert abs(np.corrcoef(u, other)[0, 1]) < 0.1 and not np.isin(other, u).any()


def test_laws():
    ids = np.arange(50_000)
    u = rng.uniform(1, ids, "x")
    assert 0 < u.min() and u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 0.001
    assert stats.kstest(rng.normal(1, ids, "x"), "norm").pvalue > 0.001


def test_the_hash_is_the_public_one():
    h = 0xCBF29CE484222325
    for byte in b"1:weight":
        h = (h ^ byte) * 0x100000001B3 % 2**64
    assert rng.key(1, "weight") == h


def test_the_kernel_draws_the_same_numbers(plain):
    occurrence = np.arange(20)
    expected = rng.uniform(3, 12345678901, "clone x grow", occurrence)
    key = np.uint64(rng.key(3, "clone x grow"))
    found = [plain.kernel.uniforms(key, np.uint64(12345678901), np.uint64(k))[0] for k in occurrence]
    np.testing.assert_array_equal(found, expected)
