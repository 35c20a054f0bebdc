"""Wind profiles over altitude: none by default, quasi-steady percentile envelopes as data.

The envelopes are scalar speeds that a stated share of cases stays below at each altitude, of the NASA type
(NASA-HDBK-1001; NASA/TM-2008-215633), digitised in the public repository JvanZyl1/RocketTrajectoryOptimisation.
They are design envelopes, not a profile that occurs at once at all altitudes.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.splines import Spline

# Several knots on each plateau keep the spline from bulging over it.
_ALTITUDES = 1e3 * np.array(
    [0, 1, 3, 6, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 26, 40, 50, 55, 65, 75, 80, 100.0]
)
# m/s at 1, 10-14, 20-23 and 50-80 km. The digitised 95 % value at 1 km (18.7) is below the 90 % one: 22 is used.
_ENVELOPES = {
    50: (10.0, 46.0, 14.8, 57.5),
    75: (14.3, 56.3, 17.8, 72.4),
    90: (19.1, 67.0, 21.6, 90.6),
    95: (22.0, 74.6, 24.7, 101.9),
    99: (28.3, 96.4, 39.7, 119.6),
}
WIND_PERCENTILES = tuple(_ENVELOPES)


class Wind(eqx.Module):
    """Horizontal wind over altitude: ``profile`` gives the speed towards east and towards north (m/s)."""

    profile: Spline

    def velocity(self, frame: LaunchFrame | FlatGround, position: Array, altitude: Array) -> Array:
        """Wind velocity ``(3,)`` in the launch frame (m/s)."""
        speeds = self.profile(altitude)
        east, north = frame.east_north(position)
        return speeds[0] * east + speeds[1] * north


def no_wind() -> Wind | None:
    """Still air."""
    return None


def percentile_wind(percentile: int, towards: float = np.pi / 2) -> Wind:
    """The envelope that ``percentile`` per cent of cases stay below, blowing ``towards`` an azimuth (rad; default east).

    Raises:
        ValueError: if there is no envelope for that percentile.
    """
    if percentile not in _ENVELOPES:
        raise ValueError(f"no wind envelope for percentile {percentile}: choose one of {WIND_PERCENTILES}")
    low, jet, calm, high = _ENVELOPES[percentile]
    heights = 1e3 * np.array([0.0, 1.0, 10.0, 14.0, 20.0, 23.0, 50.0, 80.0, 100.0])
    speed = np.interp(_ALTITUDES, heights, [0.6 * low, low, jet, jet, calm, calm, high, high, 0.0])
    return Wind(Spline(_ALTITUDES, np.stack([speed * np.sin(towards), speed * np.cos(towards)], axis=1)))


def wind_speed_at(wind: Wind, altitude: float) -> float:
    """Scalar wind speed (m/s) at ``altitude`` (m)."""
    return float(jnp.linalg.norm(wind.profile(jnp.asarray(altitude))))
