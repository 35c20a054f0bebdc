from .aerodynamics import (
    ascent_drag_coefficient,
    descent_axial_coefficient,
    plume_shielding,
    stagnation_heating,
)
from .atmosphere import Air, air_at
from .earth import FlatGround, LaunchFrame, geodetic_to_ecef, gravity
from .motion import Flight, PoweredDescent, Shape
from .propulsion import Propulsion
from .rigid_body import (
    Body,
    Ellipsoid,
    Fins,
    FixedBody,
    RigidFlight,
    RigidInputs,
    SolidCylinder,
    TankBody,
)
from .winds import WIND_PERCENTILES, Wind, percentile_wind

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
    "percentile_wind",
    "plume_shielding",
    "stagnation_heating",
]
