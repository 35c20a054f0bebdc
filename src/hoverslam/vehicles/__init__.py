"""Vehicles, launch sites, orbits and missions: figures with their sources, and how well they are known.

``load_vehicle("falcon9")`` returns a frozen ``Vehicle`` whose leaves are ``Figure`` objects (value, band, unit, status,
source). A file that cannot be used raises ``VehicleError`` with one line per mistake.
"""
