"""Landings with engines, as point masses and rigid bodies, and the map of reachable sites."""
