"""Equations of motion of an upper stage in a fit: in vacuum, with thrust and specific impulse as parameters."""

from functools import lru_cache

import equinox as eqx
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.observation import mission_frame
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.missions import Mission

_KEPT = 32  # number of cached modules of equations: a mission has two


class UpperLaws(eqx.Module):
    """Equations of motion of one mission's upper stage.

    Attributes:
        flight: The equations.
        engines: Number of burning engines.
    """

    flight: Flight
    engines: int = eqx.field(static=True)

    def rates(self, state: Named, control: Named, p: Named) -> dict[str, Array]:
        """Return state rates; see :class:`hoverslam.physics.motion.Flight`."""
        rates: dict[str, Array] = self.flight.rates(state, control, vehicle_parameters.upper_inputs(self.engines)(p))
        return rates

    def coast_rates(self, state: Named, control: Named, p: Named) -> dict[str, Array]:
        """Return state rates with the engine off."""
        rates: dict[str, Array] = self.flight.coast_rates(state, control, vehicle_parameters.upper_inputs(0)(p))
        return rates


@lru_cache(maxsize=_KEPT)
def upper_laws(mission: Mission, engines: int) -> UpperLaws:
    """Return the equations of a segment: the same module for the same values, so that it is translated only once."""
    return UpperLaws(Flight(mission_frame(mission), "vacuum"), engines)
