"""Population values fitted to published results on the fast engine, and written back with what was fitted to what."""
