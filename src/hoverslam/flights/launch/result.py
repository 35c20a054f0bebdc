"""What a solved launch tells: payload, staging, propellant by burn, limits reached, verification, trajectory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from hoverslam.flights.launch.guess import Plan
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Reached:
    """One limit of one phase: how close the flight came, and when. Values in ``unit`` (SI)."""

    phase: str
    name: str
    limit: float
    reached: float
    time: float
    unit: str


@dataclass
class LaunchResult:
    """A solved launch. Masses in kg, speeds relative to the rotating Earth in m/s, altitudes in m, times in s.

    ``propellant`` has the propellant of every powered phase by name; ``limits`` the limits and what was reached.
    """

    vehicle: str
    title: str
    recovery: str
    orbit: str
    inclination_deg: float
    payload: float
    liftoff_mass: float
    staging_time: float
    staging_speed: float
    staging_altitude: float
    staging_path_angle_deg: float
    boostback_propellant: float | None
    entry_propellant: float | None
    landing_propellant: float | None
    landing_reserve: float | None
    landing_downrange: float | None
    landing_time: float | None
    injection_time: float
    propellant: dict[str, float]
    limits: list[Reached]
    refly_error: float
    path_violation: float
    converged: bool
    verified: bool
    status: str
    iterations: int
    seconds: float
    solution: Solution
    plan: Plan

    def exchange_ratios(self) -> tuple[float, float]:
        """Payload (kg) that a kilogram of landing reserve and of first-stage dry mass makes, from the multipliers."""
        slopes = self.solution.sensitivities()
        return slopes["landing.reserve"], slopes["stage1.dry_mass"]

    def trajectory(self) -> "xr.Dataset":
        """Labelled time histories of every phase at its re-flown samples; opens anywhere netCDF does."""
        return trajectory(self.plan, self.solution)


def summarise(plan: Plan, solution: Solution) -> LaunchResult:
    """Read the numbers off a solution."""
    staging, check, home = solution["ascent"].final, solution.verification, plan.vehicle.recovery
    assert check is not None
    used = {
        n: float(s.states[0, 6] - s.states[-1, 6])
        for n, s in solution.phases.items()
        if s.states[0, 6] > s.states[-1, 6]
    }
    flown_home = plan.recovery != "expendable" and home is not None
    landing = [n for n in solution.phases if n.startswith("landing") or n == "ignition"]
    down = solution[landing[-1]] if flown_home else None
    altitude = float(plan.frame.altitude(staging.position))
    speed = float(np.linalg.norm(staging.velocity))
    climb = float(staging.velocity @ plan.frame.up(staging.position))
    last = "second_burn" if plan.two_burns else "upper"
    return LaunchResult(
        vehicle=plan.vehicle.name,
        title=plan.vehicle.title,
        recovery=plan.recovery,
        orbit=plan.orbit.name,
        inclination_deg=float(np.degrees(plan.orbit.inclination)),
        payload=float(solution.parameters.payload),
        liftoff_mass=float(solution["rise"].initial.mass),
        staging_time=float(solution["ascent"].time[1]),
        staging_speed=speed,
        staging_altitude=altitude,
        staging_path_angle_deg=float(np.degrees(np.arcsin(np.clip(climb / speed, -1, 1)))),
        boostback_propellant=used.get("boostback"),
        entry_propellant=used.get("entry", 0.0) if flown_home else None,
        landing_propellant=sum(used.get(n, 0.0) for n in landing) if flown_home else None,
        landing_reserve=plan.values["landing.reserve"] if flown_home else None,
        landing_downrange=_downrange(plan, down.final.position) if down is not None else None,
        landing_time=float(down.time[1]) if down is not None else None,
        injection_time=float(solution[last].time[1]),
        propellant=used,
        limits=_reached(solution),
        refly_error=check.refly_error,
        path_violation=check.path_violation,
        converged=solution.converged,
        verified=check.passed,
        status=solution.status,
        iterations=solution.iterations,
        seconds=solution.seconds,
        solution=solution,
        plan=plan,
    )


def _downrange(plan: Plan, position: Any) -> float:
    """Distance over the ground from the pad (m), on a sphere of the pad's radius."""
    centre = np.asarray(plan.frame.from_centre(position))
    cosine = centre @ plan.frame.origin / np.linalg.norm(centre) / np.linalg.norm(plan.frame.origin)
    return float(np.linalg.norm(plan.frame.origin) * np.arccos(np.clip(cosine, -1.0, 1.0)))


