"""Equations of motion as pure JAX functions in double precision: the one source for solver, verifier and Monte Carlo.

Nothing here knows how a flight is solved, reads a file, or knows a vehicle by name. Everything is in SI units and
twice continuously differentiable wherever a solver can go.
"""

import jax
import lazy_loader

jax.config.update("jax_enable_x64", True)  # before any array exists

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
