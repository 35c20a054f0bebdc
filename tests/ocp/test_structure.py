"""Keys by structure, which decide which problems share translated and compiled functions, and the bounded cache."""

import sys
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import soft_landing

from hoverslam.ocp.checks.executables import COMPILED
from hoverslam.ocp.solved import solve
from hoverslam.ocp.transcription.local import TRANSLATED
from hoverslam.ocp.transcription.structure import StructureCache, structure_of

GRAVITY = 9.81


def scaled(factor):
    return lambda x: factor * x


def falling(x):
    return -GRAVITY + 0.0 * x


class Spring(eqx.Module):
    stiffness: jnp.ndarray

    def force(self, x):
        return -self.stiffness * x


class Unknown:
    """An object whose contents cannot be told."""


def test_functions_with_equal_closures_are_alike_and_with_other_closures_are_not():
    assert structure_of(scaled(2.0)) == structure_of(scaled(2.0))
    assert hash(structure_of(scaled(2.0))) == hash(structure_of(scaled(2.0)))
    assert structure_of(scaled(2.0)) != structure_of(scaled(3.0))
    assert structure_of(scaled(2.0)) != structure_of(scaled(2))
    assert structure_of(scaled(np.arange(3.0))) == structure_of(scaled(np.arange(3.0)))
    assert structure_of(scaled(np.arange(3.0))) != structure_of(scaled(np.ones(3)))


def test_a_global_constant_that_changes_makes_another_function(monkeypatch):
    before = structure_of(falling)
    monkeypatch.setattr(sys.modules[__name__], "GRAVITY", 3.71)
    assert structure_of(falling) != before


def test_methods_of_equal_modules_are_alike():
    assert structure_of(Spring(jnp.array(2.0)).force) == structure_of(Spring(jnp.array(2.0)).force)
    assert structure_of(Spring(jnp.array(2.0)).force) != structure_of(Spring(jnp.array(3.0)).force)


def test_an_object_of_unknown_kind_is_alike_only_to_itself():
    one, other = Unknown(), Unknown()
    assert structure_of(scaled(one)) == structure_of(scaled(one))
    assert structure_of(scaled(one)) != structure_of(scaled(other))


def test_a_function_that_calls_itself_has_a_key():
    def countdown(x):
        return x if x < 1 else countdown(x - 1)

    assert structure_of(countdown) == structure_of(countdown)


def test_the_least_recently_used_entry_goes_when_the_cache_is_full():
    cache = StructureCache(2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda key=key: key.upper())
    assert len(cache) == 2
    assert cache.get("a", lambda: "made again") == "A"
    assert cache.get("b", lambda: "made again") == "made again"
    cache.clear()
    assert len(cache) == 0


def test_a_problem_stated_again_translates_and_compiles_nothing():
    first = solve(soft_landing.problem())
    known = len(TRANSLATED), len(COMPILED)
    made = []
    get = StructureCache.get
    try:
        StructureCache.get = lambda cache, key, make: get(cache, key, lambda: made.append(key) or make())
        second = solve(soft_landing.problem())
    finally:
        StructureCache.get = get
    assert made == []
    assert (len(TRANSLATED), len(COMPILED)) == known
    assert second.objective == first.objective
