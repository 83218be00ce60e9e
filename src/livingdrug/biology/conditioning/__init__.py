"""What is given before the cells, and what it does to the host."""
