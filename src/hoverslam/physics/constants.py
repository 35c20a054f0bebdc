"""Physical constants, SI. Earth: WGS-84 (NIMA TR8350.2, 2000). Air: US Standard Atmosphere 1976."""

STANDARD_GRAVITY = 9.80665  # m/s2, converts specific impulse in seconds to exhaust speed
EARTH_GRAVITATIONAL_PARAMETER = 3.986004418e14  # m3/s2
EARTH_EQUATORIAL_RADIUS = 6378137.0  # m
EARTH_FLATTENING = 1.0 / 298.257223563
EARTH_J2 = 1.08262982e-3
EARTH_ROTATION_RATE = 7.292115e-5  # rad/s
AIR_GAS_CONSTANT = 287.05287  # J/(kg K), R*/M0
AIR_HEAT_RATIO = 1.4
SEA_LEVEL_PRESSURE = 101325.0  # Pa
GEOPOTENTIAL_RADIUS = 6356766.0  # m, the radius US76 uses to convert geometric to geopotential altitude
