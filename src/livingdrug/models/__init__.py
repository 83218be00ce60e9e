"""Published CAR-T models and imported files behind one interface: dose, conditioning, observation.

Stands above the engine: imports model, biology, library and engine, and is imported by the command line only.
"""
