"""The figures of a flight that events are stated of, as functions of phase ends and parameters."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from hoverslam.flights.craft.conditions import norm
from hoverslam.flights.hop.case import HopCase
from hoverslam.flights.hop.events import WITH_COAST
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight


def event_value(case: HopCase, name: str) -> Callable[[Named, Named], Array]:
    """Return the function of phase ends and parameters that gives an event of :class:`HopEvents` (SI), by its name."""
    height, top, flow = case.height, case.top, Flight(case.ground, "descent", case.wind).flow

    def mach(state: Named) -> Array:
        _, air, _, speed_squared = flow(state)
        return jnp.sqrt(speed_squared) / air.speed_of_sound

    known: dict[str, Callable[[Named, Named], Array]] = {
        "apogee": lambda e, p: height(e[top].final.position),
        "distance": lambda e, p: e.landing.final.position[0],
        "total_time": lambda e, p: e.landing.final_time,
        "cutoff_time": lambda e, p: e.climb.final_time,
        "cutoff_height": lambda e, p: height(e.climb.final.position),
        "cutoff_speed": lambda e, p: norm(e.climb.final.velocity),
        "coast_time": lambda e, p: e.landing.initial_time - e.climb.final_time,
        "relight_height": lambda e, p: height(e.landing.initial.position),
        "relight_speed": lambda e, p: norm(e.landing.initial.velocity),
        "relight_mach": lambda e, p: mach(e.landing.initial),
    }
    assert case.relight or name not in WITH_COAST
    return known[name]
