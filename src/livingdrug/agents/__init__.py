"""A tumour cell by cell: agents off any lattice in three dimensions, CAR-T among them, oxygen around."""
