"""One file per registry: how its record is read into a Study, and how its interface is asked."""
