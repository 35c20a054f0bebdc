"""Falcon 9's landing burn of three return flights: in least propellant, and at the mid-throttle that is flown.

The webcasts show speed and altitude at ignition (NROL-76, CRS-11, SAOCOM 1A: 314 to 320 m/s at 4.7 to 5.0 km) and a burn of
31 to 33 s. From them follow 4.2 t of propellant (all of the drag kept behind the plume) to 6.8 t (none) at a mean throttle of
0.62 to 0.71 of one engine, for an empty stage of 27.2 t. Here the glide is integrated backward from that ignition state, and
the landing is solved from there with free ignition, once with the whole range of throttle and once within the flown range.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import hoverslam as hs

FLIGHTS = {"NROL-76": (318.0, 4.7e3), "CRS-11": (320.0, 4.75e3), "SAOCOM 1A": (314.0, 5.0e3)}  # m/s and m at ignition
DERIVED = {"propellant": (4200.0, 6800.0), "time": (31.0, 33.0), "throttle": (0.62, 0.71)}
MODES = {"least propellant": ((0.57, 1.0), 4.2e3), "mid-throttle": ((0.62, 0.71), 6.2e3)}  # throttle, kg aboard
OFF_VERTICAL = np.radians(4.0)  # of the path at ignition: speed and altitude do not show it (estimate)
BEFORE = 20.0  # s of glide before the observed ignition
DRY = 27.2e3  # kg: touchdown mass of the derived figures
LIMITS = hs.LandingLimits(angle_of_attack=np.radians(5.0), tilt=np.radians(20.0), tilt_at_touchdown=np.radians(1.0))


@dataclass
class Burns:
    """The landing burn of every flight in both modes."""

    solved: dict[tuple[str, str], hs.LandingResult]

    @property
    def verified(self) -> bool:
        """Whether all of them are verified."""
        return all(result.verified for result in self.solved.values())

    def report(self) -> str:
        """Return one line a burn, the figures derived from telemetry, and the limits of the first burn."""
        columns = ("kg", "burn s", "lit at m", "throttle", "landed kg")
        head = f"{'flight':12s} {'mode':16s}" + "".join(f"{column:>10s}" for column in columns) + "  verified"
        lines = [
            f"{flight:12s} {mode:16s} {r.propellant:9.0f} {sum(r.burns.values()):9.1f} {r.ignition_height:9.0f} "
            f"{r.mean_throttle:9.2f} {r.case.start.mass - r.propellant:9.0f}  {'yes' if r.verified else 'NO: ' + r.message}"
            for (flight, mode), r in self.solved.items()
        ]
        low, high = DERIVED["propellant"]
        telemetry = (
            f"from telemetry: {low:.0f} to {high:.0f} kg, 31 to 33 s, lit at 4.7 to 5.0 km, throttle 0.62 to 0.71"
        )
        first = next(iter(self.solved.values()))
        return "\n".join([head, *lines, telemetry, "", "limits of the first:", first.report()])

    def as_json(self) -> dict[str, Any]:
        """Return the burns and the derived figures as plain values."""
        rows = [{"flight": flight, "mode": mode, **result.as_json()} for (flight, mode), result in self.solved.items()]
        return {"derived": DERIVED, "burns": rows}


def glide_before(
    ground: hs.physics.LaunchFrame, lander: hs.Lander, speed: float, height: float, mass: float
) -> hs.LandingStart:
    """Return the state ``BEFORE`` seconds before the observed ignition."""
    velocity = (speed * np.sin(OFF_VERTICAL), 0.0, -speed * np.cos(OFF_VERTICAL))
    lit = hs.LandingStart((0.0, 0.0, height), velocity, mass)
    before = hs.glide(lander, lit, -BEFORE, ground)
    downrange, _, up = before.position
    # The pad lies where the path bends to the vertical, half of the height times the tangent ahead of the ignition.
    return replace(before, position=(downrange - 0.5 * height * np.tan(OFF_VERTICAL), 0.0, up))


def fly() -> Burns:
    """Solve six landings, which takes about twenty seconds."""
    pad = hs.load_site("lz1")
    ground = hs.physics.LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(90.0))
    falcon = replace(hs.Lander.of("falcon9"), burnout_mass=DRY - 2e3)  # lighter, so that propellant does not run out
    solved = {}
    for flight, (speed, height) in FLIGHTS.items():
        for mode, (throttle, aboard) in MODES.items():
            start = glide_before(ground, falcon, speed, height, DRY + aboard)
            landing = hs.Landing(falcon.throttled(*throttle), start, LIMITS, ground=ground, pad_only=True)
            solved[flight, mode] = landing.solve()
    return Burns(solved)


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
