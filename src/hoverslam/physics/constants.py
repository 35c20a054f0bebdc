"""Physical constants, SI. Earth: WGS-84 (NIMA TR8350.2, 2000). Air: US Standard Atmosphere 1976."""

from hoverslam.data.constants import EARTH_EQUATORIAL_RADIUS as EARTH_EQUATORIAL_RADIUS
from hoverslam.data.constants import EARTH_FLATTENING as EARTH_FLATTENING
from hoverslam.data.constants import EARTH_GRAVITATIONAL_PARAMETER as EARTH_GRAVITATIONAL_PARAMETER
from hoverslam.data.constants import EARTH_J2 as EARTH_J2
from hoverslam.data.constants import SEA_LEVEL_PRESSURE as SEA_LEVEL_PRESSURE
from hoverslam.data.constants import STANDARD_GRAVITY as STANDARD_GRAVITY

EARTH_ROTATION_RATE = 7.292115e-5  # rad/s
AIR_GAS_CONSTANT = 287.05287  # J/(kg K), R*/M0
AIR_HEAT_RATIO = 1.4
GEOPOTENTIAL_RADIUS = 6356766.0  # m, the radius with which US76 converts geometric to geopotential altitude
