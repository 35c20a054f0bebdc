"""Equations of motion of a fit: those of every flight here, with the engine rating and the drag as parameters."""

from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.observation import mission_frame
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight, Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.physics.splines import Spline
from hoverslam.vehicles.missions import Mission

# Mach numbers at which a factor on the generic descent drag curve is estimated; a spline passes through them.
DRAG_MACHS = np.array([0.5, 0.9, 1.1, 1.4, 1.8, 2.4, 3.2, 5.0])
DRAG_NAMES = tuple(f"aero.descent_axial_at_{mach:g}" for mach in DRAG_MACHS)
_DRAG_WEIGHTS = Spline(DRAG_MACHS, np.eye(len(DRAG_MACHS)))
# Number of cached modules of equations: a mission has about six, so that this suffices for one calibration.
_KEPT = 64


class FitLaws(eqx.Module):
    """Equations of motion of one regime of one mission, with the figures that a fit estimates.

    Attributes:
        flight: The equations.
        engines: Number of burning engines.
        mission: Name of the mission, whose own parameters are used.
    """

    flight: Flight
    engines: int = eqx.field(static=True)
    mission: str = eqx.field(static=True)

    def rates(self, state: Named, control: Named, p: Named) -> dict[str, Array]:
        """Return state rates; see :class:`hoverslam.physics.motion.Flight`."""
        rates: dict[str, Array] = self.flight.rates(state, control, self._inputs(state, p))
        return rates

    def coast_rates(self, state: Named, control: Named, p: Named) -> dict[str, Array]:
        """Return state rates with engines off and the axis along the flow."""
        rates: dict[str, Array] = self.flight.coast_rates(state, control, self._inputs(state, p))
        return rates

    def _inputs(self, state: Named, p: Named) -> Inputs:
        off = Propulsion.off()
        lit, rating = vehicle_parameters.ascent_inputs(self.engines)(p), p[f"{self.mission}.rating"]
        burning = Propulsion(rating * lit.engines.thrust_vacuum, rating * lit.engines.mass_flow, lit.engines.exit_area)
        if self.flight.regime != "descent":
            return Inputs(burning, off, lit.shape)
        _, air, _, speed_squared = self.flight.flow(state)
        mach = jnp.sqrt(speed_squared) / air.speed_of_sound
        factor = _DRAG_WEIGHTS(mach) @ jnp.stack([p[name] for name in DRAG_NAMES])
        shape = Shape(
            p["stage1.base_area"],
            factor * p[f"{self.mission}.air"],
            p["aero.side_area_ratio"],
            p["aero.preserved_drag"],
        )
        return Inputs(burning, off, shape)


@lru_cache(maxsize=_KEPT)
def fit_laws(mission: Mission, regime: str, engines: int) -> FitLaws:
    """Return the equations of a segment: the same module for the same values, so that it is translated only once."""
    return FitLaws(Flight(mission_frame(mission), regime), engines, mission.name)
