"""Vehicles, launch sites and orbits: the figures, where they come from, and how well they are known.

`load_vehicle("falcon9")` returns a frozen `Vehicle` whose leaves are `Figure`s (value, band, unit, status, source). A
file that cannot be used raises `VehicleError`, which tells every mistake in one line each.
"""
