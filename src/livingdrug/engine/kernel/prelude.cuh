// What the printed kernel stands on, for the CUDA compilers (nvcc, NVRTC) and for any C++17 compiler of a processor.
#if defined(__CUDACC__)
#define FN_HERE static __device__
#define FN_APART static __device__ __noinline__
#define FN_INLINE static __device__ __forceinline__
#define FN_TABLE static __constant__
#else
#include <cmath>
#include <cstring>
#define FN_HERE static
#define FN_APART static
#define FN_INLINE static inline
#define FN_TABLE static const
#endif

namespace patient {
typedef long long i64;
typedef unsigned long long u64;

template <class T> struct Array {
  T *at;
  i64 n[3];
};
struct Pair {
  double at[2];
};

#if defined(__CUDACC__)
FN_INLINE i64 as_bits(double x) { return __double_as_longlong(x); }
FN_INLINE double from_bits(i64 x) { return __longlong_as_double(x); }
FN_INLINE double sqrt(double x) { return ::sqrt(x); }
FN_INLINE double floor(double x) { return ::floor(x); }
FN_INLINE double ceil(double x) { return ::ceil(x); }
#else
FN_INLINE i64 as_bits(double x) { i64 y; std::memcpy(&y, &x, 8); return y; }
FN_INLINE double from_bits(i64 x) { double y; std::memcpy(&y, &x, 8); return y; }
FN_INLINE double sqrt(double x) { return std::sqrt(x); }
FN_INLINE double floor(double x) { return std::floor(x); }
FN_INLINE double ceil(double x) { return std::ceil(x); }
#endif
#define INF_ from_bits(0x7FF0000000000000LL)
#define NAN_ from_bits(0x7FF8000000000000LL)

FN_INLINE double least(double a, double b) { return b < a ? b : a; }
FN_INLINE i64 least(i64 a, i64 b) { return b < a ? b : a; }
FN_INLINE double most(double a, double b) { return b > a ? b : a; }
FN_INLINE i64 most(i64 a, i64 b) { return b > a ? b : a; }
FN_INLINE double absolute(double a) { return a < 0.0 ? -a : a; }
FN_INLINE i64 absolute(i64 a) { return a < 0 ? -a : a; }
FN_INLINE void wide() {}

// exp, log and power as in simd.py, so that a patient's course is the same on every device
FN_INLINE double exp(double x) {
  x = x > 700.0 ? 700.0 : x;
  x = x < -700.0 ? -700.0 : x;
  double k = x * 1.4426950408889634 + 6755399441055744.0;
  i64 bits = as_bits(k);
  k = k - 6755399441055744.0;
  double r = x - k * 0.6931471805598903;
  r = r - k * 5.497923018708371e-14;
  double r2 = r * r, r4 = r2 * r2;
  double a = (1.0 + r) + (0.5 + r * (1.0 / 6)) * r2;
  double b = (1.0 / 24 + r * (1.0 / 120)) + (1.0 / 720 + r * (1.0 / 5040)) * r2;
  double c = 1.0 / 40320 + r * (1.0 / 362880) + (1.0 / 3628800 + r * (1.0 / 39916800)) * r2 + r4 * (1.0 / 479001600);
  return from_bits(as_bits(a + b * r4 + c * (r4 * r4)) + (i64)((u64)bits << 52));
}

FN_INLINE double log(double x) {
  i64 bits = as_bits(x);
  i64 e = (bits - 0x3FE6A09E667F3BCDLL) >> 52;
  double m = from_bits(bits - (i64)((u64)e << 52));
  double k = from_bits(e + 0x4338000000000000LL) - 6755399441055744.0;
  double s = (m - 1.0) / (m + 1.0), z = s * s, z2 = z * z, z4 = z2 * z2;
  double q = (1.0 / 3 + z * (1.0 / 5)) + z2 * (1.0 / 7 + z * (1.0 / 9)) +
             z4 * ((1.0 / 11 + z * (1.0 / 13)) + z2 * (1.0 / 15 + z * (1.0 / 17)) + z4 * (1.0 / 19 + z * (1.0 / 21)));
  return (2.0 * s + 2.0 * s * z * q + k * 1.9082149292705877e-10) + k * 0.693147180369123816490;
}

FN_INLINE double power(double x, double n) {
  i64 bits = as_bits(x);
  i64 e = (bits - 0x3FE6A09E667F3BCDLL) >> 52;
  double m = from_bits(bits - (i64)((u64)e << 52));
  double s = (m - 1.0) / (m + 1.0), z = s * s, z2 = z * z;
  double q = (2.885390081777927 + z * 0.9617966939243345) + z2 * (0.5770780172463286 + z * 0.4121984020482752) +
             (z2 * z2) * ((0.32061638813224547 + z * 0.2614442493522915) + z2 * 0.2429160853987535);
  double y = n * (s * q + (double)e);
  y = y > 1000.0 ? 1000.0 : y;
  y = y < -1000.0 ? -1000.0 : y;
  double k = y + 6755399441055744.0;
  bits = as_bits(k);
  double r = y - (k - 6755399441055744.0), r2 = r * r, r4 = r2 * r2;
  double a = (1.0 + r * 0.6931471805599462) + r2 * (0.24022650695910075 + r * 0.05550410866465167);
  double b = (0.009618129107618665 + r * 0.0013333558200794592) +
             r2 * (0.00015403530424776529 + r * 1.5252672924850737e-5);
  double c = (1.3215451633221434e-6 + r * 1.0205905413765595e-7) + r2 * 7.070977866508138e-9;
  return from_bits(as_bits(a + r4 * (b + r4 * c)) + (i64)((u64)bits << 52));
}

