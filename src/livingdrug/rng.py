"""Counter-based random numbers: a pure function of (seed, patient, what, occurrence).

Arms, batches and machines have common random numbers: the same patient, the same draws.

Philox4x32-10 [salmon2011, doi:10.1145/2063384.2063405], keyed by the FNV-1a hash of "seed:what", counting (patient,
occurrence).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def key(seed: int, what: str) -> int:
    """The 64-bit key of one stream: FNV-1a of "seed:what"."""
    h = 0xCBF29CE484222325
    for byte in f"{int(seed)}:{what}".encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def philox(counter: ArrayLike, key: ArrayLike) -> NDArray[np.uint64]:
    """Philox4x32-10: counter words (..., 4) and key words (..., 2) to random words (..., 4), 32 bits each."""
    c = np.asarray(counter, np.uint64)
    k = np.asarray(key, np.uint64)
    c0, c1, c2, c3 = (c[..., i] for i in range(4))
    k0, k1 = k[..., 0], k[..., 1]
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1)


def uniform(seed: int, patients: ArrayLike, what: str, occurrence: ArrayLike = 0) -> NDArray[np.float64]:
    """Uniform draws in the open interval (0, 1), one per patient (n,)."""
    who, when = np.broadcast_arrays(
        np.atleast_1d(np.asarray(patients)).astype(np.uint64), np.asarray(occurrence).astype(np.uint64)
    )
    if not who.size:
        return np.zeros(who.shape)
    k = np.uint64(key(seed, what))
    counter = np.stack([who & _LOW, who >> _HALF, when & _LOW, when >> _HALF], axis=-1)
    words = philox(counter, np.array([k & _LOW, k >> _HALF]))
    whole = (words[..., 0] << np.uint64(20)) | (words[..., 1] >> np.uint64(12))  # 52 bits
    return (whole.astype(np.float64) + 0.5) * 2.0**-52


def normal(seed: int, patients: ArrayLike, what: str, occurrence: ArrayLike = 0) -> NDArray[np.float64]:
    """Standard normal draws, one per patient (n,): the normal quantile of the uniform draw."""
    from scipy.special import ndtri

    return ndtri(uniform(seed, patients, what, occurrence))
