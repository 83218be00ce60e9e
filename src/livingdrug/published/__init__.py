"""Published CAR-T models behind one interface: dose, conditioning, observation.

Stands above the engine: imports model, biology, library and engine; imported files (`sbml`) are run by its integrator.
"""
