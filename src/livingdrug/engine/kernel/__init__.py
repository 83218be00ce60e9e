"""The hand-written time-stepping loop over SIMD lanes of patients, copied into every generated file."""
