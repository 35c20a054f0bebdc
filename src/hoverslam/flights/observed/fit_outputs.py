"""What a fit estimates: functions of the phase ends and the parameters."""

from collections.abc import Callable
from typing import TypeAlias

from jax import Array

from hoverslam.ocp.statement.names import Named

Output: TypeAlias = Callable[[Named, Named], Array]
"""Function of the phase ends and the parameters."""


def parameter_of(name: str) -> Output:
    """Return the function for a parameter."""
    return lambda e, p: p[name]


def end_of(phase: str, *keys: str) -> Output:
    """Return the function for an entry of a phase's ends, such as ``initial``, ``mass``."""

    def value(e: Named, p: Named) -> Array:
        found = e[phase]
        for key in keys:
            found = found[key]
        entry: Array = found
        return entry

    return value


def burned(first: str, last: str) -> Output:
    """Return the function for the mass lost from the start of one phase to the end of another."""
    return lambda e, p: e[first].initial.mass - e[last].final.mass
