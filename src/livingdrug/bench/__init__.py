"""Speed and accuracy of the engine, and of other integrators in the same run."""
