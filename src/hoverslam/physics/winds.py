"""Wind over altitude: none by default; quasi-steady percentile envelopes from ``files/wind_envelopes.csv``.

An envelope is the scalar speed that a stated share of cases stays below at each altitude, of the NASA type
(NASA-HDBK-1001; NASA/TM-2008-215633). It is a design envelope: such a wind does not occur at all altitudes at once.
"""

from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.data.curves import read_curves
from hoverslam.data.radians import FULL_TURN, check_angle
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.splines import Spline

_ENVELOPES = read_curves(Path(__file__).parent / "files" / "wind_envelopes.csv").columns

# Knots of the spline (m): several on each plateau, so that the spline does not overshoot it.
_ALTITUDES = 1e3 * np.array(
    [0, 1, 3, 6, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 26, 40, 50, 55, 65, 75, 80, 100.0]
)
WIND_PERCENTILES = tuple(int(name.split("_")[1]) for name in _ENVELOPES if name != "altitude_km")
"""Percentiles for which there is an envelope."""


class Wind(eqx.Module):
    """Horizontal wind over altitude.

    Attributes:
        profile: Speed towards east and towards north (m/s) over altitude (m).
    """

    profile: Spline

    def velocity(self, frame: LaunchFrame | FlatGround, position: Array, altitude: Array) -> Array:
        """Return the wind velocity ``(3,)`` in the frame (m/s) at a position in it and its altitude (m)."""
        speeds = self.profile(altitude)
        east, north = frame.east_north(position)
        return speeds[0] * east + speeds[1] * north


def percentile_wind(percentile: int, towards: float = np.pi / 2) -> Wind:
    """Return the wind whose speed ``percentile`` per cent of cases stay below at each altitude.

    Args:
        percentile: One of ``WIND_PERCENTILES``.
        towards: Azimuth that the wind blows towards (rad); east by default.

    Raises:
        ValueError: If there is no envelope for that percentile, or the azimuth cannot be in radians.
    """
    check_angle("wind", "towards", towards, -FULL_TURN, FULL_TURN)
    if percentile not in WIND_PERCENTILES:
        raise ValueError(f"no wind envelope for percentile {percentile}: choose one of {WIND_PERCENTILES}")
    heights = 1e3 * _ENVELOPES["altitude_km"]
    speed = np.interp(_ALTITUDES, heights, _ENVELOPES[f"wind_{percentile}_percent_m_s"])
    return Wind(Spline(_ALTITUDES, np.stack([speed * np.sin(towards), speed * np.cos(towards)], axis=1)))


def wind_speed_at(wind: Wind, altitude: float) -> float:
    """Return the scalar wind speed (m/s) at ``altitude`` (m).

    Args:
        wind: The wind.
        altitude: Altitude (m).
    """
    return float(jnp.linalg.norm(wind.profile(jnp.asarray(altitude))))
