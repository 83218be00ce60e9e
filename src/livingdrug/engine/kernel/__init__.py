"""The hand-written time-stepping loop, copied into every generated file."""
