"""The flight problems: what a vehicle engineer solves."""
