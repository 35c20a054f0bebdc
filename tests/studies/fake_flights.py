"""Made-up flights with the shape of real ones, so that tables, figures and commands are tested without solving."""

from types import SimpleNamespace

import numpy as np
import xarray as xr

from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.outcome.limits_reached import LimitReached
from hoverslam.studies.cases import Case
from hoverslam.studies.outcome import Outcome, outcome_of
from hoverslam.vehicles.loading import load_vehicle

PAYLOADS = {"expendable": 22_000.0, "downrange": 17_600.0, "return_to_launch_site": 12_100.0}
RANGES = {"downrange": 620e3, "return_to_launch_site": 9e3}
HOME = ("coast", "entry", "glide", "ignition", "landing_3", "landing_1")


class FakeLaunch(LaunchResult):
    """A `LaunchResult` of invented numbers: the fields that are read, not those of a solved problem."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def exchange_ratios(self):
        return (0.0, -0.02) if self.recovery == "expendable" else (-0.12, -0.11)

    def check(self):
        """A made-up flight cannot be flown again."""

    def trajectory(self):
        return made_up_trajectory(self.vehicle, self.recovery, self.orbit, self.payload, self.verified)


def fake_flight(vehicle="falcon9", recovery="expendable", orbit=None, *, report=None, **changes):
    """Stands in for `solve_launch`."""
    vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
    home = recovery != "expendable"
    boostback = recovery == "return_to_launch_site"
    if report is not None:
        report("pass 1: Solve_Succeeded")
    values = {
        "vehicle": vehicle.name,
        "title": vehicle.title,
        "recovery": recovery,
        "orbit": vehicle.orbit(orbit, recovery).name,
        "inclination_deg": 28.6,
        "payload": PAYLOADS[recovery],
        "staging_time": 150.0,
        "staging_speed": 2400.0,
        "staging_altitude": 70e3,
        "boostback_propellant": (30e3 if boostback else 0.0) if home else None,
        "entry_propellant": 9e3 if home else None,
        "landing_propellant": 6e3 if home else None,
        "landing_reserve": 1500.0 if home else None,
        "landing_downrange": RANGES.get(recovery),
        "landing_time": 480.0 if home else None,
        "injection_time": 530.0,
        "propellant": {"ascent": 3.8e5} | ({"boostback": 30e3} if boostback else {}),
        "limits": [
            LimitReached("ascent", "dynamic_pressure", "at most", 35e3, 34.99e3, 72.0, "Pa", 35e3),
            LimitReached("glide", "angle_of_attack", "at most", 0.1745, 0.1, 400.0, "rad", 0.1745),
        ],
        "refly_error": 2.5e-7,
        "path_violation": 4e-4,
        "converged": True,
        "verified": True,
        "status": "Solve_Succeeded",
        "iterations": 60,
        "seconds": 3.2,
        "plan": SimpleNamespace(
            vehicle=vehicle,
            values={"stage1.propellant": vehicle.stage1.propellant, "stage1.residual": vehicle.stage1.residual},
        ),
    }
    return FakeLaunch(**(values | changes))


def fake_outcome(recovery="expendable", vehicle="falcon9", **changes):
    """The outcome of a made-up flight."""
    return outcome_of(fake_flight(vehicle, recovery, **changes), solve_s=12.0)


def fake_fly(case: Case) -> Outcome:
    """Stands in for the solver of one case, also in a worker process."""
    return outcome_of(fake_flight(case.loaded(), case.recovery, case.orbit), solve_s=1.0)


def dying_fly(case: Case) -> Outcome:
    """A solver that takes its process with it on one case."""
    import os

    if case.recovery == "downrange":
        os._exit(11)
    return fake_fly(case)


def made_up_trajectory(vehicle, recovery, orbit, payload, verified):
    """Parabolas and ramps under the phase names of a real flight."""
    parts = [_phase("rise", 0, 8, 0, 0, 0.1, 0, 60), _phase("ascent", 8, 150, 0, 80, 70, 60, 2400, 28)]
    parts.append(_phase("upper", 158, 530, 90, 1600, 205, 2400, 7300))
    if recovery == "downrange":
        parts.append(_phase("coast", 150, 400, 80, 600, 50, 2400, 2300, hump=70))
    if recovery == "return_to_launch_site":
        parts.append(_phase("boostback", 160, 200, 85, 110, 100, 2400, 600))
        parts.append(_phase("coast", 200, 400, 110, 12, 50, 600, 1100, hump=60))
    if recovery in RANGES:
        end = RANGES[recovery] / 1e3
        parts.append(_phase("entry", 400, 420, end, end, 35, 2300, 1100, 45))
        parts.append(_phase("landing_1", 450, 480, end, end, 0, 300, 0, 20))
    data = xr.concat(parts, "sample")
    data.attrs = {
        "vehicle": vehicle,
        "recovery": recovery,
        "orbit": orbit,
        "payload_kg": payload,
        "verified": int(verified),
    }
    return data


_altitude = [0.0]


def _phase(name, start, end, near, far, top, slow, fast, pressure=0.0, hump=0.0):
    n = 30
    s = np.linspace(0.0, 1.0, n)
    bottom = 0.0 if name == "rise" else 0.1 if name == "ascent" else _altitude[0]
    if name != "upper":
        _altitude[0] = top
    columns = {
        "altitude": 1e3 * (bottom + (top - bottom) * s + 4 * hump * s * (1 - s)),
        "downrange": 1e3 * (near + (far - near) * s),
        "speed": slow + (fast - slow) * s,
        "dynamic_pressure": 4e3 * pressure * s * (1 - s),
        "mass": np.linspace(5e5, 1e5, n),
    }
    return xr.Dataset(
        {key: ("sample", value, {"units": "1"}) for key, value in columns.items()},
        coords={"time": ("sample", np.linspace(start, end, n)), "phase": ("sample", [name] * n)},
    )
