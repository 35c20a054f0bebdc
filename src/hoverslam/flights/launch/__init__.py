"""The whole launch as one optimisation: ascent, upper stage and returning booster."""
