"""Constants of nature that vehicle data and equations of motion share, SI."""

STANDARD_GRAVITY = 9.80665
"""Standard gravity g0 (m/s2), which turns specific impulse in seconds into exhaust speed; exact by definition."""

SEA_LEVEL_PRESSURE = 101_325.0
"""Ambient pressure (Pa) at which sea-level thrust is quoted (US Standard Atmosphere 1976)."""

EARTH_FLATTENING = 1.0 / 298.257223563
"""Flattening of the Earth's ellipsoid (WGS-84, NIMA TR8350.2, 2000)."""

EARTH_EQUATORIAL_RADIUS = 6_378_137.0
"""Equatorial radius of the Earth's ellipsoid (m) (WGS-84, NIMA TR8350.2, 2000)."""

EARTH_GRAVITATIONAL_PARAMETER = 3.986004418e14
"""Gravitational parameter of the Earth (m3/s2) (WGS-84, NIMA TR8350.2, 2000)."""

EARTH_J2 = 1.08262982e-3
"""Second zonal coefficient of the Earth's gravity, which its oblateness causes (WGS-84, NIMA TR8350.2, 2000)."""
