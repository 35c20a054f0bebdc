"""Thrust and mass flow of rocket engines: proportional to the throttle, with back pressure on the nozzle exit."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from hoverslam.physics.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY

_NOZZLE_FULL = (
    0.15  # thrust over full thrust at which tanh(1) = 76 % of the nozzle's exit area is filled by the exhaust
)
_DIVISION_OFFSET = 1e-12  # keeps the filled share finite when no engine is lit


class Propulsion(NamedTuple):
    """Lit engines of one kind, taken together.

    Attributes:
        thrust_vacuum: Thrust in vacuum at full throttle (N).
        mass_flow: Propellant flow at full throttle (kg/s).
        exit_area: Area of the nozzle exits, on which the air pressure acts (m2).
    """

    thrust_vacuum: Array | float
    mass_flow: Array | float
    exit_area: Array | float

    @classmethod
    def cluster(cls, count: float, thrust_sea_level: float, isp_sea_level: float, isp_vacuum: float) -> "Propulsion":
        """Return ``count`` engines described at sea level and in vacuum. The mass flow is the same in both.

        Args:
            count: Number of engines.
            thrust_sea_level: Thrust of one engine at sea level and full throttle (N).
            isp_sea_level: Specific impulse at sea level (s).
            isp_vacuum: Specific impulse in vacuum (s).
        """
        mass_flow = count * thrust_sea_level / (STANDARD_GRAVITY * isp_sea_level)
        thrust_vacuum = mass_flow * STANDARD_GRAVITY * isp_vacuum
        return cls(thrust_vacuum, mass_flow, (thrust_vacuum - count * thrust_sea_level) / SEA_LEVEL_PRESSURE)

    @classmethod
    def vacuum(cls, count: float, thrust_vacuum: float, isp_vacuum: float) -> "Propulsion":
        """Return ``count`` upper-stage engines from the thrust of one (N) and the specific impulse (s) in vacuum.

        The back pressure on the nozzle exit is neglected.
        """
        return cls(count * thrust_vacuum, count * thrust_vacuum / (STANDARD_GRAVITY * isp_vacuum), 0.0)

    @classmethod
    def off(cls) -> "Propulsion":
        """Return no engine: zero thrust, flow and exit area."""
        return cls(0.0, 0.0, 0.0)


def thrust_and_mass_flow(
    throttle: Array, pressure: Array | None, engines: Propulsion, fixed: Propulsion
) -> tuple[Array, Array]:
    """Return thrust (N) and propellant flow (kg/s) of all lit engines.

    Args:
        throttle: Throttle of ``engines``, 1 at rated thrust.
        pressure: Air pressure (Pa); None in vacuum.
        engines: Engines that are throttled.
        fixed: Engines that burn beside them at full thrust.
    """
    thrust = throttle * engines.thrust_vacuum + fixed.thrust_vacuum
    mass_flow = throttle * engines.mass_flow + fixed.mass_flow
    if pressure is None:
        return thrust, mass_flow
    return thrust - (engines.exit_area + fixed.exit_area) * pressure, mass_flow


def thrust_at_level(level: Array, pressure: Array | None, engine: Propulsion, lit: Array | float) -> Array:
    """Return the thrust (N) of engines that start up or shut down.

    Back pressure acts on the nozzles that the exhaust fills. Their number grows from zero to ``lit`` with the level.

    Args:
        level: Total thrust in units of one engine at full throttle.
        pressure: Air pressure (Pa); None in vacuum.
        engine: One engine.
        lit: Number of lit engines.
    """
    if pressure is None:
        return level * engine.thrust_vacuum
    filled = lit * jnp.tanh(level / (_NOZZLE_FULL * lit + _DIVISION_OFFSET))
    return level * engine.thrust_vacuum - filled * engine.exit_area * pressure
