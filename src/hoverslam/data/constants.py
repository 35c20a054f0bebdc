"""Constants of nature that vehicle data and equations of motion share, SI."""

STANDARD_GRAVITY = 9.80665
"""Standard gravity g0 (m/s2), which turns specific impulse in seconds into exhaust speed; exact by definition."""

SEA_LEVEL_PRESSURE = 101_325.0
"""Ambient pressure (Pa) at which sea-level thrust is quoted (US Standard Atmosphere 1976)."""

EARTH_FLATTENING = 1.0 / 298.257223563
"""Flattening of the Earth's ellipsoid (WGS-84, NIMA TR8350.2, 2000)."""
