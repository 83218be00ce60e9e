"""CAR-T cell therapy in silico, from vein to vein, beside the trials that test it in people."""

__version__ = "0.1.0"
