// Courses counted where they stand: in each row (a time and an observable), how many patients' values lie in which bin.
// A value's bin is the number of edges it has reached; nan is left out. Whole numbers, so their order does not matter.
#if defined(__CUDACC__)
#define EACH(i, n) for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x)
#define ONE_MORE(x) atomicAdd(&(x), 1ULL)
extern "C" __global__ void
#else
#define EACH(i, n) for (i64 i = 0; i < n; i++)
#define ONE_MORE(x) (x)++
extern "C" void
#endif
count_courses(const double *values, const double *edges, u64 *counts, i64 size, i64 rows, i64 bins) {
  EACH(i, size) {
    double x = values[i];
    if (x != x)
      continue;
    i64 reached = 0, most = bins - 1;
    while (reached < most) {
      i64 middle = (reached + most) / 2;
      if (x >= edges[middle])
        reached = middle + 1;
      else
        most = middle;
    }
    ONE_MORE(counts[i % rows * bins + reached]);
  }
}
