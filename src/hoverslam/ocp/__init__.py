"""The optimal-control engine, independent of rockets: state a problem, transcribe, solve, verify."""

import jax
import lazy_loader

jax.config.update("jax_enable_x64", True)  # before any array exists

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
