"""What all tests share: compiled JAX functions on disk between tests and runs, none in memory between files, long files first.

Compiled functions are kept in pytest's cache folder: tests that compile the same flight share them, and the next run finds
them. In memory they are dropped after each test file, since a process that runs many files would otherwise keep all of them.
"""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LONGEST = (
    "flights/test_reconstruction.py", "margins/test_perfect.py", "studies/test_cost_chain.py", "margins/test_recovery.py",
    "physics/test_equations_translated.py", "flights/test_calibration.py", "flights/test_rigid_landing.py",
    "flights/test_reachability.py", "flights/test_landing_starts.py", "ocp/test_published_optima.py", "flights/test_launch.py",
    "flights/test_random_landings.py", "flights/test_launch_structure.py", "flights/test_landing.py",
    "studies/test_comparison.py", "flights/test_hop.py", "margins/test_margin.py", "studies/test_sweeps.py",
)  # fmt: skip
"""Files that take longest, in the order in which they start: where a worker takes whole files, the last ones are short.

pytest-xdist must keep this order (``--no-loadscope-reorder``): by itself it begins with the files that have most tests.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first; tests of a file keep their order."""
    tests = Path(__file__).parent
    places = {tests / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_configure(config: pytest.Config) -> None:
    """Set before JAX is imported, and inherited by the processes that tests start."""
    if config.cache is not None:
        os.environ.setdefault("HOVERSLAM_CACHE", str(config.cache.mkdir("hoverslam")))
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir("jax")))
        # By default only what takes a second to compile is kept; files share many smaller functions.
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    # Launches that tests solve neither start from the user's stored flights nor are kept among them.
    os.environ["HOVERSLAM_SOLUTIONS"] = ""


@pytest.fixture(scope="module", autouse=True)
def _memory_returned_after_each_file() -> Iterator[None]:
    """Drop what JAX compiled for the tests of a file, so that a worker's memory does not grow from file to file."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library other than glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)  # glibc keeps freed memory unless told
