"""CAR-T made in the body: what carries the gene to T cells, and the cells that come of it."""
