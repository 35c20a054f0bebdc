"""Falcon 9's landing as a rigid body: fins while it glides, then one gimballed engine, beside the same flight as a point mass.

What turning, engine lag and running down cost. Masses, size and gimbal are the vehicle file's; fins, cold gas, rates and
centres are the estimates of ``hoverslam.flights.craft.rigid_lander``, each with its source.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hoverslam import Landing, LandingLimits, LandingResult, RigidLander, Start, load_site, run_script
from hoverslam.physics import LaunchFrame

TILTED = np.radians(2.0)
START = Start(
    position=(-100.0, 30.0, 5000.0),
    velocity=(10.0, 0.0, -300.0),
    mass=35.5e3,
    attitude=(np.cos(TILTED / 2), 0.0, -np.sin(TILTED / 2), 0.0),
)
LIMITS = LandingLimits(
    angle_of_attack=np.radians(10.0),
    tilt=np.radians(20.0),
    tilt_at_touchdown=np.radians(1.0),
    rate_at_touchdown=np.radians(1.0),
    glide_slope=np.radians(45.0),
    body_rate=np.radians(15.0),
)


@dataclass
class Both:
    """The same landing twice."""

    rigid: LandingResult
    point: LandingResult

    @property
    def verified(self) -> bool:
        """Whether both are."""
        return self.rigid.verified and self.point.verified

    def report(self) -> str:
        """The rigid body's report, and the difference."""
        more = self.rigid.propellant - self.point.propellant
        told = f"point mass: {self.point.propellant:,.1f} kg; turning, engine lag and running down cost {more:,.1f} kg more"
        return "\n".join([self.rigid.report(), "", told])

    def as_json(self) -> dict[str, Any]:
        """Both, for a program."""
        return {"rigid_body": self.rigid.as_json(), "point_mass": self.point.as_json()}


def fly() -> Both:
    """Half a minute or so."""
    pad = load_site("lz1")
    ground = LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(90.0))
    lander = RigidLander.of("falcon9")
    rigid = Landing(lander, START, LIMITS, ground=ground, pad_only=True).solve()
    return Both(rigid, Landing(lander.point_mass(), START, LIMITS, ground=ground, pad_only=True).solve())


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
