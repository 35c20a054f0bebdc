"""Landers, the parameters taken from a vehicle, and the quantities that can be limited along a flight."""
