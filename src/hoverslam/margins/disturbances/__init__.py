"""Dispersions, draws from them, the motion of a disturbed booster, and the limits of a touchdown."""
