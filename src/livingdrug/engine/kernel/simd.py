"""Arithmetic of the compiled file: exp and log that the compiler can spread over the lanes."""
# ruff: noqa: F821, E741


# ---- copied into every generated file from here on ----
def lined_up(memory):
    """The memory from its first whole cache line of 64 bytes on."""
    return memory[-memory.ctypes.data % 64 // 8 :]


@compiled("float64(float64)")
def exp(x):
    """e**x for |x| <= 700 (clipped), by reduction to |r| < 0.35 and a polynomial of degree 12."""
    x = 700.0 if x > 700.0 else x
    x = -700.0 if x < -700.0 else x
    k = x * 1.4426950408889634 + 6755399441055744.0
    bits = as_bits(k)
    k = k - 6755399441055744.0
    r = x - k * 0.6931471805598903
    r = r - k * 5.497923018708371e-14
    r2 = r * r
    r4 = r2 * r2
    a = (1.0 + r) + (0.5 + r * (1.0 / 6)) * r2
    b = (1.0 / 24 + r * (1.0 / 120)) + (1.0 / 720 + r * (1.0 / 5040)) * r2
    c = 1.0 / 40320 + r * (1.0 / 362880) + (1.0 / 3628800 + r * (1.0 / 39916800)) * r2 + r4 * (1.0 / 479001600)
    return from_bits(as_bits(a + b * r4 + c * (r4 * r4)) + (bits << np.int64(52)))


@compiled("float64(float64)")
def log(x):
    """Natural logarithm of a positive normal number, by the series of atanh around sqrt(1/2)..sqrt(2)."""
    bits = as_bits(x)
    e = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    m = from_bits(bits - (e << np.int64(52)))
    k = from_bits(e + np.int64(0x4338000000000000)) - 6755399441055744.0
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    q = (
        (1.0 / 3 + z * (1.0 / 5))
        + z2 * (1.0 / 7 + z * (1.0 / 9))
        + z4 * ((1.0 / 11 + z * (1.0 / 13)) + z2 * (1.0 / 15 + z * (1.0 / 17)) + z4 * (1.0 / 19 + z * (1.0 / 21)))
    )
    return (2.0 * s + 2.0 * s * z * q + k * 1.9082149292705877e-10) + k * 0.693147180369123816490


@compiled("float64(float64, float64)")
def power(x, n):
    """x**n of a positive normal number (|n log2 x| clipped at 1000), by the logarithm to base 2 and back.

    log2 by atanh as above, 2**r for |r| < 1/2 by a polynomial of degree 10; both right to 6e-16.
    """
    bits = as_bits(x)
    e = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    m = from_bits(bits - (e << np.int64(52)))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    q = (
        (2.885390081777927 + z * 0.9617966939243345)
        + z2 * (0.5770780172463286 + z * 0.4121984020482752)
        + (z2 * z2) * ((0.32061638813224547 + z * 0.2614442493522915) + z2 * 0.2429160853987535)
    )
    y = n * (s * q + float(e))
    y = 1000.0 if y > 1000.0 else y
    y = -1000.0 if y < -1000.0 else y
    k = y + 6755399441055744.0
    bits = as_bits(k)
    r = y - (k - 6755399441055744.0)
    r2 = r * r
    r4 = r2 * r2
    a = (1.0 + r * 0.6931471805599462) + r2 * (0.24022650695910075 + r * 0.05550410866465167)
    b = (0.009618129107618665 + r * 0.0013333558200794592) + r2 * (0.00015403530424776529 + r * 1.5252672924850737e-5)
    c = (1.3215451633221434e-6 + r * 1.0205905413765595e-7) + r2 * 7.070977866508138e-9
    return from_bits(as_bits(a + r4 * (b + r4 * c)) + (bits << np.int64(52)))


@compiled("float64(float64)")
def sqrt(x):
    return np.sqrt(x)
