"""Checks of a solution: re-flight, mesh error, costates, optimality."""
