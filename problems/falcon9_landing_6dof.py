"""Falcon 9's landing as a rigid body: fins in the glide, then one gimballed engine, beside the same flight as a point mass.

The difference is the cost of turning, engine lag and running down. Masses, size and gimbal are those of the vehicle file.
Fins, cold gas, rates and centres of mass and pressure are estimates; :class:`hoverslam.RigidLander` gives their sources.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import hoverslam as hs

TILTED = np.radians(2.0)
START = hs.LandingStart(
    position=(-100.0, 30.0, 5000.0),
    velocity=(10.0, 0.0, -300.0),
    mass=35.5e3,
    attitude=(np.cos(TILTED / 2), 0.0, -np.sin(TILTED / 2), 0.0),
)
LIMITS = hs.LandingLimits(
    angle_of_attack=np.radians(10.0),
    tilt=np.radians(20.0),
    tilt_at_touchdown=np.radians(1.0),
    rate_at_touchdown=np.radians(1.0),
    glide_slope=np.radians(45.0),
    body_rate=np.radians(15.0),
)


@dataclass
class RigidAndPoint:
    """The same landing of a rigid body and of a point mass."""

    rigid: hs.LandingResult
    point: hs.LandingResult

    @property
    def verified(self) -> bool:
        """Whether both landings are verified."""
        return self.rigid.verified and self.point.verified

    def report(self) -> str:
        """Return the report of the rigid body, and the difference in propellant."""
        more = self.rigid.propellant - self.point.propellant
        cost = f"point mass: {self.point.propellant:,.1f} kg; turning, engine lag and running down cost {more:,.1f} kg more"
        return "\n".join([self.rigid.report(), "", cost])

    def as_json(self) -> dict[str, Any]:
        """Return both landings as plain values."""
        return {"rigid_body": self.rigid.as_json(), "point_mass": self.point.as_json()}


def fly() -> RigidAndPoint:
    """Solve both landings, which takes about half a minute."""
    pad = hs.load_site("lz1")
    ground = hs.physics.LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(90.0))
    lander = hs.RigidLander.of("falcon9")
    rigid = hs.Landing(lander, START, LIMITS, ground=ground, pad_only=True).solve()
    point = hs.Landing(lander.point_mass(), START, LIMITS, ground=ground, pad_only=True).solve()
    return RigidAndPoint(rigid, point)


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