def _reached(solution: Solution) -> list[Reached]:
    assert solution.verification is not None
    rows = []
    for name, check in solution.verification.phases.items():
        for c in solution[name].phase.path:
            found = check.reached[c.name]
            if np.isfinite(found.upper):
                rows.append(Reached(name, c.name, found.upper, found.most, found.most_time, c.unit))
    return rows


def trajectory(plan: Plan, solution: Solution) -> "xr.Dataset":
    """One dataset over all phases: samples of the re-flown trajectory, with the phase each belongs to."""
    import xarray as xr  # slow to import, and not everybody looks at the time history

    assert solution.verification is not None
    names, columns = [], {k: [] for k in ("time", "position", "velocity", "mass", "throttle", "axis")}  # type: ignore[var-annotated]
    for name, check in solution.verification.phases.items():
        part, times = solution[name], check.times
        _, control = part.sample(times)
        names += [name] * len(times)
        columns["time"].append(times)
        columns["position"].append(check.states[:, :3])
        columns["velocity"].append(check.states[:, 3:6])
        columns["mass"].append(check.states[:, 6])
        columns["throttle"].append(np.asarray(control["throttle"]) if "throttle" in control else np.zeros(len(times)))
        columns["axis"].append(_body_axis(part.phase, check.states, control))
    data = {key: np.concatenate(parts) for key, parts in columns.items()}
    derived = _derived(plan, data)
    axis = {"axis": ["downrange", "left", "up"]}
    axes = data.pop("axis")
    data["pitch"], data["yaw"] = np.arctan2(axes[:, 2], axes[:, 0]), np.arcsin(np.clip(axes[:, 1], -1, 1))
    units = {"position": "m", "velocity": "m/s", "mass": "kg", "pitch": "rad", "yaw": "rad", "throttle": "1"}
    variables: dict[str, Any] = {
        key: (("sample", "axis") if key in ("position", "velocity") else ("sample",), data[key], {"units": unit})
        for key, unit in units.items()
    }
    variables |= {key: (("sample",), value, {"units": unit}) for key, (value, unit) in derived.items()}
    latitude, longitude, elevation = plan.frame.geodetic(np.zeros(3))
    return xr.Dataset(
        variables,
        coords={"time": ("sample", data["time"], {"units": "s"}), "phase": ("sample", names), **axis},
        attrs={
            "vehicle": plan.vehicle.name,
            "recovery": plan.recovery,
            "orbit": plan.orbit.name,
            "payload_kg": float(solution.parameters.payload),
            "verified": int(solution.verification.passed),
            "frame": "Earth-fixed at the pad: downrange along the launch azimuth, left, up; velocity relative to the Earth",
            "pad_latitude_deg": float(np.degrees(latitude)),
            "pad_longitude_deg": float(np.degrees(longitude)),
            "pad_altitude_m": elevation,
            "launch_azimuth_deg": float(np.degrees(plan.frame.azimuth)),
        },
    )


def _body_axis(phase: Any, states: np.ndarray, control: Any) -> np.ndarray:
    """Nose direction ``(n, 3)`` along samples; NaN where the body coasts and no attitude is flown."""
    if not control:
        return np.full((len(states), 3), np.nan)
    flight = phase.dynamics.__self__
    return np.asarray(
        jax.vmap(lambda x, u: flight.body_axis(Named(position=x[:3], velocity=x[3:6]), u))(states, control)
    )


def _derived(plan: Plan, data: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, str]]:
    """Altitude, speed, dynamic pressure, Mach and downrange distance along the samples."""
    flight = Flight(plan.frame, "ascent")

    def at(position: Any, velocity: Any) -> Any:
        altitude, air, _, speed_squared = flight.flow(Named(position=position, velocity=velocity))
        speed = jax.numpy.sqrt(velocity @ velocity)
        return altitude, speed, 0.5 * air.density * speed_squared, speed / air.speed_of_sound

    altitude, speed, pressure, mach = jax.vmap(at)(data["position"], data["velocity"])
    downrange = np.array([_downrange(plan, r) for r in data["position"]])
    return {
        "altitude": (np.asarray(altitude), "m"),
        "speed": (np.asarray(speed), "m/s"),
        "dynamic_pressure": (np.asarray(pressure), "Pa"),
        "mach": (np.asarray(mach), "1"),
        "downrange": (downrange, "m"),
    }
