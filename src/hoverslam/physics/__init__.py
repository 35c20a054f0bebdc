"""Equations of motion as pure JAX functions in double precision: the one source for solver, verifier and Monte Carlo.

Nothing here knows how a flight is solved, reads a file, or knows a vehicle by name. Everything is in SI units and
twice continuously differentiable wherever a solver can go.
"""

import jax

jax.config.update("jax_enable_x64", True)

from hoverslam.physics.aerodynamics import (  # noqa: E402 - double precision must be set before any array exists
    ascent_drag_coefficient,
    descent_axial_coefficient,
    plume_shielding,
    stagnation_heating,
)
from hoverslam.physics.atmosphere import Air, air_at  # noqa: E402
from hoverslam.physics.earth import FlatGround, LaunchFrame, geodetic_to_ecef, gravity  # noqa: E402
from hoverslam.physics.motion import Flight, PoweredDescent, Propulsion, Shape  # noqa: E402
from hoverslam.physics.rigid_body import (  # noqa: E402
    Body,
    Ellipsoid,
    Fins,
    FixedBody,
    RigidFlight,
    RigidInputs,
    SolidCylinder,
    TankBody,
)
from hoverslam.physics.winds import WIND_PERCENTILES, Wind, no_wind, percentile_wind  # noqa: E402

__all__ = [
    "WIND_PERCENTILES",
    "Air",
    "Body",
    "Ellipsoid",
    "Fins",
    "FixedBody",
    "FlatGround",
    "Flight",
    "LaunchFrame",
    "PoweredDescent",
    "Propulsion",
    "RigidFlight",
    "RigidInputs",
    "Shape",
    "SolidCylinder",
    "TankBody",
    "Wind",
    "air_at",
    "ascent_drag_coefficient",
    "descent_axial_coefficient",
    "geodetic_to_ecef",
    "gravity",
    "no_wind",
    "percentile_wind",
    "plume_shielding",
    "stagnation_heating",
]
