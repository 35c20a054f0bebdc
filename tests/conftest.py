"""What JAX compiles is kept in pytest's cache: tests that compile the same flight share it, the next run finds it."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Set before JAX is imported, and inherited by the processes that tests start."""
    if config.cache is not None:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir("jax")))
