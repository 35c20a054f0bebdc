"""Falcon 9's landing burn of three return flights: in least propellant, and at the mid-throttle that is flown.

The webcasts show speed and altitude at ignition (NROL-76, CRS-11, SAOCOM 1A: 314 to 320 m/s at 4.7 to 5.0 km) and a burn of
31 to 33 s; from them follow 4.2 t (all of the drag kept behind the plume) to 6.8 t (none) at a mean of 0.62 to 0.71 of one
engine, for an empty stage of 27.2 t. Here the glide is flown backward from that ignition state and the landing solved from
there with ignition free, once with all of the throttle and once within what is flown.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from hoverslam import Lander, Landing, LandingLimits, LandingResult, Start, load_site, run_script
from hoverslam.flights.craft.vehicle_parameters import descent_inputs
from hoverslam.ocp import Named
from hoverslam.physics import Flight, LaunchFrame

FLIGHTS = {"NROL-76": (318.0, 4.7e3), "CRS-11": (320.0, 4.75e3), "SAOCOM 1A": (314.0, 5.0e3)}  # m/s and m at ignition
DERIVED = {"propellant": (4200.0, 6800.0), "time": (31.0, 33.0), "throttle": (0.62, 0.71)}
WAYS = {"least propellant": ((0.57, 1.0), 4.2e3), "mid-throttle": ((0.62, 0.71), 6.2e3)}  # throttle, kg aboard
OFF_VERTICAL = np.radians(4.0)  # of the path at ignition: not seen in speed and altitude (estimate)
BEFORE = 20.0  # s of glide before the ignition that was seen
DRY = 27.2e3  # kg: touchdown mass of the derived figures
LIMITS = LandingLimits(angle_of_attack=np.radians(5.0), tilt=np.radians(20.0), tilt_at_touchdown=np.radians(1.0))


@dataclass
class Burns:
    """Every flight, both ways."""

    solved: dict[tuple[str, str], LandingResult]

    @property
    def verified(self) -> bool:
        """Whether all of them are."""
        return all(result.verified for result in self.solved.values())

    def report(self) -> str:
        """One line a burn beside what the telemetry gave, then the first one's limits."""
        columns = ("kg", "burn s", "lit at m", "throttle", "landed kg")
        head = f"{'flight':12s} {'way':16s}" + "".join(f"{column:>10s}" for column in columns) + "  verified"
        lines = [
            f"{flight:12s} {way:16s} {r.propellant:9.0f} {sum(r.burns.values()):9.1f} {r.ignition_height:9.0f} "
            f"{r.mean_throttle:9.2f} {r.case.start.mass - r.propellant:9.0f}  {'yes' if r.verified else 'NO: ' + r.message}"
            for (flight, way), r in self.solved.items()
        ]
        low, high = DERIVED["propellant"]
        told = f"derived from telemetry: {low:.0f} to {high:.0f} kg, 31 to 33 s, lit at 4.7 to 5.0 km, throttle 0.62 to 0.71"
        first = next(iter(self.solved.values()))
        return "\n".join([head, *lines, told, "", "limits of the first:", first.report()])

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        rows = [{"flight": flight, "way": way, **result.as_json()} for (flight, way), result in self.solved.items()]
        return {"derived": DERIVED, "burns": rows}


def glide_before(ground: LaunchFrame, lander: Lander, speed: float, height: float, mass: float) -> Start:
    """The state ``BEFORE`` seconds before the ignition that was seen, by flying the glide backward."""
    flight = Flight(ground, "descent")
    inputs = descent_inputs(0)(lander.parameters())
    seen = np.array([0.0, 0.0, height, speed * np.sin(OFF_VERTICAL), 0.0, -speed * np.cos(OFF_VERTICAL)])

    @jax.jit
    def rates(x):
        found = flight.coast_rates(Named(position=x[:3], velocity=x[3:], mass=mass), Named(), inputs)
        return jnp.concatenate([found["position"], found["velocity"]])

    x = solve_ivp(lambda t, x: np.asarray(rates(x)), (0.0, -BEFORE), seen, rtol=1e-9).y[:, -1]
    aside = x[0] - 0.5 * height * np.tan(OFF_VERTICAL)  # so that the pad lies where the path bends to the vertical
    return Start((aside, 0.0, x[2]), tuple(x[3:]), mass)


def fly() -> Burns:
    """Six landings; about twenty seconds."""
    pad = load_site("lz1")
    ground = LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(90.0))
    falcon = replace(Lander.of("falcon9"), dry_mass=DRY - 2e3)  # less, so that the tanks do not decide
    solved = {}
    for flight, (speed, height) in FLIGHTS.items():
        for way, (throttle, aboard) in WAYS.items():
            start = glide_before(ground, falcon, speed, height, DRY + aboard)
            landing = Landing(falcon.throttled(*throttle), start, LIMITS, ground=ground, pad_only=True)
            solved[flight, way] = landing.solve()
    return Burns(solved)


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
