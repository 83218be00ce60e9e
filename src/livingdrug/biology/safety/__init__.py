"""Safety switches: what is built into the cells so that a drug given later can remove them."""
