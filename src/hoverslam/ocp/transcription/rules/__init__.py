"""Rules that translate JAX primitives into CasADi expressions, by subject."""
