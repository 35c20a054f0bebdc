"""Equations of motion as pure JAX functions in double precision: the one source for solver, verifier and Monte Carlo.

The modules do not depend on how a flight is solved or on a particular vehicle; vehicle figures are arguments. Curves (drag
over Mach number, wind and density over altitude) are in ``files``. All quantities are in SI units. All functions are twice
continuously differentiable in the range that a solver can reach.
"""

import jax
import lazy_loader

jax.config.update("jax_enable_x64", True)  # before any array exists

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
