"""Models that others published, one file each, in our language; their numbers are in `library/models`."""
